//! Dead letters in memory: what becomes of a message that failed on every attempt, and of the order it is about.

use waybill_contracts::{Command, Origin};
use waybill_domain::fulfilment::Push;
use waybill_domain::next::next;
use waybill_domain::{Change, Context, DEAD_LETTER, Hold, Lane, Order, OrderKey, Stage, StaleReason, Step, StockState, advance};
use waybill_testkit::memory::{Fault, FaultMode, Manners, World, samples};
use waybill_workflow::ports::{DeadLetters, Failures, LastWords, LetterId, Orders, Runtime};
use waybill_workflow::steps::dead_letters::{Arrived, Kept, run};

fn key() -> OrderKey {
    "shop/1".parse().expect("a key")
}

fn arrived(step: Step, order: &str) -> Arrived {
    let command = Command::new(step, order.parse().expect("a key"), Origin::Commit, 1);
    Arrived {
        id: LetterId { queue: step.slug().to_owned(), message: format!("m-{step}") },
        body: serde_json::to_string(&command).expect("JSON"),
        order: Some(command.order.clone()),
        command: Some(command),
        store: None,
        error: None,
        trace: Some("1-sent".to_owned()),
        receives: None,
    }
}

/// An order that was received; nothing else happened.
async fn received() -> World {
    let world = World::with_shop();
    world.receive(&world.place(&samples::order(1, &[("SKU-A", 1)]))).await.expect("no crash");
    world
}

/// An order that went as far as it can go.
async fn posted() -> World {
    let world = received().await;
    world.settle(Manners::default()).await;
    world
}

fn order(world: &World) -> Order {
    world.order("shop/1").expect("an order")
}

async fn apply(world: &World, change: Change) {
    let before = order(world);
    let context = Context { at: world.now(), step: Step::Intake, cause: "person".to_owned(), release: "test".to_owned() };
    let after = advance(&before, vec![change], &context).expect("legal");
    world.commit(Some(&before), &after).await.expect("committed");
}

#[tokio::test]
async fn the_letter_is_kept_and_the_order_held_with_what_the_step_said() {
    let world = received().await;
    let arrived = arrived(Step::Validate, "shop/1");
    let words = LastWords { error: "panicked".to_owned(), trace: Some("1-run".to_owned()), receives: 15, at: world.now() };
    world.failed(&arrived.id, &words).await.expect("kept");
    let Kept { letter, holds } = run(&world, &arrived).await.expect("works").expect("new");
    assert!(holds);
    assert_eq!((letter.error.as_str(), letter.trace.as_deref(), letter.receives), ("panicked", Some("1-run"), Some(15)));
    assert_eq!((letter.order, letter.store), (Some(key()), Some(key().store)));
    assert_eq!(world.body(&arrived.id).await, Ok(Some(arrived.body.clone())));
    let hold = order(&world).hold.expect("held");
    assert_eq!((hold.code.as_str(), hold.step), (DEAD_LETTER, Step::Validate));
    assert_eq!(hold.message, "panicked (trace 1-run, dead letter validate/m-validate)");
    assert_eq!(waybill_domain::lane::lane(&order(&world)).map(|(lane, _)| lane), Some(Lane::Held));
}

#[tokio::test]
async fn nobody_asks_the_step_again_before_a_person_says_so() {
    let world = received().await;
    run(&world, &arrived(Step::Validate, "shop/1")).await.expect("works");
    for _ in 0..5 {
        world.pass_seconds(600);
        world.settle_after_sweep(Manners::default()).await;
    }
    assert_eq!(next(&order(&world)), []);
    assert_eq!(order(&world).stage, Stage::Received);
    // Not even for a doubt that comes on top of it.
    apply(&world, Change::Doubted(StaleReason::Oversized)).await;
    assert!(order(&world).stale.is_some() && next(&order(&world)).is_empty());
    world.settle_after_sweep(Manners::default()).await;
    assert_eq!(order(&world).stage, Stage::Received);
    apply(&world, Change::Retried).await;
    world.settle(Manners::default()).await;
    assert_eq!((order(&world).stage, order(&world).hold), (Stage::Posted, None));
}

#[tokio::test]
async fn an_order_that_has_gone_on_is_left_alone() {
    let world = posted().await;
    let kept = run(&world, &arrived(Step::Validate, "shop/1")).await.expect("works").expect("new");
    assert!(!kept.holds && kept.letter.error.contains("left no word"), "{}", kept.letter.error);
    assert_eq!(order(&world).hold, None);
    assert_eq!(world.letters().await.expect("letters").len(), 1, "it is kept all the same");
}

#[tokio::test]
async fn who_names_no_order_or_an_unknown_one_is_an_orphan() {
    let world = received().await;
    let unknown = run(&world, &arrived(Step::Reserve, "shop/99")).await.expect("works").expect("new");
    assert_eq!((unknown.holds, unknown.letter.order), (false, None));
    let id = LetterId { queue: "sweep".to_owned(), message: "m".to_owned() };
    let said = Some("Lambda gave up".to_owned());
    let nobody =
        Arrived { id, command: None, order: None, error: said, body: "{}".to_owned(), ..arrived(Step::Refund, "shop/1") };
    let nobody = run(&world, &nobody).await.expect("works").expect("new");
    assert_eq!((nobody.letter.order, nobody.letter.error.as_str()), (None, "Lambda gave up"));
}

#[tokio::test]
async fn a_command_in_another_steps_queue_says_nothing_about_its_order() {
    let world = received().await;
    let id = LetterId { queue: "refund".to_owned(), message: "m".to_owned() };
    let lost = Arrived { id, ..arrived(Step::Validate, "shop/1") };
    assert!(!run(&world, &lost).await.expect("works").expect("new").holds);
}

#[tokio::test]
async fn a_step_that_waits_for_its_endpoint_is_held_too() {
    let world = received().await;
    let acme = waybill_domain::Endpoint::Erp("acme".parse().expect("a slug"));
    world.work(Manners { deaf_stream: true, ..Manners::default() }).await;
    let line = Change::Wait(waybill_domain::WaitOn::Endpoint(acme));
    let judged = Change::Validated { mapping: 1, payment_accepted: true };
    apply(&world, judged).await;
    apply(&world, line).await;
    assert!(run(&world, &arrived(Step::Reserve, "shop/1")).await.expect("works").expect("new").holds);
    assert_eq!(order(&world).waiting, None);
}

#[tokio::test]
async fn two_steps_are_two_holds_and_each_keeps_its_own_from_running() {
    let world = received().await;
    for step in [Step::Refund, Step::ShipUpdate, Step::Refund] {
        let before = order(&world);
        let context = Context { at: world.now(), step, cause: "#1".to_owned(), release: "test".to_owned() };
        let change = Change::Held { code: DEAD_LETTER.to_owned(), message: String::new(), about: None };
        let after = advance(&before, vec![change], &context).expect("legal");
        world.commit(Some(&before), &after).await.expect("committed");
    }
    let hold = order(&world).hold.expect("held");
    assert!(hold.is_dead_letter_of(Step::Refund) && hold.is_dead_letter_of(Step::ShipUpdate));
    assert!(!hold.is_dead_letter_of(Step::Validate));
}

/// A warehouse that was asked to ship hears that less is to leave though the order is held: but not by a step that is dead, not even
/// under another hold.
#[tokio::test]
async fn a_dead_step_under_another_hold_is_not_asked() {
    let mut order = order(&posted().await);
    order.fulfilment.push = Some(Push { warehouse: "wms".parse().expect("a slug"), told: 1 });
    order.fulfilment.revision = 2;
    let hold = |code: &str, step, under| {
        let (code, message, since) = (code.to_owned(), String::new(), order.received_at);
        Some(Hold { code, message, step, since, doubt: None, about: None, under })
    };
    let steps = |hold: &Option<Hold>| {
        let held = Order { hold: hold.clone(), ..order.clone() };
        next(&held).into_iter().map(|due| due.step).collect::<Vec<_>>()
    };
    let dead = hold(DEAD_LETTER, Step::ShipUpdate, None);
    assert_eq!(steps(&hold("refund_unclear", Step::Refund, None)), [Step::ShipUpdate]);
    assert_eq!(steps(&hold("refund_unclear", Step::Refund, dead.map(Box::new))), []);
}

#[tokio::test]
async fn a_doubt_is_settled_though_the_stock_cannot_be_given_back() {
    let mut order = order(&received().await);
    order.stage = Stage::Cancelled;
    order.stock.state = StockState::Reserved;
    order.stale = Some(StaleReason::Oversized);
    let steps = |order: &Order| next(order).into_iter().map(|due| due.step).collect::<Vec<_>>();
    assert_eq!(steps(&order), [Step::Reserve]);
    let (code, message, since) = (DEAD_LETTER.to_owned(), String::new(), order.received_at);
    order.hold = Some(Hold { code, message, step: Step::Reserve, since, doubt: None, about: None, under: None });
    assert_eq!(steps(&order), [Step::Validate]);
}

#[tokio::test]
async fn a_double_of_what_was_sent_on_again_changes_nothing() {
    let world = received().await;
    let arrived = arrived(Step::Validate, "shop/1");
    run(&world, &arrived).await.expect("works").expect("new");
    apply(&world, Change::Retried).await;
    assert_eq!(world.redriven(&arrived.id, world.now()).await, Ok(true));
    assert_eq!(run(&world, &arrived).await, Ok(None));
    assert_eq!(order(&world).hold, None);
}

/// SQS gives a message twice now and then, and a person may have been faster than the second time.
#[tokio::test]
async fn a_double_does_not_hold_an_order_again_that_a_person_let_go_on() {
    let world = received().await;
    let arrived = arrived(Step::Validate, "shop/1");
    assert!(run(&world, &arrived).await.expect("works").expect("new").holds);
    apply(&world, Change::Retried).await;
    assert!(!run(&world, &arrived).await.expect("works").expect("not redriven").holds);
    assert_eq!(order(&world).hold, None);
    world.settle(Manners::default()).await;
    assert_eq!(order(&world).stage, Stage::Posted);
}

#[tokio::test]
async fn a_report_or_a_fact_names_its_order_and_does_not_hold_it() {
    let world = received().await;
    let id = LetterId { queue: "api".to_owned(), message: "m".to_owned() };
    let report = |order: &str| Arrived {
        id: id.clone(),
        command: None,
        order: Some(order.parse().expect("a key")),
        body: "{}".to_owned(),
        ..arrived(Step::Validate, "shop/1")
    };
    let kept = run(&world, &report("shop/1")).await.expect("works").expect("new");
    assert_eq!((kept.holds, kept.letter.order), (false, Some(key())));
    assert_eq!(order(&world).hold, None);
    let other = Arrived { id: LetterId { queue: "facts".to_owned(), ..id.clone() }, ..report("shop/99") };
    let unknown = run(&world, &other).await.expect("works").expect("new").letter;
    assert_eq!((unknown.order, unknown.store), (None, Some(key().store)));
}

/// Every call fails in every way: the message comes again, and ends as if nothing had been.
#[tokio::test]
async fn any_call_may_fail_in_any_way() {
    let arrived = arrived(Step::Validate, "shop/1");
    let calls = {
        let world = received().await;
        let before = world.calls().len();
        run(&world, &arrived).await.expect("works");
        before..world.calls().len()
    };
    assert!(calls.len() >= 5, "{calls:?}");
    for call in calls {
        for mode in FaultMode::ALL {
            let world = received().await;
            world.plan_fault(Fault { call, mode, times: 1 });
            world.enter(None);
            let failed = run(&world, &arrived).await;
            assert!(world.fault_hit().is_some(), "call {call} {mode:?}");
            world.enter(None);
            // A commit whose answer was lost is found done: nothing is due any more.
            let again = run(&world, &arrived).await.expect("works").expect("not redriven");
            assert!(failed.is_err() || failed == Ok(Some(again.clone())) || !again.holds, "call {call} {mode:?}: {failed:?}");
            let held = order(&world);
            let holds = held.events.iter().filter(|event| event.kind.name() == "order.held").count();
            assert_eq!((held.hold.map(|hold| hold.code).as_deref(), holds), (Some(DEAD_LETTER), 1), "call {call} {mode:?}");
            assert_eq!(world.letters().await.expect("letters").len(), 1);
        }
    }
}

/// An order whose row cannot be read would keep its letter in the queue until that forgets it.
#[tokio::test]
async fn a_letter_whose_order_cannot_be_read_is_kept_and_let_go_in_the_end() {
    let world = received().await;
    let arrived = arrived(Step::Validate, "shop/1");
    let reads = world.calls().len() + 1;
    world.plan_fault(Fault { call: reads, mode: FaultMode::Before, times: 1 });
    assert!(run(&world, &arrived).await.is_err(), "it comes again");
    let letters = world.letters().await.expect("letters");
    assert_eq!(letters.first().and_then(|letter| letter.order.clone()), Some(key()), "it may well exist");
    world.pass_seconds(1_801);
    let reads = world.calls().len() + 1;
    world.plan_fault(Fault { call: reads, mode: FaultMode::Before, times: 1 });
    assert!(!run(&world, &arrived).await.expect("let go").expect("kept").holds);
}
