//! The sparse index.

use waybill_domain::{Change, Endpoint, Lane, Order, Step, WaitOn};
use waybill_workflow::ports::Waiter;

use super::fixtures::{NOON, after, eventually, saw};
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
    let held = Change::Held { code: "sku_unmapped".to_owned(), message: "line 1".to_owned() };
    let held = after(&received, vec![held], Step::Validate, NOON);
    let open = after(&held, vec![Change::Retried], Step::Validate, NOON);
    let payment = after(&open, vec![Change::Wait(WaitOn::Payment)], Step::Validate, NOON);
    let cancelled = {
        let mut seen = crate::memory::samples::order(1, &[("SKU-A", 1)]);
        seen.status = waybill_domain::store_order::StoreStatus::Cancelled;
        after(&payment, vec![saw(seen)], Step::Intake, NOON)
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
