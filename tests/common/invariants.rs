//! What must be true of every world at rest, whatever went wrong on the way.

use std::collections::BTreeMap;

use waybill_contracts::fact::is_fact;
use waybill_domain::{ErpState, StockState, next};
use waybill_testkit::memory::World;

/// Pieces the sample ERP calls free at the start.
const FREE: [(&str, i64); 2] = [("SKU-A", 10), ("SKU-B", 3)];

/// Asserts all invariants; `case` is named in every message.
pub fn assert_invariants(world: &World, case: &str) {
    assert_orders_are_right(world, case);
    the_story_is_whole(world, case);
}

/// Asserts those that do not need the stream: without it nobody tells the bus, but no order may suffer.
pub fn assert_orders_are_right(world: &World, case: &str) {
    one_document_per_order(world, case);
    nothing_oversold(world, case);
    everyone_has_an_end(world, case);
}

/// One ERP document per order, of the order's own total, and none for an order that the record does not call posted.
fn one_document_per_order(world: &World, case: &str) {
    let state = world.state();
    let mut documents: BTreeMap<&str, usize> = BTreeMap::new();
    for record in &state.erp.orders {
        *documents.entry(&record.reference).or_default() += 1;
    }
    for order in state.orders.values() {
        let reference = format!("{}-{}", order.key.store, order.key.id);
        let count = documents.remove(reference.as_str()).unwrap_or(0);
        let expected = usize::from(order.erp.state == ErpState::Posted);
        assert_eq!(count, expected, "{case}: {} is {:?} and has {count} documents", order.key, order.erp.state);
        if let Some(record) = state.erp.orders.iter().find(|record| record.reference == reference) {
            let total = order.content.as_ref().map(|content| content.total);
            assert_eq!(Some(record.total), total, "{case}: money was not conserved");
        }
    }
    assert!(documents.is_empty(), "{case}: documents without an order: {documents:?}");
}

/// The ledger adds up, agrees with the orders, and never promised more than there is.
fn nothing_oversold(world: &World, case: &str) {
    let state = world.state();
    for (sku, free) in FREE {
        let held = |wanted: StockState| -> i64 {
            let orders = state.orders.values().filter(|order| order.stock.state == wanted);
            orders.map(|order| i64::from(order.stock.lines.get(&sku.parse().expect("sku")).copied().unwrap_or(0))).sum()
        };
        let row = &state.stock[&("acme".parse().expect("slug"), sku.parse().expect("sku"))];
        let proven: i64 = row.proven.values().sum();
        assert_eq!(row.unproven, held(StockState::Reserved), "{case}: {sku}: the ledger and the orders disagree");
        assert_eq!(proven, held(StockState::Proven), "{case}: {sku}: the ledger and the orders disagree on what is proven");
        assert_eq!(row.available, free - row.unproven - proven, "{case}: {sku}: the ledger does not add up");
        assert!(row.available >= 0, "{case}: {sku}: oversold");
    }
}

/// Every placed order is known, and finished, waiting or held. Nothing is stuck and nothing is dead.
fn everyone_has_an_end(world: &World, case: &str) {
    let state = world.state();
    for id in state.shop.keys() {
        assert!(state.orders.values().any(|order| order.key.id == *id), "{case}: order {id} was lost");
    }
    for order in state.orders.values() {
        assert!(next(order).is_empty(), "{case}: {} has something to do and nobody does it: {:?}", order.key, next(order));
        assert!(order.stale.is_none(), "{case}: {} is still in doubt", order.key);
    }
    assert!(state.dead.is_empty(), "{case}: dead letters: {:?}", state.dead);
}

/// The timeline has no gap, the row has not grown, and whoever listens on the bus heard every fact.
fn the_story_is_whole(world: &World, case: &str) {
    let orders: Vec<_> = world.state().orders.values().cloned().collect();
    for order in orders {
        let timeline = world.timeline(&order.key);
        let numbers: Vec<u32> = timeline.iter().map(|event| event.seq).collect();
        assert_eq!(numbers, (1..=order.seq).collect::<Vec<_>>(), "{case}: {} has a gap in its timeline", order.key);
        assert!(order.events.len() < 16, "{case}: {} keeps {} events in its row", order.key, order.events.len());
        for event in timeline.iter().filter(|event| is_fact(event.kind)) {
            let id = format!("{}#{}", order.key, event.seq);
            assert!(world.state().facts.iter().any(|fact| fact.id == id), "{case}: nobody heard of {id} ({})", event.kind.name());
        }
    }
}
