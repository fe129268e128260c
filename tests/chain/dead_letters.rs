//! A message that no attempt gets done, on the real queues and functions: it dies, is kept, holds its order; then the cause is mended, and a
//! redrive sends it on.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use waybill_cli::letters::{Filter, Subject, Ways, plan, redrive};
use waybill_cli::orders::retry;
use waybill_cli::stock::command::pull_from;
use waybill_domain::{DEAD_LETTER, Order, Stage, Step};
use waybill_testkit::store::{FakeStoreConfig, OrderKind};
use waybill_workflow::ports::{Configs, DeadLetters, Snapshots};

use crate::outages::shop;
use crate::system::Connected;

pub async fn a_message_that_cannot_be_done_holds_its_order_until_it_is_redriven(system: &Connected) {
    let now = waybill_cli::deployment::now;
    let dynamo = &system.deployment.dynamo;
    let (store, erp) = shop(system, "poison").await;
    let products = FakeStoreConfig::default().products.into_iter().map(|product| product.sku);
    let known: Vec<String> = products.filter(|sku| !sku.is_empty()).collect();
    let stocked = async |units: i64| {
        known.iter().for_each(|sku| erp.set_on_hand(sku, units));
        let config = dynamo.erp(&"poison".parse().expect("a slug")).await.expect("configured").expect("an ERP");
        pull_from(&system.deployment, &config).await.expect("pulled");
    };

    // Held before reserve, so that what it reads can be spoilt.
    stocked(0).await;
    let key = format!("poison/{}", store.place(OrderKind::Plain));
    let held = |code: &'static str| move |order: &Order| order.hold.as_ref().is_some_and(|hold| hold.code == code);
    let order = system.until(&key, "be short", held("short_stock")).await;
    let hash = order.content.as_ref().expect("content").hash.clone();
    let body = dynamo.get(&order.key, &hash).await.expect("answers").expect("a snapshot");
    spoil(system, &key, hash.as_str()).await;
    attempts(system, 5).await;
    stocked(1000).await;
    retry(dynamo, &order.key, false, now()).await.expect("let go on");

    let order = system.until(&key, "be held for a dead letter", held(DEAD_LETTER)).await;
    attempts(system, 15).await;
    let hold = order.hold.expect("held");
    assert_eq!((hold.step, order.stage), (Step::Reserve, Stage::Validated));
    assert!(hold.message.contains("a body does not unpack"), "{}", hold.message);
    let of_order = |letters: Vec<_>| {
        letters
            .into_iter()
            .filter(|one: &waybill_workflow::ports::DeadLetter| one.order.as_ref() == Some(&order.key))
            .collect::<Vec<_>>()
    };
    let letters = of_order(dynamo.letters().await.expect("answers"));
    let [letter] = letters.as_slice() else { panic!("one message, one letter: {letters:#?}") };
    assert_eq!((letter.id.queue.as_str(), letter.receives), ("reserve", Some(5)));
    assert!(hold.message.contains(&letter.id.to_string()), "{}", hold.message);
    // The sweep does not ask again.
    system.invoke("sweep").await;

    dynamo.put(&order.key, &hash, &body).await.expect("put right");
    let filter = Filter { code: Some(DEAD_LETTER.to_owned()), store: Some(order.key.store.clone()), since: None };
    let items = plan(dynamo, &filter, now()).await.expect("planned");
    let [item] = items.as_slice() else { panic!("one order: {items:#?}") };
    assert_eq!(item.subject, Subject::Order(order.key.clone(), vec![letter.id.clone()]));
    let ways = Ways { tables: dynamo, queues: &system.deployment.queues, bus: &system.deployment.bus };
    assert_eq!(redrive(&ways, item, now()).await.as_deref(), Ok("goes on"));

    system.until(&key, "posted", |order| order.stage == Stage::Posted).await;
    assert_eq!(erp.orders().len(), 1);
    assert_eq!(of_order(dynamo.letters().await.expect("answers")), []);
    assert_eq!(plan(dynamo, &filter, now()).await.expect("planned"), []);
}

/// After so many receives a message of reserve is dead.
async fn attempts(system: &Connected, most: u32) {
    let names = &system.deployment.names;
    let queue = &system.endpoints.queues[&names.queue(Step::Reserve)];
    let dead = &system.endpoints.queues[&names.queue_of("reserve-dlq")];
    let asked = json!({ "QueueUrl": dead, "AttributeNames": ["QueueArn"] });
    let arn = aws(system, "AmazonSQS.GetQueueAttributes", &asked).await["Attributes"]["QueueArn"].clone();
    let policy = json!({ "deadLetterTargetArn": arn, "maxReceiveCount": most }).to_string();
    let set = json!({ "QueueUrl": queue, "Attributes": { "RedrivePolicy": policy } });
    aws(system, "AmazonSQS.SetQueueAttributes", &set).await;
}

/// A snapshot that nobody can read.
async fn spoil(system: &Connected, key: &str, hash: &str) {
    let item = json!({
        "pk": { "S": key },
        "sk": { "S": format!("{hash}#0") },
        "body": { "B": STANDARD.encode(b"no gzip") },
    });
    let put = json!({ "TableName": system.deployment.names.table("snapshots"), "Item": item });
    aws(system, "DynamoDB_20120810.PutItem", &put).await;
}

async fn aws(system: &Connected, target: &str, body: &Value) -> Value {
    let request = system.http.post(&system.endpoints.aws_endpoint_url).header("x-amz-target", target);
    let request = request.header("content-type", "application/x-amz-json-1.0").body(body.to_string());
    let answer = request.send().await.expect("the local AWS answers");
    let (status, text) = (answer.status(), answer.text().await.expect("a body"));
    assert!(status.is_success(), "{target}: {status} {text}");
    serde_json::from_str(&text).unwrap_or(Value::Null)
}
