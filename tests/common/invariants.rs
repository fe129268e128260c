//! What must be true of every world at rest, whatever went wrong on the way.

use std::collections::BTreeMap;

use waybill_contracts::fact::is_fact;
use waybill_domain::money::Decimal;
use waybill_domain::{ErpState, RefundState, Sku, StockState, next};
use waybill_testkit::memory::{State, World};
use waybill_workflow::ports::erp::ErpRecord;

/// Asserts all invariants; `case` is named in every message.
pub fn assert_invariants(world: &World, case: &str) {
    assert_orders_are_right(world, case);
    the_story_is_whole(world, case);
}

/// Asserts those that do not need the stream: without it nobody tells the bus, but no order may suffer.
pub fn assert_orders_are_right(world: &World, case: &str) {
    one_document_per_order(world, case);
    money_is_conserved(world, case);
    the_store_was_told_once(world, case);
    nothing_oversold(world, case);
    everyone_has_an_end(world, case);
}

/// One live ERP document per order, of the order's own total, and none for an order that the record does not call posted.
fn one_document_per_order(world: &World, case: &str) {
    let state = world.state();
    let live = |record: &&ErpRecord| !state.erp.cancelled.contains(&record.id);
    let mut documents: BTreeMap<String, usize> = BTreeMap::new();
    for record in state.erp.orders.iter().filter(live) {
        *documents.entry(record.reference.clone()).or_default() += 1;
    }
    for order in state.orders.values() {
        let reference = waybill_domain::erp_order::reference(order);
        let count = documents.remove(&reference).unwrap_or(0);
        let expected = usize::from(order.erp.state == ErpState::Posted);
        assert_eq!(count, expected, "{case}: {} is {:?} and has {count} documents", order.key, order.erp.state);
        let total = order.content.as_ref().map(|content| content.total);
        let goods = order.content.as_ref().map(|content| &content.goods);
        let posted = state.erp.orders.iter().filter(live).find(|record| record.reference == reference);
        if let Some(record) = posted.filter(|_| order.erp.goods.as_ref() == goods && !state.erp.cannot_amend) {
            assert_eq!(Some(record.total), total, "{case}: money was not conserved");
        }
    }
    assert!(documents.is_empty(), "{case}: documents without an order: {documents:?}");
}

/// paid = posted − credited + open, to the cent; one credit note per refund, one refund per return; nothing restocked twice.
fn money_is_conserved(world: &World, case: &str) {
    let state = world.state();
    let mut references: Vec<&str> = state.erp.credits.iter().map(|(note, _)| note.reference.as_str()).collect();
    let notes = references.len();
    references.sort_unstable();
    references.dedup();
    assert_eq!(references.len(), notes, "{case}: a refund was credited twice");
    for order in state.orders.values() {
        let refunds = state.desk.refunds.get(&order.key.id).cloned().unwrap_or_default();
        let of_returns: Vec<&String> = refunds.iter().filter_map(|refund| refund.returned.as_ref()).collect();
        for one in &order.returns {
            let made = of_returns.iter().filter(|id| **id == &one.id).count();
            assert_eq!(made, usize::from(one.refund.is_some()), "{case}: return {} and its refunds", one.id);
        }
        let sum = |states: &[RefundState]| -> Decimal {
            order.refunds.iter().filter(|refund| states.contains(&refund.state)).map(|refund| refund.amount).sum()
        };
        let prefix = format!("{}-{}-", order.key.store, order.key.id);
        let notes = || state.erp.credits.iter().map(|(note, _)| note).filter(|note| note.reference.starts_with(&prefix));
        let credited: Decimal = notes().map(|note| note.amount).sum();
        assert_eq!(credited, sum(&[RefundState::Credited]), "{case}: {} credited", order.key);
        let open = sum(&[RefundState::Seen, RefundState::NotNeeded, RefundState::ByHand]);
        let refunded: Decimal = refunds.iter().map(|refund| refund.amount).sum();
        assert_eq!(refunded, credited + open, "{case}: {} refunded = credited + open", order.key);
        let shop = &state.shop[&order.key.id];
        for line in &shop.lines {
            let lines = notes().flat_map(|note| &note.lines).filter(|credit| credit.line == line.id);
            let restocked: u32 = lines.map(|credit| credit.restock).sum();
            if open.is_zero() {
                assert_eq!(restocked, line.restocked, "{case}: line {} went back on the shelf", line.id);
            }
        }
    }
}

/// The store was told everything once.
fn the_store_was_told_once(world: &World, case: &str) {
    let state = world.state();
    for (order, notes) in &state.desk.notes {
        let mut texts: Vec<&String> = notes.iter().map(|(text, _)| text).collect();
        texts.sort();
        texts.dedup();
        assert_eq!(texts.len(), notes.len(), "{case}: order {order} has a note twice: {notes:?}");
    }
    for (order, all) in &state.desk.fulfillments {
        let mut shipments: Vec<_> = all.iter().map(|one| &one.shipment).collect();
        shipments.sort();
        shipments.dedup();
        assert_eq!(shipments.len(), all.len(), "{case}: order {order} has a fulfillment twice: {all:?}");
    }
    assert!(
        state.desk.asked_for_fulfillments as usize <= 12 * state.orders.len().max(1),
        "{case}: the store is asked again and again"
    );
}

/// The ledger adds up, agrees with the orders, and never promised more than there is.
fn nothing_oversold(world: &World, case: &str) {
    let state = world.state();
    stock_adds_up(&state).unwrap_or_else(|why| panic!("{case}: {why}"));
    for ((_, sku), row) in &state.stock {
        // What was cancelled or made smaller in the ERP stays until the next pull shows it.
        let (proven, bound) = (row.proven.values().sum::<i64>(), held(&state, StockState::Proven, sku));
        assert!(proven >= bound, "{case}: {sku}: {bound} pieces are proven by orders, {proven} in the ledger");
        let corrected = !state.erp.cancelled.is_empty() || !state.erp.amendments.is_empty();
        assert!(corrected || proven == bound, "{case}: {sku}: the ledger and the orders disagree on what is proven");
        assert_eq!(Some(&row.free), state.erp.free.get(sku), "{case}: {sku}: nobody pulled, and the free figure is another");
    }
}

/// Pieces of orders whose stock is in this state.
fn held(state: &State, wanted: StockState, sku: &Sku) -> i64 {
    let orders = state.orders.values().filter(|order| order.stock.state == wanted);
    orders.map(|order| i64::from(order.stock.lines.get(sku).copied().unwrap_or(0))).sum()
}

/// The ledger is what the orders hold, and promises nothing that is not there. True at any moment: both are written in one transaction.
pub fn stock_adds_up(state: &State) -> Result<(), String> {
    for ((_, sku), row) in &state.stock {
        let extra = state.orders.values().map(|order| i64::from(order.stock.extra.get(sku).copied().unwrap_or(0)));
        let unproven = held(state, StockState::Reserved, sku) + extra.sum::<i64>();
        let proven: i64 = row.proven.values().sum();
        if row.available < 0 {
            return Err(format!("{sku} is oversold: {row:?}"));
        }
        if row.unproven != unproven || row.available != row.free - row.unproven - proven {
            return Err(format!("{sku}: the orders hold {unproven}, the ledger says {row:?}"));
        }
    }
    Ok(())
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
