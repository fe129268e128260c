//! Credit notes: once each, with the goods that come back and with no others.

use waybill_domain::money::Decimal;
use waybill_domain::refund::{CreditCharge, CreditLine};
use waybill_domain::{CreditNote, DocumentKind};
use waybill_workflow::ports::erp::{ErpCredit, ErpRecord};

use super::orders::created;
use super::{Bench, Wanted, free, note};

fn cents(amount: i64) -> Decimal {
    Decimal::new(amount, 2)
}

/// The usual order, shipped.
async fn shipped(bench: &impl Bench) -> ErpRecord {
    let record = created(bench, &Wanted::usual(&bench.facts(), "shop-1")).await;
    bench.ship(&record, "TRACK-1").await;
    record
}

/// It is made once, however often it is said, found, and moves so many pieces.
async fn credits(bench: &impl Bench, credit: &CreditNote, pieces: i64) {
    let before = free(bench, &bench.facts().plenty).await;
    let first = bench.erp().credit(credit).await.expect("credited");
    assert_eq!(first.kind, DocumentKind::CreditNote);
    for _ in 0..2 {
        assert_eq!(bench.erp().credit(credit).await.as_ref(), Ok(&first));
        assert_eq!(bench.erp().find_credit(&credit.reference).await, Ok(vec![first.clone()]));
        assert_eq!(free(bench, &bench.facts().plenty).await, before + pieces);
    }
}

/// One of two pieces, back on the shelf.
pub async fn goods_come_back(bench: &impl Bench) {
    let order = shipped(bench).await;
    let line = CreditLine { line: 11, quantity: 1, restock: 1, net: cents(1_800), tax: cents(360) };
    credits(bench, &CreditNote { lines: vec![line], ..note(&order, 5, cents(2_160)) }, 1).await;
    // The other one is broken, and is not.
    let line = CreditLine { line: 11, quantity: 1, restock: 0, net: cents(1_800), tax: cents(360) };
    credits(bench, &CreditNote { lines: vec![line], ..note(&order, 6, cents(2_160)) }, 0).await;
}

/// Money for a line that stays with the customer, and for shipping.
pub async fn a_credit_without_goods(bench: &impl Bench) {
    let order = shipped(bench).await;
    let line = CreditLine { line: 11, quantity: 0, restock: 0, net: cents(500), tax: cents(100) };
    let charge = CreditCharge { charge: 12, net: cents(500), tax: cents(100) };
    credits(bench, &CreditNote { lines: vec![line], charges: vec![charge], ..note(&order, 5, cents(1_200)) }, 0).await;
}

/// What a person paid back without saying for what.
pub async fn an_amount_of_no_line(bench: &impl Bench) {
    let order = shipped(bench).await;
    credits(bench, &CreditNote { other: cents(777), ..note(&order, 5, cents(777)) }, 0).await;
}

/// All of it, goods and shipping.
pub async fn the_whole_order(bench: &impl Bench) {
    let order = shipped(bench).await;
    let line = CreditLine { line: 11, quantity: 2, restock: 2, net: cents(3_600), tax: cents(720) };
    let charge = CreditCharge { charge: 12, net: cents(500), tax: cents(100) };
    credits(bench, &CreditNote { lines: vec![line], charges: vec![charge], ..note(&order, 5, order.total) }, 2).await;
}

/// An answer about nothing is an empty one, no error.
pub async fn what_is_not_credited_is_not_found(bench: &impl Bench) {
    assert_eq!(bench.erp().find_credit("shop-1-refund-404").await, Ok(Vec::new()));
}
