//! What a client is told.

use serde_json::{Value, json};
use waybill_contracts::Fulfilment;
use waybill_domain::{ClientSlug, OrderKey};

use super::refusal;
use crate::error::StepError;
use crate::steps::report::{Refusal, Reported};

/// When to come back with a report about an order that a newer release wrote: a deployment takes minutes.
const NEWER_SECONDS: u32 = 60;

/// An answer. The body may hold an address: it is sent, and nothing else.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiAnswer {
    /// HTTP status.
    pub status: u16,
    /// JSON.
    pub body: String,
    /// `Retry-After` in seconds, with 503.
    pub retry_after: Option<u32>,
    /// What became of the request: how it was taken, or the code of the refusal. For logs and metrics.
    pub outcome: &'static str,
    /// Who signed.
    pub client: Option<ClientSlug>,
    /// The order it is about.
    pub order: Option<OrderKey>,
}

impl std::fmt::Debug for ApiAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ApiAnswer({} {})", self.status, self.outcome)
    }
}

/// How a report was taken, in a word.
pub(super) fn word(reported: Reported) -> &'static str {
    match reported {
        Reported::New => "new",
        Reported::Corrected => "corrected",
        Reported::Known => "known",
        Reported::Older => "older",
    }
}

impl ApiAnswer {
    fn new(status: u16, outcome: &'static str, body: &Value) -> Self {
        ApiAnswer { status, body: body.to_string(), retry_after: None, outcome, client: None, order: None }
    }

    pub(super) fn reported(order: &OrderKey, reported: Reported) -> Self {
        let word = word(reported);
        Self::new(200, word, &json!({ "outcome": word, "order": order }))
    }

    pub(super) fn read(fulfilment: &Fulfilment) -> Self {
        match serde_json::to_value(fulfilment) {
            Ok(body) => Self::new(200, "read", &body),
            Err(_) => Self::failed(&StepError::Defect { reason: "a fulfilment cannot be written".to_owned() }),
        }
    }

    pub(super) fn refused(refusal: &Refusal) -> Self {
        let body = json!({ "error": { "code": refusal.code, "field": refusal.field, "message": refusal.message } });
        Self::new(refusal.status, refusal.code, &body)
    }

    /// The reason is ours and stays here.
    pub(super) fn failed(error: &StepError) -> Self {
        let again = match error {
            StepError::Retryable { after_seconds, .. } => Some((*after_seconds).max(1)),
            StepError::Newer { .. } => Some(NEWER_SECONDS),
            _ => None,
        };
        if again.is_some() {
            tracing::warn!(%error, "a request could not be answered");
            let message =
                "this cannot be answered now; send it again later, signed anew: a report that was taken meanwhile is known";
            let refusal = refusal(503, "temporarily_unavailable", None, message);
            return ApiAnswer { retry_after: again, ..Self::refused(&refusal) };
        }
        tracing::error!(%error, "a request could not be answered");
        Self::refused(&refusal(500, "internal_error", None, "a defect of Waybill; it is logged"))
    }
}
