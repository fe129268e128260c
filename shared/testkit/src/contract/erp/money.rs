//! Totals agree to the cent, whichever way the two sides round; what is no rounding is refused before anything is confirmed.

use waybill_domain::ErpOrder;
use waybill_domain::money::Decimal;
use waybill_workflow::ports::erp::ErpOrders;

use super::orders::{code, created};
use super::{Bench, Wanted, free};

async fn agrees(bench: &impl Bench, order: &ErpOrder, total: i64) {
    assert_eq!(order.total, Decimal::new(total, 2), "the check itself adds up");
    let record = created(bench, order).await;
    assert_eq!((record.total, record.unfinished), (order.total, None));
}

/// A discount is in the lines' amounts.
pub async fn several_rates_discounts_fees_and_shipping(bench: &impl Bench) {
    let facts = bench.facts();
    let order = Wanted::new(&facts, "shop-1")
        .line(&facts.plenty, 2, 3_240, &[(facts.twenty, 648)])
        .line(&facts.second, 1, 855, &[(facts.ten, 86)])
        .line(&facts.second, 1, 950, &[])
        .fee(300, &[(facts.ten, 30)])
        .shipping(500, &[(facts.twenty, 100)])
        .with(|order| order.discounts = vec![("TEN".to_owned(), Decimal::new(455, 2))])
        .done();
    agrees(bench, &order, 6_709).await;
}

/// Net amounts that were worked out of gross prices.
pub async fn prices_that_include_tax(bench: &impl Bench) {
    let facts = bench.facts();
    let order = Wanted::new(&facts, "shop-1")
        .line(&facts.plenty, 1, 1_666, &[(facts.twenty, 333)])
        .line(&facts.second, 3, 2_498, &[(facts.twenty, 499)])
        .shipping(413, &[(facts.twenty, 82)])
        .with(|order| order.prices_include_tax = true)
        .done();
    agrees(bench, &order, 5_491).await;
}

/// 10.00 for three pieces, 1.00 for seven, 99.99 for 31.
pub async fn pieces_that_do_not_divide_the_amount(bench: &impl Bench) {
    let facts = bench.facts();
    let order = Wanted::new(&facts, "shop-1")
        .line(&facts.plenty, 3, 1_000, &[(facts.twenty, 200)])
        .line(&facts.second, 7, 100, &[(facts.twenty, 20)])
        .line(&facts.plenty, 31, 9_999, &[(facts.twenty, 2_000)])
        .done();
    agrees(bench, &order, 13_319).await;
}

/// Three times 0.833 is 2.50 or 2.49, by where it is rounded.
pub async fn taxes_rounded_by_line_and_not_by_order(bench: &impl Bench) {
    let facts = bench.facts();
    let by_line = |reference: &str, tax: i64| {
        let line = |wanted: Wanted| wanted.line(&facts.plenty, 1, 417, &[(facts.twenty, tax)]);
        line(line(line(Wanted::new(&facts, reference)))).done()
    };
    // 0.834 each, 2.502 together; 0.84 each is what a store makes of it that rounds up what it shows.
    agrees(bench, &by_line("shop-1", 83), 1_500).await;
    agrees(bench, &by_line("shop-2", 84), 1_503).await;
}

/// A discount as some plugins make it.
pub async fn a_negative_fee(bench: &impl Bench) {
    let facts = bench.facts();
    let order = Wanted::new(&facts, "shop-1")
        .line(&facts.plenty, 1, 1_800, &[(facts.twenty, 360)])
        .fee(-250, &[(facts.twenty, -50)])
        .done();
    agrees(bench, &order, 1_860).await;
}

/// Everything off.
pub async fn an_order_that_costs_nothing(bench: &impl Bench) {
    let facts = bench.facts();
    let order = Wanted::new(&facts, "shop-1").line(&facts.plenty, 1, 0, &[]).done();
    agrees(bench, &order, 0).await;
}

/// Tax that the store did not take at the rate it names; for an ERP that believes amounts, a total that is not its parts.
pub async fn a_total_beyond_rounding_is_refused(bench: &impl Bench) {
    let facts = bench.facts();
    let before = free(bench, &facts.plenty).await;
    let mut order = Wanted::new(&facts, "shop-1").line(&facts.plenty, 1, 1_800, &[(facts.twenty, 342)]).done();
    if !facts.computes {
        order.total += Decimal::new(50, 2);
    }
    for _ in 0..2 {
        assert_eq!(code(bench.erp().create(&order).await), "erp_total_mismatch");
        assert_eq!(bench.erp().find("shop-1").await, Ok(Vec::new()), "nothing is confirmed");
        assert_eq!(free(bench, &facts.plenty).await, before);
    }
    // Put right, it goes its way under the same reference.
    let right = Wanted::new(&facts, "shop-1").line(&facts.plenty, 1, 1_800, &[(facts.twenty, 360)]).done();
    agrees(bench, &right, 2_160).await;
}
