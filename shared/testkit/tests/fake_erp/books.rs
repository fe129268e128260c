//! What it does when nothing is wrong.

use serde_json::{Value, json};
use waybill_testkit::erp::Op;

use crate::support::{Setup, order};

#[tokio::test]
async fn an_order_is_confirmed_and_holds_its_stock() {
    let setup = Setup::new().await;
    let before = setup.get("/v1/availability?sku=A&sku=B&sku=unknown").await.json;
    let created = setup.create("shop-1").await;
    let after = setup.get("/v1/availability?sku=A").await.json;

    assert_eq!(created.status, 201);
    assert_eq!(created.json["total"], "29.75");
    assert_eq!(created.json["state"], "confirmed");
    let kinds: Vec<&Value> = created.json["documents"].as_array().unwrap().iter().map(|d| &d["kind"]).collect();
    assert_eq!(kinds, ["sales_order", "invoice", "payment"]);
    assert_eq!(before["items"], json!([{ "sku": "A", "free": 10 }, { "sku": "B", "free": 1 }]));
    assert_eq!(after["items"], json!([{ "sku": "A", "free": 8 }]));
    let time = |value: &Value| value.as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    let confirmed = time(&created.json["confirmed_at"]);
    assert!(time(&before["as_of"]) < confirmed && confirmed < time(&after["as_of"]));
    assert_eq!(setup.find("shop-1").await, [created.json]);
    assert_eq!(setup.find("shop-2").await, [] as [Value; 0]);
}

#[tokio::test]
async fn a_reference_is_taken_once() {
    let setup = Setup::new().await;
    let bodies = order("shop-1");
    let answers = tokio::join!(
        setup.post("/v1/orders", &bodies),
        setup.post("/v1/orders", &bodies),
        setup.post("/v1/orders", &bodies),
        setup.post("/v1/orders", &bodies),
    );
    let mut statuses = [answers.0.status, answers.1.status, answers.2.status, answers.3.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409]);
    let again = setup.create("shop-1").await;
    assert_eq!(again.json["code"], "duplicate_reference");
    assert_eq!(again.json["existing"], setup.find("shop-1").await[0]);
    assert_eq!(setup.erp.free("A"), Some(8));
    assert_eq!(setup.erp.counts().of(Op::CreateOrder), 5);
}

#[tokio::test]
async fn like_odoo_it_can_take_a_reference_often() {
    let setup = Setup::new().await;
    setup.erp.knobs(|knobs| knobs.unique_references = false);
    for _ in 0..4 {
        assert_eq!(setup.create("shop-1").await.status, 201);
    }
    assert_eq!(setup.find("shop-1").await.len(), 4);
    assert_eq!(setup.erp.orders_with("shop-1").len(), 4);
    assert_eq!(setup.erp.free("A"), Some(2));
}

#[tokio::test]
async fn it_adds_up_and_refuses() {
    let setup = Setup::new().await;
    let refused = async |path: &str, value: Value| {
        let mut body = order("shop-1");
        *body.pointer_mut(path).unwrap() = value;
        let got = setup.post("/v1/orders", &body).await;
        (got.status, got.json["code"].as_str().unwrap().to_owned())
    };
    for (path, value, status, code) in [
        ("/totals/total", json!("29.76"), 422, "total_mismatch"),
        ("/totals/tax", json!("4.76"), 422, "total_mismatch"),
        ("/lines/0/net", json!("20.01"), 422, "total_mismatch"),
        ("/shipping/0/tax", json!("0.94"), 422, "total_mismatch"),
        ("/lines/0/sku", json!("C"), 422, "unknown_sku"),
        ("/lines/0/quantity", json!(11), 422, "insufficient_stock"),
        ("/lines/0/quantity", json!(0), 400, "malformed"),
        ("/lines/0/net", json!(20.0), 400, "malformed"),
        ("/lines/0/net", json!("2e1"), 400, "malformed"),
        ("/lines/0/net", json!("20.0000000"), 400, "malformed"),
        ("/placed_at", json!("yesterday"), 400, "malformed"),
        ("/payment/state", json!("maybe"), 400, "malformed"),
        ("/reference", json!(""), 400, "malformed"),
    ] {
        assert_eq!(refused(path, value).await, (status, code.to_owned()), "{path}");
    }
    assert!(setup.erp.orders().is_empty());

    let mut backorder = order("shop-2");
    backorder["lines"][0]["quantity"] = json!(11);
    backorder["backorder"] = json!(true);
    assert_eq!(setup.post("/v1/orders", &backorder).await.status, 201);
    assert_eq!(setup.erp.free("A"), Some(-1));
}

#[tokio::test]
async fn lists_go_on_where_they_stopped() {
    let setup = Setup::new().await;
    setup.erp.knobs(|knobs| knobs.page_size = 1);
    let start = setup.erp.now();
    for reference in ["shop-1", "shop-2"] {
        setup.create(reference).await;
        setup.erp.ship(reference, Some(&[("A".to_owned(), 1)].into()), Some("TRACK")).unwrap();
    }
    setup.erp.ship("shop-1", None, None).unwrap();
    setup.erp.ship("shop-1", None, None).unwrap_err();

    let mut ids = Vec::new();
    let mut path = format!("/v1/shipments?since={start}");
    loop {
        let page = setup.get(&path).await.json;
        let items = page["items"].as_array().unwrap();
        assert_eq!(items.len(), 1);
        assert_eq!(items[0]["lines"], json!([{ "line": "1", "sku": "A", "quantity": 1 }]));
        ids.push(items[0]["id"].clone());
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/v1/shipments?since={start}&cursor={next}");
    }
    assert_eq!(ids, ["sh-1", "sh-2", "sh-3"]);

    let changes = setup.get(&format!("/v1/stock-changes?since={start}")).await.json;
    assert_eq!((&changes["items"], &changes["next"]), (&json!([{ "sku": "A", "free": 6 }]), &Value::Null));
    let later = setup.erp.now();
    setup.erp.set_on_hand("B", 5);
    let changes = setup.get(&format!("/v1/stock-changes?since={later}")).await.json;
    assert_eq!(changes["items"], json!([{ "sku": "B", "free": 5 }]));
    assert_eq!(setup.get("/v1/stock-changes?since=monday").await.status, 400);
    assert_eq!(setup.get("/v1/availability?cursor=x").await.status, 400);
}

#[tokio::test]
async fn the_documents_of_a_day() {
    let setup = Setup::new().await;
    let id = setup.create("shop-1").await.json["id"].as_str().unwrap().to_owned();
    setup.create("shop-2").await;
    let today = setup.erp.now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let references = async |day: jiff::civil::Date| -> Vec<String> {
        let page = setup.get(&format!("/v1/documents?day={day}")).await.json;
        let items = page["items"].as_array().unwrap().clone();
        items.iter().map(|item| format!("{} {}", item["reference"].as_str().unwrap(), item["kind"].as_str().unwrap())).collect()
    };
    setup.post(&format!("/v1/orders/{id}/cancel"), &json!({})).await;
    assert_eq!(references(today).await, ["shop-2 sales_order", "shop-2 invoice", "shop-2 payment"]);
    assert_eq!(references(today.yesterday().unwrap()).await, [] as [&str; 0]);
}

#[tokio::test]
async fn status_and_token() {
    let setup = Setup::new().await;
    setup.erp.knobs(|knobs| knobs.clock_skew_ms = 3_600_000);
    let status = setup.get("/v1/status").await.json;
    assert_eq!(status["settle_seconds"], 30);
    let time: jiff::Timestamp = status["time"].as_str().unwrap().parse().unwrap();
    let ahead = time.duration_since(jiff::Timestamp::now()).as_secs();
    assert!((3_590..=3_600).contains(&ahead), "{ahead}");
    let old = setup.erp.token();
    setup.erp.rotate_token("another");
    let refused = setup.http.get(format!("{}/v1/status", setup.erp.base_url())).bearer_auth(old).send().await.unwrap();
    assert_eq!(refused.status(), 401);
    assert_eq!(setup.get("/v1/status").await.status, 200);
    assert_eq!(setup.erp.counts().refused, 1);
}
