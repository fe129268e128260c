//! Which line an order stands in, so that it can be found without reading all orders: see docs/DATA.md.

use std::fmt;

use crate::facets::{WaitOn, Waiting};
use crate::next::next;
use crate::order::Order;
use crate::time::At;

/// Shards of every lane, so that no index partition is hot.
pub const SHARDS: u64 = 8;

/// A lane of the sparse index.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Lane {
    /// Work before posting is under way.
    Open,
    /// Posted, and more work is under way.
    After,
    /// Waits.
    Waiting(WaitOn),
    /// Held.
    Held,
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Lane::Open => f.write_str("open"),
            Lane::After => f.write_str("after"),
            Lane::Waiting(on) => write!(f, "waiting/{on}"),
            Lane::Held => f.write_str("held"),
        }
    }
}

impl Lane {
    /// The index key of one shard.
    pub fn key(&self, shard: u64) -> String {
        format!("{self}#{shard}")
    }
}

/// The lane of an order and since when it is in it; `None` when nothing is to be done for it.
///
/// Orders that wait for an endpoint keep the time they were received, so that the line is oldest first.
pub fn lane(order: &Order) -> Option<(Lane, At)> {
    if next(order).is_empty() {
        // Who waits for an endpoint stands in its line even when held: a call whose outcome is unknown is looked up first.
        return match (&order.waiting, &order.hold) {
            (Some(Waiting { on: on @ WaitOn::Endpoint(_), .. }), _) => Some((Lane::Waiting(on.clone()), order.received_at)),
            (_, Some(hold)) => Some((Lane::Held, hold.since)),
            (Some(waiting), None) => Some((Lane::Waiting(waiting.on.clone()), waiting.since)),
            (None, None) => None,
        };
    }
    Some(match order.busy_since {
        Some(since) => (Lane::After, since),
        None => (Lane::Open, order.received_at),
    })
}
