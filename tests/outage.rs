//! Endpoints that are down for a day, slow, or have enough: nobody has to look, nobody is called too often, and no other brand notices.

use waybill_domain::{At, CircuitState, Endpoint, ErpSlug, EventKind, Stage, StockRow};
use waybill_testkit::memory::samples::{self, order};
use waybill_testkit::memory::{Fault, FaultMode, Manners, World};
use waybill_workflow::ports::Delivery;

/// What the ERP bears in a minute.
const RATE: u32 = 20;

fn slug(name: &str) -> ErpSlug {
    name.parse().expect("slug")
}

fn circuit(name: &str) -> Endpoint {
    Endpoint::Erp(slug(name))
}

/// The world with an ERP that takes [`RATE`] orders a minute, and goods for everybody.
fn world() -> World {
    let world = World::with_shop();
    {
        let mut state = world.state();
        let now = state.now;
        state.erps.values_mut().for_each(|erp| erp.orders_per_minute = RATE);
        state.stock.insert((slug("acme"), "SKU-A".parse().expect("sku")), StockRow::new(10_000, now));
    }
    world
}

/// An order that no poll finds: the delivery alone tells of it.
async fn arrives(world: &World, store: &str, id: u64) {
    let mut placed = order(id, &[("SKU-A", 1)]);
    placed.modified = placed.modified.minus_seconds(3_600);
    let told = world.place(&placed);
    world.receive(&Delivery { store: store.to_owned(), ..told }).await;
}

/// So many seconds, one after the other, with a sweep whenever a minute begins.
async fn seconds_pass(world: &World, seconds: u32) {
    for _ in 0..seconds {
        world.work(Manners::default()).await;
        let minute = world.state().now.minute();
        world.pass_seconds(1);
        if world.state().now.minute() > minute {
            world.sweep().await;
        }
    }
}

fn posted(world: &World) -> usize {
    world.state().orders.values().filter(|order| order.stage == Stage::Posted).count()
}

/// The most calls that any 60 seconds saw.
fn busiest_minute(world: &World, erp: &str) -> usize {
    let state = world.state();
    let calls: Vec<At> = state.erp.health.calls.iter().filter(|(of, _)| of.as_str() == erp).map(|(_, at)| *at).collect();
    let within = |from: &At| calls.iter().filter(|at| **at >= *from && at.since(*from) < 60_000).count();
    calls.iter().map(within).max().unwrap_or(0)
}

#[tokio::test]
async fn a_day_without_the_erp_needs_no_hand_and_ends_at_the_erps_own_pace() {
    let world = world();
    world.state().erp.health.down.insert(slug("acme"));
    // An order every six minutes, day and night.
    for id in 1..=240 {
        arrives(&world, "shop", id).await;
        for _ in 0..6 {
            world.work(Manners::default()).await;
            world.pass_seconds(60);
            world.sweep().await;
        }
    }
    let during = world.state().erp.health.calls.len();
    assert!(during < 170, "three outages, then a probe every ten minutes at most: {during} calls");
    assert_eq!((posted(&world), world.state().circuits[&circuit("acme")].state), (0, CircuitState::Open));

    world.state().erp.health.down.clear();
    seconds_pass(&world, 600 + 60).await;
    assert!(posted(&world) > 0, "the next probe comes after ten minutes at most");
    // Fresh orders keep coming while the line drains, and go to its end.
    for id in 1_001..=1_020 {
        arrives(&world, "shop", id).await;
        seconds_pass(&world, 10).await;
    }
    seconds_pass(&world, 60 * 14).await;
    assert_eq!(posted(&world), 260, "thirteen minutes at twenty a minute, and one for the slack");
    assert_eq!(world.state().erp.orders.len(), 260, "each once");
    let busiest = busiest_minute(&world, "acme");
    assert!(busiest <= RATE as usize, "{busiest} calls in a minute");
    assert!(busiest + 2 >= RATE as usize, "and not much fewer while there is a line: {busiest}");
    let state = world.state();
    assert!(state.dead.is_empty(), "no outage is a dead letter: {:?}", state.dead);
    assert!(state.orders.values().all(|order| order.hold.is_none() && order.waiting.is_none()));
    assert_eq!(state.circuits[&circuit("acme")].state, CircuitState::Closed);
}

#[tokio::test]
async fn a_burst_is_taken_at_the_rate_oldest_first() {
    let world = world();
    for id in 1..=100 {
        arrives(&world, "shop", id).await;
        world.pass_seconds(1);
    }
    seconds_pass(&world, 60 * 7).await;
    assert_eq!(posted(&world), 100, "five minutes' worth, the slack, and the wait for a sweep");
    assert!(busiest_minute(&world, "acme") <= RATE as usize);
    let state = world.state();
    // Whoever bounced once stands in the line.
    let waits = state.orders.values().flat_map(|order| &order.events).filter(|event| event.kind == EventKind::Waiting);
    assert!(waits.count() > 60);
    let mut times: Vec<(u64, At)> =
        state.orders.values().filter_map(|order| Some((order.key.id, order.erp.posted_at?))).collect();
    times.sort_by_key(|(_, at)| *at);
    let overtaken: Vec<_> = times.iter().enumerate().filter(|(place, (id, _))| id.abs_diff(*place as u64) > 40).collect();
    assert!(overtaken.is_empty(), "roughly in the order of arrival: {overtaken:?}");
}

#[tokio::test]
async fn an_erp_that_has_enough_slows_waybill_down_and_is_never_taken_for_dead() {
    let world = world();
    world.state().erps.values_mut().for_each(|erp| erp.orders_per_minute = 120);
    world.state().erp.health.bears.insert(slug("acme"), 40);
    for id in 1..=300 {
        arrives(&world, "shop", id).await;
    }
    for minute in 0..20 {
        seconds_pass(&world, 60).await;
        let state = world.state().circuits[&circuit("acme")].state;
        assert!(matches!(state, CircuitState::Closed | CircuitState::Draining), "minute {minute}: {state:?}");
    }
    assert_eq!(posted(&world), 300);
    let state = world.state();
    let (calls, refused) = (state.erp.health.calls.len(), state.erp.health.refused as usize);
    assert!(refused * 4 < calls, "{refused} of {calls} calls were too many: without slowing down, two of three would be");
}

/// When the orders of the second brand were posted, with the first brand's ERP as told.
async fn second_brand(first_is_dead: bool) -> Vec<At> {
    let world = world();
    {
        let mut state = world.state();
        let now = state.now;
        state.stores.insert(
            "other".parse().expect("slug"),
            waybill_domain::StoreConfig { slug: "other".parse().expect("slug"), erp: slug("second"), ..samples::store() },
        );
        state.secrets.insert("other".parse().expect("slug"), vec![samples::SECRET.to_owned()]);
        state.erps.insert(
            slug("second"),
            waybill_domain::ErpConfig { slug: slug("second"), orders_per_minute: RATE, ..samples::erp() },
        );
        state.stock.insert((slug("second"), "SKU-A".parse().expect("sku")), StockRow::new(10_000, now));
        if first_is_dead {
            state.erp.health.down.insert(slug("acme"));
        }
    }
    for id in 1..=60 {
        arrives(&world, "shop", id).await;
        arrives(&world, "other", 1_000 + id).await;
        seconds_pass(&world, 2).await;
    }
    seconds_pass(&world, 300).await;
    let state = world.state();
    let own = state.orders.values().filter(|order| order.key.store.as_str() == "other");
    let times: Vec<At> = own.filter_map(|order| order.erp.posted_at).collect();
    assert_eq!(times.len(), 60);
    times
}

#[tokio::test]
async fn one_brands_dead_erp_delays_no_other() {
    let (with, without) = (second_brand(true).await, second_brand(false).await);
    let latest = with.iter().zip(&without).map(|(with, without)| with.since(*without)).max().unwrap_or(0);
    assert!(latest <= 1_000, "{latest} ms later");
}

/// Behind an open circuit others take their turn as the probe.
#[tokio::test]
async fn an_order_that_always_meets_an_outage_keeps_no_other_from_a_healthy_erp() {
    let world = world();
    world.state().erp.health.sick.extend(["shop-1".to_owned(), "shop-2".to_owned()]);
    for id in 1..=2 {
        arrives(&world, "shop", id).await;
    }
    seconds_pass(&world, 600).await;
    assert_eq!(world.state().circuits[&circuit("acme")].state, CircuitState::Open, "nobody else is there to say that it is well");
    for id in 3..=50 {
        arrives(&world, "shop", id).await;
    }
    seconds_pass(&world, 3_600).await;
    assert_eq!(posted(&world), 48);
}

#[tokio::test]
async fn an_erp_that_had_enough_is_called_slower_though_it_took_the_next_call() {
    let create = {
        let world = world();
        arrives(&world, "shop", 1).await;
        world.work(Manners::default()).await;
        world.calls().iter().position(|call| call.op == "erp.create").expect("it was called")
    };
    let world = world();
    arrives(&world, "shop", 1).await;
    world.plan_fault(Fault { call: create, mode: FaultMode::Contention, times: 1 });
    world.work(Manners::default()).await;
    assert_eq!(posted(&world), 1, "the same visit asked again");
    let slowed = world.state().circuits[&circuit("acme")].slowed.map(|slowed| slowed.per_minute);
    assert_eq!(slowed, Some(RATE / 2));
}
