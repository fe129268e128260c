//! Rows that a newer release wrote: they are left as they are, and whoever wants one is told that it waits.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue::{self, N, S};
use waybill_aws::{BadRow, Dynamo, Names, order_from_image};
use waybill_domain::{Circuit, Endpoint, ErpConfig, ErpSlug, Order, OrderKey};
use waybill_lambda::stream;
use waybill_testkit::contract::happy_path;
use waybill_testkit::memory::samples;
use waybill_workflow::Unavailable;
use waybill_workflow::ports::{Circuits, CommitError, Configs, Orders, Timeline};

use crate::backends::embedded_client;

/// Marks a row as one of version 2, and makes a field of it such as only that version has.
async fn raise(client: &Client, table: &str, key: &[(&str, &str)]) {
    let mut update =
        client.update_item().table_name(table).update_expression("SET #v = :v, #new = :new, #version = #version + :v");
    for (name, value) in key {
        update = update.key(*name, S((*value).to_owned()));
    }
    update
        .expression_attribute_names("#v", "v")
        .expression_attribute_names("#new", "new")
        .expression_attribute_names("#version", "version")
        .expression_attribute_values(":v", N("2".to_owned()))
        .expression_attribute_values(":new", S("of the future".to_owned()))
        .send()
        .await
        .expect("raised");
}

fn is_newer<T>(answer: Result<T, Unavailable>) -> bool {
    answer.is_err_and(|error| error.newer)
}

#[tokio::test]
async fn an_order_of_the_future_is_neither_read_nor_overwritten() {
    let (client, names) = embedded_client().await;
    let dynamo = Dynamo::with_client(client.clone(), &names);
    let key: OrderKey = "shop/16".parse().unwrap();
    let story = happy_path(&key, &[("SKU-A", 1)]);
    let [first, second] = [&story[0], &story[1]];
    dynamo.commit(None, first).await.unwrap();
    raise(&client, &names.table("orders"), &[("pk", "shop/16"), ("sk", "order")]).await;
    let row = row(&client, &names).await;
    assert!(is_newer(dynamo.load(&key).await));
    assert!(is_newer(dynamo.story(&key).await));
    assert!(is_newer(dynamo.orders_by_key(std::slice::from_ref(&key)).await));
    for before in [Some(first), None] {
        let refused = dynamo.commit(before, second).await;
        assert!(matches!(&refused, Err(CommitError::Unavailable(error)) if error.newer), "{refused:?}");
    }
    // With stock in the transaction, too.
    let taking: &Order = &story[2];
    let refused = dynamo.commit(Some(second), taking).await;
    assert!(matches!(&refused, Err(CommitError::Unavailable(error)) if error.newer), "{refused:?}");
    assert_eq!(self::row(&client, &names).await, row, "not a byte of it");
}

async fn row(client: &Client, names: &Names) -> waybill_aws::dynamo::Row {
    let get = client.get_item().table_name(names.table("orders"));
    get.key("pk", S("shop/16".to_owned())).key("sk", S("order".to_owned())).send().await.unwrap().item.unwrap()
}

#[tokio::test]
async fn a_circuit_and_a_configuration_of_the_future_wait() {
    let (client, names) = embedded_client().await;
    let dynamo = Dynamo::with_client(client.clone(), &names);
    let slug: ErpSlug = "acme".parse().unwrap();
    let endpoint = Endpoint::Erp(slug.clone());
    let known = Circuit::closed(endpoint.clone()).failed(waybill_domain::At(0));
    dynamo.save_circuit(&known).await.unwrap();
    raise(&client, &names.table("endpoints"), &[("pk", "erp/acme")]).await;
    assert!(is_newer(dynamo.circuit(&endpoint).await));
    assert!(is_newer(dynamo.save_circuit(&known.failed(waybill_domain::At(0))).await));
    dynamo.put_erp(&ErpConfig { version: 0, ..samples::erp() }).await.unwrap();
    let other = ErpConfig { version: 0, slug: "other".parse().unwrap(), ..samples::erp() };
    let other = dynamo.put_erp(&other).await.unwrap();
    raise(&client, &names.table("stores"), &[("pk", "erp/acme")]).await;
    assert!(is_newer(dynamo.erp(&slug).await));
    assert_eq!(dynamo.erps().await, Ok(vec![other]), "a list gives the others");
}

/// The stream gives again from the first record that waits; those before it are done, a broken one among them is passed over.
#[test]
fn the_relay_gives_a_record_of_the_future_back() {
    let image = crate::image::image;
    let story = happy_path(&"shop/16".parse().unwrap(), &[("SKU-A", 1)]);
    let record = |number: usize, change: Option<(&str, AttributeValue)>| {
        let mark = waybill_aws::dynamo::row::Mark::random();
        let mut row = waybill_aws::dynamo::row::row_from(&story[number], &mark).unwrap();
        row.extend(change.map(|(name, value)| (name.to_owned(), value)));
        let keys = serde_json::json!({"sk": {"S": "order"}});
        serde_json::json!({"dynamodb": {"Keys": keys, "NewImage": image(&row), "SequenceNumber": number.to_string()}})
    };
    let broken = ("stage", S("teleported".to_owned()));
    let newer = ("v", N("2".to_owned()));
    let event = serde_json::json!({"Records": [
        record(0, None), record(1, Some(broken)), record(2, None), record(3, Some(newer)), record(4, None),
    ]});
    assert_eq!(order_from_image(event["Records"][3]["dynamodb"]["NewImage"].clone()), Err(BadRow::Newer));
    let batch = stream::read(event).unwrap();
    assert_eq!(batch.orders, [story[0].clone(), story[2].clone()]);
    assert_eq!(batch.broken.iter().map(|(number, _)| number.as_str()).collect::<Vec<_>>(), ["1"]);
    assert_eq!(batch.waits.as_deref(), Some("3"));
}
