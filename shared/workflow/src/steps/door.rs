//! The door before an endpoint: who may call it now, what its circuit is told of a call, and what a failed call means for the order.

use waybill_contracts::{Command, Origin};
use waybill_domain::{Admission, At, Change, Circuit, Effect, Endpoint, OrderKey};

use crate::error::{CallError, Failure, StepError};
use crate::ports::{Circuits, Runtime};

/// An endpoint that may be called.
pub(super) struct Door {
    pub(super) endpoint: Endpoint,
    pub(super) circuit: Circuit,
}

impl Door {
    /// Lets the order through, or makes it stand in the line.
    pub(super) async fn open(
        ports: &impl Circuits,
        endpoint: Endpoint,
        order: &OrderKey,
        command: &Command,
    ) -> Result<Self, StepError> {
        let circuit = ports.circuit(&endpoint).await?;
        if circuit.admit(order, command.origin == Origin::Line) == Admission::Wait {
            let reason = "its circuit is open, or a line stands before it".to_owned();
            return Err(StepError::Wait { endpoint, reason });
        }
        Ok(Door { endpoint, circuit })
    }

    /// Tells the circuit how a call ended. An endpoint that refuses, or is busy, is up. If the circuit cannot be told, the outcome of the
    /// call matters more: the next call tells it.
    pub(super) async fn note<T: Sync>(&self, ports: &(impl Circuits + Runtime), answer: &Result<T, CallError>) {
        let told = match answer {
            Err(CallError::Down { .. } | CallError::Unknown { .. }) => match ports.circuit(&self.endpoint).await {
                Ok(circuit) => ports.save_circuit(&circuit.failed(ports.now())).await,
                Err(error) => Err(error),
            },
            Ok(_) | Err(CallError::Busy { .. } | CallError::Refused { .. }) => match self.circuit.succeeded() {
                Some(healthy) => ports.save_circuit(&healthy).await,
                None => Ok(true),
            },
        };
        if let Err(error) = told {
            tracing::warn!(endpoint = %self.endpoint, %error, "the circuit was not told how a call ended");
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
