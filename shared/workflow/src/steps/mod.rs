//! The steps, one file each, and the two movers between them: the relay and the sweep.

pub mod intake;
pub mod post_to_erp;
pub mod refund;
pub mod relay;
pub mod reserve;
pub mod ship_update;
pub mod sweep;
pub mod validate;

/// How a step ended, for metrics and logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It did its work.
    Done,
    /// The ERP has the order.
    Posted,
    /// The ERP has the order, and a person must look at it.
    PostedAndHeld,
    /// It had nothing to do: the message was late, doubled, or overtaken.
    NothingDue,
    /// The order waits.
    Waiting,
    /// The order is held.
    Held,
    /// The outcome of a call is unknown and will be looked up.
    Unknown,
}

/// How often a step decides anew when somebody else commits first, before it leaves the order to a later message.
const TRIES: u32 = 4;
