//! The permanent rows of shipments, refunds and returns. No port reads them: that they are there shows when a record that does not know of
//! them brings them again.

use waybill_domain::store_order::RefundSeen;
use waybill_domain::{
    Change, Document, DocumentKind, Effect, Order, Pieces, Refund, Return, ReturnState, Shipment, StaleReason, Step,
};
use waybill_workflow::ports::CommitError;

use super::fixtures::{NOON, after, saw};
use super::stock::figures;
use super::{Names, Stores};

/// A shipment of a piece of line 1.
fn shipment(id: &str) -> Shipment {
    Shipment {
        id: id.to_owned(),
        revision: 1,
        carrier: "DHL".to_owned(),
        tracking: "00340434161094042557".to_owned(),
        tracking_url: String::new(),
        shipped_at: NOON,
        lines: Pieces::from([(1, 1)]),
        void: false,
        told: 0,
    }
}

fn returned(id: &str) -> Return {
    let (lines, amount) = ([].into(), Some("2.50".parse().expect("decimal")));
    Return { id: id.to_owned(), state: ReturnState::Announced, lines, amount, credit_note: None, refund: None, by_hand: false }
}

/// The content with these refunds, a minute later.
fn with_refunds(order: &Order, ids: &[u64]) -> Change {
    let mut seen = crate::memory::samples::order(order.key.id, &[("SKU-A", 1)]);
    seen.refunds = ids.iter().map(|id| RefundSeen { id: *id, amount: "1.00".parse().expect("decimal") }).collect();
    saw(seen)
}

/// Gives a record what another one knows.
type Remember = fn(&mut Order, &Order);

/// The record as it was, by hand or from a backup: it knows of nothing that was reported since.
fn put_back(order: &Order) -> Order {
    let mut record = order.clone();
    record.version += 1;
    record.fulfilment.shipments.clear();
    record.refunds.clear();
    record.returns.clear();
    record
}

/// A shipment, a refund and a return each have a row, which stays when the record forgets them: they are not begun a second time. What
/// another order has under the same id is its own.
pub async fn what_is_recorded_stays_recorded(stores: &impl Stores) {
    let names = Names::new();
    let order = names.shipping(stores, 1).await;
    let refunds = with_refunds(&order, &[9]);
    let changes = vec![Change::Shipped(shipment("S-1")), refunds, Change::Returned(returned("R-1"))];
    let known = after(&order, changes, Step::Intake, NOON);
    stores.commit(Some(&order), &known).await.expect("commit");
    assert_eq!(stores.load(&order.key).await.expect("load"), Some(known.clone()));
    let forgetful = put_back(&known);
    stores.commit(Some(&known), &forgetful).await.expect("a record may be put back");
    let again: [(&str, Remember); 3] = [
        ("shipment#S-1", |next, known| next.fulfilment.shipments.clone_from(&known.fulfilment.shipments)),
        ("refund#9", |next, known| next.refunds.clone_from(&known.refunds)),
        ("return#R-1", |next, known| next.returns.clone_from(&known.returns)),
    ];
    for (row, remember) in again {
        let mut next = Order { version: forgetful.version + 1, ..forgetful.clone() };
        remember(&mut next, &known);
        assert_eq!(stores.commit(Some(&forgetful), &next).await, Err(CommitError::Recorded(row.to_owned())));
        assert_eq!(stores.load(&order.key).await.expect("load").as_ref(), Some(&forgetful), "nothing was written");
    }
    let new = after(&forgetful, vec![Change::Shipped(shipment("S-2"))], Step::ShipUpdate, NOON);
    stores.commit(Some(&forgetful), &new).await.expect("another shipment is another row");
    let other = names.shipping(stores, 2).await;
    let shipped = after(&other, vec![Change::Shipped(shipment("S-1"))], Step::ShipUpdate, NOON);
    stores.commit(Some(&other), &shipped).await.expect("another order's");
}

/// What changes is written over what was there, and over nothing: releases without a ledger saw refunds, too.
pub async fn what_changes_is_written_again(stores: &impl Stores) {
    let names = Names::new();
    let order = names.shipping(stores, 1).await;
    let mut known = order.clone();
    known.refunds.push(Refund::seen(9, "1.00".parse().expect("decimal")));
    let credited = credited(&known);
    stores.commit(Some(&order), &credited).await.expect("there is no row yet");
    let settled = after(&credited, vec![with_refunds(&order, &[9, 10])], Step::Intake, NOON.plus_seconds(60));
    stores.commit(Some(&credited), &settled).await.expect("commit");
    // Deleted in the store before anything was done about it.
    let withdrawn = after(&settled, vec![with_refunds(&order, &[9])], Step::Intake, NOON.plus_seconds(120));
    stores.commit(Some(&settled), &withdrawn).await.expect("there is a row");
    assert_eq!(stores.load(&order.key).await.expect("load"), Some(withdrawn));
}

fn credited(order: &Order) -> Order {
    let begun = Change::CallStarted { effect: Effect::Credit(9), until: NOON.plus_seconds(60), extra: [].into() };
    let document = Document { kind: DocumentKind::CreditNote, id: "40811".to_owned(), number: String::new() };
    let done = Change::Credited { refund: 9, document, restocked: Pieces::new() };
    let after = after(order, vec![begun, done], Step::Refund, NOON);
    Order { version: order.version + 1, ..after }
}

/// Who is late learns that first, and leaves no row behind.
pub async fn a_conflict_leaves_no_row(stores: &impl Stores) {
    let names = Names::new();
    let order = names.shipping(stores, 1).await;
    let faster = after(&order, vec![Change::Doubted(StaleReason::Polled)], Step::Intake, NOON);
    stores.commit(Some(&order), &faster).await.expect("commit");
    let late = after(&order, vec![Change::Shipped(shipment("S-1"))], Step::ShipUpdate, NOON);
    let refused = stores.commit(Some(&order), &late).await;
    assert_eq!(refused, Err(CommitError::Conflict(Some(Box::new(faster.clone())))));
    let next = after(&faster, vec![Change::Shipped(shipment("S-1"))], Step::ShipUpdate, NOON);
    stores.commit(Some(&faster), &next).await.expect("the row was not written");
}

/// Stock and ledger move together with the record, or not at all: neither a shortage nor a row that is there leaves half of it.
pub async fn stock_and_ledger_are_one_commit(stores: &impl Stores) {
    let names = Names::new();
    let order = names.stocked(stores, 1, &[("A", 3)]).await;
    let judged = Change::Validated { mapping: 3, payment_accepted: true };
    let refunded = after(&order, vec![with_refunds(&order, &[9]), judged], Step::Validate, NOON);
    let taking = |before: &Order, pieces| {
        let next = names.reserved(&refunded, &[("A", pieces)]);
        Order { version: before.version + 1, ..next }
    };
    let short = stores.commit(Some(&order), &taking(&order, 4)).await;
    assert!(matches!(short, Err(CommitError::Short(_))), "{short:?}");
    let both = taking(&order, 2);
    stores.commit(Some(&order), &both).await.expect("enough, and no row of the refund yet");
    assert_eq!(stores.load(&order.key).await.expect("load").as_ref(), Some(&both));
    assert_eq!(figures(&names.row(stores, "A").await), (1, 2, 0));
    let back = Order { version: both.version + 1, ..order.clone() };
    stores.commit(Some(&both), &back).await.expect("put back, with its stock");
    let again = stores.commit(Some(&back), &taking(&back, 2)).await;
    assert_eq!(again, Err(CommitError::Recorded("refund#9".to_owned())));
    assert_eq!(stores.load(&order.key).await.expect("load"), Some(back));
    assert_eq!(figures(&names.row(stores, "A").await), (3, 0, 0));
}

/// Many parcels that the store is told of at once are many rows of one commit.
pub async fn many_rows_are_one_commit(stores: &impl Stores) {
    let names = Names::new();
    let mut order = names.shipping(stores, 1).await;
    let ids: Vec<String> = (1..=40).map(|number| format!("S-{number}")).collect();
    for half in ids.chunks(20) {
        let reports = half.iter().map(|id| Change::Shipped(shipment(id))).collect();
        let next = after(&order, reports, Step::ShipUpdate, NOON);
        stores.commit(Some(&order), &next).await.expect("commit");
        order = next;
    }
    let begun = Change::CallStarted { effect: Effect::Tell, until: NOON.plus_seconds(60), extra: [].into() };
    let told = Change::Told { shipments: ids.into_iter().map(|id| (id, 1)).collect(), completed: false };
    let told = after(&order, vec![begun, told], Step::ShipUpdate, NOON);
    stores.commit(Some(&order), &told).await.expect("commit");
    assert_eq!(stores.load(&order.key).await.expect("load"), Some(told.clone()));
    let (record, _) = stores.story(&order.key).await.expect("story").expect("an order");
    assert_eq!(record, told, "the rows beside the record are not taken for pages of its log");
}
