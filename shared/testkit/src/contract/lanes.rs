//! The sparse index.

use waybill_domain::{Change, Effect, Endpoint, Lane, Order, Shipment, Step, WaitOn};
use waybill_workflow::ports::Waiter;

use super::fixtures::{NOON, after, eventually};
use super::{Names, Stores};

fn line(names: &Names) -> WaitOn {
    WaitOn::Endpoint(Endpoint::Store(names.store.clone()))
}

/// Twenty orders in a line, which lie in all shards: oldest first, up to a limit, before a moment.
pub async fn oldest_first_over_all_shards(stores: &impl Stores) {
    let names = Names::new();
    let lane = Lane::Waiting(line(&names));
    let mut waiters = Vec::new();
    for id in 1..=20_u64 {
        // Neither the ids nor the shards are in the order of time.
        let since = NOON.plus_seconds(u32::try_from(id * 7 % 20).expect("small"));
        let received = names.received(id, since);
        let waiting = after(&received, vec![Change::Wait(line(&names))], Step::Validate, NOON.plus_seconds(900));
        stores.commit(None, &waiting).await.expect("first commit");
        waiters.push(Waiter { since, key: waiting.key });
    }
    waiters.sort();
    let shards: std::collections::BTreeSet<u64> = waiters.iter().map(|waiter| waiter.key.shard(8)).collect();
    assert!(shards.len() > 4, "the orders lie in {} of 8 shards", shards.len());
    eventually(20, || async { stores.count(&lane).await.expect("count") }).await;
    let oldest = async |before, limit| stores.oldest(&lane, before, limit).await.expect("oldest");
    let end = NOON.plus_seconds(60);
    assert_eq!(oldest(end, 100).await, waiters);
    assert_eq!(oldest(end, 3).await, waiters[..3]);
    assert_eq!(oldest(end, 0).await, []);
    assert_eq!(oldest(NOON.plus_seconds(5), 100).await, waiters[..5], "the moment itself is not before it");
    let other = Lane::Waiting(line(&Names::new()));
    assert_eq!(stores.oldest(&other, end, 10).await.expect("oldest"), []);
    assert_eq!(stores.count(&other).await.expect("count"), 0);
}

/// An order is in the lane of what it needs, and in none when nothing is to be done.
pub async fn only_orders_that_need_somebody_are_in_a_lane(stores: &impl Stores) {
    let names = Names::new();
    let lanes = [Lane::Open, Lane::After, Lane::Held, Lane::Waiting(WaitOn::Payment), Lane::Waiting(line(&names))];
    let received = names.received(1, NOON);
    let held = Change::Held { code: "sku_unmapped".to_owned(), message: "line 1".to_owned(), about: None };
    let held = after(&received, vec![held], Step::Validate, NOON);
    let open = after(&held, vec![Change::Retried], Step::Validate, NOON);
    let payment = after(&open, vec![Change::Wait(WaitOn::Payment)], Step::Validate, NOON);
    let cancelled = {
        let mut seen = crate::memory::samples::order(1, &[("SKU-A", 1)]);
        seen.status = waybill_domain::store_order::StoreStatus::Cancelled;
        after(&payment, vec![Change::Seen { order: Box::new(seen), asked: true }], Step::Validate, NOON)
    };
    let states: [(Order, Option<Lane>); 5] = [
        (received, Some(Lane::Open)),
        (held, Some(Lane::Held)),
        (open, Some(Lane::Open)),
        (payment, Some(Lane::Waiting(WaitOn::Payment))),
        (cancelled, None),
    ];
    let mut before: Option<Order> = None;
    for (order, expected) in states {
        stores.commit(before.as_ref(), &order).await.expect("commit");
        for lane in &lanes {
            let is_in = expected.as_ref() == Some(lane);
            eventually(is_in, || async {
                let found = stores.oldest(lane, NOON.plus_seconds(1), 10_000).await.expect("oldest");
                found.iter().any(|waiter| waiter.key == order.key)
            })
            .await;
        }
        before = Some(order);
    }
}

/// What is to be done after posting has a lane of its own, oldest first by when it began: not by when the order was received, and what
/// comes on top of it does not put it back.
pub async fn work_after_posting_keeps_the_time_it_began(stores: &impl Stores) {
    let names = Names::new();
    let posted = names.posted(1, &[]);
    let report = |id: &str, line: u64| {
        let lines = waybill_domain::Pieces::from([(line, 1)]);
        let (carrier, tracking, tracking_url) = (String::new(), String::new(), String::new());
        let (id, shipped_at) = (id.to_owned(), NOON);
        Change::Shipped(Shipment { id, revision: 1, carrier, tracking, tracking_url, shipped_at, lines, void: false, told: 0 })
    };
    let began = NOON.plus_seconds(300);
    let shipped = after(&posted, vec![report("S-1", 1)], Step::ShipUpdate, began);
    let more = after(&shipped, vec![report("S-2", 1)], Step::ShipUpdate, NOON.plus_seconds(400));
    let begun = Change::CallStarted { effect: Effect::Tell, until: NOON.plus_seconds(500), extra: [].into() };
    let telling = after(&more, vec![begun], Step::ShipUpdate, NOON.plus_seconds(410));
    let told = Change::Told { shipments: vec![("S-1".to_owned(), 1), ("S-2".to_owned(), 1)], completed: false };
    let told = after(&telling, vec![told], Step::ShipUpdate, NOON.plus_seconds(420));
    let again = after(&told, vec![report("S-3", 2)], Step::ShipUpdate, NOON.plus_seconds(900));
    let states = [
        (posted, None),
        (shipped, Some(began)),
        (more, Some(began)),
        (telling, Some(began)),
        (told, None),
        (again, Some(NOON.plus_seconds(900))),
    ];
    let mut before: Option<Order> = None;
    for (order, since) in states {
        stores.commit(before.as_ref(), &order).await.expect("commit");
        eventually(since, || async {
            let found = stores.oldest(&Lane::After, NOON.plus_seconds(1_000), 10_000).await.expect("oldest");
            found.into_iter().find(|waiter| waiter.key == order.key).map(|waiter| waiter.since)
        })
        .await;
        before = Some(order);
    }
}
