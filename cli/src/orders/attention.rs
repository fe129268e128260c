//! The orders somebody should look at, found by the index and not by reading all orders.

use waybill_domain::lane::lane;
use waybill_domain::{At, Endpoint, Lane, Order, OrderKey, StoreSlug, WaitOn};
use waybill_workflow::Unavailable;
use waybill_workflow::ports::{Configs, Lanes};

/// Work that has been under way for longer than this many seconds should have ended; the sweep sends it again after the same time.
const GRACE_SECONDS: u32 = 120;
/// More than this of one kind is a report, not a list.
const MOST: usize = 1000;

/// The orders that are held, that wait, or that have not moved for minutes; in this order, the oldest of each first. `load` reads the
/// records: the index may be stale, and an order that needs nothing any more is left out.
///
/// # Errors
/// What did not answer.
pub async fn attention<P, F>(
    ports: &P,
    load: impl FnOnce(Vec<OrderKey>) -> F,
    store: Option<&StoreSlug>,
    now: At,
) -> Result<Vec<Order>, Unavailable>
where
    P: Configs + Lanes,
    F: Future<Output = Result<Vec<Order>, Unavailable>>,
{
    let mut lanes = vec![Lane::Held];
    for erp in ports.erps().await? {
        lanes.push(Lane::Waiting(WaitOn::Endpoint(Endpoint::Erp(erp.slug))));
    }
    for config in ports.stores().await? {
        lanes.push(Lane::Waiting(WaitOn::Endpoint(Endpoint::Store(config.slug))));
    }
    for warehouse in ports.warehouses().await? {
        lanes.push(Lane::Waiting(WaitOn::Endpoint(Endpoint::Warehouse(warehouse.slug))));
    }
    lanes.extend([Lane::Open, Lane::After, Lane::Waiting(WaitOn::Payment)]);
    let mut keys = Vec::new();
    for lane in &lanes {
        let before = if is_work(lane) { now.minus_seconds(GRACE_SECONDS) } else { now.plus_seconds(1) };
        let found = ports.oldest(lane, before, MOST).await?;
        keys.extend(found.into_iter().map(|waiter| waiter.key).filter(|key| store.is_none_or(|store| key.store == *store)));
    }
    keys.sort_unstable();
    keys.dedup();
    let mut found: Vec<(usize, At, Order)> = Vec::new();
    for order in load(keys).await? {
        if let Some((lane, since)) = lane(&order) {
            let rank = lanes.iter().position(|known| *known == lane).unwrap_or(lanes.len());
            found.push((rank, since, order));
        }
    }
    found.sort_by(|a, b| (a.0, a.1, &a.2.key).cmp(&(b.0, b.1, &b.2.key)));
    Ok(found.into_iter().map(|(_, _, order)| order).collect())
}

fn is_work(lane: &Lane) -> bool {
    matches!(lane, Lane::Open | Lane::After)
}

#[cfg(test)]
mod tests {
    use waybill_domain::{Event, EventKind, Hold, Step, Waiting};
    use waybill_testkit::memory::World;

    use super::*;

    const NOW: At = At(1_767_225_600_000);

    fn order(id: u64, change: impl FnOnce(&mut Order)) -> Order {
        let key = OrderKey { store: "shop".parse().unwrap(), id };
        let mut order = waybill_domain::transition::begin(key, NOW.minus_seconds(3600));
        let event = Event {
            seq: 1,
            at: NOW,
            kind: EventKind::Received,
            step: Step::Intake,
            detail: String::new(),
            cause: String::new(),
            release: String::new(),
            mapping: 0,
        };
        order.events.push(event);
        change(&mut order);
        order
    }

    fn hold(seconds: u32) -> Option<Hold> {
        let since = NOW.minus_seconds(seconds);
        Some(Hold {
            code: "short_stock".to_owned(),
            message: String::new(),
            step: Step::Reserve,
            since,
            doubt: None,
            about: None,
            under: None,
        })
    }

    #[tokio::test]
    async fn held_first_then_waiting_then_what_stands_still_and_nothing_else() {
        let world = World::with_shop();
        let waits = |on: &str| Some(Waiting { on: on.to_owned().try_into().unwrap(), since: NOW.minus_seconds(30) });
        let orders = [
            order(1, |order| order.waiting = waits("payment")),
            order(2, |order| order.hold = hold(10)),
            order(3, |order| order.hold = hold(20)),
            order(4, |order| order.waiting = waits("erp/acme")),
            order(5, |_| {}),
            order(6, |order| order.received_at = NOW.minus_seconds(60)),
            order(7, |order| order.stage = waybill_domain::Stage::Posted),
        ];
        world.state().orders.extend(orders.iter().map(|order| (order.key.clone(), order.clone())));
        let load = |keys: Vec<OrderKey>| {
            let orders = orders.iter().filter(|order| keys.contains(&order.key)).cloned().collect();
            std::future::ready(Ok(orders))
        };
        let ids = |orders: Vec<Order>| orders.iter().map(|order| order.key.id).collect::<Vec<_>>();
        let found = attention(&world, load, None, NOW).await.unwrap();
        assert_eq!(ids(found), [3, 2, 4, 5, 1]);
        let other = "other".parse().unwrap();
        assert_eq!(ids(attention(&world, load, Some(&other), NOW).await.unwrap()), [0_u64; 0]);
    }

    #[tokio::test]
    async fn an_order_that_the_index_still_shows_but_that_has_moved_on_is_left_out() {
        let world = World::with_shop();
        let held = order(1, |order| order.hold = hold(10));
        world.state().orders.insert(held.key.clone(), held);
        let load = |_| std::future::ready(Ok(vec![order(1, |order| order.stage = waybill_domain::Stage::Posted)]));
        assert!(attention(&world, load, None, NOW).await.unwrap().is_empty());
    }
}
