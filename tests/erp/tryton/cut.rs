//! The connection is cut before and after each call of a posting, a credit note and a cancellation. What Waybill does then brings it to
//! the same end as if nothing had happened: one of everything.

use serde_json::json;
use waybill_domain::CreditNote;
use waybill_domain::money::Decimal;
use waybill_domain::refund::CreditLine;
use waybill_testkit::contract::erp::Wanted;
use waybill_testkit::proxy::Cut;
use waybill_workflow::ports::erp::ErpRecord;

use crate::books::{Books, one};
use crate::protocol::{cancel, credit, post};
use crate::support::{Live, facts, order, paid, sku};

/// Does `work` once without a cut, then once for each of its calls with that call cut. How often it was done.
async fn at_each_call<T>(live: &Live, cut: Cut, prepare: impl AsyncFn(usize) -> T, work: impl AsyncFn(usize, T)) -> usize {
    let ready = prepare(0).await;
    live.calls();
    work(0, ready).await;
    let calls = live.calls();
    for (nth, call) in calls.iter().enumerate() {
        let ready = prepare(nth + 1).await;
        eprintln!("{cut:?} {call}");
        live.proxy.cut(nth, cut);
        work(nth + 1, ready).await;
        assert!(!live.proxy.is_armed(), "{call} was not made");
    }
    calls.len() + 1
}

async fn postings(cut: Cut) {
    let live = &Live::new().await;
    let (free, parties) = (live.people.free("SKU-A").await, count_parties(live).await);
    let work = async |nth: usize, ()| {
        let order = order(&format!("shop-{nth}"), 1_000 + nth as u64);
        let record = post(live, &order).await;
        assert_eq!((record.total, record.documents.len()), (order.total, 4), "{:?}", record.documents);
        assert_eq!(Books::of(live, &order.reference).await, paid());
    };
    let made = at_each_call(live, cut, async |_| (), work).await;
    assert_eq!(live.people.free("SKU-A").await, free - 2 * made as i64);
    assert_eq!(count_parties(live).await, parties + made);
}

async fn count_parties(live: &Live) -> usize {
    live.people.find("party.party", &json!([]), &["code"]).await.len()
}

/// Each try takes one piece of a large order back on the shelf.
async fn credits(cut: Cut) {
    let live = &Live::new().await;
    let order = Wanted::new(&facts(), "shop-1").line(&sku("SKU-A"), 100, 180_000, &[(facts().twenty, 36_000)]).done();
    let order = post(live, &order).await;
    live.people.ship("shop-1", "TRACK-1").await;
    let free = live.people.free("SKU-A").await;
    let work = async |nth: usize, ()| {
        let reference = format!("shop-1-refund-{nth}");
        let line = CreditLine { line: 11, quantity: 1, restock: 1, net: Decimal::new(1_800, 2), tax: Decimal::new(360, 2) };
        let note = CreditNote {
            reference: reference.clone(),
            order: order.id.clone(),
            amount: Decimal::new(2_160, 2),
            currency: order.currency.clone(),
            lines: vec![line],
            charges: Vec::new(),
            other: Decimal::ZERO,
        };
        credit(live, &note).await;
        let books = Books::of(live, &reference).await;
        assert_eq!(books.sales.iter().map(|sale| sale.1).collect::<Vec<_>>(), [Decimal::new(-2_160, 2)]);
        assert_eq!(books.invoices, one("posted", -2_160));
        assert_eq!(books.returns, ["done"]);
        assert_eq!(live.people.free("SKU-A").await, free + 1 + nth as i64);
    };
    at_each_call(live, cut, async |_| (), work).await;
    assert_eq!(Books::of(live, "shop-1").await.invoices, one("paid", 216_000), "the order's own is as it was");
}

async fn cancellations(cut: Cut) {
    let live = &Live::new().await;
    let free = live.people.free("SKU-A").await;
    let prepare = async |nth: usize| post(live, &order(&format!("shop-{nth}"), 7)).await;
    let work = async |_, order: ErpRecord| {
        cancel(live, &order.id).await;
        assert_eq!(live.people.free("SKU-A").await, free, "its goods are free again");
        let books = Books::of(live, &order.reference).await;
        assert_eq!((books.sales.len(), books.invoices.len()), (1, 1));
        assert_eq!(books.shipments, ["cancelled"]);
        let back = Books::of(live, &format!("{}-cancel", order.reference)).await;
        assert_eq!((back.invoices, back.returns), (one("posted", -4_920), Vec::new()), "what was posted is taken back once");
    };
    at_each_call(live, cut, prepare, work).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_posting_cut_before_any_call_gets_to_its_end() {
    postings(Cut::Before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_posting_cut_after_any_call_gets_to_its_end() {
    postings(Cut::After).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credit_note_cut_before_any_call_gets_to_its_end() {
    credits(Cut::Before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credit_note_cut_after_any_call_gets_to_its_end() {
    credits(Cut::After).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancellation_cut_before_any_call_gets_to_its_end() {
    cancellations(Cut::Before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancellation_cut_after_any_call_gets_to_its_end() {
    cancellations(Cut::After).await;
}
