//! Queues and bus.

use std::future::Future;

use waybill_contracts::report::BusReport;
use waybill_contracts::{Command, Fact};

use crate::error::Unavailable;
use crate::ports::store::Delivery;

/// A command with the delay it is sent with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The command; its step names the queue.
    pub command: Command,
    /// Seconds until it is delivered, at most 900 (SQS).
    pub delay_seconds: u32,
}

/// The steps' queues.
pub trait CommandQueue: Sync {
    /// Sends all; an error if any was not taken (all may then be sent again).
    fn send(&self, commands: &[Outgoing]) -> impl Future<Output = Result<(), Unavailable>> + Send;
}

/// The event bus.
pub trait FactBus: Sync {
    /// Publishes all; an error if any was not taken (all may then be published again).
    fn publish(&self, facts: &[Fact]) -> impl Future<Output = Result<(), Unavailable>> + Send;
}

/// The event bus, for reports in the name of an ERP that was polled.
pub trait ReportBus: Sync {
    /// Puts all on the bus; an error if any was not taken (all may then be put there again).
    fn report(&self, reports: &[BusReport]) -> impl Future<Output = Result<(), Unavailable>> + Send;
}

/// A delivery put aside because it could not be dealt with at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spooled {
    /// The delivery.
    pub delivery: Delivery,
    /// Whether its signature was found right before it was put aside.
    pub verified: bool,
}

/// Intake's own queue.
pub trait Spool: Sync {
    /// Puts a delivery aside.
    fn spool(&self, spooled: &Spooled) -> impl Future<Output = Result<(), Unavailable>> + Send;
}
