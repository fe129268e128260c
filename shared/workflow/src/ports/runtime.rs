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
    /// Lets work take so many milliseconds and no longer; `None`: it was let go where it stood. In memory nothing takes time.
    fn within<T: Send>(
        &self,
        _milliseconds: u32,
        work: impl Future<Output = T> + Send,
    ) -> impl Future<Output = Option<T>> + Send {
        async { Some(work.await) }
    }
}
