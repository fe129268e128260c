//! What to do next, computed from the record alone: lost, doubled, late and reordered messages all end in the same place.

use crate::facets::{ErpState, Hold, RefundState, Stage, StockState, WaitOn, Waiting};
use crate::ids::{Endpoint, Step};
use crate::order::Order;
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
    // Nobody could learn the outcome of a call: a person must see to it first.
    let unknowable = matches!(&order.hold, Some(Hold { step: Step::PostToErp, .. }));
    if unknowable && matches!(order.erp.state, ErpState::Posting | ErpState::Unknown) {
        return Vec::new();
    }
    // A call may be out at the ERP: whatever else changed, its outcome is learnt first.
    match order.erp.state {
        ErpState::Posting => return vec![Due { step: Step::PostToErp, not_before: order.erp.until, watched: true }],
        ErpState::Unknown if order.waiting.is_none() => {
            return vec![Due { step: Step::PostToErp, not_before: order.erp.until, watched: false }];
        }
        ErpState::Unknown => return Vec::new(),
        ErpState::None | ErpState::Posted => {}
    }
    if gives_stock_back(order) {
        return vec![Due::now(Step::Reserve)];
    }
    // In doubt: read the store before anything is decided, even for an order that is held or waits for something else.
    let store_is_down = matches!(&order.waiting, Some(Waiting { on: WaitOn::Endpoint(Endpoint::Store(_)), .. }));
    if order.stale.is_some() && !store_is_down {
        return vec![Due::now(Step::Validate)];
    }
    if order.hold.is_some() || order.waiting.is_some() {
        return Vec::new();
    }
    match order.stage {
        Stage::Received => vec![Due::now(Step::Validate)],
        Stage::Validated => vec![Due::now(Step::Reserve)],
        Stage::Reserved => vec![Due::now(Step::PostToErp)],
        Stage::Posted | Stage::Completed if order.refunds.iter().any(|refund| refund.state == RefundState::Seen) => {
            vec![Due::now(Step::Refund)]
        }
        Stage::Posted | Stage::Completed | Stage::Cancelled => Vec::new(),
    }
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
