//! Orders that a person must decide on, or that wait, leave everybody else alone.

#[allow(dead_code, reason = "each test uses a part of what tests share")]
mod common;

use std::sync::atomic::{AtomicBool, Ordering};

use common::stories::Chapter;
use waybill_contracts::{Command, Origin};
use waybill_domain::refund::RefundedLine;
use waybill_domain::store_order::{RefundSeen, StoreOrder, StoreStatus};
use waybill_domain::{At, Change, ErpState, Order, OrderKey, Stage, Step, next};
use waybill_domain::{FulfilmentStatus, RefundState, StoreRefund};
use waybill_testkit::memory::samples::{cents, order};
use waybill_testkit::memory::{Manners, World, deliver};
use waybill_workflow::commit::{cause, commit};
use waybill_workflow::dispose::{Disposition, dispose};
use waybill_workflow::ports::{CommitError, Orders, Runtime};
use waybill_workflow::steps::report::{Report, report};
use waybill_workflow::steps::{Outcome, post_to_erp};
use waybill_workflow::{StepError, Unavailable};

fn key() -> OrderKey {
    "shop/16".parse().expect("a key")
}

async fn tell(world: &World, order: &StoreOrder) {
    let delivery = world.place(order);
    world.receive(&delivery).await;
}

fn held_and_quiet(world: &World, code: &str) {
    let order = world.order("shop/16").expect("known");
    assert_eq!(order.hold.as_ref().map(|hold| hold.code.as_str()), Some(code));
    assert!(next(&order).is_empty(), "nobody works on it until a person has decided: {:?}", next(&order));
    let told = world.state().facts.iter().filter(|fact| fact.event == "order.held").count();
    assert_eq!(told, 1, "people are told once");
}

#[tokio::test]
async fn a_question_that_the_store_refuses_is_asked_once() {
    let world = World::with_shop();
    world.state().stores.clear();
    let mut delivery = world.place(&order(16, &[("SKU-A", 1)]));
    delivery.body = br#"{"id":16}"#.to_vec();
    world.receive(&delivery).await;
    world.work(Manners::default()).await;
    held_and_quiet(&world, "store_unknown");
}

#[tokio::test]
async fn a_lookup_that_cannot_be_made_is_tried_once() {
    let world = World::with_shop();
    world.state().erp.silent_creates = 1;
    tell(&world, &order(16, &[("SKU-A", 1)])).await;
    world.work(Manners::default()).await;
    world.state().erps.clear();
    world.pass_seconds(200);
    world.work(Manners::default()).await;
    held_and_quiet(&world, "erp_unknown");
}

#[tokio::test]
async fn an_order_cancelled_while_its_call_was_out_does_not_stand_before_the_erp() {
    let world = World::with_shop();
    let placed = order(16, &[("SKU-A", 1)]);
    tell(&world, &placed).await;
    for step in [Step::Validate, Step::Reserve] {
        deliver(&world, &Command::new(step, key(), Origin::Commit, 0), 1).await;
    }
    world.state().stream.clear();
    world.state().queues.clear();
    world.state().erp.down_calls = 3;
    let command = Command::new(Step::PostToErp, key(), Origin::Commit, 0);
    let result = post_to_erp::run(&world, &command).await;
    let mut cancelled = placed.clone();
    cancelled.status = StoreStatus::Cancelled;
    cancelled.modified = At(world.state().now.seconds() * 1000);
    tell(&world, &cancelled).await;
    dispose(&world, &command, result, 1).await;
    tell(&world, &order(17, &[("SKU-A", 1)])).await;
    for _ in 0..60 {
        world.work(Manners::default()).await;
        world.pass_seconds(60);
        world.sweep().await;
    }
    let first = world.order("shop/16").expect("known");
    assert_eq!(first.waiting, None, "nothing is left to wait for");
    let second = world.order("shop/17").expect("known");
    assert!(second.erp.posted_at.is_some(), "the ERP has been up for an hour");
}

#[tokio::test]
async fn an_erp_that_refuses_an_order_is_up() {
    let world = World::with_shop();
    world.state().erp.down_calls = 3;
    for id in 16..22 {
        tell(&world, &order(id, &[("SKU-A", 1)])).await;
        world.work(Manners::default()).await;
        world.pass_seconds(1);
    }
    world.state().erp.refuses.extend((16..19).map(|id| format!("shop-{id}")));
    for _ in 0..5 {
        world.pass_seconds(60);
        world.sweep().await;
        world.work(Manners::default()).await;
    }
    let posted =
        (19..22).filter(|id| world.order(&format!("shop/{id}")).is_some_and(|order| order.erp.posted_at.is_some())).count();
    assert_eq!(posted, 3, "each refused order at the head of the line would cost minutes if a refusal were no answer");
}

/// A refund of the store with these pieces of line 1, to a posted order of two pieces.
async fn refunded(amount: i64, quantity: u32) -> World {
    let world = World::with_shop();
    tell(&world, &order(16, &[("SKU-A", 2)])).await;
    world.settle(Manners::default()).await;
    let line = RefundedLine { line: 1, quantity, net: cents(100), taxes: Vec::new() };
    let made =
        StoreRefund { id: 17, amount: cents(amount), lines: vec![line], charges: Vec::new(), returned: None, paid_back: true };
    world.state().refund(16, made, false);
    world.settle(Manners::default()).await;
    world
}

#[tokio::test]
async fn more_refunded_than_paid_or_bought_is_held_with_its_numbers_until_a_person_dealt_with_it() {
    let cases = [
        (2976, 1, "refund_exceeds_paid", "refund 17: 29.75 paid, 29.76 refunded in all"),
        (2975, 99, "refund_exceeds_bought", "refund 17, line 1: 2 bought, 99 refunded in all"),
    ];
    for (amount, quantity, code, message) in cases {
        let world = refunded(amount, quantity).await;
        held_and_quiet(&world, code);
        let held = world.order("shop/16").expect("known");
        assert_eq!(held.hold.as_ref().map(|hold| hold.message.as_str()), Some(message));
        assert!(world.state().erp.credits.is_empty());

        let context = cause(&world, Step::Refund, "person".to_owned());
        commit(&world, &held, vec![Change::Retried], &context).await.expect("committed");
        world.settle(Manners::default()).await;
        let order = world.order("shop/16").expect("known");
        assert_eq!((order.hold, order.refunds[0].state), (None, RefundState::ByHand));
    }
}

#[tokio::test]
async fn a_refund_that_is_deleted_is_not_credited_or_held_if_it_was() {
    // Deleted before anybody looked: the order shows it, its refunds do not.
    let world = World::with_shop();
    let mut placed = order(16, &[("SKU-A", 2)]);
    tell(&world, &placed).await;
    world.settle(Manners::default()).await;
    placed.refunds.push(RefundSeen { id: 17, amount: cents(500) });
    placed.modified = At(world.state().now.seconds() * 1000);
    tell(&world, &placed).await;
    world.state().shop.get_mut(&16).expect("placed").refunds.clear();
    world.settle(Manners::default()).await;
    let order = world.order("shop/16").expect("known");
    assert_eq!((order.hold, order.refunds[0].state), (None, RefundState::Withdrawn));

    // Deleted after it was credited.
    let world = refunded(1000, 1).await;
    assert_eq!(world.order("shop/16").expect("known").refunds[0].state, RefundState::Credited);
    world.pass_seconds(60);
    let mut placed = world.state().shop[&16].clone();
    placed.refunds.clear();
    placed.modified = At(world.state().now.seconds() * 1000);
    tell(&world, &placed).await;
    world.settle(Manners::default()).await;
    held_and_quiet(&world, "refund_deleted");
}

/// The order `shop/16` after these chapters, with the world at rest after each.
async fn after(chapters: &[Chapter]) -> World {
    let world = World::with_shop();
    for chapter in chapters {
        chapter.happen(&world).await;
        world.settle(Manners::default()).await;
        world.pass_seconds(60);
    }
    world
}

#[tokio::test]
async fn a_person_who_did_it_by_hand_ends_the_hold_for_good() {
    // What the ERP cannot amend or cancel is noted as done; what was shipped too much is accepted.
    let amended = after(&[Chapter::ErpCannotAmend, Chapter::Placed, Chapter::MadeLarger, Chapter::Retried]).await;
    let order = amended.order("shop/16").expect("known");
    assert_eq!((order.hold, order.fulfilment.to_ship()[&1]), (None, 3));
    let cancelled = after(&[Chapter::Placed, Chapter::ShippedPart, Chapter::Cancelled, Chapter::Retried]).await;
    let order = cancelled.order("shop/16").expect("known");
    assert_eq!((order.hold, order.stage), (None, Stage::Cancelled));
    let accepted = after(&[Chapter::Placed, Chapter::ShippedTooMuch, Chapter::Retried]).await;
    let order = accepted.order("shop/16").expect("known");
    assert_eq!((order.hold, order.fulfilment.shipments[0].told), (None, 1));
}

#[tokio::test]
async fn what_the_store_changes_again_lifts_a_hold_about_what_it_wanted() {
    let chapters = [Chapter::ErpCannotAmend, Chapter::Placed, Chapter::MadeLarger];
    let world = after(&chapters).await;
    held_and_quiet(&world, "changed_after_posting");
    // Back to what was posted.
    let mut back = order(16, &[("SKU-A", 2), ("SKU-B", 1)]);
    back.modified = At(world.state().now.seconds() * 1000);
    tell(&world, &back).await;
    world.settle(Manners::default()).await;
    assert_eq!(world.order("shop/16").expect("known").hold, None);
    assert!(world.state().erp.amendments.is_empty());
}

#[tokio::test]
async fn a_warehouse_that_is_down_keeps_nothing_from_erp_and_store() {
    let world = World::with_shop();
    Chapter::WarehouseConnected.happen(&world).await;
    world.state().warehouse_down = u32::MAX;
    for chapter in [Chapter::Placed, Chapter::RefundedPiece, Chapter::ShippedPart] {
        chapter.happen(&world).await;
        world.work(Manners::default()).await;
        world.pass_seconds(60);
    }
    let order = world.order("shop/16").expect("known");
    assert_eq!(order.waiting.as_ref().map(|waiting| waiting.on.to_string()).as_deref(), Some("warehouse/wms"));
    assert_eq!((order.refunds[0].state, order.fulfilment.shipments[0].told), (RefundState::Credited, 1));
    // When it is back, it hears of the newest request alone.
    world.state().warehouse_down = 0;
    world.pass_seconds(600);
    world.settle_after_sweep(Manners::default()).await;
    let order = world.order("shop/16").expect("known");
    assert_eq!(order.waiting, None);
    let revisions: Vec<u32> = world.state().pushes.iter().map(|push| push.revision).collect();
    assert_eq!(revisions, [order.fulfilment.revision]);
}

#[tokio::test]
async fn a_warehouse_hears_that_less_is_to_leave_though_a_person_must_look_at_the_order() {
    let chapters = [Chapter::WarehouseConnected, Chapter::Placed, Chapter::ShippedPart, Chapter::Cancelled];
    let world = after(&chapters).await;
    held_and_quiet(&world, "cancelled_after_shipping");
    let pushes = world.state().pushes.clone();
    let last = pushes.last().expect("pushed");
    assert_eq!((pushes.len(), last.revision), (2, 2));
    assert_eq!(last.lines.iter().map(|line| (line.line, line.quantity)).collect::<Vec<_>>(), [(1, 2)], "line 2 stays");
}

#[tokio::test]
async fn a_commit_of_many_events_leaves_no_gap_in_the_timeline() {
    let world = World::with_shop();
    let mut placed = order(16, &[("SKU-A", 2)]);
    tell(&world, &placed).await;
    world.settle(Manners::default()).await;
    for id in 17..30 {
        placed.refunds.push(RefundSeen { id, amount: cents(1) });
    }
    placed.modified = At(world.state().now.seconds() * 1000);
    tell(&world, &placed).await;
    world.work(Manners::default()).await;
    let order = world.order("shop/16").expect("known");
    let numbers: Vec<u32> = world.timeline(&key()).iter().map(|event| event.seq).collect();
    assert_eq!(numbers, (1..=order.seq).collect::<Vec<_>>());
}

/// The world, where the store's own word of the order comes between a load and the commit after it, once.
struct Overtaken<'a>(&'a World, AtomicBool);

impl Orders for Overtaken<'_> {
    async fn load(&self, key: &OrderKey) -> Result<Option<Order>, Unavailable> {
        let order = self.0.load(key).await?;
        if let (Some(order), false) = (&order, self.1.swap(true, Ordering::Relaxed)) {
            let change = vec![Change::Touched(order.received_at.plus_seconds(60))];
            commit(self.0, order, change, &cause(self.0, Step::Intake, "delivery:1".to_owned())).await.expect("committed");
        }
        Ok(order)
    }

    async fn commit(&self, before: Option<&Order>, after: &Order) -> Result<(), CommitError> {
        Orders::commit(self.0, before, after).await
    }
}

impl Runtime for Overtaken<'_> {
    fn now(&self) -> At {
        self.0.now()
    }
    fn release(&self) -> &str {
        self.0.release()
    }
    async fn pause(&self, milliseconds: u32) {
        self.0.pause(milliseconds).await;
    }
}

#[tokio::test]
async fn an_unknown_outcome_is_written_though_somebody_else_wrote_first() {
    let world = World::with_shop();
    tell(&world, &order(16, &[("SKU-A", 1)])).await;
    for step in [Step::Validate, Step::Reserve] {
        deliver(&world, &Command::new(step, key(), Origin::Commit, 0), 1).await;
    }
    let command = Command::new(Step::PostToErp, key(), Origin::Commit, 0);
    let reserved = world.order("shop/16").expect("known");
    let started = Change::PostingStarted {
        erp: "acme".parse().expect("slug"),
        reference: "shop-16".to_owned(),
        until: world.now().plus_seconds(150),
    };
    commit(&world, &reserved, vec![started], &cause(&world, Step::PostToErp, "#3".to_owned())).await.expect("committed");
    let silence = StepError::Indeterminate { probe: world.now().plus_seconds(90), reason: "no answer".to_owned() };
    let disposed = dispose(&Overtaken(&world, AtomicBool::default()), &command, Err(silence.into()), 1).await;
    assert_eq!(
        disposed,
        Disposition::Ack(Outcome::Unknown),
        "else it would be looked up when the lease ends, not when it settles"
    );
    assert_eq!(world.order("shop/16").expect("known").erp.state, ErpState::Unknown);
}

#[tokio::test]
async fn who_has_nothing_to_ask_any_more_leaves_the_line() {
    let world = after(&[Chapter::Placed]).await;
    world.state().erp.down_calls = u32::MAX;
    for chapter in [Chapter::Cancelled, Chapter::Revived] {
        chapter.happen(&world).await;
        world.work(Manners::default()).await;
        world.pass_seconds(60);
    }
    let order = world.order("shop/16").expect("known");
    assert_eq!((order.waiting, order.stage), (None, Stage::Posted), "it was un-cancelled before the ERP could be asked");
}

#[tokio::test]
async fn a_refund_that_a_delivery_does_not_know_is_credited_all_the_same() {
    let world = after(&[Chapter::Placed, Chapter::ShippedPart]).await;
    // A body that was built before the refund, and says that it is newer.
    let mut late = world.state().shop[&16].clone();
    late.transaction_id = "tx-2".to_owned();
    late.modified = At((world.state().now.seconds() + 60) * 1000);
    let line = RefundedLine { line: 2, quantity: 1, net: cents(1000), taxes: Vec::new() };
    let made =
        StoreRefund { id: 17, amount: cents(1000), lines: vec![line], charges: Vec::new(), returned: None, paid_back: true };
    world.state().refund(16, made, false);
    let told = world.state().echoes.pop_front().expect("the store tells");
    world.receive(&told).await;
    world.receive(&waybill_testkit::memory::samples::delivery(&late)).await;
    world.settle(Manners::default()).await;
    let order = world.order("shop/16").expect("known");
    assert_eq!(order.refunds[0].state, RefundState::Credited);
    assert!(world.timeline(&key()).iter().any(|event| event.detail == "refund-missing"), "the store was asked");
}

#[tokio::test]
async fn a_word_from_the_future_silences_nobody() {
    let world = after(&[Chapter::Placed]).await;
    let at = world.state().now.plus_seconds(86_400);
    let said = Report::Fulfilment(FulfilmentStatus { blocked: Some("no box fits".to_owned()), at });
    let refusal = report(&world, &key(), said, "wms").await.expect("it answers").expect_err("tomorrow");
    assert_eq!((refusal.status, refusal.field.as_deref()), (422, Some("at")));
    assert_eq!(world.order("shop/16").expect("known").fulfilment.heard, None);
}

#[tokio::test]
async fn an_order_that_was_credited_whole_has_nothing_left_to_cancel() {
    let world = after(&[Chapter::Placed, Chapter::RefundedRest, Chapter::Cancelled]).await;
    let order = world.order("shop/16").expect("known");
    assert_eq!((order.hold, order.erp.state), (None, ErpState::Posted));
    assert!(world.state().erp.cancelled.is_empty());
}

#[tokio::test]
async fn an_order_with_more_refunds_than_a_transaction_takes_is_learnt_in_parts() {
    let world = after(&[Chapter::Placed]).await;
    for id in 17..147 {
        let made = StoreRefund { id, amount: cents(1), lines: Vec::new(), charges: Vec::new(), returned: None, paid_back: true };
        world.state().refund(16, made, false);
    }
    let told = world.state().echoes.pop_back().expect("the store tells");
    world.state().echoes.clear();
    world.receive(&told).await;
    world.settle(Manners::default()).await;
    let order = world.order("shop/16").expect("known");
    assert_eq!(order.refunds.iter().filter(|refund| refund.state == RefundState::Credited).count(), 130);
    assert_eq!((order.hold, order.stale), (None, None));
}
