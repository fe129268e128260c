//! Orders that are amended or cancelled.

use serde_json::{Value, json};
use waybill_testkit::erp::{Fault, Op, OrderState};

use crate::support::{Got, Setup, order};

fn code(got: &Got) -> (u16, String) {
    (got.status, got.json["code"].as_str().unwrap_or_default().to_owned())
}

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

/// The order with other units of `A`, at 11.90 each, and a unit of `B` for nothing.
fn amended(units: i64) -> Value {
    let mut body = order("shop-1");
    let (net, tax) = (units * 10, units * 190);
    body["lines"] = json!([
        { "line": "1", "sku": "A", "name": "An A", "quantity": units, "net": format!("{net}.00"), "tax": format!("{}.{:02}", tax / 100, tax % 100) },
        { "line": "3", "sku": "B", "name": "A B", "quantity": 1, "net": "0", "tax": "0" },
    ]);
    let (net, tax) = (net + 5, tax + 95);
    let total = net * 100 + tax;
    body["totals"] = json!({
        "net": format!("{net}.00"), "tax": format!("{}.{:02}", tax / 100, tax % 100), "total": format!("{}.{:02}", total / 100, total % 100),
    });
    body
}

#[tokio::test]
async fn an_amendment_replaces_the_order_and_its_stock_once() {
    let setup = Setup::new().await;
    let created = setup.create("shop-1").await.json;
    let got = setup.put("/v1/orders/so-1", &amended(3)).await;
    assert_eq!((got.status, &got.json["total"], &got.json["state"]), (200, &json!("41.65"), &json!("confirmed")));
    assert_eq!((setup.erp.free("A"), setup.erp.free("B")), (Some(7), Some(0)));
    let time = |value: &Value| value["confirmed_at"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert!(time(&created) < time(&got.json), "figures taken before do not include it as it is now");

    let again = setup.put("/v1/orders/so-1", &amended(3)).await;
    assert_eq!((again.status, &again.json), (200, &got.json));
    assert_eq!(setup.find("shop-1").await, [got.json]);
    let stored = setup.erp.orders().remove(0);
    assert_eq!((stored.amendments, stored.total.to_string().as_str(), stored.new.lines.len()), (1, "41.65", 2));

    assert_eq!(setup.put("/v1/orders/so-1", &order("shop-1")).await.json["total"], "29.75");
    assert_eq!((setup.erp.free("A"), setup.erp.free("B")), (Some(8), Some(1)));
    setup.erp.knobs(|knobs| knobs.booked_drift = "0.01".parse().unwrap());
    assert_eq!(setup.put("/v1/orders/so-1", &amended(1)).await.json["total"], "17.86");
}

#[tokio::test]
async fn what_an_order_holds_is_free_for_its_amendment() {
    let setup = Setup::new().await;
    setup.create("shop-1").await;
    setup.create("shop-2").await;
    assert_eq!(setup.put("/v1/orders/so-1", &amended(8)).await.status, 200);
    assert_eq!(setup.erp.free("A"), Some(0));
    assert_eq!(code(&setup.put("/v1/orders/so-1", &amended(9)).await), refused(422, "insufficient_stock"));
    let mut backorder = amended(9);
    backorder["backorder"] = json!(true);
    assert_eq!(setup.put("/v1/orders/so-1", &backorder).await.status, 200);
    assert_eq!(setup.erp.free("A"), Some(-1));
}

#[tokio::test]
async fn an_amendment_that_is_refused_changes_nothing() {
    let setup = Setup::new().await;
    setup.create("shop-1").await;
    let wrong = |path: &str, value: Value| {
        let mut body = amended(3);
        *body.pointer_mut(path).unwrap() = value;
        body
    };
    for (path, body, expected) in [
        ("so-9", amended(3), refused(404, "not_found")),
        ("so-1", wrong("/reference", json!("shop-2")), refused(400, "malformed")),
        ("so-1", wrong("/totals/total", json!("41.66")), refused(422, "total_mismatch")),
        ("so-1", wrong("/lines/0/sku", json!("C")), refused(422, "unknown_sku")),
        ("so-1", wrong("/lines/0/quantity", json!(0)), refused(400, "malformed")),
        ("so-1", wrong("/currency", json!("USD")), refused(422, "other_currency")),
    ] {
        assert_eq!(code(&setup.put(&format!("/v1/orders/{path}"), &body).await), expected);
    }
    setup.erp.knobs(|knobs| knobs.amends = false);
    assert_eq!(code(&setup.put("/v1/orders/so-1", &amended(3)).await), refused(404, "unsupported"));
    let permissions = setup.get("/v1/status").await.json["permissions"].clone();
    assert!(!permissions.as_array().unwrap().contains(&json!("amend")), "{permissions}");
    let stored = setup.erp.orders().remove(0);
    assert_eq!((stored.amendments, setup.erp.free("A"), setup.erp.free("B")), (0, Some(8), Some(1)));
}

#[tokio::test]
async fn an_order_that_goods_have_left_is_closed_but_an_amendment_it_has_is_fine() {
    let setup = Setup::new().await;
    setup.create("shop-1").await;
    setup.put("/v1/orders/so-1", &amended(3)).await;
    setup.erp.ship("shop-1", Some(&[("A".to_owned(), 1)].into()), None).unwrap();
    assert_eq!(setup.put("/v1/orders/so-1", &amended(3)).await.status, 200);
    assert_eq!(code(&setup.put("/v1/orders/so-1", &amended(2)).await), refused(409, "closed"));
    assert_eq!(code(&setup.post("/v1/orders/so-1/cancel", &json!({})).await), refused(409, "closed"));
    assert_eq!(setup.erp.orders()[0].state, OrderState::Confirmed);

    setup.create("shop-2").await;
    assert_eq!(setup.post("/v1/orders/so-2/cancel", &json!({})).await.status, 200);
    assert_eq!(code(&setup.put("/v1/orders/so-2", &order("shop-2")).await), refused(409, "cancelled"));
}

#[tokio::test]
async fn cancelling_frees_the_stock_once() {
    let setup = Setup::new().await;
    setup.create("shop-1").await;
    setup.put("/v1/orders/so-1", &amended(3)).await;
    for _ in 0..2 {
        let got = setup.post("/v1/orders/so-1/cancel", &json!({})).await;
        assert_eq!((got.status, &got.json["state"]), (200, &json!("cancelled")));
        assert_eq!((setup.erp.free("A"), setup.erp.free("B")), (Some(10), Some(1)));
    }
    assert_eq!(setup.create("shop-1").await.json["existing"]["state"], "cancelled");
    assert_eq!(code(&setup.post("/v1/orders/so-9/cancel", &json!({})).await), refused(404, "not_found"));
}

/// Whether the work was done, and that doing it again comes to the same.
#[tokio::test]
async fn every_fault_of_an_amendment_and_of_a_cancellation() {
    let done = [
        "timeout_after_commit",
        "drop_after_commit",
        "truncated_answer",
        "bad_gateway_after_commit",
        "half_done",
        "garbage_after_commit",
    ];
    for (name, fault) in Fault::all() {
        let setup = Setup::new().await;
        setup.create("shop-1").await;
        setup.erp.next(Op::AmendOrder, 1, fault.clone());
        let put = setup.http.put(format!("{}/v1/orders/so-1", setup.erp.base_url())).json(&amended(3));
        let _ = setup.send(put).await;
        assert_eq!(setup.erp.orders()[0].amendments, u32::from(done.contains(&name)), "{name}");
        assert_eq!(setup.put("/v1/orders/so-1", &amended(3)).await.status, 200, "{name}");
        assert_eq!((setup.erp.orders()[0].amendments, setup.erp.free("A")), (1, Some(7)), "{name}");

        setup.erp.next(Op::CancelOrder, 1, fault);
        let _ = setup.try_post("/v1/orders/so-1/cancel", &json!({})).await;
        let cancelled = setup.erp.orders()[0].state == OrderState::Cancelled;
        assert_eq!(cancelled, done.contains(&name), "{name}");
        assert_eq!(setup.post("/v1/orders/so-1/cancel", &json!({})).await.status, 200, "{name}");
        assert_eq!((setup.erp.free("A"), setup.erp.free("B")), (Some(10), Some(1)), "{name}");
    }
}
