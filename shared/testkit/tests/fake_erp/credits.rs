//! Credit notes, and what they do to the stock.

use serde_json::{Value, json};
use waybill_testkit::erp::{Fault, Op, Trigger};

use crate::support::Setup;

/// Pieces of line 1 at 11.90 each, and what goes back on the shelf of them.
fn credit(reference: &str, quantity: i64, restock: i64) -> Value {
    let (net, tax) = (quantity * 10, quantity * 190);
    let tax = format!("{}.{:02}", tax / 100, tax % 100);
    let total = quantity * 1190;
    json!({
        "reference": reference, "order": "so-1", "currency": "EUR",
        "lines": [{ "line": "1", "quantity": quantity, "restock": restock, "net": format!("{net}.00"), "tax": tax }],
        "charges": [], "other": "0", "total": format!("{}.{:02}", total / 100, total % 100),
    })
}

/// Money only: shipping with its tax, and some.
fn money(reference: &str, other: &str, total: &str) -> Value {
    json!({
        "reference": reference, "order": "so-1", "currency": "EUR", "lines": [],
        "charges": [{ "line": "2", "net": "5.00", "tax": "0.95" }], "other": other, "total": total,
    })
}

async fn with_order() -> Setup {
    let setup = Setup::new().await;
    assert_eq!(setup.create("shop-1").await.status, 201);
    setup
}

#[tokio::test]
async fn lines_charges_and_the_rest_add_up() {
    let setup = with_order().await;
    let mut all = credit("r-1", 1, 0);
    all["charges"] = json!([{ "line": "2", "net": "5.00", "tax": "0.95" }]);
    (all["other"], all["total"]) = (json!("-2.00"), json!("15.85"));
    let got = setup.post("/v1/credit-notes", &all).await;
    assert_eq!((got.status, &got.json["total"]), (201, &json!("15.85")));
    assert_eq!(setup.post("/v1/credit-notes", &money("r-2", "3.05", "9.00")).await.status, 201);
    assert_eq!(setup.erp.credited("shop-1").to_string(), "24.85");
    let references: Vec<String> = setup.erp.credit_notes_of("shop-1").into_iter().map(|credit| credit.new.reference).collect();
    assert_eq!(references, ["r-1", "r-2"]);
    assert_eq!(setup.erp.credit_notes_of("shop-2").len(), 0);
    assert_eq!(setup.get("/v1/credit-notes?reference=r-1").await.json["credit_notes"], json!([got.json]));
    assert_eq!(setup.get("/v1/credit-notes?reference=r-3").await.json["credit_notes"], json!([]));
}

#[tokio::test]
async fn never_more_than_was_sold() {
    let setup = with_order().await;
    assert_eq!(setup.post("/v1/credit-notes", &credit("r-1", 1, 1)).await.status, 201);
    let wrong = |path: &str, value: Value| {
        let mut body = credit("r-2", 1, 1);
        *body.pointer_mut(path).unwrap() = value;
        body
    };
    let mut cheap = credit("r-2", 2, 0);
    cheap["lines"][0]["net"] = json!("0.10");
    (cheap["lines"][0]["tax"], cheap["total"]) = (json!("0"), json!("0.10"));
    for (body, status, code) in [
        (credit("r-1", 1, 1), 409, "duplicate_reference"),
        (money("r-2", "12.00", "17.95"), 422, "over_credited"),
        (cheap, 422, "over_credited"),
        (money("r-2", "1.00", "6.94"), 422, "total_mismatch"),
        (money("r-2", "-5.95", "0"), 400, "malformed"),
        (wrong("/lines/0/restock", json!(2)), 400, "malformed"),
        (wrong("/lines/0/restock", json!(true)), 400, "malformed"),
        (wrong("/lines/0/quantity", json!(-1)), 400, "malformed"),
        (wrong("/lines/0/line", json!("2")), 422, "unknown_line"),
        (wrong("/charges", json!([{ "line": "1", "net": "0", "tax": "0" }])), 422, "unknown_line"),
        (wrong("/currency", json!("USD")), 422, "other_currency"),
        (wrong("/order", json!("so-9")), 404, "not_found"),
    ] {
        let got = setup.post("/v1/credit-notes", &body).await;
        assert_eq!((got.status, got.json["code"].as_str().unwrap()), (status, code), "{body}");
    }
    assert_eq!((setup.erp.credit_notes().len(), setup.erp.free("A")), (1, Some(9)));
}

#[tokio::test]
async fn pieces_go_back_on_the_shelf_from_wherever_they_are() {
    let setup = with_order().await;
    setup.erp.ship("shop-1", Some(&[("A".to_owned(), 1)].into()), None).unwrap();
    assert_eq!(setup.erp.free("A"), Some(8));
    setup.post("/v1/credit-notes", &credit("r-1", 1, 1)).await;
    assert_eq!(setup.erp.free("A"), Some(9), "the piece that is still there is no longer held");
    setup.erp.set_on_hand("A", 9);
    assert_eq!(setup.erp.free("A"), Some(9), "so a stocktake finds nine, and all of them free");
    setup.erp.ship("shop-1", None, None).unwrap_err();
    setup.post("/v1/credit-notes", &credit("r-2", 1, 1)).await;
    assert_eq!(setup.erp.free("A"), Some(10), "the piece that was shipped came back");

    setup.create("shop-2").await;
    let mut lost = credit("r-3", 1, 0);
    lost["order"] = json!("so-2");
    assert_eq!(setup.post("/v1/credit-notes", &lost).await.status, 201);
    assert_eq!(setup.erp.free("A"), Some(8), "nothing went back");
}

#[tokio::test]
async fn an_order_with_a_credit_note_is_closed_and_a_cancelled_one_is_not_credited() {
    let setup = with_order().await;
    setup.post("/v1/credit-notes", &credit("r-1", 1, 1)).await;
    let cancel = setup.post("/v1/orders/so-1/cancel", &json!({})).await;
    assert_eq!((cancel.status, &cancel.json["code"]), (409, &json!("closed")));

    setup.create("shop-2").await;
    setup.post("/v1/orders/so-2/cancel", &json!({})).await;
    let mut body = credit("r-2", 1, 1);
    body["order"] = json!("so-2");
    let refused = setup.post("/v1/credit-notes", &body).await;
    assert_eq!((refused.status, &refused.json["code"]), (409, &json!("cancelled")));
    assert_eq!(setup.erp.free("A"), Some(9));
}

#[tokio::test]
async fn a_reference_is_taken_once_unless_it_is_told_otherwise() {
    let setup = with_order().await;
    let body = credit("r-1", 1, 1);
    let four = tokio::join!(
        setup.post("/v1/credit-notes", &body),
        setup.post("/v1/credit-notes", &body),
        setup.post("/v1/credit-notes", &body),
        setup.post("/v1/credit-notes", &body),
    );
    let mut statuses = [four.0.status, four.1.status, four.2.status, four.3.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409]);
    setup.erp.knobs(|knobs| knobs.unique_credit_references = false);
    assert_eq!(setup.post("/v1/credit-notes", &body).await.status, 201);
    assert_eq!(setup.get("/v1/credit-notes?reference=r-1").await.json["credit_notes"].as_array().unwrap().len(), 2);
    assert_eq!((setup.erp.credited("shop-1").to_string().as_str(), setup.erp.free("A")), ("23.80", Some(10)));
}

#[tokio::test]
async fn a_trigger_for_an_order_is_for_its_credit_notes_too() {
    let setup = with_order().await;
    setup.erp.trigger(Trigger { order: "shop-1".into(), op: None, times: Some(1), fault: Fault::contention() });
    assert_eq!(setup.post("/v1/credit-notes", &credit("r-1", 1, 1)).await.status, 503);
    setup.erp.trigger(Trigger { order: "no-shop-1".into(), op: None, times: Some(1), fault: Fault::contention() });
    assert_eq!(setup.post("/v1/orders/so-1/cancel", &json!({})).await.status, 503);
}

#[tokio::test]
async fn every_fault_of_a_credit_note() {
    let mut done = Vec::new();
    for (name, fault) in Fault::all() {
        let setup = with_order().await;
        setup.erp.next(Op::CreateCreditNote, 1, fault);
        let _ = setup.try_post("/v1/credit-notes", &credit("r-1", 1, 1)).await;
        if !setup.erp.credit_notes().is_empty() {
            done.push(name);
        }
        let again = setup.post("/v1/credit-notes", &credit("r-1", 1, 1)).await.status;
        assert_eq!(again, if done.contains(&name) { 409 } else { 201 }, "{name}");
        assert_eq!((setup.erp.credit_notes().len(), setup.erp.free("A")), (1, Some(9)), "{name}");
    }
    assert_eq!(
        done,
        [
            "timeout_after_commit",
            "drop_after_commit",
            "truncated_answer",
            "bad_gateway_after_commit",
            "half_done",
            "garbage_after_commit",
        ]
    );
}
