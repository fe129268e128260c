//! What the surroundings provide: time and the release. The core and the steps ask for nothing else.

use std::future::Future;

use waybill_domain::At;

/// Clock and release.
pub trait Runtime: Sync {
    /// Now.
    fn now(&self) -> At;
    /// The running release, recorded with every event.
    fn release(&self) -> &str;
    /// Waits a moment inside one invocation: for contention that is over in a second, nothing longer.
    fn pause(&self, milliseconds: u32) -> impl Future<Output = ()> + Send;
}
