//! What a newer release wrote: it waits, nothing overwrites it, and it keeps nobody else from going on.

use waybill_contracts::{Command, Origin};
use waybill_domain::{At, Endpoint, OrderKey, Stage, Step};
use waybill_testkit::memory::{Manners, World, deliver, samples};
use waybill_workflow::StepError;
use waybill_workflow::dispose::Disposition;
use waybill_workflow::ports::{CommitError, Orders, Runtime};
use waybill_workflow::steps::intake::{self, Received};
use waybill_workflow::steps::{Outcome, sweep};

/// What a step's queue keeps a message for, and how often it gives it out: as the template says.
const KEPT_SECONDS: u32 = 345_600;
const RECEIVES: u32 = 15;

fn key(id: u64) -> OrderKey {
    format!("shop/{id}").parse().expect("key")
}

/// A world with these orders, received and not gone on.
async fn received(ids: &[u64]) -> World {
    let world = World::with_shop();
    for id in ids {
        let delivery = world.place(&samples::order(*id, &[("SKU-A", 1)]));
        assert_eq!(world.receive(&delivery).await, Some(Received::New(key(*id))));
    }
    world
}

fn mark(world: &World, id: u64) {
    world.state().newer.insert(key(id));
}

fn clear(world: &World) {
    world.state().newer.clear();
}

/// Nobody sends it again.
#[test]
fn a_message_of_the_future_waits_for_days() {
    let mut waited = 0;
    let mut last = 0;
    for receive in 1..RECEIVES {
        let Disposition::Retry { after_seconds, .. } = Disposition::wait("of version 2", receive) else {
            panic!("it was not left to wait")
        };
        assert!(after_seconds >= last.max(60), "later each time");
        (last, waited) = (after_seconds, waited + after_seconds);
    }
    assert!(waited > 2 * 86_400, "{waited} s are no days");
    assert!(waited + last < KEPT_SECONDS, "{waited} s, and the queue has forgotten it");
}

#[tokio::test]
async fn a_message_about_an_order_of_the_future_waits_a_little_and_is_left_to_the_sweep() {
    for step in Step::ALL.into_iter().filter(|step| *step != Step::Intake) {
        let world = received(&[16]).await;
        mark(&world, 16);
        let before = world.state().orders.clone();
        let command = Command::new(step, key(16), Origin::Commit, 1);
        for (receive, waits) in [(1, 60), (2, 180)] {
            let disposition = deliver(&world, &command, receive).await;
            assert!(matches!(disposition, Disposition::Retry { after_seconds, .. } if after_seconds == waits), "{step}");
        }
        assert_eq!(deliver(&world, &command, 3).await, Disposition::Ack(Outcome::LeftToSweep), "{step}");
        assert_eq!(world.state().orders, before, "{step}");
    }
}

/// The order can be read, so every sweep sends it on; its ERP's configuration cannot.
#[tokio::test]
async fn messages_that_wait_for_a_newer_release_do_not_pile_up() {
    let world = received(&[16]).await;
    world.state().newer_configs.insert(Endpoint::Erp("acme".parse().expect("slug")));
    for _ in 0..120 {
        world.work(Manners::default()).await;
        world.pass_seconds(60);
        world.sweep().await;
        let waiting: usize = world.state().queues.values().map(|queue| queue.len()).sum();
        assert!(waiting < 10, "{waiting} messages for one order");
    }
    assert!(world.state().dead.is_empty());
    world.state().newer_configs.clear();
    world.settle(Manners::default()).await;
    assert_eq!(world.order("shop/16").map(|order| order.stage), Some(Stage::Posted));
}

#[tokio::test]
async fn an_order_of_the_future_goes_on_when_its_release_is_back() {
    let world = received(&[16]).await;
    world.work(Manners::default()).await;
    assert_eq!(world.order("shop/16").map(|order| order.stage), Some(Stage::Posted));
    let world = received(&[16]).await;
    mark(&world, 16);
    for _ in 0..30 {
        world.work(Manners::default()).await;
        world.pass_seconds(60);
    }
    assert_eq!(world.order("shop/16").map(|order| order.stage), Some(Stage::Received));
    assert!(world.state().dead.is_empty());
    clear(&world);
    world.settle(Manners::default()).await;
    assert_eq!(world.order("shop/16").map(|order| order.stage), Some(Stage::Posted));
}

#[tokio::test]
async fn a_delivery_for_an_order_of_the_future_is_put_aside_and_taken_later() {
    let world = received(&[16]).await;
    mark(&world, 16);
    let mut changed = samples::order(16, &[("SKU-A", 2)]);
    changed.modified = world.now().plus_seconds(60);
    let delivery = world.place(&changed);
    assert_eq!(world.receive(&delivery).await, Some(Received::Spooled));
    let spooled = world.state().spool.front().cloned().expect("put aside");
    let error = intake::resume(&world, &spooled).await.expect_err("still of the future");
    assert!(matches!(error, StepError::Newer { .. }), "{error}");
    clear(&world);
    assert_eq!(intake::resume(&world, &spooled).await, Ok(Received::Newer(key(16))));
}

#[tokio::test]
async fn a_row_that_turned_newer_is_not_overwritten_by_who_read_it_before() {
    let world = received(&[16]).await;
    let read = world.load(&key(16)).await.expect("loaded").expect("there");
    mark(&world, 16);
    let mut after = read.clone();
    after.version += 1;
    let refused = world.commit(Some(&read), &after).await.expect_err("refused");
    assert!(matches!(&refused, CommitError::Unavailable(error) if error.newer), "{refused}");
}

#[tokio::test]
async fn the_sweep_passes_an_order_of_the_future_over_and_sends_the_others_on() {
    let world = received(&[16, 17]).await;
    world.state().stream.clear();
    mark(&world, 16);
    world.pass_seconds(180);
    let swept = sweep::run(&world).await.expect("the sweep ends well").expect("it is the only one");
    assert_eq!(swept.resent, 1);
    let asked: Vec<OrderKey> = world.state().queues.values().flatten().map(|message| message.command.order.clone()).collect();
    assert_eq!(asked, [key(17)]);
}

#[tokio::test]
async fn the_next_poll_begins_with_what_could_not_be_told_to_an_order_of_the_future() {
    let world = received(&[16, 17]).await;
    mark(&world, 16);
    let begun = world.now();
    world.pass_seconds(900);
    for (id, after) in [(16, 700), (17, 800)] {
        let mut changed = samples::order(id, &[("SKU-A", 2)]);
        changed.modified = begun.plus_seconds(after);
        world.place(&changed);
    }
    let polled_at = || -> Option<At> {
        world.state().circuits.get(&Endpoint::Store("shop".parse().expect("slug"))).and_then(|circuit| circuit.polled_at)
    };
    let found = sweep::run(&world).await.expect("swept").expect("alone").found;
    assert_eq!((found, polled_at()), (1, Some(begun.plus_seconds(700))));
    clear(&world);
    let (stale, now) = (world.order("shop/16").expect("there").stale, world.now());
    assert_eq!(stale, None);
    world.pass_seconds(120);
    assert_eq!(sweep::run(&world).await.expect("swept").expect("alone").found, 1);
    assert!(world.order("shop/16").expect("there").stale.is_some(), "the store is asked");
    assert!(polled_at() > Some(now));
}
