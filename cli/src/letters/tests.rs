//! A plan, what is done of it, and what is left when it is cut off.

use waybill_contracts::{Command, Fact, Origin};
use waybill_domain::{At, Change, Context, DEAD_LETTER, Hold, Order, OrderKey, StaleReason, Step, advance};
use waybill_testkit::memory::{Fault, FaultMode, World};
use waybill_workflow::ports::{DeadLetter, DeadLetters, LetterId};

use super::{Filter, Item, Ways, list, plan, redrive, table_of};

const BEGAN: At = At(1_767_225_600_000);
const NOW: At = At(1_767_312_000_000);

fn hold(code: &str, step: Step, seconds: u32, under: Option<Hold>) -> Option<Hold> {
    let (code, message, since) = (code.to_owned(), "in words".to_owned(), BEGAN.plus_seconds(seconds));
    Some(Hold { code, message, step, since, doubt: None, about: None, under: under.map(Box::new) })
}

fn letter(queue: &str, number: u32, order: Option<&str>, error: &str) -> DeadLetter {
    let order: Option<OrderKey> = order.map(|order| order.parse().unwrap());
    DeadLetter {
        id: LetterId { queue: queue.to_owned(), message: format!("4e1b-{number}") },
        store: order.as_ref().map(|order| order.store.clone()),
        order,
        error: error.to_owned(),
        trace: (number == 1).then(|| "1-5759e988-bd862e3fe1be46a994272793".to_owned()),
        receives: (number < 3).then_some(15),
        at: BEGAN.plus_seconds(number),
        judged: None,
        redriven: None,
    }
}

fn command(step: Step, order: &str) -> String {
    serde_json::to_string(&Command::new(step, order.parse().unwrap(), Origin::Commit, 1)).unwrap()
}

/// One of each kind.
async fn world() -> World {
    let world = World::with_shop();
    {
        let mut state = world.state();
        state.now = NOW;
        let mut held = |key: &str, hold: Option<Hold>| {
            let mut order: Order = waybill_domain::transition::begin(key.parse().unwrap(), BEGAN);
            order.hold = hold;
            state.orders.insert(order.key.clone(), order);
        };
        held("shop/1", hold(DEAD_LETTER, Step::Validate, 1, None));
        held("shop/2", None);
        held("shop/3", hold("short_stock", Step::Reserve, 30, None));
        held("shop/4", hold("refund_unclear", Step::Refund, 40, None));
        held("shop/5", hold("store_unknown", Step::Refund, 50, hold(DEAD_LETTER, Step::ShipUpdate, 5, None)));
        held("other/6", hold("short_stock", Step::Reserve, 60, None));
    }
    let fact = {
        let order = world.order("shop/2").unwrap();
        let context = Context { at: BEGAN, step: Step::Validate, cause: "#1".to_owned(), release: "test".to_owned() };
        let changed = advance(&order, vec![Change::Doubted(StaleReason::Oversized)], &context).unwrap();
        serde_json::json!({ "detail": Fact::of(&changed, &changed.events[0]) }).to_string()
    };
    for (letter, body) in [
        (letter("validate", 1, Some("shop/1"), "panicked"), command(Step::Validate, "shop/1")),
        (letter("reserve", 2, Some("shop/2"), "defect: what must not be"), command(Step::Reserve, "shop/2")),
        (letter("intake", 3, None, "of no version of this contract"), "{}".to_owned()),
        (letter("relay", 4, None, "Lambda gave up: RetryAttemptsExhausted"), "{}".to_owned()),
        (letter("ship-update", 5, Some("shop/5"), "panicked"), command(Step::ShipUpdate, "shop/5")),
        (letter("facts", 6, None, "EventBridge could not deliver it: NO_PERMISSIONS"), fact),
        (letter("sweep", 7, None, "Lambda gave up: EventAgeExceeded"), "{}".to_owned()),
    ] {
        world.keep(&letter, &body).await.unwrap();
    }
    world
}

async fn planned(world: &World, filter: &Filter) -> Vec<Item> {
    plan(world, filter, NOW).await.unwrap()
}

fn names(items: &[Item]) -> Vec<String> {
    items.iter().map(Item::name).collect()
}

async fn run(world: &World, items: &[Item]) -> Vec<Result<String, String>> {
    let ways = Ways { tables: world, queues: world, bus: world };
    let mut said = Vec::new();
    for item in items.iter().filter(|item| item.acts()) {
        world.enter(None);
        said.push(redrive(&ways, item, NOW).await);
    }
    said
}

#[tokio::test]
async fn a_plan_says_what_will_be_done_with_each() {
    insta::assert_snapshot!("plan", table_of(&planned(&world().await, &Filter::default()).await));
    assert_eq!(table_of(&[]), "nothing to send on");
}

#[tokio::test]
async fn letters_are_listed_without_their_bodies() {
    let mut letters = world().await.letters().await.unwrap();
    letters.sort_by_key(|letter| letter.at);
    insta::assert_snapshot!("letters", list(&letters));
    insta::assert_json_snapshot!("letters_json", letters.iter().take(3).map(super::command::view).collect::<Vec<_>>());
    assert_eq!(list(&[]), "no dead letters");
}

#[tokio::test]
async fn filters_leave_out_what_is_not_meant() {
    let world = world().await;
    let of = |filter: Filter| {
        let world = world.clone();
        async move { names(&planned(&world, &filter).await) }
    };
    let short = Filter { code: Some("short_stock".to_owned()), ..Filter::default() };
    assert_eq!(of(short.clone()).await, ["shop/3", "other/6"]);
    assert_eq!(of(Filter { store: "other".parse().ok(), ..Filter::default() }).await, ["other/6"]);
    assert_eq!(of(Filter { since: Some(BEGAN.plus_seconds(31)), ..short }).await, ["other/6"]);
    let dead = Filter { code: Some(DEAD_LETTER.to_owned()), ..Filter::default() };
    assert_eq!(of(dead).await.len(), 7, "an order that is held for its letter is one line");
    assert_eq!(of(Filter { code: Some("nonsense".to_owned()), ..Filter::default() }).await, [""; 0]);
}

#[tokio::test]
async fn an_order_that_cannot_be_read_keeps_no_other_from_being_sent_on() {
    let world = world().await;
    let all = planned(&world, &Filter::default()).await;
    world.state().newer.insert("shop/1".parse().unwrap());
    let without = planned(&world, &Filter::default()).await;
    let others = |items: &[Item]| items.iter().filter(|item| item.name() != "shop/1").cloned().collect::<Vec<_>>();
    assert_eq!((others(&without), without.len()), (others(&all), all.len()));
    let unread = without.iter().find(|item| item.name() == "shop/1").expect("it is said");
    assert!(!unread.acts() && unread.words().contains("newer release"), "{}", unread.words());
}

#[tokio::test]
async fn what_was_sent_on_is_gone_from_the_next_plan() {
    let world = world().await;
    let items = planned(&world, &Filter::default()).await;
    let said = run(&world, &items).await;
    let words: Vec<&str> = said.iter().map(|said| said.as_deref().unwrap()).collect();
    assert_eq!(words, ["goes on", "sent back", "sent back", "closed", "published", "closed", "goes on", "goes on", "goes on"]);
    let left = names(&planned(&world, &Filter::default()).await);
    assert_eq!(left, ["shop/5", "shop/4"], "what was under another hold, and what needs a person");
    let state = world.state();
    assert_eq!(state.orders[&"shop/1".parse().unwrap()].hold, None);
    assert_eq!(state.sent_back.iter().map(|(queue, _)| queue.as_str()).collect::<Vec<_>>(), ["reserve", "intake"]);
    assert_eq!(state.facts.len(), 1);
}

/// An order that went on, or is held with something else, since the plan was made: nothing is done that was not shown.
#[tokio::test]
async fn what_changed_meanwhile_is_left_alone() {
    let world = world().await;
    let items = planned(&world, &Filter { code: Some("short_stock".to_owned()), ..Filter::default() }).await;
    let other = hold("erp_refused", Step::PostToErp, 70, None);
    world.state().orders.get_mut(&"shop/3".parse().unwrap()).unwrap().hold.clone_from(&other);
    world.state().orders.get_mut(&"other/6".parse().unwrap()).unwrap().hold = None;
    let said = run(&world, &items).await;
    assert_eq!(said, [Err("shop/3 is held with erp_refused by now".to_owned()), Ok("had gone on".to_owned())]);
    assert_eq!(world.order("shop/3").unwrap().hold, other);
}

/// Cut off anywhere, in any way: the next run ends it, and whatever was sent twice is what may come twice.
#[tokio::test]
async fn a_redrive_that_is_cut_off_is_ended_by_the_next() {
    let calls = {
        let world = world().await;
        let items = planned(&world, &Filter::default()).await;
        let before = world.calls().len();
        run(&world, &items).await;
        before..world.calls().len()
    };
    for call in calls {
        for mode in FaultMode::ALL {
            let world = world().await;
            let items = planned(&world, &Filter::default()).await;
            world.plan_fault(Fault { call, mode, times: 1 });
            run(&world, &items).await;
            assert!(world.fault_hit().is_some());
            world.enter(None);
            let again = planned(&world, &Filter::default()).await;
            let said = run(&world, &again).await;
            assert!(said.iter().all(Result::is_ok), "call {call} {mode:?}: {said:?}");
            let left = names(&planned(&world, &Filter::default()).await);
            assert!(left.iter().all(|name| ["shop/4", "shop/5"].contains(&name.as_str())), "call {call} {mode:?}: {left:?}");
            let state = world.state();
            assert_eq!(state.orders[&"shop/1".parse().unwrap()].hold, None);
            assert!((2..=3).contains(&state.sent_back.len()) && !state.facts.is_empty(), "call {call} {mode:?}");
        }
    }
}
