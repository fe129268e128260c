//! The door before an endpoint: who may call it now, what its row is told of a visit, and what a failed call means for the order.
//!
//! A step knocks before it reads much: whoever must wait has cost two reads. Entering is one conditional write of the row that was read,
//! leaving is another one.

use std::sync::{Mutex, PoisonError};

use waybill_contracts::{Command, Origin};
use waybill_domain::{Admission, At, Caller, Change, Circuit, Effect, Ended, Endpoint, Limits, OrderKey};

use super::leases::Settle;
use crate::commit::contention;
use crate::error::{CallError, Failure, StepError, Unavailable};
use crate::ports::{Circuits, Runtime, Saved};

/// Tries to write a row that others write too.
const TRIES: u32 = 5;
/// Who would wait for longer than this many seconds stands in the line instead.
const WAITS_SECONDS: u64 = 10;

/// Somebody before a door that is not shut.
pub(super) struct Knock {
    endpoint: Endpoint,
    limits: Limits,
    settle: Settle,
    order: OrderKey,
    from_line: bool,
    circuit: Circuit,
}

impl Knock {
    /// Reads the row. Who may not enter learns now when to come back, or that the line is the place.
    pub(super) async fn at(
        ports: &(impl Circuits + Runtime),
        (endpoint, limits): (Endpoint, Limits),
        settle: Settle,
        command: &Command,
    ) -> Result<Self, StepError> {
        let circuit = ports.circuit(&endpoint).await?;
        let (order, from_line) = (command.order.clone(), command.origin == Origin::Line);
        let knock = Knock { endpoint, limits, settle, order, from_line, circuit };
        knock.admitted(ports)?;
        Ok(knock)
    }

    /// Enters. Leave.
    pub(super) async fn enter(mut self, ports: &(impl Circuits + Runtime)) -> Result<Door, StepError> {
        for attempt in 1..=TRIES {
            let row = self.admitted(ports)?;
            match ports.save_circuit(&row).await? {
                Saved::Done => {
                    let Knock { endpoint, limits, .. } = self;
                    let token = row.version;
                    return Ok(Door { endpoint, limits, token, circuit: Mutex::new(row), ended: Mutex::new(Ended::NotCalled) });
                }
                Saved::Overtaken(current) => self.circuit = *current,
            }
            pause(ports, attempt).await;
        }
        Err(contention())
    }

    /// The row with this caller inside.
    fn admitted(&self, ports: &impl Runtime) -> Result<Circuit, StepError> {
        let now = ports.now();
        let caller = Caller { order: &self.order, from_line: self.from_line, until: self.settle.lease(ports) };
        let endpoint = self.endpoint.clone();
        match self.circuit.enter(caller, self.limits, now) {
            Admission::Go(row) => Ok(*row),
            Admission::Later(at) => {
                let seconds = at.since(now).div_ceil(1000).max(1);
                let reason = format!("its slots or its rate allow no call for {seconds} s");
                match u32::try_from(seconds) {
                    Ok(after_seconds) if seconds <= WAITS_SECONDS => {
                        Err(StepError::Retryable { after_seconds, endpoint: Some(endpoint), reason })
                    }
                    _ => Err(StepError::Wait { endpoint, reason }),
                }
            }
            Admission::Line => {
                let reason = "its circuit is open, or a line stands before it".to_owned();
                Err(StepError::Wait { endpoint, reason })
            }
        }
    }
}

/// How a poll asks to enter.
#[derive(Debug, Clone, Copy)]
pub(super) struct Poll {
    pub(super) limits: Limits,
    pub(super) settle: Settle,
    /// It takes its turn as an order does.
    pub(super) late: bool,
}

/// An endpoint that may be called once. Leave, and say before how it went.
pub(super) struct Door {
    pub(super) endpoint: Endpoint,
    limits: Limits,
    token: u64,
    circuit: Mutex<Circuit>,
    ended: Mutex<Ended>,
}

impl Door {
    /// Lets a poll in; `None`: not now. It stands in no line, so nothing is due for it but to look again.
    pub(super) async fn to_poll(
        ports: &(impl Circuits + Runtime),
        endpoint: &Endpoint,
        poll: Poll,
    ) -> Result<Option<Self>, Unavailable> {
        let Poll { limits, settle, late } = poll;
        let until = settle.lease(ports);
        let row = ports.circuit(endpoint).await?;
        let entered = update(ports, row, |row| row.enter_to_poll(until, late, limits, ports.now())).await?;
        Ok(entered.map(|row| Door {
            endpoint: endpoint.clone(),
            limits,
            token: row.version,
            circuit: Mutex::new(row),
            ended: Mutex::new(Ended::NotCalled),
        }))
    }

    /// Whether the store has fulfillments, as far as anybody asked.
    pub(super) fn fulfillments(&self) -> Option<bool> {
        self.row().fulfillments
    }

    /// Remembers how a call ended, for the leaving: the last one tells. But who had too much had too much, though it took the next.
    pub(super) fn note<T>(&self, answer: &Result<T, CallError>) {
        let ended = match answer {
            Ok(_) | Err(CallError::Refused { .. }) => Ended::Answered,
            Err(CallError::Busy { after_seconds, .. }) => Ended::Busy { after_seconds: *after_seconds },
            Err(CallError::Down { .. } | CallError::Unknown { .. }) => Ended::Down,
        };
        let mut told = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        if !matches!((*told, ended), (Ended::Busy { .. }, Ended::Answered)) {
            *told = ended;
        }
    }

    /// Whether one more call may be made now: it takes a turn of its own.
    pub(super) async fn again(&self, ports: &(impl Circuits + Runtime)) -> Result<bool, Unavailable> {
        let (limits, now) = (self.limits, ports.now());
        self.update(ports, |row| row.again(limits, now)).await
    }

    /// Leaves. If the row cannot be told, the outcome of the call matters more: the next call tells it, and the slot ends by its lease.
    pub(super) async fn leave(self, ports: &(impl Circuits + Runtime)) {
        let ended = *self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        let (limits, token, now) = (self.limits, self.token, ports.now());
        if let Err(error) = self.update(ports, |row| row.leave(token, ended, limits, now)).await {
            tracing::warn!(endpoint = %self.endpoint, %error, "the circuit was not told how a call ended");
        }
    }

    async fn update(
        &self,
        ports: &(impl Circuits + Runtime),
        change: impl Fn(&Circuit) -> Option<Circuit> + Send,
    ) -> Result<bool, Unavailable> {
        let updated = update(ports, self.row(), change).await?;
        let changed = updated.is_some();
        if let Some(row) = updated {
            *self.circuit.lock().unwrap_or_else(PoisonError::into_inner) = row;
        }
        Ok(changed)
    }

    /// The row as it was last seen.
    fn row(&self) -> Circuit {
        self.circuit.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keeps whether the store has fulfillments. If it cannot be kept, the next shipment asks again.
    pub(super) async fn remember(&self, ports: &(impl Circuits + Runtime), fulfillments: bool) {
        if let Err(error) = self.update(ports, |row| Some(row.with_fulfillments(fulfillments))).await {
            tracing::warn!(endpoint = %self.endpoint, %error, "whether the store has fulfillments was not kept");
        }
    }

    /// What it means when a question was not answered. It may be asked again, so an unknown outcome is as good as none.
    pub(super) fn unanswered(&self, error: CallError) -> StepError {
        let endpoint = self.endpoint.clone();
        match error {
            CallError::Busy { after_seconds, reason } => {
                StepError::Retryable { after_seconds: after_seconds.unwrap_or(5), endpoint: Some(endpoint), reason }
            }
            CallError::Down { reason } | CallError::Unknown { reason } => StepError::Wait { endpoint, reason },
            CallError::Refused { code, message } => StepError::Terminal { code, message },
        }
    }

    /// What it means when the call that the record says is out failed. `probe`: when its outcome can be learnt.
    pub(super) fn failed(&self, error: CallError, effect: Effect, probe: At) -> Failure {
        let endpoint = self.endpoint.clone();
        let ended = |why: &str| vec![Change::CallEnded { why: why.to_owned() }];
        match error {
            CallError::Busy { reason, .. } | CallError::Down { reason } => {
                Failure { first: ended(&reason), error: StepError::Wait { endpoint, reason }, about: None }
            }
            CallError::Refused { code, message } => {
                Failure { first: ended(&code), error: StepError::Terminal { code, message }, about: Some(effect) }
            }
            CallError::Unknown { reason } => StepError::Indeterminate { probe, reason }.into(),
        }
    }
}

/// Writes what `change` makes of a row, whoever else writes it meanwhile. `None`: it made nothing of it.
pub(super) async fn update(
    ports: &(impl Circuits + Runtime),
    mut row: Circuit,
    change: impl Fn(&Circuit) -> Option<Circuit> + Send,
) -> Result<Option<Circuit>, Unavailable> {
    for attempt in 1..=TRIES {
        let Some(next) = change(&row) else { return Ok(None) };
        match ports.save_circuit(&next).await? {
            Saved::Done => return Ok(Some(next)),
            Saved::Overtaken(current) => row = *current,
        }
        pause(ports, attempt).await;
    }
    Err(Unavailable::new("circuits", "others were always faster"))
}

/// A moment, longer with every attempt.
async fn pause(ports: &impl Runtime, attempt: u32) {
    ports.pause(attempt.saturating_mul(20)).await;
}
