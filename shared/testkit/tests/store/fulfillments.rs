//! The fulfillments endpoints, and their only trace on the order.

use serde_json::{Value, json};
use waybill_testkit::store::{FakeStore, FakeStoreConfig, MailAbout, OrderKind};

use crate::client::{call, get};

fn body(line: u64, units: i64, tracking: &str) -> String {
    let meta =
        json!([{"key": "_items", "value": [{"item_id": line, "qty": units}]}, {"key": "_tracking_number", "value": tracking}]);
    json!({"status": "fulfilled", "is_fulfilled": true, "meta_data": meta}).to_string()
}

async fn status(store: &FakeStore, id: u64) -> Value {
    let order = get(store, &format!("/orders/{id}")).await;
    assert_eq!(order["status"], "processing", "a fulfillment leaves it");
    let meta = order["meta_data"].as_array().expect("a list");
    let rows: Vec<_> = meta.iter().filter(|row| row["key"] == "_fulfillment_status").collect();
    assert!(rows.len() <= 1);
    rows.first().map_or(Value::Null, |row| row["value"].clone())
}

#[tokio::test]
async fn without_the_feature_there_is_no_such_route() {
    let store = FakeStore::start(FakeStoreConfig::default()).await.expect("a store");
    let id = store.place(OrderKind::Plain);
    for (method, path) in [("GET", ""), ("POST", ""), ("PUT", "/5"), ("DELETE", "/5")] {
        let (status, error) = call(&store, method, &format!("/orders/{id}/fulfillments{path}"), &body(1, 1, "x")).await;
        assert_eq!((status, &error["code"]), (404, &"rest_no_route".into()), "{method}");
    }
}

#[tokio::test]
async fn fulfillments_are_made_changed_and_deleted_and_leave_only_a_trace() {
    let config = FakeStoreConfig { fulfillments: true, ..FakeStoreConfig::default() };
    let store = FakeStore::start(config).await.expect("a store");
    let id = store.place(OrderKind::Plain);
    let path = format!("/orders/{id}/fulfillments");
    let line = store.order(id).expect("the order").lines[0].id;
    assert_eq!(status(&store, id).await, Value::Null);

    let (answered, first) = call(&store, "POST", &path, &body(line, 1, "A")).await;
    assert_eq!((answered, &first["entity_id"]), (201, &id.to_string().into()));
    assert_eq!(status(&store, id).await, "partially_fulfilled");
    let (_, second) = call(&store, "POST", &format!("{path}?notify_customer=true"), &body(line, 1, "B")).await;
    assert_eq!(status(&store, id).await, "fulfilled");
    assert_eq!(get(&store, &path).await.as_array().map(Vec::len), Some(2));

    let one = format!("{path}/{}", second["id"]);
    let without = json!({"status": "fulfilled", "is_fulfilled": true, "meta_data": [{"key": "_items", "value": [{"item_id": line, "qty": 1}]}]});
    let (answered, changed) = call(&store, "PUT", &one, &without.to_string()).await;
    assert_eq!((answered, &changed["id"]), (200, &second["id"]));
    let keys: Vec<_> = changed["meta_data"].as_array().expect("a list").iter().map(|row| row["key"].clone()).collect();
    assert_eq!(keys, ["_items", "_date_fulfilled"], "keys that are not named go");

    for _ in 0..2 {
        assert_eq!(call(&store, "DELETE", &one, "").await.0, 200, "a deleted one is deleted again");
    }
    assert_eq!((status(&store, id).await, store.fulfillments(id).len()), ("partially_fulfilled".into(), 1));
    let mails: Vec<_> = store.mails(id).into_iter().map(|mail| mail.about).collect();
    assert_eq!(mails, [MailAbout::Fulfillment]);
}

#[tokio::test]
async fn refusals_have_a_number_for_a_code() {
    let config = FakeStoreConfig { fulfillments: true, ..FakeStoreConfig::default() };
    let store = FakeStore::start(config).await.expect("a store");
    let id = store.place(OrderKind::Plain);
    let path = format!("/orders/{id}/fulfillments");
    for (method, path, body) in [
        ("POST", path.clone(), r#"{"status":"fulfilled","meta_data":[]}"#.to_owned()),
        ("POST", path.clone(), body(0, 1, "x")),
        ("POST", path.clone(), body(1, -1, "x")),
        ("POST", path.clone(), r#"{"status":"gone","meta_data":[]}"#.to_owned()),
        ("PUT", format!("{path}/4711"), body(1, 1, "x")),
        ("DELETE", format!("{path}/4711"), String::new()),
    ] {
        let (status, error) = call(&store, method, &path, &body).await;
        assert_eq!((status, &error["code"]), (400, &0.into()), "{method} {body}");
    }
    let (status, error) = call(&store, "GET", "/orders/999999/fulfillments", "").await;
    assert_eq!((status, &error["code"]), (404, &"woocommerce_rest_order_invalid_id".into()));
}
