//! The sweep: what cannot be read, or stands at the head of a line, keeps nobody behind it from going on.

use std::collections::BTreeSet;

use waybill_domain::facets::{WaitOn, Waiting};
use waybill_domain::{
    At, Change, Circuit, CircuitState, Context, Endpoint, ErpConfig, ErpSlug, Order, Stage, Step, advance, begin,
};
use waybill_testkit::memory::{Fault, FaultMode, World, samples};
use waybill_workflow::ports::{Delivery, Runtime};
use waybill_workflow::steps::sweep::{self, Swept};

fn acme() -> ErpSlug {
    "acme".parse().expect("slug")
}

fn erp() -> Endpoint {
    Endpoint::Erp(acme())
}

/// An order that no poll finds: the delivery alone tells of it.
async fn arrives(world: &World, id: u64) {
    let mut placed = samples::order(id, &[("SKU-A", 1)]);
    placed.modified = placed.modified.minus_seconds(3_600);
    let told: Delivery = world.place(&placed);
    world.receive(&told).await;
}

/// Three orders that were received and not gone on, and the calls that were made for it.
async fn stuck() -> (World, usize) {
    let world = World::with_shop();
    for id in 1..=3 {
        arrives(&world, id).await;
    }
    world.state().stream.clear();
    world.pass_seconds(180);
    let calls = world.calls().len();
    (world, calls)
}

/// Which call of a sweep that begins now asks for this first.
async fn nth(op: &str) -> usize {
    let (world, before) = stuck().await;
    sweep::run(&world).await.expect("swept");
    before + world.calls()[before..].iter().position(|call| call.op == op).expect("it is asked for")
}

async fn swept(world: &World) -> Swept {
    sweep::run(world).await.expect("the sweep ends well").expect("it is the only one")
}

fn sent(world: &World) -> usize {
    world.state().queues.values().map(|queue| queue.len()).sum()
}

#[tokio::test]
async fn one_order_that_cannot_be_read_is_left_and_the_others_are_sent_on() {
    let call = nth("orders.load").await;
    let (world, _) = stuck().await;
    world.plan_fault(Fault { call, mode: FaultMode::Before, times: 1 });
    let swept = swept(&world).await;
    assert_eq!((swept.resent, swept.left, sent(&world)), (2, 1, 2));
}

#[tokio::test]
async fn one_endpoint_whose_row_cannot_be_read_keeps_no_other_from_being_swept() {
    let call = nth("circuits.circuit").await;
    let (world, before) = stuck().await;
    world.plan_fault(Fault { call, mode: FaultMode::Before, times: 1 });
    assert_eq!(swept(&world).await.left, 1);
    let asked = world.calls()[before..].iter().filter(|call| call.op == "circuits.circuit").count();
    assert!(asked > 1, "the others were asked: {asked}");
}

#[tokio::test]
async fn a_part_that_fails_is_the_sweeps_failure_after_all_others_were_done() {
    let call = nth("configs.stores").await;
    let (world, _) = stuck().await;
    world.plan_fault(Fault { call, mode: FaultMode::Before, times: 1 });
    sweep::run(&world).await.expect_err("its figures would be wrong");
    assert_eq!(sent(&world), 3, "what was due is sent on all the same");
}

#[tokio::test]
async fn an_endpoint_whose_configuration_is_of_the_future_keeps_no_other_from_being_swept() {
    let world = World::with_shop();
    let other: ErpSlug = "other".parse().expect("slug");
    world.state().erps.insert(other.clone(), ErpConfig { slug: other.clone(), ..samples::erp() });
    world.state().newer_configs.insert(Endpoint::Erp(other));
    lined(&world, 2);
    world.pass_seconds(60);
    assert_eq!(swept(&world).await.drained, 2);
}

/// Where there is no time for all, nobody is the last for ever.
#[tokio::test]
async fn another_endpoint_is_first_every_minute() {
    let world = World::with_shop();
    lined(&world, 2);
    let store = WaitOn::Endpoint(Endpoint::Store("shop".parse().expect("slug")));
    world.state().orders.values_mut().skip(1).for_each(|order| order.waiting.as_mut().expect("waits").on = store.clone());
    let mut first = BTreeSet::new();
    for _ in 0..3 {
        world.pass_seconds(60);
        world.state().queues.clear();
        assert_eq!(swept(&world).await.drained, 2);
        first.extend(world.state().queues[&Step::PostToErp].front().map(|message| message.command.order.id));
    }
    assert_eq!(first, [1, 2].into());
}

fn reserved() -> Order {
    let at = At(1_767_225_600_000);
    let context = |step| Context { at, step, cause: "test".to_owned(), release: "test".to_owned() };
    let seen = Change::Seen { order: Box::new(samples::order(1, &[("SKU-A", 1)])), asked: false };
    let changes = vec![
        seen,
        Change::Validated { mapping: 1, payment_accepted: true },
        Change::Reserved { ledger: acme(), lines: [("SKU-A".parse().expect("sku"), 1)].into() },
    ];
    advance(&begin("shop/1".parse().expect("key"), at), changes, &context(Step::Reserve)).expect("legal")
}

/// So many orders in the line before the ERP.
fn lined(world: &World, orders: u64) {
    for id in 1..=orders {
        let mut order = reserved();
        order.key = format!("shop/{id}").parse().expect("key");
        order.received_at = order.received_at.plus_seconds(u32::try_from(id).expect("few"));
        order.waiting = Some(Waiting { on: WaitOn::Endpoint(erp()), since: order.received_at });
        world.state().orders.insert(order.key.clone(), order);
    }
}

/// All of the line but the last are of a newer release.
fn all_but_the_last_are_newer(world: &World, orders: u64) {
    world.state().newer.extend((1..orders).map(|id| format!("shop/{id}").parse().expect("key")));
}

fn open_circuit(world: &World) {
    let mut row = Circuit::closed(erp());
    (row.version, row.state, row.failures, row.retry_at) = (1, CircuitState::Open, 5, Some(world.now()));
    world.state().circuits.insert(erp(), row);
}

#[tokio::test]
async fn orders_of_the_future_at_the_head_of_a_line_stop_nobody_behind_them() {
    let world = World::with_shop();
    world.state().erps.values_mut().for_each(|erp| erp.orders_per_minute = 20);
    lined(&world, 100);
    all_but_the_last_are_newer(&world, 100);
    world.pass_seconds(120);
    let swept = swept(&world).await;
    assert_eq!((swept.drained, swept.left), (1, 99));
}

#[tokio::test]
async fn an_open_circuit_is_probed_by_whom_can_be_read_and_closed_only_without_a_line() {
    let world = World::with_shop();
    lined(&world, 40);
    all_but_the_last_are_newer(&world, 40);
    open_circuit(&world);
    world.pass_seconds(60);
    assert_eq!(swept(&world).await.drained, 1, "the last is the probe");
    assert_eq!(world.state().circuits[&erp()].state, CircuitState::Open);
    world.state().newer.insert("shop/40".parse().expect("key"));
    world.pass_seconds(60);
    assert_eq!(swept(&world).await.drained, 0);
    assert_eq!(world.state().circuits[&erp()].state, CircuitState::Open, "they still stand there");
    world.state().orders.clear();
    world.pass_seconds(60);
    swept(&world).await;
    assert_eq!(world.state().circuits[&erp()].state, CircuitState::Closed);
}

#[tokio::test]
async fn the_oldest_unposted_is_seen_behind_many_posted_in_a_line() {
    let world = World::with_shop();
    lined(&world, 101);
    let posted = |order: &mut Order| order.stage = if order.key.id <= 100 { Stage::Posted } else { Stage::Reserved };
    world.state().orders.values_mut().for_each(posted);
    open_circuit(&world);
    world.pass_seconds(7_200);
    assert!(swept(&world).await.oldest_unposted_seconds > 900);
}
