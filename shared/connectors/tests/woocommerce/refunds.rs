//! Refunds, read and created.

use serde_json::{Value, json};
use waybill_domain::refund::RefundedCharge;
use waybill_domain::{NewRefund, StoreRefund};
use waybill_testkit::store::{NewRefund as NewRefundInStore, OrderKind};
use waybill_workflow::CallError;
use waybill_workflow::ports::{StoreDesk as _, Storefront as _};

use crate::desk::{code, euro, one_mug, scripted, store};
use crate::support::{fixture, woocommerce};

/// What a line refunds, in all.
fn gross(refund: &StoreRefund) -> waybill_domain::money::Decimal {
    let lines =
        refund.lines.iter().map(|line| line.net + line.taxes.iter().map(|tax| tax.total).sum::<waybill_domain::money::Decimal>());
    let charges = refund.charges.iter().map(|charge| charge.net + charge.tax);
    lines.chain(charges).sum()
}

#[tokio::test]
async fn a_refund_is_created_read_again_and_found_by_its_return() {
    let (store, config) = store().await;
    let id = store.place(OrderKind::Plain);
    let line = store.order(id).expect("the order").lines[0].id;
    assert_eq!(woocommerce().refunds(&config, id).await, Ok(Some(vec![])));
    let wanted = one_mug(line, "R-1");
    let created = woocommerce().create_refund(&config, id, &wanted).await.expect("a refund");
    assert_eq!((created.amount, &created.lines, created.returned.as_deref()), (euro("15.35"), &wanted.lines, Some("R-1")));
    store.refund_amount(id, euro("1.00")).expect("a refund of somebody else");
    let refunds = woocommerce().refunds(&config, id).await.expect("an answer").expect("refunds");
    assert_eq!(refunds[0], created, "oldest first");
    assert_eq!((refunds[1].amount, refunds[1].lines.len(), refunds[1].returned.clone()), (euro("1"), 0, None));
    // One piece was put back, and the order says so.
    assert_eq!(store.stock(10), Some(4999));
    let (order, _) = woocommerce().fetch(&config, id).await.expect("an answer").expect("the order");
    assert_eq!(order.lines[0].restocked, 1);
    let kept = NewRefund { restock: false, ..one_mug(line, "R-2") };
    woocommerce().create_refund(&config, id, &kept).await.expect("a refund");
    assert_eq!(store.stock(10), Some(4999));
}

#[tokio::test]
async fn every_line_of_a_refund_is_read_with_shipping_and_fees() {
    let (store, config) = store().await;
    let id = store.place(OrderKind::FeeTwoRates);
    let order = store.order(id).expect("the order");
    store.refund_lines(id, &[(order.lines[1].id, 2)], false).expect("a refund");
    store.refund_all(id, true).expect("the rest");
    let refunds = woocommerce().refunds(&config, id).await.expect("an answer").expect("refunds");
    let rest = &refunds[1];
    assert_eq!(
        rest.lines.iter().map(|line| (line.line, line.quantity)).collect::<Vec<_>>(),
        [(order.lines[0].id, 1), (order.lines[1].id, 1)]
    );
    let shipping = RefundedCharge { charge: order.shipping[0].id, net: euro("4.90"), tax: euro("0.93") };
    let fee = RefundedCharge { charge: order.fees[0].id, net: euro("3.55"), tax: euro("0.46") };
    assert_eq!(rest.charges, [shipping, fee]);
    for refund in &refunds {
        assert_eq!(gross(refund), refund.amount, "to the cent");
    }
    assert_eq!(refunds[0].amount + refunds[1].amount, order.totals.total);
}

#[tokio::test]
async fn a_refund_whose_maker_died_is_found_by_its_reason() {
    let (store, config) = store().await;
    let id = store.place(OrderKind::Plain);
    let line = store.order(id).expect("the order").lines[0].id;
    store.turn(|knobs| knobs.refunds_die_before_meta = true);
    let error = woocommerce().create_refund(&config, id, &one_mug(line, "R-1")).await.expect_err("a plugin that dies");
    assert_eq!(code(&error), "unknown");
    assert!(store.order(id).expect("the order").refunds[0].meta.is_empty());
    let refunds = woocommerce().refunds(&config, id).await.expect("an answer").expect("refunds");
    assert_eq!((refunds.len(), refunds[0].returned.as_deref()), (1, Some("R-1")));
    store.turn(|knobs| knobs.refunds_die_before_meta = false);
    let by_hand =
        NewRefundInStore { amount: euro("1.00"), reason: "Return of the mug".to_owned(), ..NewRefundInStore::default() };
    store.refund(id, by_hand).expect("a refund of a person");
    let refunds = woocommerce().refunds(&config, id).await.expect("an answer").expect("refunds");
    assert_eq!(refunds[1].returned, None);
}

#[tokio::test]
async fn long_lists_of_refunds_are_read_to_their_end() {
    let (store, config) = store().await;
    let id = store.place(OrderKind::Plain);
    for _ in 0..205 {
        store.refund_amount(id, euro("0.01")).expect("a refund");
    }
    let refunds = woocommerce().refunds(&config, id).await.expect("an answer").expect("refunds");
    assert_eq!(refunds.len(), 205);
    assert!(refunds.is_sorted_by_key(|refund| refund.id));
}

#[tokio::test]
async fn permanent_500s_are_refusals_that_say_why() {
    let (store, config) = store().await;
    let offline = store.place(OrderKind::BankTransfer);
    let line = store.order(offline).expect("the order").lines[0].id;
    let error = woocommerce().create_refund(&config, offline, &one_mug(line, "R-1")).await.expect_err("an offline gateway");
    assert!(code(&error) == "refund_refused" && error.to_string().contains("cannot pay back"), "{error}");
    let by_hand = NewRefund { through_gateway: false, ..one_mug(line, "R-1") };
    woocommerce().create_refund(&config, offline, &by_hand).await.expect("a refund that a person pays");
    let too_much = NewRefund { amount: euro("999.00"), through_gateway: false, ..one_mug(line, "R-2") };
    let error = woocommerce().create_refund(&config, offline, &too_much).await.expect_err("too much");
    assert!(code(&error) == "refund_refused" && error.to_string().contains("more than is left to refund"), "{error}");
    assert_eq!(store.order(offline).expect("the order").refunds.len(), 1);
}

/// A refund as the store shows it, with one change.
fn shown(change: impl FnOnce(&mut Value)) -> String {
    let mut refund = json!({
        "id": 17, "amount": "15.35", "reason": "",
        "meta_data": [{"id": 1, "key": "_waybill_return", "value": "R-1"}],
        "line_items": [{
            "id": 90, "quantity": -1, "total": "-12.90", "total_tax": "-2.45",
            "taxes": [{"id": 1, "total": "-2.45", "subtotal": ""}],
            "meta_data": [{"id": 2, "key": "_refunded_item_id", "value": "5"}],
        }],
        "shipping_lines": [], "fee_lines": [],
    });
    change(&mut refund);
    json!([refund]).to_string()
}

async fn read(body: &str) -> Result<Option<Vec<StoreRefund>>, CallError> {
    let (config, _) = scripted(200, body).await;
    woocommerce().refunds(&config, 9).await
}

#[tokio::test]
async fn vague_refunds_are_read_and_doubtful_ones_refused() {
    type Change = fn(&mut Value);
    let good: [(Change, &str); 5] = [
        (|_| {}, "as it is"),
        (|refund| refund["line_items"][0]["meta_data"][0]["value"] = json!(5), "a number"),
        (|refund| refund["line_items"] = json!({"0": refund["line_items"][0]}), "an object for a list"),
        (|refund| refund["line_items"][0]["taxes"][0]["total"] = json!("-2.451"), "a tax that was not rounded"),
        (|refund| refund["line_items"][0]["taxes"] = json!([]), "no taxes by rate"),
    ];
    for (change, what) in good {
        let refunds = read(&shown(change)).await.unwrap_or_else(|error| panic!("{what}: {error}")).expect("refunds");
        assert_eq!((refunds[0].lines[0].line, gross(&refunds[0])), (5, euro("15.35")), "{what}");
    }
    let bad: [(Change, &str); 10] = [
        (|refund| refund["amount"] = json!(15.35), "an amount that is a float"),
        (|refund| refund["amount"] = json!("-15.35"), "a negative amount"),
        (|refund| refund["id"] = json!(0), "no id"),
        (|refund| refund["line_items"][0]["quantity"] = json!(1), "pieces that are bought"),
        (|refund| refund["line_items"][0]["quantity"] = json!("-4294967296"), "too many pieces"),
        (|refund| refund["line_items"][0]["total"] = json!("12.90"), "money that is paid"),
        (|refund| refund["line_items"][0]["total_tax"] = json!(null), "no tax"),
        (|refund| refund["line_items"][0]["meta_data"] = json!([]), "a line of nothing"),
        (|refund| refund["line_items"][0]["meta_data"] = json!("Erika"), "no meta data"),
        (|refund| refund["fee_lines"] = json!([{"total": "-1.00", "total_tax": "0.00"}]), "a fee of nothing"),
    ];
    for (change, what) in bad {
        let error = read(&shown(change)).await.expect_err(what);
        assert_eq!(code(&error), "refund_unclear", "{what}: {error}");
        assert!(!error.to_string().contains("Erika"));
    }
    for body in ["", "{}", "7", "\"[]\"", "<html>", "null", r#"{"code":"x","message":"y"}"#] {
        assert_eq!(code(&read(body).await.expect_err(body)), "down", "{body}");
    }
}

#[tokio::test]
async fn a_page_that_comes_again_and_again_has_been_read() {
    let refunds: Vec<Value> = (1..=100).map(|id| json!({"id": id, "amount": "1.00"})).collect();
    let (config, seen) = scripted(200, &Value::from(refunds).to_string()).await;
    let found = woocommerce().refunds(&config, 9).await.expect("an answer").expect("refunds");
    assert_eq!((found.len(), seen.lock().expect("the log").len()), (100, 2));
}

#[tokio::test]
async fn answers_to_a_new_refund_that_cannot_be_trusted_are_unknown() {
    let answers =
        ["", "{}", "[]", "null", "<html>", r#"{"id":17}"#, r#"{"id":17,"amount":"15.36"}"#, r#"{"id":0,"amount":"15.35"}"#];
    for body in answers {
        let (config, seen) = scripted(201, body).await;
        let error = woocommerce().create_refund(&config, 9, &one_mug(5, "R-1")).await.expect_err(body);
        assert_eq!(code(&error), "unknown", "{body}: {error}");
        assert_eq!(seen.lock().expect("the log").len(), 1, "{body}");
    }
}

#[tokio::test]
async fn refusals_are_told_apart_by_code_and_never_quoted() {
    let said = |code: Value, data: Value| {
        json!({"code": code, "message": "Zahlung von Erika Mustermann abgelehnt", "data": data}).to_string()
    };
    let cannot = "woocommerce_rest_cannot_create_order_refund";
    let cases = [
        (500, said(json!(cannot), json!(500)), "refund_refused"),
        (500, said(json!(cannot), json!({"status": 500})), "refund_refused"),
        (500, said(json!("woocommerce_rest_invalid_order_refund"), json!(400)), "refund_refused"),
        (500, said(json!("woocommerce_rest_invalid_order_id"), json!(404)), "refund_refused"),
        (500, said(json!("internal_server_error"), json!({"status": 500})), "unknown"),
        (500, said(json!("Erika"), json!(null)), "unknown"),
        (400, said(json!("rest_invalid_param"), json!({"status": 400})), "store_refused"),
        (400, said(json!(0), json!({"status": 400})), "store_refused"),
        (200, said(json!("rest_invalid_param"), json!({"status": 400})), "store_refused"),
        (200, said(json!("x"), json!(null)), "unknown"),
        (404, said(json!("rest_no_route"), json!({"status": 404})), "store_api_missing"),
        (400, r#"{"message":"no code"}"#.to_owned(), "unknown"),
        (400, r#"{"code":"","message":"an empty one"}"#.to_owned(), "unknown"),
    ];
    for (status, body, expected) in cases {
        let (config, _) = scripted(status, &body).await;
        let error = woocommerce().create_refund(&config, 9, &one_mug(5, "R-1")).await.expect_err(&body);
        assert_eq!(code(&error), expected, "{status} {body}: {error}");
        assert!(!error.to_string().contains("Mustermann") && !error.to_string().contains("Zahlung"), "{error}");
    }
}

#[tokio::test]
async fn what_is_sent_is_what_woocommerce_takes() {
    let (config, seen) = scripted(201, "{}").await;
    let _ = woocommerce().create_refund(&config, 9, &one_mug(5, "R-1")).await;
    let request = seen.lock().expect("the log")[0].clone();
    let (head, body) = request.split_once("\r\n\r\n").expect("a request");
    assert!(head.starts_with("POST /wp-json/wc/v3/orders/9/refunds HTTP/1.1") && head.contains("application/json"), "{head}");
    let expected = json!({
        "amount": "15.35", "reason": "Return R-1 (Waybill)", "api_refund": true, "api_restock": true,
        "line_items": [{"id": 5, "quantity": 1, "refund_total": "12.90", "refund_tax": [{"id": 1, "refund_total": "2.45"}]}],
        "meta_data": [{"key": "_waybill_return", "value": "R-1"}],
    });
    assert_eq!(serde_json::from_str::<Value>(body).expect("JSON"), expected);
}

#[test]
fn restocked_pieces_are_read_whatever_plugins_put_beside_them() {
    let with = |meta: &str| {
        let body = String::from_utf8(fixture("order-plain.json")).expect("ASCII");
        let mut order: Value = serde_json::from_str(&body).expect("JSON");
        order["line_items"][0]["meta_data"] = serde_json::from_str(meta).expect("JSON");
        woocommerce().parse(order.to_string().as_bytes()).expect("an order").lines[0].restocked
    };
    for meta in [
        r#"[{"key":"_restock_refunded_items","value":"2"}]"#,
        r#"["x",{"key":"a","value":{"b":[]}},{"key":"_restock_refunded_items","value":2}]"#,
    ] {
        assert_eq!(with(meta), 2, "{meta}");
    }
    for meta in [
        "null",
        "\"\"",
        "{}",
        "7",
        r#"[{"key":"_restock_refunded_items","value":"-2"}]"#,
        r#"[{"key":"_restock_refunded_items","value":[2]}]"#,
    ] {
        assert_eq!(with(meta), 0, "{meta}");
    }
}
