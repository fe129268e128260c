//! Everything works.

use serde_json::json;
use waybill_domain::{At, DocumentKind, Payment};
use waybill_testkit::erp::Op;
use waybill_workflow::CallError;
use waybill_workflow::ports::erp::{ErpAvailability, ErpCancel, ErpDocuments, ErpOrders, ErpShipments, ErpStockChanges};

use crate::support::{order, setup};

#[tokio::test]
async fn an_order_arrives_as_it_was_sent() {
    let (fake, erp) = setup().await;
    let record = erp.create(&order("shop-1")).await.unwrap();

    assert_eq!((record.id.as_str(), record.reference.as_str()), ("so-1", "shop-1"));
    assert_eq!((record.total.to_string(), record.currency.code()), ("29.75".to_owned(), "EUR"));
    let kinds: Vec<DocumentKind> = record.documents.iter().map(|document| document.kind).collect();
    assert_eq!(kinds, [DocumentKind::SalesOrder, DocumentKind::Invoice, DocumentKind::Payment]);
    assert_eq!(record.documents[0].number, "SO/1");
    let stored = fake.orders().remove(0);
    assert_eq!(record.confirmed_at.0, stored.confirmed_at.unwrap().as_millisecond());
    let address = json!({
        "name": "Jane Roe-Smith", "company": "Roe Ltd", "line1": "12 Harbour Lane", "line2": "Flat 3", "postcode": "YO21 3PU",
        "city": "Whitby", "state": "", "country": "GB", "phone": "+44 1947 600000",
    });
    let customer = json!({
        "reference": "7", "name": "Jane Roe-Smith", "company": "Roe Ltd", "email": "jane@roe.example", "phone": "+44 1947 600000",
    });
    assert_eq!(
        serde_json::to_value(&stored.new).unwrap(),
        json!({
            "reference": "shop-1", "store": "shop", "number": "1001", "placed_at": "2026-11-23T05:40:00.123Z", "currency": "EUR",
            "prices_include_tax": true, "customer": customer, "billing": address, "shipping_address": address,
            "lines": [{ "line": "11", "sku": "A", "name": "An A", "quantity": 2, "net": "20.00", "tax": "3.80" }],
            "shipping": [{ "line": "12", "title": "Parcel", "net": "5.00", "tax": "0.95" }],
            "fees": [],
            "totals": { "net": "25.00", "tax": "4.75", "total": "29.75" },
            "payment": {
                "method": "stripe", "state": "paid", "transaction_id": "pi_3Secret", "paid_at": "2026-11-23T05:40:01Z",
            },
            "backorder": false, "note": "Ring twice",
        })
    );
    assert_eq!(erp.find("shop-1").await.unwrap(), [record]);
    assert_eq!(erp.find("shop-2").await.unwrap(), []);
}

#[tokio::test]
async fn a_taken_reference_is_the_order_that_is_there() {
    let (fake, erp) = setup().await;
    let first = erp.create(&order("shop-1")).await.unwrap();
    assert_eq!(erp.create(&order("shop-1")).await.unwrap(), first);
    assert_eq!(fake.orders().len(), 1);
}

#[tokio::test]
async fn several_orders_with_one_reference_are_all_found() {
    let (fake, erp) = setup().await;
    fake.knobs(|knobs| knobs.unique_references = false);
    for _ in 0..3 {
        erp.create(&order("shop-1")).await.unwrap();
    }
    assert_eq!(erp.find("shop-1").await.unwrap().len(), 3);
    erp.cancel("so-2").await.unwrap();
    let ids: Vec<String> = erp.find("shop-1").await.unwrap().into_iter().map(|record| record.id).collect();
    assert_eq!(ids, ["so-1", "so-3"], "a double that a person has cancelled no longer counts");
}

#[tokio::test]
async fn what_a_person_cancelled_there_is_not_posted_again() {
    let (fake, erp) = setup().await;
    erp.create(&order("shop-1")).await.unwrap();
    erp.cancel("so-1").await.unwrap();
    erp.cancel("so-1").await.unwrap();
    assert_eq!(fake.free("A"), Some(10));
    for result in [erp.find("shop-1").await.map(|_| ()), erp.create(&order("shop-1")).await.map(|_| ())] {
        let Err(CallError::Refused { code, .. }) = result else { panic!("{result:?}") };
        assert_eq!(code, "erp_order_cancelled");
    }
}

#[tokio::test]
async fn payment_states() {
    let (fake, erp) = setup().await;
    for (payment, said) in [
        (Payment::Paid, Some("paid")),
        (Payment::CashOnDelivery, Some("on_account")),
        (Payment::OnHold, Some("on_account")),
        (Payment::Unpaid, None),
        (Payment::Failed, None),
    ] {
        let result = erp.create(&waybill_domain::ErpOrder { payment, ..order(&format!("shop-{payment:?}")) }).await;
        match said {
            Some(said) => {
                result.unwrap();
                let stored = fake.orders().pop().unwrap();
                assert_eq!(serde_json::to_value(stored.new.payment.state).unwrap(), said);
            }
            None => {
                let Err(CallError::Refused { code, .. }) = result else { panic!("{result:?}") };
                assert_eq!(code, "erp_not_postable");
            }
        }
    }
    assert_eq!(fake.counts().of(Op::CreateOrder), 3, "what must not be posted is not even sent");
}

#[tokio::test]
async fn availability_of_some_and_of_all() {
    let (fake, erp) = setup().await;
    for number in 0..120 {
        fake.set_on_hand(&format!("S{number:03}"), number);
    }
    fake.knobs(|knobs| knobs.page_size = 50);
    let all = erp.availability(&[]).await.unwrap();
    assert_eq!(all.items.len(), 122);
    assert_eq!(fake.counts().of(Op::Availability), 3);

    let skus: Vec<_> = all.items.iter().map(|item| item.sku.clone()).chain(["gone".parse().unwrap()]).collect();
    let asked = erp.availability(&skus).await.unwrap();
    assert_eq!(asked.items, all.items, "an unknown SKU is left out");
    assert_eq!(fake.counts().of(Op::Availability), 6, "100 in two pages, 23 in one");
    let one = erp.availability(&["S007".parse().unwrap()]).await.unwrap();
    assert_eq!(one.items.iter().map(|item| (item.sku.as_str(), item.free)).collect::<Vec<_>>(), [("S007", 7)]);
    assert!(all.as_of <= asked.as_of && asked.as_of <= one.as_of);
}

#[tokio::test]
async fn feeds_go_on_by_cursor() {
    let (fake, erp) = setup().await;
    fake.knobs(|knobs| knobs.page_size = 1);
    let start = At(fake.now().as_millisecond());
    for reference in ["shop-1", "shop-2"] {
        erp.create(&order(reference)).await.unwrap();
        fake.ship(reference, None, Some("TRACK")).unwrap();
    }
    let first = erp.shipments_since(start, None).await.unwrap();
    let second = erp.shipments_since(start, first.next.as_deref()).await.unwrap();
    assert_eq!((first.items.len(), second.items.len(), second.next), (1, 1, None));
    let shipment = &first.items[0];
    assert_eq!((shipment.reference.as_str(), shipment.tracking.as_str()), ("shop-1", "TRACK"));
    assert_eq!(shipment.lines, [(11, 2)]);

    let changes = erp.stock_changes_since(start, None).await.unwrap();
    assert_eq!(changes.items.iter().map(|c| (c.sku.as_str(), c.free)).collect::<Vec<_>>(), [("A", 6)]);
    assert!(changes.items[0].at >= start);
    let day = fake.now().to_zoned(jiff::tz::TimeZone::UTC).date().to_string();
    fake.knobs(|knobs| knobs.page_size = 100);
    let documents = erp.documents_of(&day, None).await.unwrap();
    let all: Vec<_> = documents.items.iter().map(|d| (d.kind, d.reference.as_deref().unwrap())).collect();
    let kinds = [DocumentKind::SalesOrder, DocumentKind::Invoice, DocumentKind::Payment];
    let expected: Vec<_> = ["shop-1", "shop-2"].into_iter().flat_map(|r| kinds.map(|kind| (kind, r))).collect();
    assert_eq!(all, expected);
}
