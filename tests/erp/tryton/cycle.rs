//! An order from its posting to its return, with the people of the ERP in between; and how many calls each part takes.

use waybill_domain::money::Decimal;
use waybill_domain::refund::{CreditCharge, CreditLine};
use waybill_domain::{CreditNote, DocumentKind};
use waybill_workflow::ports::erp::{ErpAvailability, ErpCancel, ErpCredit, ErpOrders, ErpRecord, ErpShipments};

use crate::books::{Books, one};
use crate::support::{Live, order, paid, sku};

fn cents(amount: i64) -> Decimal {
    Decimal::new(amount, 2)
}

fn note(order: &ErpRecord, refund: u64, amount: i64) -> CreditNote {
    CreditNote {
        reference: format!("{}-refund-{refund}", order.reference),
        order: order.id.clone(),
        amount: cents(amount),
        currency: order.currency.clone(),
        lines: Vec::new(),
        charges: Vec::new(),
        other: Decimal::ZERO,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_goes_its_way() {
    let live = Live::new().await;
    let erp = live.connect();
    let figures = erp.availability(&[sku("SKU-A")]).await.unwrap();
    let since = figures.as_of;
    let free = figures.items.first().unwrap().free;

    let record = erp.create(&order("shop-1", 7)).await.unwrap();
    let kinds: Vec<DocumentKind> = record.documents.iter().map(|document| document.kind).collect();
    assert_eq!(kinds, [DocumentKind::SalesOrder, DocumentKind::Invoice, DocumentKind::Payment, DocumentKind::Delivery]);
    assert_eq!(Books::of(&live, "shop-1").await, paid());

    live.people.ship("shop-1", "TRACK-1").await;
    let seen = erp.shipments_since(since, None).await.unwrap();
    assert_eq!(seen.items.first().map(|one| (one.reference.as_str(), one.tracking.as_str())), Some(("shop-1", "TRACK-1")));
    assert_eq!(Books::of(&live, "shop-1").await.shipments, ["done"]);

    let line = CreditLine { line: 11, quantity: 1, restock: 1, net: cents(1_800), tax: cents(360) };
    erp.credit(&CreditNote { lines: vec![line], ..note(&record, 5, 2_160) }).await.unwrap();
    let with_goods = Books::of(&live, "shop-1-refund-5").await;
    assert_eq!((with_goods.invoices, with_goods.returns), (one("posted", -2_160), vec!["done".to_owned()]));

    let charge = CreditCharge { charge: 12, net: cents(500), tax: cents(100) };
    erp.credit(&CreditNote { charges: vec![charge], ..note(&record, 6, 600) }).await.unwrap();
    let without = Books::of(&live, "shop-1-refund-6").await;
    assert_eq!((without.invoices, without.returns), (one("posted", -600), Vec::new()));
    assert_eq!(live.people.free("SKU-A").await, free - 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_are_few_and_counted() {
    let live = Live::new().await;
    let erp = live.connect();
    let count = |what: &str, most: usize| {
        let calls = live.calls();
        eprintln!("{what}: {} calls\n    {}", calls.len(), calls.join("\n    "));
        assert!(calls.len() <= most, "{what}: {} calls", calls.len());
    };
    erp.create(&order("shop-1", 7)).await.unwrap();
    count("an order, the connection and the customer are new", 20);
    let record = erp.create(&order("shop-2", 7)).await.unwrap();
    count("an order of a known customer on a warm connection", 12);
    erp.create(&order("shop-2", 7)).await.unwrap();
    count("the same again", 2);
    live.people.ship("shop-2", "TRACK-1").await;
    let line = CreditLine { line: 11, quantity: 1, restock: 1, net: cents(1_800), tax: cents(360) };
    erp.credit(&CreditNote { lines: vec![line], ..note(&record, 5, 2_160) }).await.unwrap();
    count("a credit note with goods", 14);
    let other = erp.create(&order("shop-3", 7)).await.unwrap();
    live.calls();
    erp.cancel(&other.id).await.unwrap();
    count("a cancellation", 14);
}
