//! Three kinds of error, not two: what may be tried again, what must not, and what nobody knows.

use std::fmt;

use waybill_domain::{At, Endpoint};

/// A part of the deployment (DynamoDB, SQS, Secrets Manager) did not do its work; it may have done it. Retried.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{part} is unavailable: {reason}")]
pub struct Unavailable {
    /// Which part, such as `orders`.
    pub part: &'static str,
    /// The error's code or kind, without content.
    pub reason: String,
    /// A newer release wrote what was to be read. It can be neither read nor overwritten here, and waits for that release.
    pub newer: bool,
}

impl Unavailable {
    /// Names the part and the reason.
    pub fn new(part: &'static str, reason: impl fmt::Display) -> Self {
        Unavailable { part, reason: reason.to_string(), newer: false }
    }

    /// What this release cannot read, because a newer one wrote it.
    pub fn newer(part: &'static str) -> Self {
        Unavailable { newer: true, ..Self::new(part, "written by a newer release, and waits for it") }
    }
}

/// How a call to a store or an ERP ended, other than well. Connectors decide by what the answer proves, never by status alone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// It was refused for the moment and surely not done: contention, throttling. The circuit is left alone.
    #[error("refused for the moment: {reason}")]
    Busy {
        /// When to come back, in seconds, if the endpoint said so.
        after_seconds: Option<u32>,
        /// Why, without content.
        reason: String,
    },
    /// The endpoint is down and it was surely not done: counts towards opening the circuit.
    #[error("down: {reason}")]
    Down {
        /// Why, without content.
        reason: String,
    },
    /// It will never work like this: a person must decide.
    #[error("{code}: {message}")]
    Refused {
        /// Code, listed in docs/ERRORS.md.
        code: String,
        /// In words, without personal data.
        message: String,
    },
    /// It may or may not have been done.
    #[error("outcome unknown: {reason}")]
    Unknown {
        /// Why, without content.
        reason: String,
    },
}

/// How a step ended, other than well.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StepError {
    /// Try again soon.
    #[error("try again in {after_seconds} s: {reason}")]
    Retryable {
        /// When.
        after_seconds: u32,
        /// The endpoint whose fault it is; after several tries the order waits for it.
        endpoint: Option<Endpoint>,
        /// Why, without content.
        reason: String,
    },
    /// Stand in the line before an endpoint, however long it takes.
    #[error("waits for {endpoint}: {reason}")]
    Wait {
        /// Which.
        endpoint: Endpoint,
        /// Why, without content.
        reason: String,
    },
    /// Hold the order.
    #[error("{code}: {message}")]
    Terminal {
        /// Code, listed in docs/ERRORS.md.
        code: String,
        /// In words, without personal data.
        message: String,
    },
    /// Look the outcome up at this time.
    #[error("outcome unknown, to be looked up at {probe}: {reason}")]
    Indeterminate {
        /// When.
        probe: At,
        /// Why, without content.
        reason: String,
    },
    /// A newer release wrote what the step needs: the message waits for it, and nothing is written.
    #[error("{reason}")]
    Newer {
        /// What, without content.
        reason: String,
    },
    /// A defect: the message goes to the dead-letter queue.
    #[error("defect: {reason}")]
    Defect {
        /// What should not be.
        reason: String,
    },
}

impl From<Unavailable> for StepError {
    fn from(error: Unavailable) -> Self {
        if error.newer {
            return StepError::Newer { reason: error.to_string() };
        }
        StepError::Retryable { after_seconds: 2, endpoint: None, reason: error.to_string() }
    }
}

impl From<waybill_domain::Illegal> for StepError {
    fn from(error: waybill_domain::Illegal) -> Self {
        StepError::Defect { reason: error.to_string() }
    }
}

/// How a step failed, and what it already knows of the order: `first` is committed together with what the error leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The error.
    pub error: StepError,
    /// What happened before it.
    pub first: Vec<waybill_domain::Change>,
    /// What could not be done, where it is one of several.
    pub about: Option<waybill_domain::Effect>,
}

impl<E: Into<StepError>> From<E> for Failure {
    fn from(error: E) -> Self {
        Failure { error: error.into(), first: Vec::new(), about: None }
    }
}
