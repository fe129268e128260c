//! What people do to orders that were placed, and what a store shows of it.

use rust_decimal::Decimal;
use serde_json::Value;
use waybill_testkit::store::customers::customer;
use waybill_testkit::store::{FakeStore, FakeStoreConfig, OrderKind, RefundRefused};

use crate::client::{call, get};
use crate::receiver::connected;

async fn store() -> FakeStore {
    FakeStore::start(FakeStoreConfig::default()).await.expect("a store")
}

async fn shown(store: &FakeStore, id: u64) -> Value {
    get(store, &format!("/orders/{id}")).await
}

fn money(value: &Value) -> Decimal {
    value.as_str().expect("money is text").parse().expect("a decimal")
}

#[tokio::test]
async fn units_are_refunded_at_the_lines_price_and_the_last_take_the_rest() {
    let store = store().await;
    // 3 x 19.99 gross: 50.39 net, 9.58 tax; a third is 16.80 and 3.19.
    let id = store.place(OrderKind::TaxInclusive);
    let line = store.order(id).expect("the order").lines[0].id;
    for _ in 0..3 {
        store.refund_lines(id, &[(line, 1)], true).expect("a refund");
    }
    let refunds = get(&store, &format!("/orders/{id}/refunds")).await;
    let part = |n: usize| (refunds[n]["amount"].clone(), refunds[n]["line_items"][0]["total"].clone());
    assert_eq!(part(2), ("19.99".into(), "-16.80".into()), "the first");
    assert_eq!(part(0), ("19.99".into(), "-16.79".into()), "the last");
    assert_eq!(refunds[0]["line_items"][0]["meta_data"][0]["value"], line.to_string());
    assert_eq!(store.order(id).expect("the order").refunded(), Decimal::new(5997, 2));
    let meta = shown(&store, id).await["line_items"][0]["meta_data"].clone();
    let value = |key: &str| meta.as_array().expect("a list").iter().find(|row| row["key"] == key).map(|row| row["value"].clone());
    assert_eq!((value("_restock_refunded_items"), value("_reduced_stock")), (Some("3".into()), Some("0".into())));
    assert_eq!(store.stock(15), Some(5000));
    store.cancel(id);
    assert_eq!(store.stock(15), Some(5000), "what was put back is not put back again");
}

#[tokio::test]
async fn everything_is_refunded_with_shipping_and_fees_and_only_once() {
    let store = store().await;
    let id = store.place(OrderKind::FeeTwoRates);
    let line = store.order(id).expect("the order").lines[1].id;
    store.refund_lines(id, &[(line, 1)], false).expect("a refund");
    assert_eq!(shown(&store, id).await["status"], "processing");
    store.refund_all(id, false).expect("the rest");
    let order = store.order(id).expect("the order");
    assert_eq!((order.status.as_str(), order.refunded()), ("refunded", order.totals.total));
    let refunds = get(&store, &format!("/orders/{id}/refunds")).await;
    let rest = &refunds[0];
    let lines = ["line_items", "shipping_lines", "fee_lines"].map(|field| rest[field].as_array().expect("a list").clone());
    let sum: Decimal = lines.iter().flatten().map(|line| money(&line["total"]) + money(&line["total_tax"])).sum();
    assert_eq!(-sum, money(&rest["amount"]), "to the cent");
    assert_eq!((lines[1].len(), lines[2].len()), (1, 1));
    assert_eq!(rest["fee_lines"][0]["meta_data"][0]["key"], "_refunded_item_id");
    assert_eq!(store.refund_amount(id, Decimal::ONE), Err(RefundRefused::TooMuch));
    assert_eq!(store.refund_amount(999_999, Decimal::ONE), Err(RefundRefused::NoOrder));
    assert_eq!(store.mails(id).len(), 2);
}

#[tokio::test]
async fn an_amount_alone_has_no_lines_and_a_killed_refund_no_meta() {
    let store = store().await;
    let id = store.place(OrderKind::Plain);
    let wrong = store.refund_amount(id, Decimal::ONE).expect("a refund");
    let modified = store.order(id).expect("the order").modified;
    assert!(store.delete_refund(id, wrong) && !store.delete_refund(id, wrong));
    assert_eq!(store.order(id).map(|order| (order.modified, order.refunds.len())), Some((modified, 0)));
    store.refund_amount(id, Decimal::new(250, 2)).expect("a refund");
    store.turn(|knobs| knobs.refunds_die_before_meta = true);
    let path = format!("/orders/{id}/refunds");
    let refund = r#"{"amount":"1.00","reason":"Return R-1","meta_data":[{"key":"ref","value":"R-1"}]}"#;
    assert_eq!(call(&store, "POST", &path, refund).await.0, 500);
    let refunds = get(&store, &path).await;
    assert_eq!((&refunds[0]["reason"], &refunds[0]["meta_data"]), (&"Return R-1".into(), &serde_json::json!([])));
    assert_eq!((&refunds[1]["amount"], &refunds[1]["line_items"]), (&"2.50".into(), &serde_json::json!([])));
}

#[tokio::test]
async fn a_changed_quantity_is_recalculated() {
    let (store, receiver) = connected(FakeStoreConfig::default()).await;
    let id = store.place(OrderKind::Coupon);
    let line = store.order(id).expect("the order").lines[0].id;
    store.idle().await;
    receiver.take();
    assert!(store.change_quantity(id, line, 1));
    store.idle().await;
    assert_eq!(receiver.take().len(), 1);
    let order = shown(&store, id).await;
    // 12.90 less 1.29, 6.45 less 0.65; tax 2.21 and 0.41; shipping 4.90 and 0.93.
    assert_eq!(
        (&order["line_items"][0]["total"], &order["discount_total"], &order["total"]),
        (&"11.61".into(), &"1.94".into(), &"25.86".into())
    );
    assert_eq!(order["coupon_lines"][0]["discount"], "1.94");
    assert_eq!(store.stock(10), Some(4999));
    assert!(store.change_quantity(id, line, 0));
    assert_eq!((shown(&store, id).await["line_items"].as_array().map(Vec::len), store.stock(10)), (Some(1), Some(5000)));
    assert!(!store.change_quantity(id, line, 1), "the line is gone");
    store.cancel(id);
    assert_eq!((store.stock(10), store.stock(11)), (Some(5000), Some(5000)));
}

#[tokio::test]
async fn an_address_is_changed_and_an_order_leaves_the_trash_in_silence() {
    let (store, receiver) = connected(FakeStoreConfig::default()).await;
    let id = store.place(OrderKind::Plain);
    assert!(store.change_address(id, &customer(5)));
    assert_eq!(shown(&store, id).await["shipping"]["city"], "Madrid");
    assert!(!store.untrash(id), "it is not there");
    store.trash(id);
    store.idle().await;
    receiver.take();
    let before = store.order(id).expect("the order").modified;
    store.turn(|knobs| knobs.clock_ahead_seconds = 9);
    assert!(store.untrash(id));
    store.idle().await;
    assert_eq!(receiver.take().len(), 0);
    let order = store.order(id).expect("the order");
    assert!(order.status == "processing" && order.modified > before);
}

#[tokio::test]
async fn payments_are_authorised_captured_failed_and_lost() {
    let store = store().await;
    let id = store.place(OrderKind::Authorised);
    let order = shown(&store, id).await;
    assert_eq!((&order["status"], &order["date_paid_gmt"]), (&"on-hold".into(), &Value::Null));
    assert_eq!((&order["payment_method"], &order["transaction_id"]), (&"stripe".into(), &format!("TX{id}").into()));
    store.capture(id);
    let order = shown(&store, id).await;
    assert_eq!((&order["status"], &order["transaction_id"]), (&"processing".into(), &format!("TX{id}").into()));
    assert!(order["date_paid_gmt"].is_string());
    store.lose_payment(id);
    let order = shown(&store, id).await;
    assert_eq!(
        (&order["status"], &order["date_paid_gmt"], &order["transaction_id"]),
        (&"on-hold".into(), &Value::Null, &"".into())
    );
    store.fail_payment(id);
    assert_eq!(shown(&store, id).await["status"], "failed");
}

#[tokio::test]
async fn meta_data_is_merged_by_key_and_null_takes_it_away() {
    let store = store().await;
    let id = store.place(OrderKind::Plain);
    let put = async |meta: &str| {
        let (status, order) = call(&store, "PUT", &format!("/orders/{id}"), &format!(r#"{{"meta_data":{meta}}}"#)).await;
        assert_eq!(status, 200);
        let rows = order["meta_data"].as_array().expect("a list").clone();
        rows.iter().map(|row| format!("{}={}", row["key"], row["value"])).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(put(r#"[{"key":"a","value":[1]},{"key":"b","value":"x"}]"#).await, r#""a"=[1] "b"="x""#);
    store.edit(id, |order| order.meta.push(order.meta[0].clone()));
    assert_eq!(put(r#"[{"key":"a","value":[2]}]"#).await, r#""a"=[2] "b"="x""#, "doubles of the key go");
    assert_eq!(put(r#"[{"key":"a","value":null}]"#).await, r#""b"="x""#);
}
