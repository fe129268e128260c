//! The commit: what a step learnt, in one conditional write.

use waybill_contracts::Command;
use waybill_domain::{Change, Context, Order, Step, advance};

use crate::error::StepError;
use crate::ports::{CommitError, Orders, Runtime, Shortage};

/// How a commit ended, short of an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Committed {
    /// It is written; the order as it is now.
    Done(Box<Order>),
    /// Somebody else wrote first: load again and decide again.
    Overtaken,
    /// Too little stock; nothing was written.
    Short(Vec<Shortage>),
}

/// The context of a commit that a command led to.
pub fn context(runtime: &impl Runtime, command: &Command) -> Context {
    cause(runtime, command.step, format!("#{}", command.seq))
}

/// The context of a commit with this cause.
pub fn cause(runtime: &impl Runtime, step: Step, cause: String) -> Context {
    Context { at: runtime.now(), step, cause, release: runtime.release().to_owned() }
}

/// Applies `changes` to `before` and writes the result if nobody was faster.
///
/// # Errors
/// [`StepError::Retryable`] when the table did not answer or others write the same rows; [`StepError::Defect`] when a change is illegal.
pub async fn commit(
    ports: &impl Orders,
    before: &Order,
    changes: Vec<Change>,
    context: &Context,
) -> Result<Committed, StepError> {
    let after = advance(before, changes, context)?;
    match ports.commit(Some(before), &after).await {
        Ok(()) => Ok(Committed::Done(Box::new(after))),
        Err(CommitError::Conflict(_)) => Ok(Committed::Overtaken),
        Err(CommitError::Short(shortages)) => Ok(Committed::Short(shortages)),
        Err(CommitError::Contention) => Err(contention()),
        Err(CommitError::Unavailable(error)) => Err(error.into()),
    }
}

/// Others are writing the same rows: come back in a second.
pub fn contention() -> StepError {
    StepError::Retryable { after_seconds: 1, endpoint: None, reason: "others are writing the same rows".to_owned() }
}
