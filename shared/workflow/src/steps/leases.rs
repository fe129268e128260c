//! How long a call may be out. This is the one place that says what is assumed of clocks:
//!
//! - The clocks of any two environments differ by at most [`SKEW_SECONDS`] (Lambda's are kept within milliseconds by Amazon's time
//!   service). Leases end and outcomes are asked for that much later than arithmetic wants, by whoever's clock.
//! - The clock of a store, an ERP or a warehouse is compared with Waybill's nowhere in this crate's leases, slots and rates.
//! - A clock that goes back delays; it never lets two callers in, because versions, not times, decide who wrote.

use waybill_domain::{At, ErpConfig};

use crate::ports::Runtime;

/// The timeout of the functions that call: who began a call is gone after it.
const FUNCTION_SECONDS: u32 = 60;
/// How far apart the clocks of two environments may be.
pub const SKEW_SECONDS: u32 = 5;
/// PHP stops a request after this many seconds, whatever its caller does: before that, "not found" proves nothing.
const STORE_SETTLE_SECONDS: u32 = 90;

/// For how long the one that was called may still be at work after its caller gave up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settle(u32);

impl Settle {
    /// Of a store, or a warehouse.
    pub(super) const STORE: Settle = Settle(STORE_SETTLE_SECONDS);

    /// Of an ERP.
    pub(super) fn of(erp: &ErpConfig) -> Self {
        Settle(erp.settle_seconds)
    }

    /// When a call that begins now is surely over, whoever made it.
    pub(super) fn lease(self, ports: &impl Runtime) -> At {
        ports.now().plus_seconds(FUNCTION_SECONDS.saturating_add(self.0).saturating_add(SKEW_SECONDS))
    }

    /// When the outcome of a call that ended now can be learnt.
    pub(super) fn probe(self, ports: &impl Runtime) -> At {
        ports.now().plus_seconds(self.0.saturating_add(SKEW_SECONDS))
    }
}
