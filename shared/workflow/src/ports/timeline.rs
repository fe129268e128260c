//! An order's whole story, for people: no step needs it.

use std::future::Future;

use waybill_domain::{Event, Order, OrderKey};

use crate::error::Unavailable;

/// Records with their logs.
pub trait Timeline: Sync {
    /// The record and all events from the first, oldest first; `None` if there is no such order. A gap in the events' numbers is a log
    /// page that was never written.
    fn story(&self, key: &OrderKey) -> impl Future<Output = Result<Option<(Order, Vec<Event>)>, Unavailable>> + Send;
}
