//! How the fake behaves, and what it has been asked.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Fault, Op, State};

/// How the fake behaves. The default is a good ERP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Knobs {
    /// Time every request takes, in milliseconds.
    pub latency_ms: u64,
    /// A standing fault.
    pub fault: Option<Fault>,
    /// The endpoints the standing fault is for; empty means all.
    pub fault_ops: Vec<Op>,
    /// Only every n-th of those requests meets the fault; 0 and 1 mean each.
    pub fault_every: u64,
    /// Whether a reference of an order can be used once only. Without it the ERP is like Odoo's `client_order_ref`: every create makes an
    /// order, so four creates at the same time make four.
    pub unique_references: bool,
    /// The same for the references of credit notes.
    pub unique_credit_references: bool,
    /// Whether orders can be amended at all.
    pub amends: bool,
    /// How far its clock is ahead of this machine's, in milliseconds; negative: behind.
    pub clock_skew_ms: i64,
    /// Requests worked on at the same time; more are answered `503 contention`. 0 means any number.
    pub workers: u32,
    /// What it books too much: an ERP that calculates the total on its own.
    pub booked_drift: Decimal,
    /// What `GET /v1/status` calls the settle time, in seconds.
    pub settle_seconds: u32,
    /// Items on a page of a list.
    pub page_size: usize,
}

impl Default for Knobs {
    fn default() -> Self {
        Self {
            latency_ms: 0,
            fault: None,
            fault_ops: Vec::new(),
            fault_every: 1,
            unique_references: true,
            unique_credit_references: true,
            amends: true,
            clock_skew_ms: 0,
            workers: 0,
            booked_drift: Decimal::ZERO,
            settle_seconds: 30,
            page_size: 100,
        }
    }
}

/// One entry of the script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scripted {
    /// The kind of request it waits for; `None` takes any.
    #[serde(default)]
    pub op: Option<Op>,
    /// The fault; `None` is good behaviour, which hides triggers and the standing fault.
    pub fault: Option<Fault>,
}

/// A fault for the requests about one order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trigger {
    /// The order's reference, its number in the store, or a credit note's reference. A credit note is about its order, too; a lookup
    /// is only about the reference it asks for.
    pub order: String,
    /// The kind of request; `None` means all of them.
    #[serde(default)]
    pub op: Option<Op>,
    /// How many more times; `None` means always.
    #[serde(default)]
    pub times: Option<u32>,
    /// The fault.
    pub fault: Fault,
}

/// What has been asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Requests per endpoint, whatever became of them.
    pub requests: BTreeMap<Op, u64>,
    /// How often the work of an endpoint was done, answered or not.
    pub done: BTreeMap<Op, u64>,
    /// Requests that met a fault.
    pub faults: u64,
    /// Requests without the right token.
    pub refused: u64,
    /// The most requests that were under way at the same time.
    pub peak: u32,
    /// Requests under way now.
    pub now: u32,
}

impl Counts {
    /// Requests to one endpoint.
    #[must_use]
    pub fn of(&self, op: Op) -> u64 {
        self.requests.get(&op).copied().unwrap_or(0)
    }
}

/// What a request is about, for triggers: references and the order's number, where there are any.
pub(super) struct About(pub(super) Vec<String>);

impl State {
    /// The fault this request meets: from the script, else from a trigger, else the standing one.
    pub(super) fn choose(&mut self, op: Op, about: &About) -> Option<Fault> {
        if let Some(at) = self.script.iter().position(|entry| entry.op.is_none_or(|wanted| wanted == op)) {
            return self.script.remove(at).fault;
        }
        let is_about = |order: &String| about.0.contains(order);
        let trigger = self
            .triggers
            .iter_mut()
            .find(|trigger| trigger.times != Some(0) && trigger.op.is_none_or(|wanted| wanted == op) && is_about(&trigger.order));
        if let Some(trigger) = trigger {
            trigger.times = trigger.times.map(|times| times.saturating_sub(1));
            return Some(trigger.fault.clone());
        }
        let knobs = &self.knobs;
        let meant = knobs.fault_ops.is_empty() || knobs.fault_ops.contains(&op);
        let turn = self.counts.of(op).is_multiple_of(knobs.fault_every.max(1));
        if meant && turn { knobs.fault.clone() } else { None }
    }
}
