//! The ledger's rows as a person finds them, and that nothing else takes them for its own.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};
use waybill_aws::{Dynamo, Names};
use waybill_domain::{Change, Context, Document, DocumentKind, Effect, Order, Pieces, Refund, Shipment, Step, advance};
use waybill_testkit::contract::happy_path;
use waybill_workflow::ports::{Orders, Timeline};

use crate::backends::embedded_client;

fn after(order: &Order, step: Step, changes: Vec<Change>) -> Order {
    let at = order.received_at.plus_seconds(90_000);
    let context = Context { at, step, cause: "client:wms".to_owned(), release: "0.1.0".to_owned() };
    advance(order, changes, &context).unwrap()
}

/// The rows of a part of the table's keys, by sort key: the version that wrote it, and the body.
async fn rows(client: &Client, names: &Names, pk: &str) -> HashMap<String, (String, Value)> {
    let query = client
        .query()
        .table_name(names.table("orders"))
        .key_condition_expression("pk = :pk")
        .expression_attribute_values(":pk", AttributeValue::S(pk.to_owned()));
    let found = query.send().await.unwrap().items.unwrap_or_default();
    let read = |row: HashMap<String, AttributeValue>| {
        let body = serde_json::from_str(row.get("body")?.as_s().ok()?).ok()?;
        Some((row["sk"].as_s().unwrap().clone(), (row["version"].as_n().unwrap().clone(), body)))
    };
    found.into_iter().filter_map(read).collect()
}

#[tokio::test]
async fn a_row_says_what_was_last_known() {
    let (client, names) = embedded_client().await;
    let dynamo = Dynamo::with_client(client.clone(), &names);
    let mut posted = happy_path(&"shop/1042".parse().unwrap(), &[]).remove(4);
    posted.refunds.push(Refund::seen(17, "10.50".parse().unwrap()));
    dynamo.commit(None, &posted).await.unwrap();
    let parcel = Shipment {
        id: "P 1/#ü".to_owned(),
        revision: 1,
        carrier: "DHL".to_owned(),
        tracking: String::new(),
        tracking_url: String::new(),
        shipped_at: posted.received_at,
        lines: Pieces::from([(1, 2)]),
        void: false,
        told: 0,
    };
    let shipped = after(&posted, Step::ShipUpdate, vec![Change::Shipped(parcel.clone())]);
    dynamo.commit(Some(&posted), &shipped).await.unwrap();
    let found = rows(&client, &names, "shop/1042").await;
    assert_eq!(found["refund#17"], ("5".to_owned(), json!({ "id": 17, "amount": "10.50", "state": "seen" })));
    assert_eq!(found["shipment#P 1/#ü"].0, "6");
    assert_eq!(found["shipment#P 1/#ü"].1["lines"], json!({ "1": 2 }));

    let until = shipped.received_at;
    let begun = Change::CallStarted { effect: Effect::Credit(17), until, extra: [].into() };
    let document = Document { kind: DocumentKind::CreditNote, id: "40811".to_owned(), number: "CN-7".to_owned() };
    let done = Change::Credited { refund: 17, document, restocked: Pieces::new() };
    let corrected = Shipment { revision: 2, lines: Pieces::from([(1, 1)]), ..parcel };
    let credited = after(&shipped, Step::Refund, vec![begun, done, Change::Shipped(corrected)]);
    dynamo.commit(Some(&shipped), &credited).await.unwrap();
    let found = rows(&client, &names, "shop/1042").await;
    assert_eq!((found.len(), &found["refund#17"].0), (2, &"7".to_owned()));
    assert_eq!(found["refund#17"].1["document"], json!({ "kind": "credit_note", "id": "40811", "number": "CN-7" }));
    assert_eq!((&found["shipment#P 1/#ü"].1["revision"], &found["shipment#P 1/#ü"].1["lines"]), (&json!(2), &json!({ "1": 1 })));

    // Neither the list of orders nor an order's story takes them for something else.
    assert_eq!(dynamo.orders(None).await.unwrap(), std::slice::from_ref(&credited));
    let (record, events) = dynamo.story(&credited.key).await.unwrap().unwrap();
    assert_eq!((&record, &events), (&credited, &credited.events));
}

/// A transaction takes a hundred rows; more are refused as a whole, and nothing is written.
#[tokio::test]
async fn a_commit_of_too_many_rows_is_refused() {
    let (client, names) = embedded_client().await;
    let dynamo = Dynamo::with_client(client.clone(), &names);
    let posted = happy_path(&"shop/1042".parse().unwrap(), &[]).remove(4);
    dynamo.commit(None, &posted).await.unwrap();
    let with = |count: u64| {
        let refunds = (1..=count).map(|id| Refund::seen(id, "0.10".parse().unwrap())).collect();
        Order { version: posted.version + 1, refunds, ..posted.clone() }
    };
    let refused = dynamo.commit(Some(&posted), &with(100)).await.unwrap_err();
    assert_eq!(refused.to_string(), "orders is unavailable: a commit of more rows than a transaction takes");
    assert!(rows(&client, &names, "shop/1042").await.is_empty());
    dynamo.commit(Some(&posted), &with(99)).await.unwrap();
    assert_eq!(rows(&client, &names, "shop/1042").await.len(), 99);
}
