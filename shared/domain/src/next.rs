//! What to do next, computed from the record alone: lost, doubled, late and reordered messages all end in the same place.

use crate::facets::{ErpState, Hold, Stage, StockState, WaitOn, Waiting};
use crate::ids::{Endpoint, Step};
use crate::ledger::RefundState;
use crate::order::Order;
use crate::store_order::StoreStatus;
use crate::time::At;

/// A step that is to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Due {
    /// Which.
    pub step: Step,
    /// Not before this; `None` is at once.
    pub not_before: Option<At>,
    /// Only the sweep looks after it: somebody holds a lease and will most likely finish before.
    pub watched: bool,
}

impl Due {
    fn now(step: Step) -> Self {
        Due { step, not_before: None, watched: false }
    }
}

/// The steps that are to run for this order, given what is recorded. Empty: finished, waiting, or held.
pub fn next(order: &Order) -> Vec<Due> {
    let mut due = wanted(order);
    due.retain(|due| !is_dead(order, due.step));
    due
}

/// A step whose message failed on every attempt is asked again when a person says so, and not before: the sweep would send it for ever.
fn is_dead(order: &Order, step: Step) -> bool {
    order.hold.as_ref().is_some_and(|hold| hold.is_dead_letter_of(step))
}

fn wanted(order: &Order) -> Vec<Due> {
    if let Some(call) = call_out(order) {
        return call;
    }
    // A doubt goes on to be settled though the stock cannot be given back.
    if gives_stock_back(order) && !is_dead(order, Step::Reserve) {
        return vec![Due::now(Step::Reserve)];
    }
    // In doubt: read the store before anything is decided, even for an order that is held or waits for something else.
    let store_is_down = matches!(&order.waiting, Some(Waiting { on: WaitOn::Endpoint(Endpoint::Store(_)), .. }));
    if order.stale.is_some() && !store_is_down {
        return vec![Due::now(Step::Validate)];
    }
    if order.waiting.is_some() && !waits_for_warehouse(order) {
        return Vec::new();
    }
    if let Some(hold) = order.hold.as_ref().filter(|hold| !hold.is_dead_letters_only()) {
        // A warehouse that was asked to ship is told that less is to leave, unless that is what a person must look at. It is not asked to
        // begin with an order that is held.
        let asked = order.fulfilment.push.as_ref().is_some_and(|push| push.told > 0);
        return if hold.step == Step::ShipUpdate || !asked { Vec::new() } else { told_of_request(order) };
    }
    match order.stage {
        Stage::Received => vec![Due::now(Step::Validate)],
        Stage::Validated => vec![Due::now(Step::Reserve)],
        Stage::Reserved => vec![Due::now(Step::PostToErp)],
        Stage::Posted | Stage::Completed => after_posting(order),
        Stage::Cancelled => told_of_request(order),
    }
}

/// A call may be out: whatever else changed, its outcome is learnt first. `None`: there is none.
fn call_out(order: &Order) -> Option<Vec<Due>> {
    let (step, unknown, until) = match (order.erp.state, &order.call) {
        (ErpState::Posting, _) => (Step::PostToErp, false, order.erp.until),
        (ErpState::Unknown, _) => (Step::PostToErp, true, order.erp.until),
        (ErpState::None | ErpState::Posted, Some(call)) => (call.effect.step(), call.unknown, Some(call.until)),
        (ErpState::None | ErpState::Posted, None) => return None,
    };
    // Nobody could learn the outcome: a person must see to it first.
    let unknowable = order.hold.as_ref().is_some_and(|hold| hold.step == step && !hold.follows_from_record());
    if unknowable || (unknown && order.waiting.is_some()) {
        return Some(Vec::new());
    }
    Some(vec![Due { step, not_before: until, watched: !unknown }])
}

/// The ERP is brought in line first; then refunds and shipments go their own ways.
fn after_posting(order: &Order) -> Vec<Due> {
    if order.wants_cancellation() || order.wants_amendment() {
        return vec![Due::now(Step::PostToErp)];
    }
    let mut due = Vec::new();
    let credits = order.refunds.iter().any(|refund| refund.state == RefundState::Seen);
    if credits || order.returns_to_refund().next().is_some() {
        due.push(Due::now(Step::Refund));
    }
    if pushes(order) || owes_store(order) {
        due.push(Due::now(Step::ShipUpdate));
    }
    due
}

fn told_of_request(order: &Order) -> Vec<Due> {
    if pushes(order) { vec![Due::now(Step::ShipUpdate)] } else { Vec::new() }
}

/// A warehouse that is down keeps nothing from the ERP and the store: only the push waits for it.
fn waits_for_warehouse(order: &Order) -> bool {
    matches!(&order.waiting, Some(Waiting { on: WaitOn::Endpoint(Endpoint::Warehouse(_)), .. }))
}

/// Whether the warehouse is to be told now.
pub fn pushes(order: &Order) -> bool {
    owes_push(order) && !waits_for_warehouse(order)
}

/// Whether the warehouse has not been told by an HTTP request of what is to be shipped now.
fn owes_push(order: &Order) -> bool {
    order.fulfilment.push.as_ref().is_some_and(|push| push.told < order.fulfilment.revision)
}

/// Whether the store is to be told of shipments, or that all have left.
pub fn owes_store(order: &Order) -> bool {
    order.hold.as_ref().is_none_or(Hold::is_dead_letters_only)
        && !order.is_unwanted()
        && (order.fulfilment.shipments.iter().any(|shipment| shipment.told < shipment.revision) || completes(order))
}

/// Whether the store is to call the order completed: all that is to leave left, and the store still has it in processing. Asked for once:
/// whoever opens the order again in the store means it. An order on hold is left alone: completing it would call it paid.
pub fn completes(order: &Order) -> bool {
    let open = order.content.as_ref().is_some_and(|content| content.status == StoreStatus::Processing);
    open && !order.fulfilment.completed && order.fulfilment.is_shipped()
}

/// Whether the order holds stock that it is no longer to hold: it was cancelled, or is not paid (any more). An order that is held keeps
/// what it has until a person has decided.
pub fn gives_stock_back(order: &Order) -> bool {
    let unpaid = matches!(&order.waiting, Some(Waiting { on: WaitOn::Payment, .. }));
    let holds = matches!(order.stock.state, StockState::Reserved | StockState::Backordered);
    order.erp.state == ErpState::None && holds && (order.stage == Stage::Cancelled || unpaid)
}

/// Whether `step` is to run for this order at `now`.
pub fn is_due(order: &Order, step: Step, now: At) -> bool {
    next(order).iter().any(|due| due.step == step && due.not_before.is_none_or(|at| at <= now))
}

/// As [`is_due`], for an order that the sweep took from the line before an endpoint: as if it no longer waited.
pub fn is_due_from_line(order: &Order, step: Step, now: At) -> bool {
    is_due(&Order { waiting: None, ..order.clone() }, step, now)
}

/// Whether the order has use for `step` at all: now, later, or once the endpoint that it waits for is back.
pub fn has_use_for(order: &Order, step: Step) -> bool {
    let waits = matches!(&order.waiting, Some(Waiting { on: WaitOn::Endpoint(_), .. }));
    let freed = Order { waiting: order.waiting.clone().filter(|_| !waits), ..order.clone() };
    next(&freed).iter().any(|due| due.step == step)
}
