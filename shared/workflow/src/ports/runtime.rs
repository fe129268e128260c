//! What the surroundings provide: time and the release. The core and the steps ask for nothing else.

use waybill_domain::At;

/// Clock and release.
pub trait Runtime: Sync {
    /// Now.
    fn now(&self) -> At;
    /// The running release, recorded with every event.
    fn release(&self) -> &str;
}
