//! The identity of the totals, for every kind, and the figures worked out by hand for some.

use rust_decimal::Decimal;
use serde_json::Value;
use waybill_testkit::store::{FakeStore, FakeStoreConfig, OrderKind};

async fn placed(kind: OrderKind) -> Value {
    let store = FakeStore::start(FakeStoreConfig::default()).await.expect("a store");
    let id = store.place(kind);
    serde_json::from_slice(&store.order_json(id).expect("the order")).expect("JSON")
}

fn amount(value: &Value) -> Decimal {
    let text = value.as_str().expect("money is text");
    let amount: Decimal = text.parse().expect("a decimal");
    assert_eq!(text, format!("{amount:.2}"), "two decimals");
    amount
}

fn sum(lines: &Value, field: &str) -> Decimal {
    lines.as_array().expect("a list").iter().map(|line| amount(&line[field])).sum()
}

#[tokio::test]
async fn every_kind_adds_up_except_the_one_that_must_not() {
    for kind in OrderKind::ALL {
        let order = placed(kind).await;
        let net = sum(&order["line_items"], "total") + sum(&order["fee_lines"], "total") + amount(&order["shipping_total"]);
        let drift = amount(&order["total"]) - net - amount(&order["total_tax"]);
        let expected = if kind == OrderKind::WrongTotals { Decimal::new(1, 2) } else { Decimal::ZERO };
        assert_eq!(drift, expected, "{kind:?}");
        assert_eq!(sum(&order["shipping_lines"], "total"), amount(&order["shipping_total"]), "{kind:?}");
        let cart_tax = sum(&order["line_items"], "total_tax") + sum(&order["fee_lines"], "total_tax");
        assert_eq!(cart_tax, amount(&order["cart_tax"]), "{kind:?}");
        assert_eq!(sum(&order["tax_lines"], "tax_total"), cart_tax, "{kind:?}");
        assert_eq!(sum(&order["tax_lines"], "shipping_tax_total"), amount(&order["shipping_tax"]), "{kind:?}");
        let discount = sum(&order["line_items"], "subtotal") - sum(&order["line_items"], "total");
        assert_eq!(discount, amount(&order["discount_total"]), "{kind:?}");
        assert_eq!(sum(&order["coupon_lines"], "discount"), discount, "{kind:?}");
    }
}

#[tokio::test]
async fn gross_prices_are_split_without_losing_a_cent() {
    let order = placed(OrderKind::TaxInclusive).await;
    // 3 x 19.99 = 59.97 gross at 19 %: 9.58 tax (9.57504), 50.39 net.
    let poster = &order["line_items"][0];
    assert_eq!((poster["total"].as_str(), poster["total_tax"].as_str()), (Some("50.39"), Some("9.58")));
    // As a real store showed the same line.
    assert_eq!(poster["price"].to_string(), "16.798319333333335");
    // 2 x 6.45 = 12.90 gross at 7 %: 0.84 tax (0.84392), 12.06 net.
    let tea = &order["line_items"][1];
    assert_eq!((tea["total"].as_str(), tea["total_tax"].as_str()), (Some("12.06"), Some("0.84")));
    // 4.90 shipping is net: 0.93 tax.
    assert_eq!(order["total"], "78.70");
    assert_eq!(order["prices_include_tax"], true);
}

#[tokio::test]
async fn two_rates_share_one_code_and_a_fee_bears_both() {
    let order = placed(OrderKind::FeeTwoRates).await;
    let codes: Vec<_> = order["tax_lines"].as_array().expect("a list").iter().map(|t| t["rate_code"].clone()).collect();
    assert_eq!(codes, ["DE-MWST-1", "DE-MWST-1"]);
    assert_ne!(order["tax_lines"][0]["rate_id"], order["tax_lines"][1]["rate_id"]);
    // 3.55: 1.78 at 19 % is 0.34, 1.77 at 7 % is 0.12. 1 x 12.90: 2.45. 3 x 6.45 = 19.35: 1.35. 4.90 shipping: 0.93.
    assert_eq!(order["fee_lines"][0]["taxes"].as_array().expect("a list").len(), 2);
    assert_eq!(order["fee_lines"][0]["total_tax"], "0.46");
    assert_eq!(order["tax_lines"][0]["tax_total"], "2.79");
    assert_eq!(order["tax_lines"][1]["tax_total"], "1.47");
    assert_eq!(order["total"], "45.89");
}

#[tokio::test]
async fn a_coupon_shows_in_the_lines() {
    let order = placed(OrderKind::Coupon).await;
    // 3 x 12.90 = 38.70 less 3.87; 6.45 less 0.65 (0.645 rounded up).
    assert_eq!(order["line_items"][0]["subtotal"], "38.70");
    assert_eq!(order["line_items"][0]["total"], "34.83");
    assert_eq!(order["line_items"][1]["total"], "5.80");
    assert_eq!(order["discount_total"], "4.52");
    assert_eq!(order["coupon_lines"][0]["code"], "welcome10");
}

#[tokio::test]
async fn kinds_show_what_they_are_named_after() {
    let variation = placed(OrderKind::Variation).await;
    let line = &variation["line_items"][0];
    assert_eq!((&line["product_id"], &line["variation_id"], &line["sku"]), (&12.into(), &14.into(), &"SHIRT-M".into()));
    let guest = placed(OrderKind::Guest).await;
    assert_eq!(guest["customer_id"], 0);
    let cod = placed(OrderKind::CashOnDelivery).await;
    assert_eq!((&cod["status"], &cod["payment_method"]), (&"processing".into(), &"cod".into()));
    assert!(cod["date_paid_gmt"].is_null());
    let on_hold = placed(OrderKind::BankTransfer).await;
    assert_eq!((&on_hold["status"], &on_hold["payment_method"]), (&"on-hold".into(), &"bacs".into()));
    assert!(on_hold["date_paid_gmt"].is_null());
    let twice = placed(OrderKind::SameSkuTwice).await;
    assert_eq!(twice["line_items"][0]["sku"], twice["line_items"][2]["sku"]);
}

#[tokio::test]
async fn an_unpaid_order_is_paid_later() {
    let store = FakeStore::start(FakeStoreConfig::default()).await.expect("a store");
    let id = store.place(OrderKind::Unpaid);
    assert!(store.order(id).is_some_and(|order| order.status == "pending" && order.paid.is_none()));
    assert_eq!(store.stock(10), Some(5000));
    assert!(store.pay(id));
    let order = store.order(id).expect("the order");
    assert_eq!((order.status.as_str(), order.paid.is_some()), ("processing", true));
    assert_eq!(store.stock(10), Some(4998));
    store.set_status(id, "cancelled");
    assert_eq!(store.stock(10), Some(5000));
}
