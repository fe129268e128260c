//! Leases of calls that write to a store.

use waybill_domain::At;

use crate::ports::Runtime;

/// The function's own timeout, and the longest that a PHP request is still at work after its caller gave up.
const LEASE_SECONDS: u32 = 150;
/// PHP stops a request after this many seconds, whatever its caller does: before that, "not found" proves nothing.
const SETTLE_SECONDS: u32 = 90;

/// When a write that begins now is surely over, whoever made it.
pub(super) fn lease(ports: &impl Runtime) -> At {
    ports.now().plus_seconds(LEASE_SECONDS)
}

/// When the outcome of a write that ended now can be learnt.
pub(super) fn probe(ports: &impl Runtime) -> At {
    ports.now().plus_seconds(SETTLE_SECONDS)
}
