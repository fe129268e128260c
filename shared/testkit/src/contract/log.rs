//! Log pages and the story they tell.

use waybill_domain::{Change, Order, StaleReason, Step};

use super::fixtures::{NOON, after};
use super::{Names, Stores};
use crate::memory::samples;

/// Commits until the record has `events` events, moving full pages to the log as the relay does, each twice.
async fn live(stores: &impl Stores, names: &Names, events: u32) -> Order {
    let mut order = names.received(1, NOON);
    stores.commit(None, &order).await.expect("first commit");
    while order.seq < events {
        let change = match order.stale {
            None => Change::Doubted(StaleReason::Polled),
            Some(_) => Change::Seen { order: Box::new(samples::order(1, &[("SKU-A", 1)])), asked: true },
        };
        let next = after(&order, vec![change], Step::Validate, NOON.plus_seconds(order.seq));
        assert!(next.seq > order.seq, "every change of this test is an event");
        stores.commit(Some(&order), &next).await.expect("commit");
        for (page, events) in next.full_pages() {
            stores.put_page(&next.key, page, events).await.expect("put page");
            stores.put_page(&next.key, page, events).await.expect("put page again");
        }
        order = next;
    }
    order
}

/// Relays repeat themselves: the same page is the same row.
pub async fn a_page_written_again_is_one_page(stores: &impl Stores) {
    let names = Names::new();
    let order = live(stores, &names, 8).await;
    assert_eq!(order.full_pages().len(), 1);
    let (record, events) = stores.story(&order.key).await.expect("story").expect("an order");
    assert_eq!(record, order);
    assert_eq!(events, order.events, "the page is in the log and in the record, and is told once");
}

/// Thirty events, of which the record keeps the last few: the story has all, in order, without a gap. Another order has its own.
pub async fn the_story_has_every_event_once(stores: &impl Stores) {
    let names = Names::new();
    assert_eq!(stores.story(&names.key(1)).await.expect("story"), None);
    let order = live(stores, &names, 30).await;
    stores.commit(None, &names.received(11, NOON)).await.expect("first commit");
    assert!(order.events.len() < 16);
    let (record, events) = stores.story(&order.key).await.expect("story").expect("an order");
    assert_eq!(record, order);
    assert_eq!(events.iter().map(|event| event.seq).collect::<Vec<_>>(), (1..=30).collect::<Vec<_>>());
    assert!(events.ends_with(&order.events));
}
