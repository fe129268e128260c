//! Amendments and cancellations.

use serde_json::{Value, json};
use waybill_domain::ErpOrder;
use waybill_testkit::erp::{Fault, Op, OrderState};
use waybill_workflow::CallError;
use waybill_workflow::ports::erp::{ErpAmend, ErpCancel, ErpOrders};

use crate::support::{assert_says_nothing_personal, kind, order, reply, setup};

/// The order with one unit of `A` less: 17.85 EUR, to another street.
fn amended() -> ErpOrder {
    let mut order = order("shop-1");
    order.lines[0].quantity = 1;
    (order.lines[0].net, order.lines[0].tax) = ("10.00".parse().unwrap(), "1.90".parse().unwrap());
    order.net = "15.00".parse().unwrap();
    order.tax = "2.85".parse().unwrap();
    order.total = "17.85".parse().unwrap();
    order.shipping.address_1 = "13 Harbour Lane".into();
    order
}

#[tokio::test]
async fn an_amendment_makes_the_order_say_what_it_says() {
    let (fake, erp) = setup().await;
    let before = erp.create(&order("shop-1")).await.unwrap();
    let after = erp.amend("so-1", &amended()).await.unwrap();
    assert_eq!((after.id.as_str(), after.reference.as_str(), after.total.to_string().as_str()), ("so-1", "shop-1", "17.85"));
    assert!(before.confirmed_at <= after.confirmed_at);
    let stored = fake.orders().remove(0);
    assert_eq!(stored.new.shipping_address["line1"], "13 Harbour Lane");
    assert_eq!((stored.new.lines[0].quantity, fake.free("A")), (1, Some(9)));

    assert_eq!(erp.amend("so-1", &amended()).await.unwrap(), after, "again changes nothing");
    assert_eq!(erp.find("shop-1").await.unwrap(), std::slice::from_ref(&after));
    fake.ship("shop-1", None, None).unwrap();
    assert_eq!(erp.amend("so-1", &amended()).await.unwrap(), after, "also when it could not be done any more");
    assert_eq!(fake.orders()[0].amendments, 1);
}

#[tokio::test]
async fn what_cannot_be_amended_is_refused() {
    let (fake, erp) = setup().await;
    assert_eq!(kind(erp.amend("so-1", &amended()).await), "erp_not_found");
    erp.create(&order("shop-1")).await.unwrap();
    let mut wrong = amended();
    wrong.total = "17.86".parse().unwrap();
    assert_eq!(kind(erp.amend("so-1", &wrong).await), "erp_total_mismatch");
    let mut many = amended();
    many.lines[0].quantity = 11;
    assert_eq!(kind(erp.amend("so-1", &many).await), "erp_insufficient_stock");
    assert_eq!(kind(erp.amend("so-1", &ErpOrder { reference: "shop-2".into(), ..amended() }).await), "erp_malformed");
    let unpaid = ErpOrder { payment: waybill_domain::Payment::Failed, ..amended() };
    assert_eq!(kind(erp.amend("so-1", &unpaid).await), "erp_not_postable");
    fake.ship("shop-1", None, None).unwrap();
    assert_eq!(kind(erp.amend("so-1", &amended()).await), "erp_cannot_amend");
    erp.create(&order("shop-2")).await.unwrap();
    erp.cancel("so-2").await.unwrap();
    assert_eq!(kind(erp.amend("so-2", &order("shop-2")).await), "erp_order_cancelled");
    assert_eq!((fake.orders()[0].amendments, fake.free("A")), (0, Some(8)));
}

/// By the contract, by a framework that has no such route, and by one that has no such method.
#[tokio::test]
async fn an_erp_that_cannot_amend_at_all() {
    let (fake, erp) = setup().await;
    erp.create(&order("shop-1")).await.unwrap();
    fake.knobs(|knobs| knobs.amends = false);
    assert_eq!(kind(erp.amend("so-1", &amended()).await), "erp_cannot_amend");
    for status in [404, 405, 501] {
        for body in ["<html>", "", r#"{"detail":"Not Found"}"#] {
            fake.next(Op::AmendOrder, 1, reply(status, body));
            assert_eq!(kind(erp.amend("so-1", &amended()).await), "erp_cannot_amend", "{status} {body}");
        }
    }
    for op in [Op::CreateOrder, Op::FindOrders] {
        fake.next(op, 1, reply(405, ""));
    }
    assert_eq!(kind(erp.create(&order("shop-2")).await), "down", "what every ERP has is not left out");
    assert_eq!(kind(erp.find("shop-2").await), "down");
    assert_eq!(fake.orders().len(), 1);
}

/// A 404 without the contract's words also comes from a server without a database: then nothing works, and orders wait.
#[tokio::test]
async fn a_bare_404_is_an_outage_unless_the_status_answers() {
    let (fake, erp) = setup().await;
    erp.create(&order("shop-1")).await.unwrap();
    for status in [Fault::no_database(), Fault::garbage(), Fault::hang(), reply(200, "{}"), reply(200, r#"{"settle_seconds":0}"#)]
    {
        fake.next(Op::AmendOrder, 1, Fault::no_database());
        fake.next(Op::Status, 1, status);
        assert_eq!(kind(erp.amend("so-1", &amended()).await), "down");
    }
    fake.knobs(|knobs| knobs.fault = Some(Fault::no_database()));
    assert_eq!(kind(erp.cancel("so-1").await), "down");
    fake.behave();
    fake.next(Op::CancelOrder, 1, Fault::no_database());
    assert_eq!(kind(erp.cancel("so-1").await), "erp_cannot_cancel");
    assert_eq!(fake.orders()[0].state, OrderState::Confirmed);
}

/// Nothing that may have happened is called surely not done, and once more ends as once.
#[tokio::test]
async fn every_fault_for_an_amendment_and_for_a_cancellation() {
    let mut seen = Vec::new();
    for (name, fault) in Fault::all() {
        let (fake, erp) = setup().await;
        erp.create(&order("shop-1")).await.unwrap();
        fake.next(Op::AmendOrder, 1, fault.clone());
        let first = kind(erp.amend("so-1", &amended()).await);
        assert!(fake.orders()[0].amendments == 0 || first == "unknown", "{name}: done, and the answer was {first}");
        assert_eq!(kind(erp.amend("so-1", &amended()).await), "ok", "{name}");
        assert_eq!((fake.orders()[0].amendments, fake.free("A")), (1, Some(9)), "{name}");

        fake.next(Op::CancelOrder, 1, fault);
        let cancelled = kind(erp.cancel("so-1").await);
        let is_open = fake.orders()[0].state == OrderState::Confirmed;
        assert!(is_open || cancelled == "unknown", "{name}: done, and the answer was {cancelled}");
        assert_eq!(kind(erp.cancel("so-1").await), "ok", "{name}");
        assert_eq!(fake.free("A"), Some(10), "{name}");
        seen.push(format!("{name}: {first}, {cancelled}"));
    }
    assert_eq!(
        seen,
        [
            "timeout_after_commit: unknown, unknown",
            "late_commit: unknown, unknown",
            "hang: unknown, unknown",
            "drop_before_commit: unknown, unknown",
            "drop_after_commit: unknown, unknown",
            "truncated_answer: unknown, unknown",
            "rejected_500: erp_rejected, erp_rejected",
            "foreign_json_500: unknown, unknown",
            "html_500: unknown, unknown",
            "bad_gateway_after_commit: unknown, unknown",
            "half_done: unknown, unknown",
            "contention: busy 1, busy 1",
            "outage: down, down",
            // Only this request meets the fault, and the status answers: the ERP is there, and has no such operation.
            "no_database: erp_cannot_amend, erp_cannot_cancel",
            "unauthorized: down, down",
            "throttled: busy 2, busy 2",
            "garbage: unknown, unknown",
            "garbage_after_commit: unknown, unknown",
        ]
    );
}

#[tokio::test]
async fn a_cancelled_order_can_be_cancelled_and_a_closed_one_cannot() {
    let (fake, erp) = setup().await;
    assert_eq!(kind(erp.cancel("so-1").await), "erp_not_found");
    assert_eq!(kind(erp.cancel("../status").await), "erp_not_found");
    erp.create(&order("shop-1")).await.unwrap();
    for _ in 0..2 {
        erp.cancel("so-1").await.unwrap();
        assert_eq!(fake.free("A"), Some(10));
    }
    fake.next(Op::CancelOrder, 1, reply(409, r#"{"code":"cancelled","message":"m"}"#));
    assert_eq!(kind(erp.cancel("so-1").await), "ok", "what we wanted");
    erp.create(&order("shop-2")).await.unwrap();
    fake.ship("shop-2", None, None).unwrap();
    assert_eq!(kind(erp.cancel("so-2").await), "erp_cannot_cancel");
    fake.next(Op::CancelOrder, 1, reply(404, r#"{"code":"unsupported","message":"m"}"#));
    assert_eq!(kind(erp.cancel("so-2").await), "erp_cannot_cancel");
}

fn answer(state: &str) -> Value {
    json!({
        "id": "so-1", "number": "SO/1", "reference": "shop-1", "state": state, "confirmed_at": "2026-11-23T05:40:00Z",
        "total": "17.85", "currency": "EUR", "documents": [],
    })
}

#[tokio::test]
async fn answers_that_are_not_exactly_right_are_no_answers() {
    let (fake, erp) = setup().await;
    let with = |state: &str, key: &str, value: Value| {
        let mut body = answer(state);
        body[key] = value;
        body.to_string()
    };
    let amend = async |status: u16, body: &str| {
        fake.next(Op::AmendOrder, 1, reply(status, body));
        kind(erp.amend("so-1", &amended()).await)
    };
    let cancel = async |status: u16, body: &str| {
        fake.next(Op::CancelOrder, 1, reply(status, body));
        kind(erp.cancel("so-1").await)
    };
    assert_eq!(amend(200, &answer("confirmed").to_string()).await, "ok");
    assert_eq!(cancel(200, &answer("cancelled").to_string()).await, "ok");
    assert_eq!(amend(200, &answer("cancelled").to_string()).await, "erp_order_cancelled");
    assert_eq!(cancel(200, &answer("confirmed").to_string()).await, "unknown");
    for (key, value) in [("id", json!("so-2")), ("id", json!(1)), ("state", json!("draft"))] {
        assert_eq!(amend(200, &with("confirmed", key, value.clone())).await, "unknown", "{key}");
        assert_eq!(cancel(200, &with("cancelled", key, value)).await, "unknown", "{key}");
    }
    for (key, value) in
        [("reference", json!("shop-2")), ("total", json!(17.85)), ("confirmed_at", Value::Null), ("state", json!("pending"))]
    {
        assert_eq!(amend(200, &with("confirmed", key, value)).await, "unknown", "{key}");
    }
    for body in ["", "null", "<html>", "[]"] {
        assert_eq!((amend(200, body).await, cancel(200, body).await), ("unknown".into(), "unknown".into()), "{body}");
    }
    let said = |code: &str| json!({ "code": code, "message": "m" }).to_string();
    for (status, code, amending, cancelling) in [
        (409, "closed", "erp_cannot_amend", "erp_cannot_cancel"),
        (422, "closed", "erp_cannot_amend", "erp_cannot_cancel"),
        (500, "closed", "unknown", "unknown"),
        (409, "cancelled", "erp_order_cancelled", "ok"),
        (500, "cancelled", "unknown", "unknown"),
        (409, "in_progress", "unknown", "unknown"),
        (409, "duplicate_reference", "unknown", "unknown"),
        (403, "forbidden", "erp_forbidden", "erp_forbidden"),
        (422, "period_closed", "erp_period_closed", "erp_period_closed"),
        (422, "what_else", "erp_refused", "erp_refused"),
        (503, "contention", "busy -", "busy -"),
    ] {
        let got = (amend(status, &said(code)).await, cancel(status, &said(code)).await);
        assert_eq!(got, (amending.into(), cancelling.into()), "{status} {code}");
    }
}

#[tokio::test]
async fn what_closed_an_order_is_said_without_what_is_personal() {
    let (fake, erp) = setup().await;
    let body = json!({ "code": "closed", "message": "Jane Roe-Smith (jane@roe.example) got invoice INV/1 for shop-1" });
    fake.next(Op::AmendOrder, 1, reply(409, &body.to_string()));
    let CallError::Refused { message, .. } = erp.amend("so-1", &amended()).await.unwrap_err() else { panic!() };
    assert_says_nothing_personal(&message);
    assert_eq!(
        message,
        "PUT amendment: the order was shipped, credited or closed in the ERP: … … (…) got invoice INV/1 for shop-1"
    );
}
