//! Every write under every fault: what is known afterwards, and what was done.

use waybill_domain::{NewRefund, Shipment, StoreConfig};
use waybill_testkit::store::{FakeStore, OrderKind, RestFault};
use waybill_workflow::CallError;
use waybill_workflow::ports::StoreDesk as _;

use crate::desk::{code, one_mug, shipment, store};
use crate::support::woocommerce;

/// The writes of the port.
#[derive(Debug, Clone, Copy)]
enum Write {
    Refund,
    Note,
    NewFulfillment,
    ChangedFulfillment,
    DeletedFulfillment,
    Tracking,
}

const WRITES: [Write; 6] =
    [Write::Refund, Write::Note, Write::NewFulfillment, Write::ChangedFulfillment, Write::DeletedFulfillment, Write::Tracking];

/// An order, its refund, and its shipments: one that the store shows already, and one that it does not.
struct Subject {
    order: u64,
    refund: NewRefund,
    shown: Shipment,
    known: u64,
    fresh: Shipment,
}

async fn subject(store: &FakeStore, config: &StoreConfig) -> Subject {
    let order = store.place(OrderKind::Plain);
    let line = store.order(order).expect("the order").lines[0].id;
    let shown = shipment("A", 1, &[(line, 1)]);
    woocommerce().put_fulfillment(config, order, None, &shown).await.expect("a fulfillment");
    let known = store.fulfillments(order)[0].id;
    Subject { order, refund: one_mug(line, "R-1"), shown, known, fresh: shipment("B", 1, &[(line, 1)]) }
}

async fn run(write: Write, config: &StoreConfig, subject: &Subject) -> Result<(), CallError> {
    let (desk, order) = (woocommerce(), subject.order);
    let known = Some(subject.known);
    match write {
        Write::Refund => desk.create_refund(config, order, &subject.refund).await.map(drop),
        Write::Note => desk.add_note(config, order, "On its way", true).await,
        Write::NewFulfillment => desk.put_fulfillment(config, order, None, &subject.fresh).await,
        Write::ChangedFulfillment => {
            desk.put_fulfillment(config, order, known, &Shipment { revision: 2, ..subject.shown.clone() }).await
        }
        Write::DeletedFulfillment => {
            desk.put_fulfillment(config, order, known, &Shipment { void: true, ..subject.shown.clone() }).await
        }
        Write::Tracking => desk.show_shipments(config, order, std::slice::from_ref(&subject.shown), true).await.map(drop),
    }
}

/// Whether the store has it, by what the write is about.
fn is_done(write: Write, store: &FakeStore, subject: &Subject) -> bool {
    let (order, fulfillments) = (store.order(subject.order).expect("the order"), store.fulfillments(subject.order));
    match write {
        Write::Refund => !order.refunds.is_empty(),
        Write::Note => order.notes.iter().any(|note| note.text == "On its way"),
        Write::NewFulfillment => fulfillments.len() > 1,
        Write::ChangedFulfillment => fulfillments[0].meta("_waybill_revision") == Some(&"2".into()),
        Write::DeletedFulfillment => fulfillments.is_empty(),
        Write::Tracking => order.status == "completed",
    }
}

#[tokio::test]
async fn every_fault_of_every_write_has_its_meaning() {
    let cases = [
        (RestFault::Unauthorized, "store_write_forbidden", false),
        (RestFault::Forbidden, "store_write_forbidden", false),
        (RestFault::Status(418), "store_refused", false),
        (RestFault::Status(500), "unknown", false),
        (RestFault::Status(503), "unknown", false),
        (RestFault::Status(408), "unknown", false),
        (RestFault::Status(429), "busy", false),
        (RestFault::Busy(503, 600), "busy", false),
        (RestFault::Busy(429, 7), "busy", false),
        (RestFault::Html(200), "unknown", false),
        (RestFault::Html(403), "unknown", false),
        (RestFault::Html(404), "unknown", false),
        (RestFault::Html(502), "unknown", false),
        (RestFault::Html(308), "store_moved", false),
        (RestFault::Redirect, "unknown", false),
        (RestFault::Garbage, "unknown", false),
        (RestFault::Cut, "unknown", false),
        (RestFault::Truncated, "unknown", true),
        (RestFault::CutAfterWork, "unknown", true),
        (RestFault::HtmlAfterWork(200), "unknown", true),
        (RestFault::HtmlAfterWork(403), "unknown", true),
        (RestFault::HtmlAfterWork(500), "unknown", true),
    ];
    let (store, config) = store().await;
    store.turn(|knobs| knobs.rest_fault_spares_reads = true);
    for write in WRITES {
        for (fault, expected, done) in cases {
            let subject = subject(&store, &config).await;
            store.turn(|knobs| (knobs.rest_fault, knobs.rest_fault_times) = (Some(fault), Some(1)));
            let before = store.counts().rest_requests;
            let error = run(write, &config, &subject).await.expect_err("a fault");
            assert_eq!(code(&error), expected, "{write:?} {fault:?}: {error}");
            assert_eq!(is_done(write, &store, &subject), done, "{write:?} {fault:?}");
            let reads = if matches!(write, Write::Tracking) { 1 } else { 0 };
            assert_eq!(store.counts().rest_requests, before + 1 + reads, "{write:?} {fault:?}: never sent twice by itself");
            if let (CallError::Busy { after_seconds, .. }, RestFault::Busy(_, seconds)) = (&error, fault) {
                assert_eq!(*after_seconds, Some(u32::from(seconds)));
            }
            assert!(!error.to_string().contains("ck_test") && !error.to_string().contains("127.0.0.1"), "{error}");
            if !done {
                run(write, &config, &subject).await.unwrap_or_else(|error| panic!("{write:?} after {fault:?}: {error}"));
                assert!(is_done(write, &store, &subject), "{write:?} after {fault:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_key_that_may_only_read_is_a_refusal_that_says_so() {
    let (store, config) = store().await;
    let subject = subject(&store, &config).await;
    assert_eq!(woocommerce().may_write(&config).await, Ok(()));
    store.turn(|knobs| knobs.key_reads_only = true);
    assert_eq!(code(&woocommerce().may_write(&config).await.expect_err("it may not")), "store_write_forbidden");
    for write in WRITES {
        let error = run(write, &config, &subject).await.expect_err("a key that may only read");
        assert_eq!(code(&error), "store_write_forbidden", "{write:?}: {error}");
        assert!(error.to_string().contains("read/write"), "{error}");
        assert!(!is_done(write, &store, &subject), "{write:?}");
    }
}

#[tokio::test]
async fn an_order_that_is_gone_is_gone_for_every_write() {
    let (store, config) = store().await;
    let subject = subject(&store, &config).await;
    store.delete(subject.order);
    for write in WRITES {
        let outcome = run(write, &config, &subject).await;
        match write {
            // What was to be taken away is not there.
            Write::DeletedFulfillment => assert_eq!(outcome, Ok(())),
            Write::Refund => assert_eq!(code(&outcome.expect_err("no order")), "refund_refused"),
            _ => assert_eq!(code(&outcome.expect_err("no order")), "store_order_gone", "{write:?}"),
        }
    }
    assert_eq!(woocommerce().refunds(&config, subject.order).await, Ok(None));
    let error = woocommerce().notes(&config, subject.order).await.expect_err("no order");
    assert_eq!(code(&error), "store_order_gone");
}

#[tokio::test]
async fn a_store_that_is_not_there_is_down() {
    let (store, config) = store().await;
    let subject = subject(&store, &config).await;
    drop(store);
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    for write in WRITES {
        let error = run(write, &config, &subject).await.expect_err("nobody there");
        assert_eq!(code(&error), "down", "{write:?}: {error}");
    }
}
