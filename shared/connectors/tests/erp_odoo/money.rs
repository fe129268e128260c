//! Totals to the cent beyond what every connector must do: taxes in the price, rounding over the document, the line for rounding.

use waybill_domain::money::Decimal;
use waybill_domain::{Currency, ErpOrder};
use waybill_testkit::contract::erp::Wanted;
use waybill_testkit::odoo::{FakeOdoo, FakeOdooConfig, TaxRounding};
use waybill_workflow::CallError;
use waybill_workflow::ports::erp::ErpOrders;

use crate::support::{facts, kind, order, setup, setup_of, start};

/// The store's rate whose tax is in the price.
const INCLUDED: u64 = 3;

fn wanted(reference: &str) -> Wanted {
    Wanted::new(&facts(), reference)
}

fn rounding_lines(fake: &FakeOdoo) -> Vec<String> {
    let lines = fake.rows("sale.order.line");
    lines.iter().filter(|line| line["sequence"] == 0).map(|line| line["price_unit"].to_string()).collect()
}

fn a() -> waybill_domain::Sku {
    "A".parse().unwrap()
}

#[tokio::test]
async fn a_tax_that_is_in_the_price_is_sent_with_it() {
    for version in [18, 19] {
        let (fake, erp) = setup(version).await;
        let order = wanted("shop-1").line(&a(), 3, 2_500, &[(INCLUDED, 500)]).shipping(417, &[(INCLUDED, 83)]).done();
        let record = erp.create(&order).await.unwrap();
        assert_eq!((record.total, record.unfinished), (Decimal::new(3_500, 2), None));
        let lines = fake.rows("sale.order.line");
        let prices: Vec<String> =
            lines.iter().map(|line| format!("{} {}", line["product_uom_qty"], line["price_unit"])).collect();
        assert_eq!(prices, ["3.0 10.0", "1.0 5.0"], "gross prices, as the customer saw them");
        assert!(rounding_lines(&fake).is_empty());
    }
}

/// The same order, by either rule of rounding, comes to the store's total.
#[tokio::test]
async fn either_rule_of_rounding_comes_to_the_stores_total() {
    for (rounding, tax, difference) in [
        (TaxRounding::PerLine, 83, vec![]),
        (TaxRounding::PerLine, 84, vec!["0.03".to_owned()]),
        (TaxRounding::Globally, 83, vec!["-0.01".to_owned()]),
        (TaxRounding::Globally, 84, vec!["0.02".to_owned()]),
    ] {
        let (fake, erp) = start(FakeOdooConfig { rounding, ..setup_of(19) }).await;
        let line = |wanted: Wanted| wanted.line(&a(), 1, 417, &[(1, tax)]);
        let order = line(line(line(wanted("shop-1")))).done();
        let record = erp.create(&order).await.unwrap();
        assert_eq!((record.total, record.unfinished), (order.total, None), "{rounding:?}");
        assert_eq!(rounding_lines(&fake), difference, "{rounding:?} {tax}");
        let invoice = &fake.rows("account.move")[0];
        assert_eq!(invoice["amount_total"], fake.rows("sale.order")[0]["amount_total"]);
    }
}

/// A cent for each of a hundred is far more than rounding, and is found before anything is confirmed.
#[tokio::test]
async fn what_is_no_rounding_leaves_nothing_behind() {
    let (fake, erp) = setup(18).await;
    let order = wanted("shop-1").line(&a(), 1, 1_800, &[(1, 342)]).done();
    let CallError::Refused { code, message } = erp.create(&order).await.unwrap_err() else { panic!() };
    assert_eq!(code, "erp_total_mismatch");
    assert!(message.contains("21.42") && message.contains("21.6"), "{message}");
    assert!(fake.rows("sale.order").is_empty() && fake.rows("ir.model.data").is_empty());
    assert_eq!(fake.free("A"), Some(100));
    // A draft that cannot be removed stays one, and is used when the order comes again.
    fake.knobs(|knobs| knobs.refused = vec![("sale.order".to_owned(), "unlink".to_owned(), "no".to_owned())]);
    assert_eq!(kind(erp.create(&order).await), "erp_total_mismatch");
    assert_eq!(fake.rows("sale.order")[0]["state"], "draft");
    fake.behave();
    let right = wanted("shop-1").line(&a(), 1, 1_800, &[(1, 360)]).done();
    assert_eq!(erp.create(&right).await.unwrap().total, right.total);
    assert_eq!(fake.rows("sale.order").len(), 1);
}

#[tokio::test]
async fn what_cannot_be_written_is_refused_before_anything_is_sent() {
    let (fake, erp) = setup(19).await;
    let changed = |change: &dyn Fn(&mut ErpOrder)| {
        let mut order = order("shop-1");
        change(&mut order);
        order
    };
    for (code, wrong) in [
        ("tax_unmapped", changed(&|order| order.lines[0].taxes[0].rate_id = 77)),
        ("erp_malformed", changed(&|order| order.lines[0].line = 1 << 31)),
        ("erp_malformed", changed(&|order| order.lines[0].quantity = 0)),
        ("erp_unknown_sku", changed(&|order| order.lines[0].sku = "NOPE".parse().unwrap())),
        ("erp_not_postable", changed(&|order| order.payment = waybill_domain::Payment::Failed)),
    ] {
        assert_eq!(kind(erp.create(&wrong).await), code);
    }
    assert!(!fake.calls().iter().any(|call| call.contains("load") || call.contains("create") || call.contains("write")));
}

#[tokio::test]
async fn another_currency_is_refused_before_anything_is_confirmed() {
    let (fake, erp) = setup(19).await;
    let mut order = order("shop-1");
    order.currency = Currency::new("USD");
    assert_eq!(kind(erp.create(&order).await), "erp_total_mismatch");
    assert!(fake.rows("sale.order").is_empty());
}
