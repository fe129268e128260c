//! AWS itself away, service by service: the front door takes what comes, and nothing it took is lost.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::json;
use waybill_contracts::{Command, Origin};
use waybill_domain::{Stage, Step};

use crate::faults::Shop;
use crate::system::Connected;

/// What a store waits for.
const IN_TIME: Duration = Duration::from_secs(5);

/// Everything that may be away while an order is delivered, one after the other. The shop, whose orders are all to arrive.
pub async fn deliveries_are_taken_whatever_is_away(system: &Connected) -> Shop {
    let shop = Shop::open(system, "away").await;
    let place_and_deliver = async || {
        let (id, begun) = (shop.place(), Instant::now());
        let status = shop.deliver(system, id).await.expect("an answer");
        (id, status, begun.elapsed())
    };
    assert_eq!(place_and_deliver().await.1, StatusCode::OK, "nothing is away");

    // The database refuses, or never answers: the delivery is put aside.
    for how in ["error", "throttle", "hang"] {
        system.fail(&[("dynamodb", how)]).await;
        let (id, status, took) = place_and_deliver().await;
        assert!(status == StatusCode::OK && took < IN_TIME, "DynamoDB, {how}: {status} after {took:?}");
        system.mend().await;
        let key = shop.key(id);
        assert!(system.order(&key).await.is_none_or(|order| order.stage == Stage::Received), "{key} was put aside");
    }

    // Queues and bus refuse: the delivery is stored, and the stream keeps what follows from it.
    system.fail(&[("sqs", "error"), ("events", "error")]).await;
    let (id, status, _) = place_and_deliver().await;
    assert_eq!(status, StatusCode::OK, "SQS");
    assert!(system.order(&shop.key(id)).await.is_some(), "it is stored");
    tokio::time::sleep(Duration::from_secs(3)).await;
    system.mend().await;

    without_secrets(system, &shop).await;

    // Nothing can store it: only then is it refused.
    for how in ["error", "hang"] {
        system.fail(&[("dynamodb", how), ("sqs", how)]).await;
        let (id, status, took) = place_and_deliver().await;
        assert!(status == StatusCode::SERVICE_UNAVAILABLE && took < IN_TIME, "all, {how}: {status} after {took:?}");
        system.mend().await;
        assert!(system.order(&shop.key(id)).await.is_none());
        assert_eq!(shop.deliver(system, id).await, Some(StatusCode::OK), "delivered again");
    }
    shop
}

/// Who knows a secret goes on; who knows none puts the delivery aside unjudged, and what nobody signed is refused later.
async fn without_secrets(system: &Connected, shop: &Shop) {
    assert_eq!(shop.deliver(system, shop.place()).await, Some(StatusCode::OK), "somebody knows the secret");
    system.fail(&[("secretsmanager", "error")]).await;
    let warm = shop.place();
    assert_eq!(shop.deliver(system, warm).await, Some(StatusCode::OK));
    assert!(system.order(&shop.key(warm)).await.is_some(), "stored, not put aside");

    while system.kill("-intake", 0).await.is_some() {}
    let (cold, forged) = (shop.place(), shop.place());
    assert_eq!(shop.deliver(system, cold).await, Some(StatusCode::OK));
    let body = shop.store.order_json(forged).expect("placed");
    let status = system.deliver(&shop.name, "order.created", "no-secret-of-ours", "1", &body).await;
    assert_eq!(status, Some(StatusCode::OK), "nobody can tell");
    for id in [cold, forged] {
        assert!(system.order(&shop.key(id)).await.is_none(), "put aside unjudged");
    }
    system.mend().await;
    // The forged one is not among those that were taken: `Shop::arrive` says that it never came.
}

/// With the stream standing still, the sweep alone moves orders on; and in one batch a message that is none leaves the others done.
pub async fn without_the_stream(system: &Connected) {
    let shop = Shop::open(system, "still").await;
    system.fail(&[("streams", "error")]).await;
    let swept = shop.place();
    assert_eq!(shop.deliver(system, swept).await, Some(StatusCode::OK));
    let nine: Vec<u64> = (0..9).map(|_| shop.place()).collect();
    for id in &nine {
        assert_eq!(shop.deliver(system, *id).await, Some(StatusCode::OK));
    }
    let mut bodies: Vec<String> = Vec::new();
    for id in &nine {
        let order = system.order(&shop.key(*id)).await.expect("stored");
        assert_eq!(order.stage, Stage::Received, "nobody told validate");
        let command = Command::new(Step::Validate, order.key, Origin::Commit, order.seq);
        bodies.push(serde_json::to_string(&command).expect("JSON"));
    }
    bodies.insert(4, r#"{"v":1,"poison":true}"#.to_owned());
    system.send(Step::Validate, &bodies).await;
    let begun = Instant::now();
    for id in &nine {
        system.until(&shop.key(*id), "validated", |order| order.stage >= Stage::Validated).await;
    }
    // Had the poison failed the whole batch, they would come again after the queue's visibility timeout of three minutes.
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());

    // The tenth has no message at all. The sweep sends what has not moved for two minutes.
    let begun = Instant::now();
    loop {
        system.fail(&[("streams", "error")]).await;
        let swept = system.order(&shop.key(swept)).await.expect("stored");
        if swept.stage >= Stage::Validated {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(240), "the sweep sent nothing: {swept:#?}");
        system.try_invoke("sweep").await.ok();
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
    assert!(begun.elapsed() > Duration::from_secs(30), "somebody else sent it");
    system.mend().await;
    shop.arrive(system).await;
}

impl Connected {
    /// Puts messages on a step's queue, in one request.
    async fn send(&self, step: Step, bodies: &[String]) {
        let queue = &self.endpoints.queues[&format!("{}-{}", self.endpoints.deployment, step.slug())];
        let entries = bodies.iter().enumerate().map(|(id, body)| json!({ "Id": id.to_string(), "MessageBody": body }));
        let body = json!({ "QueueUrl": queue, "Entries": entries.collect::<Vec<_>>() });
        let request = self.http.post(&self.endpoints.aws_endpoint_url).header("x-amz-target", "AmazonSQS.SendMessageBatch");
        let answer = request.header("content-type", "application/x-amz-json-1.0").body(body.to_string()).send().await;
        let answer = answer.expect("the local AWS answers");
        assert!(answer.status().is_success(), "SendMessageBatch: {}", answer.status());
    }
}
