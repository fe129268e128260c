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
        Err(CommitError::Recorded(entry)) => Err(StepError::Terminal {
            code: "ledger_row_exists".to_owned(),
            message: format!("the ledger already has a row for {entry}, which the order's record does not know of"),
        }),
        Err(CommitError::Unavailable(error)) => Err(error.into()),
    }
}

/// How often an outcome is tried to be written before it is left to be learnt again.
const TRIES: u32 = 4;

/// Commits what a call outside led to, whatever else happened to the record meanwhile: as long as `still` says that the record waits for
/// it. What the store was seen to have is left out when somebody else committed first: they may have seen something newer. `None`: the
/// record waits for it no more.
///
/// # Errors
/// [`StepError::Retryable`] when it could not be written: the outcome is learnt again when the lease ends.
pub async fn settle(
    ports: &(impl Orders + Runtime),
    mut order: Order,
    mut changes: Vec<Change>,
    context: &Context,
    still: impl Fn(&Order) -> bool + Send,
) -> Result<Option<Order>, StepError> {
    for attempt in 1..=TRIES {
        match commit(ports, &order, changes.clone(), context).await {
            Ok(Committed::Done(order)) => return Ok(Some(*order)),
            Ok(Committed::Overtaken | Committed::Short(_)) | Err(StepError::Retryable { .. }) => {
                ports.pause(attempt.saturating_mul(100)).await;
            }
            Err(error) => return Err(error),
        }
        match ports.load(&order.key).await? {
            Some(fresh) if still(&fresh) => order = fresh,
            _ => return Ok(None),
        }
        changes.retain(|change| !matches!(change, Change::Seen { .. }));
    }
    Err(contention())
}

/// Others are writing the same rows: come back in a second.
pub fn contention() -> StepError {
    StepError::Retryable { after_seconds: 1, endpoint: None, reason: "others are writing the same rows".to_owned() }
}
