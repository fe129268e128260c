//! The steps, one file each, and the movers beside them: the relay and the sweep between them, the API and the poll of ERPs behind them.

pub mod api;
mod bounded;
pub mod dead_letters;
mod door;
mod erp_desk;
pub mod erp_poll;
pub mod intake;
mod leases;
mod line;
pub mod post_to_erp;
pub mod refund;
pub mod relay;
pub mod report;
pub mod reserve;
mod resume;
pub mod ship_update;
pub mod sweep;
pub mod validate;

pub use leases::SKEW_SECONDS;

use std::collections::BTreeMap;

use waybill_contracts::{Command, Origin};
use waybill_domain::next::{is_due, is_due_from_line};
use waybill_domain::{At, Change, Effect, Order, Step};

use crate::commit::{Committed, commit, contention, context, settle};
use crate::error::{Failure, StepError};
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
    /// A part of the deployment did not answer for long: the sweep sends another message.
    LeftToSweep,
}

/// The order that the command names, if the step is due for it: an order that comes from a line as if it no longer waited.
async fn due(ports: &(impl Orders + Runtime), command: &Command, step: Step) -> Result<Option<Order>, StepError> {
    let is_due = if command.origin == Origin::Line { is_due_from_line } else { is_due };
    Ok(ports.load(&command.order).await?.filter(|order| is_due(order, step, ports.now())))
}

/// Commits the doubt that the content is in, instead of what the step was to do.
async fn doubted(ports: &(impl Orders + Runtime), command: &Command, order: &Order, doubt: Change) -> Result<Outcome, Failure> {
    committed(commit(ports, order, vec![doubt], &context(ports, command)).await?)
}

/// The outcome of a commit that moves no stock.
fn committed(committed: Committed) -> Result<Outcome, Failure> {
    written(committed).map(|_| Outcome::Done)
}

/// The order after a commit that moves no stock.
fn written(committed: Committed) -> Result<Order, Failure> {
    match committed {
        Committed::Done(order) => Ok(*order),
        Committed::Overtaken | Committed::Short(_) => Err(contention().into()),
    }
}

/// Commits that a call begins that takes no stock, after what is known by then.
async fn begin(
    ports: &(impl Orders + Runtime),
    command: &Command,
    order: &Order,
    mut first: Vec<Change>,
    effect: Effect,
    until: At,
) -> Result<Order, Failure> {
    first.push(Change::CallStarted { effect, until, extra: BTreeMap::new() });
    written(commit(ports, order, first, &context(ports, command)).await?)
}

/// Commits what the call that is out led to, whatever else happened to the record meanwhile.
async fn conclude(
    ports: &(impl Orders + Runtime),
    command: &Command,
    order: Order,
    changes: Vec<Change>,
    effect: &Effect,
) -> Result<Outcome, Failure> {
    let still = |order: &Order| order.is_calling(effect);
    let settled = settle(ports, order, changes, &context(ports, command), still).await?;
    Ok(if settled.is_some() { Outcome::Done } else { Outcome::NothingDue })
}

/// How often a step decides anew when somebody else commits first, before it leaves the order to a later message.
pub(crate) const TRIES: u32 = 4;
