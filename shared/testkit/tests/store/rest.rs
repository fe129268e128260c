//! The REST API.

use waybill_testkit::store::{FakeStore, FakeStoreConfig, OrderKind};

use crate::client::{call, get, send};
use crate::receiver::connected;

async fn store() -> FakeStore {
    FakeStore::start(FakeStoreConfig::default()).await.expect("a store")
}

#[tokio::test]
async fn without_the_right_key_it_is_401_with_an_error_object() {
    let store = store().await;
    let id = store.place(OrderKind::Plain);
    for key in ["", "ck_wrong:cs_wrong", "nonsense"] {
        let answered = send(&store, key, "GET", &format!("/wp-json/wc/v3/orders/{id}"), "").await;
        assert_eq!(answered.status, 401, "{key:?}");
        let json: serde_json::Value = serde_json::from_slice(&answered.body).expect("JSON");
        assert_eq!(json["data"]["status"], 401);
    }
}

#[tokio::test]
async fn one_order_is_what_a_delivery_carries() {
    let store = store().await;
    let id = store.place(OrderKind::FeeTwoRates);
    let shown = get(&store, &format!("/orders/{id}")).await;
    let delivered: serde_json::Value = serde_json::from_slice(&store.order_json(id).expect("it")).expect("JSON");
    assert_eq!(shown, delivered);
    let (status, error) = call(&store, "GET", "/orders/999999", "").await;
    assert_eq!((status, &error["code"]), (404, &"woocommerce_rest_shop_order_invalid_id".into()));
    let (status, error) = call(&store, "GET", "/nothing", "").await;
    assert_eq!((status, &error["code"]), (404, &"rest_no_route".into()));
}

#[tokio::test]
async fn lists_have_pages_of_at_most_100() {
    let store = store().await;
    for _ in 0..205 {
        store.place(OrderKind::Plain);
    }
    let config = FakeStoreConfig::default();
    let key = format!("{}:{}", config.consumer_key, config.consumer_secret);
    let path = "/wp-json/wc/v3/orders?per_page=100&page=3&orderby=id&order=asc";
    let answered = send(&store, &key, "GET", path, "").await;
    assert_eq!((answered.header("x-wp-total"), answered.header("x-wp-totalpages")), (Some("205"), Some("3")));
    let orders: Vec<serde_json::Value> = serde_json::from_slice(&answered.body).expect("a list");
    assert_eq!((orders.len(), &orders[0]["id"]), (5, &1201.into()));
    assert_eq!(get(&store, "/orders").await.as_array().map(Vec::len), Some(10));
    let (status, error) = call(&store, "GET", "/orders?per_page=101", "").await;
    assert_eq!((status, &error["code"]), (400, &"rest_invalid_param".into()));
}

#[tokio::test]
async fn modified_after_is_exclusive_and_in_shop_time_unless_told_otherwise() {
    let store = store().await;
    let old = store.place(OrderKind::Plain);
    store.turn(|knobs| knobs.clock_ahead_seconds = 60);
    let new = store.place(OrderKind::Unpaid);
    let (old_json, new_json) = (get(&store, &format!("/orders/{old}")).await, get(&store, &format!("/orders/{new}")).await);
    let count = async |query: String| get(&store, &format!("/orders?{query}")).await.as_array().map(Vec::len);
    let gmt = |order: &serde_json::Value| order["date_modified_gmt"].as_str().expect("a date").to_owned();
    assert_eq!(count(format!("modified_after={}&dates_are_gmt=true", gmt(&old_json))).await, Some(1));
    assert_eq!(count(format!("modified_after={}&dates_are_gmt=true", gmt(&new_json))).await, Some(0), "exclusive");
    // The shop is an hour ahead of UTC: a UTC date read as shop time is an hour too early.
    assert_eq!(count(format!("modified_after={}", gmt(&new_json))).await, Some(2));
    let local = new_json["date_modified"].as_str().expect("a date");
    assert_eq!(count(format!("modified_after={local}")).await, Some(0));
    assert_eq!(count("status=pending".to_owned()).await, Some(1));
    assert_eq!(count("status=pending,processing".to_owned()).await, Some(2));
}

#[tokio::test]
async fn writes_come_back_as_deliveries() {
    let (store, receiver) = connected(FakeStoreConfig::default()).await;
    let new = r#"{"set_paid":true,"payment_method":"bacs","billing":{"first_name":"Zoë","email":"zoe@example.test"},
        "line_items":[{"product_id":12,"variation_id":14,"quantity":999}],"meta_data":[{"key":"ref","value":"A-1"}],
        "shipping_lines":[{"method_id":"flat_rate","method_title":"Flat","total":"4.12"}]}"#;
    let (status, order) = call(&store, "POST", "/orders", new).await;
    assert_eq!((status, &order["status"], &order["created_via"]), (201, &"processing".into(), &"rest-api".into()));
    assert_eq!(order["line_items"][0]["quantity"], 999, "stock is not looked at");
    let id = order["id"].as_u64().expect("an id");
    store.idle().await;
    assert_eq!(receiver.take().len(), 2);

    let (status, same) = call(&store, "PUT", &format!("/orders/{id}"), "{}").await;
    assert_eq!((status, &same["total"]), (200, &order["total"]));
    store.idle().await;
    assert_eq!(receiver.take().len(), 1, "the echo of a change without content");

    let line = order["line_items"][0]["id"].as_u64().expect("an id");
    let before = store.stock(14);
    let change = format!(r#"{{"line_items":[{{"id":{line},"quantity":1000}}],"meta_data":[{{"key":"ref","value":"B"}}]}}"#);
    let (_, changed) = call(&store, "PUT", &format!("/orders/{id}"), &change).await;
    assert_eq!(changed["total"], order["total"], "money does not follow the quantity");
    assert_eq!(store.stock(14), before.map(|units| units - 1));
    assert_eq!(changed["meta_data"].as_array().map(Vec::len), Some(1));
    let (status, _) = call(&store, "PUT", &format!("/orders/{id}"), r#"{"status":"teapot"}"#).await;
    assert_eq!(status, 400);
    let (status, error) = call(&store, "PUT", "/orders/999999", "{}").await;
    assert_eq!((status, &error["code"]), (400, &"woocommerce_rest_shop_order_invalid_id".into()));
}

#[tokio::test]
async fn refunds_are_not_idempotent_and_fail_for_good_with_500() {
    let store = store().await;
    let id = store.place(OrderKind::BankTransfer);
    let path = format!("/orders/{id}/refunds");
    let (status, error) = call(&store, "POST", &path, r#"{"amount":"1.00"}"#).await;
    assert_eq!((status, &error["code"]), (500, &"woocommerce_rest_cannot_create_order_refund".into()));
    let line = store.order(id).expect("the order").lines[0].id;
    let refund = format!(
        r#"{{"amount":"1.19","api_refund":false,"reason":"damaged","meta_data":[{{"key":"ref","value":"R-1"}}],
        "line_items":[{{"id":{line},"quantity":99,"refund_total":"1.00","refund_tax":[{{"id":1,"refund_total":"0.19"}}]}}]}}"#
    );
    let before = store.stock(10).expect("counted");
    for _ in 0..2 {
        assert_eq!(call(&store, "POST", &path, &refund).await.0, 201);
    }
    assert_eq!(store.stock(10), Some(before + 198), "99 of a line of 2, twice");
    let line = store.order(id).expect("the order").lines[0].clone();
    assert_eq!((line.counted("_restock_refunded_items"), line.counted("_reduced_stock")), (198, -196));
    let refunds = get(&store, &path).await;
    assert_eq!(refunds.as_array().map(Vec::len), Some(2));
    assert_eq!(refunds[0]["line_items"][0]["quantity"], -99);
    assert_eq!(refunds[0]["meta_data"][0]["value"], "R-1");
    let (status, error) = call(&store, "POST", &path, r#"{"amount":"9999.00","api_refund":false}"#).await;
    assert_eq!((status, &error["data"]), (500, &500.into()), "more than is left; the status is where WordPress does not look");
    assert_eq!(get(&store, "/orders/999999/refunds").await, serde_json::json!([]), "of an order that is not there");
    let (status, error) = call(&store, "POST", "/orders/999999/refunds", r#"{"amount":"1.00"}"#).await;
    assert_eq!((status, &error["code"], &error["data"]), (500, &"woocommerce_rest_invalid_order_id".into(), &404.into()));

    let modified = get(&store, &format!("/orders/{id}")).await["date_modified_gmt"].clone();
    store.turn(|knobs| knobs.clock_ahead_seconds = 9);
    let refund = refunds[0]["id"].as_u64().expect("an id");
    assert_eq!(call(&store, "DELETE", &format!("{path}/{refund}?force=true"), "").await.0, 200);
    assert_eq!(get(&store, &format!("/orders/{id}")).await["date_modified_gmt"], modified, "silent");

    call(&store, "PUT", &format!("/orders/{id}"), r#"{"status":"refunded"}"#).await;
    let rest = get(&store, "/refunds").await;
    assert_eq!(rest[0]["line_items"], serde_json::json!([]), "the automatic refund has no lines");
    assert_eq!(rest.as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn products_are_found_by_sku_variations_included() {
    let store = store().await;
    let found = get(&store, "/products?sku=MUG-BLUE,SHIRT-M,NOBODY&per_page=100").await;
    let skus: Vec<_> = found.as_array().expect("a list").iter().map(|p| p["sku"].clone()).collect();
    assert_eq!(skus, ["MUG-BLUE", "SHIRT-M"]);
    assert_eq!((&found[1]["type"], &found[1]["parent_id"]), (&"variation".into(), &12.into()));
    assert_eq!(get(&store, "/products/12/variations").await.as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn webhooks_are_managed_and_never_show_their_secret() {
    let (store, receiver) = connected(FakeStoreConfig::default()).await;
    let new = format!(r#"{{"topic":"order.updated","delivery_url":"{}","secret":"top"}}"#, receiver.url);
    let (status, webhook) = call(&store, "POST", "/webhooks", &new).await;
    assert_eq!((status, &webhook["status"], &webhook["event"]), (201, &"active".into(), &"updated".into()));
    assert!(webhook.get("secret").is_none());
    store.idle().await;
    assert_eq!(receiver.take_all()[0].body, b"webhook_id=4");
    assert_eq!(call(&store, "PUT", "/webhooks/4", r#"{"status":"paused"}"#).await.1["status"], "paused");
    assert_eq!(call(&store, "DELETE", "/webhooks/4?force=true", "").await.0, 200);
    assert_eq!(get(&store, "/webhooks").await.as_array().map(Vec::len), Some(3));
    assert_eq!(call(&store, "POST", "/webhooks", r#"{"topic":"tea.brewed"}"#).await.0, 400);
}

#[tokio::test]
async fn a_store_says_its_version_and_time() {
    let store = store().await;
    assert_eq!(get(&store, "/system_status").await["environment"]["version"], "10.5.2");
    let index = send(&store, "", "GET", "/wp-json/", "").await;
    assert_eq!(index.status, 200);
    let date = index.header("date").expect("a date").to_owned();
    store.turn(|knobs| knobs.clock_ahead_seconds = 86_400);
    let tomorrow = send(&store, "", "GET", "/wp-json/", "").await;
    assert_ne!(tomorrow.header("date"), Some(date.as_str()));
}
