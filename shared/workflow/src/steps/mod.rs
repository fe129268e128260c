//! The steps, one file each, and the two movers between them: the relay and the sweep.

pub mod api;
mod door;
mod erp_desk;
pub mod intake;
pub mod post_to_erp;
pub mod refund;
pub mod relay;
pub mod report;
pub mod reserve;
pub mod ship_update;
mod store_call;
pub mod sweep;
pub mod validate;

use waybill_contracts::Command;
use waybill_domain::{Change, Order};

use crate::commit::{Committed, commit, contention, context};
use crate::error::Failure;
use crate::ports::{Orders, Runtime};

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

/// Commits the doubt that the content is in, instead of what the step was to do.
async fn doubted(ports: &(impl Orders + Runtime), command: &Command, order: &Order, doubt: Change) -> Result<Outcome, Failure> {
    committed(commit(ports, order, vec![doubt], &context(ports, command)).await?)
}

/// The outcome of a commit that moves no stock.
fn committed(committed: Committed) -> Result<Outcome, Failure> {
    match committed {
        Committed::Done(_) => Ok(Outcome::Done),
        Committed::Overtaken | Committed::Short(_) => Err(contention().into()),
    }
}

/// How often a step decides anew when somebody else commits first, before it leaves the order to a later message.
pub(crate) const TRIES: u32 = 4;
