//! Answers that are nearly right, and answers that are hostile.

use serde_json::{Value, json};
use waybill_domain::At;
use waybill_workflow::ports::erp::{ErpAvailability, ErpDocuments, ErpOrders, ErpShipments, ErpStockChanges, Unfinished};

use crate::errors::reply;
use crate::support::{kind, order, setup};

async fn created(call: &str, answer: &Value) -> String {
    let (fake, erp) = setup(19).await;
    fake.next(call, 1, &reply(200, &answer.to_string()));
    kind(erp.create(&order("shop-1")).await)
}

#[tokio::test]
async fn an_answer_that_is_not_exactly_right_is_no_answer() {
    for answer in [
        json!({ "ids": [1, 2], "messages": [] }),
        json!({ "ids": [], "messages": [] }),
        json!({ "ids": ["1"], "messages": [] }),
        json!({ "ids": [-1], "messages": [] }),
        json!({ "ids": [1.5], "messages": [] }),
        json!({ "ids": true }),
        json!({}),
        json!([1]),
        json!(true),
        Value::Null,
    ] {
        assert_eq!(created("sale.order.load", &answer).await, "unknown", "{answer}");
    }
    for answer in [json!([]), json!([1, 2]), json!(["1"]), json!(1), json!({ "id": 1 }), Value::Null] {
        assert_eq!(created("sale.advance.payment.inv.create", &answer).await, "unknown", "{answer}");
        assert_eq!(created("res.partner.create", &answer).await, "unknown", "{answer}");
    }
    for answer in [json!({}), json!({ "res_id": "1" }), json!({ "res_id": false }), json!(true), Value::Null] {
        assert_eq!(created("sale.advance.payment.inv.create_invoices", &answer).await, "unknown", "{answer}");
    }
    // An action with several records has no one of them.
    let several = json!({ "res_model": "account.move", "res_id": false, "domain": "[('id', 'in', [1, 2])]" });
    assert_eq!(created("sale.advance.payment.inv.create_invoices", &several).await, "unknown");
}

fn seen() -> Value {
    json!({
        "id": 1, "name": "S00001", "state": "sale", "client_order_ref": "shop-1", "amount_total": 49.2, "currency_id": [1, "EUR"],
        "date_order": "2026-11-23 05:40:00", "invoice_status": "no", "invoice_ids": [], "picking_ids": [1], "reference": "pi_3",
        "partner_invoice_id": [2, "x"],
    })
}

fn with(field: &str, value: Value) -> Value {
    let mut row = seen();
    row[field] = value;
    row
}

#[tokio::test]
async fn lookups_that_are_not_exactly_right_are_asked_again() {
    for (what, answer) in [
        ("another order", json!([with("client_order_ref", json!("shop-10"))])),
        ("no reference", json!([with("client_order_ref", json!(false))])),
        ("another state", json!([with("state", json!("odd"))])),
        ("a total that is text", json!([with("amount_total", json!("49.20"))])),
        ("an endless total", json!([with("amount_total", json!(1e300))])),
        ("no currency", json!([with("currency_id", json!(false))])),
        ("ids that are none", json!([with("invoice_ids", json!(["1"]))])),
        ("no id", json!([with("id", json!("1"))])),
        ("no list", json!({})),
        ("no records", json!([1])),
        ("nothing", Value::Null),
    ] {
        let (fake, erp) = setup(19).await;
        fake.next("sale.order.search_read", 1, &reply(200, &answer.to_string()));
        assert_eq!(kind(erp.find("shop-1").await), "down", "{what}");
    }
    let (fake, erp) = setup(19).await;
    fake.next("sale.order.search_read", 1, &reply(200, &json!([seen()]).to_string()));
    assert_eq!(erp.find("shop-1").await.unwrap().len(), 1, "the good one is good");
    fake.next("sale.order.search_read", 1, &reply(200, &json!([with("date_order", json!(false))]).to_string()));
    assert_eq!(kind(erp.find("shop-1").await), "unknown", "when it was confirmed cannot be guessed");
}

/// What is read after the confirmation, and about another order, says nothing about this one.
#[tokio::test]
async fn after_the_confirmation_a_wrong_answer_is_unknown() {
    let (fake, erp) = setup(19).await;
    fake.after(11, reply(200, &json!([with("id", json!(99))]).to_string()));
    let ended = erp.create(&order("shop-1")).await;
    assert_eq!(fake.calls().last().map(String::as_str), Some("sale.order.read"));
    assert_eq!(kind(ended), "unknown");
    assert_eq!(kind(erp.create(&order("shop-1")).await), "ok");
}

/// Odoo invoices what is delivered: it will, and nobody would book the payment.
#[tokio::test]
async fn an_order_without_anything_to_invoice_is_held() {
    let (fake, erp) = setup(19).await;
    fake.after(11, reply(200, &json!([seen()]).to_string()));
    let record = erp.create(&order("shop-1")).await.unwrap();
    let Some(Unfinished::Refused(finding)) = record.unfinished else { panic!("{:?}", record.unfinished) };
    assert!(finding.message.contains("nothing to invoice"), "{}", finding.message);
}

#[tokio::test]
async fn lists_say_what_of_them_cannot_be_read() {
    let (fake, erp) = setup(19).await;
    let transfer = |id: u64, date: Value| json!({ "id": id, "sale_id": [1, "S1"], "date_done": date, "carrier_id": false, "carrier_tracking_ref": false, "origin": "S1" });
    let answer = json!([transfer(1, json!(false)), transfer(2, json!("2026-11-23 05:40:00"))]);
    fake.next("stock.picking.search_read", 1, &reply(200, &answer.to_string()));
    let moves = json!([{ "id": 1, "picking_id": [2, "x"], "sale_line_id": [1, "x"], "quantity": 2.0 }]);
    fake.next("stock.move.search_read", 1, &reply(200, &moves.to_string()));
    fake.next("sale.order.line.search_read", 1, &reply(200, r#"[{"id": 1, "sequence": 11}]"#));
    fake.next("sale.order.search_read", 1, &reply(200, r#"[{"id": 1, "client_order_ref": "shop-1"}]"#));
    let page = erp.shipments_since(At(0), None).await.unwrap();
    assert_eq!(page.unreadable, ["stock.picking 1"]);
    assert_eq!(page.items.iter().map(|item| (item.id.as_str(), item.lines.clone())).collect::<Vec<_>>(), [("2", vec![(11, 2)])]);

    for answer in [json!({}), Value::Null, json!(false)] {
        for call in ["stock.picking.search_read", "stock.quant.search_read", "product.product.search_read"] {
            fake.next(call, 1, &reply(200, &answer.to_string()));
        }
        assert_eq!(kind(erp.shipments_since(At(0), None).await), "down");
        assert_eq!(kind(erp.stock_changes_since(At(0), None).await), "down");
        assert_eq!(kind(erp.availability(&["A".parse().unwrap()]).await), "down");
        fake.behave();
    }
    for cursor in ["", "x1", "q", "o-1"] {
        assert_eq!(kind(erp.stock_changes_since(At(0), Some(cursor)).await), "down", "{cursor}");
        assert_eq!(kind(erp.documents_of("2026-11-23", Some(cursor)).await), "down", "{cursor}");
        assert_eq!(kind(erp.shipments_since(At(0), Some(cursor)).await), "down", "{cursor}");
    }
    assert_eq!(kind(erp.documents_of("today", None).await), "erp_malformed");
}

/// Fractions of pieces, figures below nothing, and one article twice: what is promised is never more than there is.
#[tokio::test]
async fn figures_promise_too_little_rather_than_too_much() {
    let (fake, erp) = setup(19).await;
    let row = |id: u64, free: f64| json!({ "id": id, "default_code": "A", "free_qty": free, "qty_available": 9.0, "outgoing_qty": 0.0 });
    fake.next("product.product.search_read", 1, &reply(200, &json!([row(1, 5.9), row(2, 7.0)]).to_string()));
    assert_eq!(erp.availability(&["A".parse().unwrap()]).await.unwrap().items[0].free, 5);
    fake.next("product.product.search_read", 1, &reply(200, &json!([row(1, -0.5)]).to_string()));
    assert_eq!(erp.availability(&["A".parse().unwrap()]).await.unwrap().items[0].free, -1);
}
