//! A call that never gets an answer: tried again with growing pauses, and held after about a day.

use waybill_domain::{At, Change, Context, Effect, ErpState, Order, Step, advance, begin, next};
use waybill_testkit::memory::samples::order;

const START: At = At(1_767_225_600_000);

fn after(before: &Order, step: Step, at: At, changes: Vec<Change>) -> Order {
    let context = Context { at, step, cause: "#1".to_owned(), release: "test".to_owned() };
    advance(before, changes, &context).expect("legal")
}

fn posting(before: &Order, at: At, mut first: Vec<Change>) -> Order {
    let reference = "shop-1".to_owned();
    first.push(Change::PostingStarted { erp: "acme".parse().expect("slug"), reference, until: at.plus_seconds(155) });
    after(before, Step::PostToErp, at, first)
}

fn reserved() -> Order {
    let new = begin("shop/1".parse().expect("key"), START);
    let seen = Change::Seen { order: Box::new(order(1, &[("SKU-A", 1)])), asked: false };
    let lines = [("SKU-A".parse().expect("sku"), 1)].into();
    let changes = vec![
        seen,
        Change::Validated { mapping: 1, payment_accepted: true },
        Change::Reserved { ledger: "acme".parse().expect("slug"), lines },
    ];
    after(&new, Step::Reserve, START, changes)
}

/// Tries until nothing is due any more: when each outcome was to be looked up, in seconds after the try.
fn until_held(mut order: Order, again: impl Fn(&Order, At) -> Order, step: Step) -> (Order, Vec<u64>) {
    let mut now = START;
    let mut pauses = Vec::new();
    while pauses.len() < 100 {
        let unknown = Change::OutcomeUnknown { until: now.plus_seconds(95), why: "500".to_owned() };
        order = after(&order, step, now, vec![unknown]);
        let Some(due) = next(&order).first().copied() else { return (order, pauses) };
        let at = due.not_before.expect("after a pause");
        pauses.push(at.since(now) / 1000);
        now = at;
        order = again(&order, now);
    }
    (order, pauses)
}

#[test]
fn a_posting_that_never_gets_an_answer_is_held_after_a_day() {
    let again = |order: &Order, now| posting(order, now, vec![Change::PostingRefused { why: "not found".to_owned() }]);
    let (held, pauses) = until_held(posting(&reserved(), START, Vec::new()), again, Step::PostToErp);
    assert_eq!(pauses[..8], [95, 190, 380, 760, 1520, 3040, 6080, 6080]);
    assert_eq!(pauses.len(), 19);
    assert!(pauses.iter().sum::<u64>() > 23 * 3600);
    assert_eq!((held.erp.state, held.hold.map(|hold| hold.code)), (ErpState::Unknown, Some("no_answer".to_owned())));
}

#[test]
fn a_call_to_the_store_that_never_gets_an_answer_is_held_and_looked_up_again_when_a_person_says_so() {
    let posted = Change::Posted { confirmed_at: START, documents: Vec::new(), to_ship: [(1, 1)].into(), push: None };
    let posted = after(&posting(&reserved(), START, Vec::new()), Step::PostToErp, START, vec![posted]);
    assert_eq!(posted.erp.silences, 0);
    let effect = Effect::Credit(7);
    let started = |now: At| Change::CallStarted { effect: effect.clone(), until: now.plus_seconds(155), extra: [].into() };
    let again = |order: &Order, now| {
        after(order, Step::Refund, now, vec![Change::CallEnded { why: "not found".to_owned() }, started(now)])
    };
    let (held, pauses) = until_held(after(&posted, Step::Refund, START, vec![started(START)]), again, Step::Refund);
    assert_eq!(pauses.len(), 19);
    let hold = held.hold.clone().expect("held");
    assert_eq!((hold.code.as_str(), hold.about), ("no_answer", Some(effect)));
    let retried = after(&held, Step::Refund, START, vec![Change::Retried]);
    assert_eq!(next(&retried).first().map(|due| due.step), Some(Step::Refund), "its outcome is looked up");
}
