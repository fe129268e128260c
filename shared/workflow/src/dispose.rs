//! The one place that turns a step's error into what becomes of the message and the order.

use waybill_contracts::Command;
use waybill_domain::facets::WaitOn;
use waybill_domain::next::is_due_from_line;
use waybill_domain::{Change, Endpoint, ErpState, advance};

use crate::commit::{Committed, commit, context};
use crate::error::{Failure, StepError};
use crate::ports::{Orders, Runtime};
use crate::steps::{Outcome, TRIES};

/// Receives after which an order stops being retried by its message and waits for the endpoint instead: a message that bounces costs
/// more than a place in the line.
const PATIENCE: u32 = 2;

/// What waits for longer than an outage of seconds is looked at again after so many seconds, then three times as many, up to six hours: 15
/// receives are two days, in which the newer release is deployed again, or what is down is up.
const FIRST_WAIT: u32 = 60;
const LONGEST_WAIT: u32 = 21_600;

/// Receives after which a message is let go when a part of the deployment does not answer: it is only a hint, and the sweep sends another one
/// for as long as the order is due. So an outage of DynamoDB leaves no dead letters, however long it is; they are defects.
const HINTS: u32 = 10;

/// The same for a message that can be read, about what a newer release wrote: sooner, because it waits longer each time. The sweep sends
/// another one a minute, for whatever of it can be read; those that waited for days would pile up.
const NEWER_HINTS: u32 = 3;

/// What becomes of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Disposition {
    /// It is dealt with.
    Ack(Outcome),
    /// It comes back after so many seconds.
    Retry {
        /// Seconds.
        after_seconds: u32,
        /// Why, for the log.
        reason: String,
    },
    /// A defect: it comes back until it lands in the dead-letter queue.
    Fail {
        /// Why, for the log.
        reason: String,
    },
}

impl Disposition {
    /// Of a message that nobody sends again, and that only time helps: one of a newer release, or a report while something is down.
    pub fn wait(reason: impl ToString, receive_count: u32) -> Self {
        let tripled = FIRST_WAIT.saturating_mul(3_u32.saturating_pow(receive_count.saturating_sub(1)));
        Disposition::Retry { after_seconds: tripled.min(LONGEST_WAIT), reason: reason.to_string() }
    }
}

/// Decides, and writes to the order what the decision means for it.
pub async fn dispose(
    ports: &(impl Orders + Runtime),
    command: &Command,
    result: Result<Outcome, Failure>,
    receive_count: u32,
) -> Disposition {
    let Failure { error, first, about } = match result {
        Ok(outcome) => return Disposition::Ack(outcome),
        Err(failure) => failure,
    };
    let reason = error.to_string();
    let (change, outcome) = match error {
        StepError::Defect { reason } => return Disposition::Fail { reason },
        // Not even what the step learnt can be written: the newer release learns it again.
        StepError::Newer { reason } => return newer(reason, receive_count),
        StepError::Retryable { endpoint: Some(endpoint), .. } if receive_count >= PATIENCE => (wait(endpoint), Outcome::Waiting),
        StepError::Retryable { after_seconds, .. } if first.is_empty() => return again(after_seconds, receive_count, reason),
        StepError::Retryable { endpoint: Some(endpoint), .. } | StepError::Wait { endpoint, .. } => {
            (wait(endpoint), Outcome::Waiting)
        }
        StepError::Retryable { endpoint: None, .. } => {
            return Disposition::Fail { reason: format!("a retry without an endpoint cannot carry changes: {reason}") };
        }
        StepError::Terminal { code, message } => (Change::Held { code, message, about }, Outcome::Held),
        StepError::Indeterminate { probe, reason } => (Change::OutcomeUnknown { until: probe, why: reason }, Outcome::Unknown),
    };
    match write(ports, command, first, change).await {
        Ok(true) => Disposition::Ack(outcome),
        Ok(false) => again(1, receive_count, reason),
        Err(StepError::Defect { reason }) => Disposition::Fail { reason },
        Err(StepError::Newer { reason }) => newer(reason, receive_count),
        Err(error) => again(2, receive_count, format!("{reason}; then {error}")),
    }
}

/// Commits what the step learnt, and what the error means for the order if the order still wants the step: meanwhile the store may have
/// cancelled or changed it, and then it must neither be held nor stand in a line for what nobody wants any more. Who writes meanwhile is
/// most likely the store's own word of what the step did there. `false`: others were always faster; an outcome waits for the lease then.
async fn write(
    ports: &(impl Orders + Runtime),
    command: &Command,
    first: Vec<Change>,
    change: Change,
) -> Result<bool, StepError> {
    for attempt in 1..=TRIES {
        let Some(order) = ports.load(&command.order).await? else { return Ok(true) };
        let context = context(ports, command);
        // Somebody else learnt how the call ended, and wrote it.
        let over = order.call.is_none() && !matches!(order.erp.state, ErpState::Posting | ErpState::Unknown);
        let about_call = |change: &Change| matches!(change, Change::OutcomeUnknown { .. } | Change::CallEnded { .. });
        if over && first.iter().chain([&change]).any(about_call) {
            return Ok(true);
        }
        let learnt = advance(&order, first.clone(), &context)?;
        let ends_the_call = matches!(change, Change::OutcomeUnknown { .. });
        let wanted = is_due_from_line(&learnt, command.step, context.at);
        let mut changes = first.clone();
        // Who was sent from the line and goes back to it still stands there.
        let stands = matches!(&change, Change::Wait(on) if learnt.waiting.as_ref().is_some_and(|waiting| waiting.on == *on));
        if ends_the_call || (wanted && !stands) {
            changes.push(change.clone());
        }
        if changes.is_empty() {
            return Ok(true);
        }
        match commit(ports, &order, changes, &context).await? {
            Committed::Done(_) => return Ok(true),
            Committed::Overtaken | Committed::Short(_) => ports.pause(attempt.saturating_mul(100)).await,
        }
    }
    Ok(false)
}

fn wait(endpoint: Endpoint) -> Change {
    Change::Wait(WaitOn::Endpoint(endpoint))
}

/// The message comes back, unless it did so often enough.
fn again(after_seconds: u32, receive_count: u32, reason: String) -> Disposition {
    if receive_count >= HINTS {
        return left_to_the_sweep(&reason);
    }
    Disposition::Retry { after_seconds: backoff(after_seconds, receive_count), reason }
}

/// The same about what a newer release wrote.
fn newer(reason: String, receive_count: u32) -> Disposition {
    if receive_count >= NEWER_HINTS { left_to_the_sweep(&reason) } else { Disposition::wait(reason, receive_count) }
}

fn left_to_the_sweep(reason: &str) -> Disposition {
    tracing::warn!(reason, "left to the sweep");
    Disposition::Ack(Outcome::LeftToSweep)
}

/// Doubles with every receive, up to five minutes.
pub fn backoff(after_seconds: u32, receive_count: u32) -> u32 {
    after_seconds.max(1).saturating_mul(2_u32.saturating_pow(receive_count.saturating_sub(1).min(8))).min(300)
}
