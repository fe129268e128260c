//! What is in doubt stays in doubt until the store answered: nothing follows from a webhook's word, not even when the question was refused,
//! or the message that was to ask it died.

use waybill_domain::facets::DEAD_LETTER;
use waybill_domain::ledger::Refund;
use waybill_domain::store_order::StoreStatus;
use waybill_domain::{At, Change, Context, Order, Stage, StaleReason, Step, StockState, StoreOrder, advance, begin, next};
use waybill_testkit::memory::samples::{cents, order};

fn context(step: Step) -> Context {
    Context { at: At(1_767_225_600_000), step, cause: "#1".to_owned(), release: "test".to_owned() }
}

fn after(before: &Order, step: Step, changes: Vec<Change>) -> Order {
    advance(before, changes, &context(step)).expect("legal")
}

fn told(order: StoreOrder) -> Change {
    Change::Seen { order: Box::new(order), asked: false }
}

/// The store's order, changed a minute later.
fn later(edit: impl FnOnce(&mut StoreOrder)) -> StoreOrder {
    let mut changed = order(1, &[("SKU-A", 1)]);
    changed.modified = changed.modified.plus_seconds(60);
    edit(&mut changed);
    changed
}

fn reserved() -> Order {
    let new = begin("shop/1".parse().expect("key"), At(1_767_225_600_000));
    let received = after(&new, Step::Intake, vec![told(order(1, &[("SKU-A", 1)]))]);
    let validated = after(&received, Step::Validate, vec![Change::Validated { mapping: 1, payment_accepted: true }]);
    let lines = [("SKU-A".parse().expect("sku"), 1)].into();
    after(&validated, Step::Reserve, vec![Change::Reserved { ledger: "acme".parse().expect("slug"), lines }])
}

fn posted() -> Order {
    let started = Change::PostingStarted { erp: "acme".parse().expect("slug"), reference: "shop-1".to_owned(), until: At(0) };
    let push = Some("wms".parse().expect("slug"));
    let posted = Change::Posted { confirmed_at: At(0), documents: Vec::new(), to_ship: [(1, 1)].into(), push };
    after(&reserved(), Step::PostToErp, vec![started, posted, Change::Pushed(1)])
}

fn held(code: &str) -> Change {
    Change::Held { code: code.to_owned(), message: "no".to_owned(), about: None }
}

#[test]
fn a_cancellation_that_nobody_could_confirm_is_held_and_cancels_nothing() {
    for code in [DEAD_LETTER, "store_refused"] {
        let doubted = after(&reserved(), Step::Intake, vec![told(later(|order| order.status = StoreStatus::Cancelled))]);
        let held = after(&doubted, Step::Validate, vec![held(code)]);
        assert_eq!((held.stage, next(&held)), (Stage::Received, Vec::new()), "{code}");
        assert_eq!(held.stock.state, StockState::Reserved, "{code}: a held order keeps its stock");
        assert_eq!(held.hold.as_ref().map(|hold| hold.code.as_str()), Some(code));
        let asked = after(&held, Step::Validate, vec![Change::Retried]);
        assert_eq!(asked.stale, Some(StaleReason::Cancelled), "{code}: a person's retry asks again");
    }
}

#[test]
fn the_warehouse_is_not_told_of_a_cancellation_that_nobody_could_confirm() {
    let doubted = after(&posted(), Step::Intake, vec![told(later(|order| order.status = StoreStatus::Cancelled))]);
    let held = after(&doubted, Step::Validate, vec![held("store_refused")]);
    assert!(next(&held).is_empty(), "{:?}", next(&held));
    assert_eq!(held.fulfilment.requested, [(1, 1)].into());
}

#[test]
fn the_doubt_of_a_hold_outlives_the_next_delivery() {
    let doubted = after(&reserved(), Step::Intake, vec![Change::Doubted(StaleReason::Deleted)]);
    let held = after(&doubted, Step::Validate, vec![held("store_refused")]);
    let told = after(&held, Step::Intake, vec![told(later(|changed| changed.customer_note = "ring twice".to_owned()))]);
    assert_eq!(told.stale, Some(StaleReason::Deleted));
    let asked = Change::Seen { order: Box::new(later(|_| {})), asked: true };
    assert_eq!(after(&held, Step::Validate, vec![asked]).stale, None, "an answer ends it");
}

#[test]
fn a_dead_letter_stops_its_own_step_only() {
    let mut held = after(&posted(), Step::ShipUpdate, vec![held(DEAD_LETTER)]);
    held.refunds.push(Refund::seen(7, cents(100)));
    let steps: Vec<Step> = next(&held).into_iter().map(|due| due.step).collect();
    assert_eq!(steps, [Step::Refund]);
}
