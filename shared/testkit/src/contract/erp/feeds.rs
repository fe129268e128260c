//! What people do in the ERP, as it tells of it.

use std::future::Future;

use waybill_domain::money::Decimal;
use waybill_domain::refund::CreditLine;
use waybill_domain::{At, CreditNote, DocumentKind};
use waybill_workflow::CallError;
use waybill_workflow::ports::erp::{ErpAvailability, ErpCredit, ErpDocuments, ErpReturns, ErpShipments, ErpStockChanges, Page};

use super::orders::{code, created};
use super::{Bench, Wanted, free, note};

/// All pages of a list, every item of which can be read.
async fn all<T, F>(page: impl Fn(Option<String>) -> F) -> Vec<T>
where
    F: Future<Output = Result<Page<T>, CallError>>,
{
    let (mut items, mut cursor) = (Vec::new(), None);
    for _ in 0..100 {
        let page = page(cursor).await.expect("a page");
        assert!(page.unreadable.is_empty(), "{:?}", page.unreadable);
        items.extend(page.items);
        match page.next {
            Some(next) => cursor = Some(next),
            None => return items,
        }
    }
    panic!("a list without end");
}

/// The ERP's time.
async fn now(bench: &impl Bench) -> At {
    let sku = bench.facts().plenty;
    bench.erp().availability(std::slice::from_ref(&sku)).await.expect("figures").as_of
}

/// By the store's line ids, under our reference.
pub async fn a_shipment_shows_with_its_tracking(bench: &impl Bench) {
    let (erp, since) = (bench.erp(), now(bench).await);
    let record = created(bench, &Wanted::usual(&bench.facts(), "shop-1")).await;
    let shipments = || {
        all(|cursor| {
            let erp = bench.erp();
            async move { erp.shipments_since(since, cursor.as_deref()).await }
        })
    };
    assert!(shipments().await.is_empty(), "what is only wanted has not left");
    bench.ship(&record, "TRACK-1").await;
    let seen = shipments().await;
    let [shipment] = seen.as_slice() else { panic!("one shipment: {seen:?}") };
    assert_eq!((shipment.reference.as_str(), shipment.tracking.as_str()), ("shop-1", "TRACK-1"));
    assert_eq!(shipment.lines, [(11, 2)], "goods, and no services");
    let later = now(bench).await.plus_seconds(3_600);
    assert!(erp.shipments_since(later, None).await.expect("a page").items.is_empty(), "nothing is of the future");
}

/// With the figure as it is now.
pub async fn stock_that_people_move_shows(bench: &impl Bench) {
    let (since, sku) = (now(bench).await, bench.facts().second);
    bench.stock(&sku, 5).await;
    let changes = all(|cursor| {
        let erp = bench.erp();
        async move { erp.stock_changes_since(since, cursor.as_deref()).await }
    })
    .await;
    let last = changes.iter().rfind(|change| change.sku == sku).expect("it shows");
    assert_eq!(last.free, free(bench, &sku).await);
    assert!(last.at >= since);
}

/// But not those that our own credit notes made.
pub async fn returns_that_people_make_show(bench: &impl Bench) {
    let since = now(bench).await;
    let record = created(bench, &Wanted::usual(&bench.facts(), "shop-1")).await;
    bench.ship(&record, "TRACK-1").await;
    let line = CreditLine { line: 11, quantity: 1, restock: 1, net: Decimal::new(1_800, 2), tax: Decimal::new(360, 2) };
    let credit = CreditNote { lines: vec![line], ..note(&record, 5, Decimal::new(2_160, 2)) };
    bench.erp().credit(&credit).await.expect("credited");
    if !bench.facts().returns {
        assert_eq!(code(bench.erp().returns_since(since, None).await), "erp_cannot_list");
        return;
    }
    let returns = || {
        all(|cursor| {
            let erp = bench.erp();
            async move { erp.returns_since(since, cursor.as_deref()).await }
        })
    };
    assert_eq!(returns().await, Vec::new(), "it is known already");
    bench.take_back(&record).await;
    let seen = returns().await;
    let [back] = seen.as_slice() else { panic!("one return: {seen:?}") };
    assert_eq!((back.reference.as_str(), back.lines.as_slice()), ("shop-1", [(11, 1)].as_slice()));
}

/// The order and its credit note, with our references and gross totals.
pub async fn the_documents_of_a_day(bench: &impl Bench) {
    let record = created(bench, &Wanted::usual(&bench.facts(), "shop-1")).await;
    bench.ship(&record, "TRACK-1").await;
    let credit = CreditNote { other: Decimal::new(777, 2), ..note(&record, 5, Decimal::new(777, 2)) };
    bench.erp().credit(&credit).await.expect("credited");
    let day: String = now(bench).await.to_string().chars().take(10).collect();
    let documents = all(|cursor| {
        let (erp, day) = (bench.erp(), day.clone());
        async move { erp.documents_of(&day, cursor.as_deref()).await }
    })
    .await;
    let one = |kind: DocumentKind, reference: &str| {
        let found: Vec<_> =
            documents.iter().filter(|one| one.kind == kind && one.reference.as_deref() == Some(reference)).collect();
        let [document] = found.as_slice() else { panic!("one {kind:?} for {reference}: {documents:?}") };
        (document.total, document.currency.clone())
    };
    assert_eq!(one(DocumentKind::SalesOrder, "shop-1"), (record.total, record.currency.clone()));
    assert_eq!(one(DocumentKind::CreditNote, "shop-1-refund-5"), (Decimal::new(777, 2), record.currency));
}
