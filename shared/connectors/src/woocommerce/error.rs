//! What an answer of a store's REST API proves about a call that only reads: an answer that never came is as good as none, so the
//! outcome is never unknown. What it proves about a write is in `outcome.rs`.

use serde::Deserialize;
use serde_json::Value;
use waybill_workflow::CallError;

use super::value::Text;
use crate::http::{Answer, Cause, Failure};

/// WooCommerce's error object. WordPress makes `data` an object with the status; where WooCommerce gave a bare status instead, `data` is
/// that number, and the answer's own status is 500 whatever it says. The fulfilments' errors have a number for a code.
#[derive(Debug, Deserialize)]
pub(super) struct ErrorObject {
    code: Text,
    /// In the store's language, and perhaps with a gateway's words in it: compared, never shown.
    #[serde(default)]
    pub(super) message: Text,
    #[serde(default)]
    data: Value,
}

impl ErrorObject {
    /// The error object of an answer, if it is one.
    pub(super) fn of(answer: &Answer) -> Option<Self> {
        answer.json().filter(|object: &Self| !object.code.0.is_empty())
    }

    /// The code, see [`slug`].
    pub(super) fn code(&self) -> String {
        slug(&self.code.0)
    }

    /// The status of what went wrong.
    pub(super) fn status(&self, answer: &Answer) -> u16 {
        if !answer.is_success() {
            return answer.status;
        }
        let status = self.data.get("status").and_then(Value::as_u64);
        status.and_then(|status| u16::try_from(status).ok()).unwrap_or(500)
    }
}

/// What a store answered, other than well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NotWell {
    /// WooCommerce itself says that there is no such thing.
    Absent,
    /// WordPress says that there is no such endpoint.
    NoRoute,
    /// Everything else.
    Call(CallError),
}

impl From<CallError> for NotWell {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

impl From<NotWell> for CallError {
    fn from(not_well: NotWell) -> Self {
        match not_well {
            NotWell::Absent => refused("store_order_gone", "the store has no such order, or no such part of it, any more"),
            NotWell::NoRoute => refused(
                "store_api_missing",
                "the site has no WooCommerce REST API at this address (rest_no_route): is the plugin active?",
            ),
            NotWell::Call(error) => error,
        }
    }
}

/// A refusal that a person has to deal with.
pub(super) fn refused(code: &str, message: &str) -> CallError {
    CallError::Refused { code: code.to_owned(), message: message.to_owned() }
}

pub(super) fn down(reason: impl Into<String>) -> CallError {
    CallError::Down { reason: reason.into() }
}

/// A code of the other side as a code of ours: lower case, digits and `_`, at most 64. It may go into events and logs.
pub(super) fn slug(code: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    code.chars().take(64).map(letter).collect()
}

/// No answer.
pub(super) fn failure(failure: Failure) -> CallError {
    match failure {
        Failure::NotSent(Cause::Request) => {
            refused("store_address_invalid", "the store's address or key cannot be put into a request")
        }
        Failure::Broken { cause: Cause::TooLong, .. } => {
            refused("store_answer_too_long", "the store's answer is longer than Waybill reads (8 MiB)")
        }
        other => down(other.to_string()),
    }
}

/// The answer, if it is one of success. A 200 with an error object in it counts as what the object says.
pub(super) fn success(answer: Answer) -> Result<Answer, NotWell> {
    match ErrorObject::of(&answer) {
        None if answer.is_success() => Ok(answer),
        None => Err(judge(answer.status, None, &answer)),
        Some(object) => Err(judge(object.status(&answer), Some(object.code()), &answer)),
    }
}

fn judge(status: u16, code: Option<String>, answer: &Answer) -> NotWell {
    let call = match (status, code.as_deref()) {
        (404, Some("rest_no_route")) => return NotWell::NoRoute,
        (404, Some(code)) if code.ends_with("_invalid_id") => return NotWell::Absent,
        (401, Some("woocommerce_rest_authentication_error")) => {
            refused("store_unauthorized", "the store does not accept the REST key or its secret")
        }
        (401, _) => refused(
            "store_unauthorized",
            "the store did not accept the REST key: it was revoked, its user may not read orders, the address is not https, or the \
             server drops the Authorization header",
        ),
        (403, Some(code)) => refused("store_forbidden", &format!("the REST key has no right to read this ({code})")),
        // A firewall's page, not WooCommerce's word: it may pass, and waiting hurts nobody.
        (403, None) => down("403 without an error object: a firewall before the store"),
        (429, _) => CallError::Busy { after_seconds: retry_after(answer), reason: "429: too many requests".to_owned() },
        (301 | 308, _) => {
            refused("store_moved", "the store answers with a permanent redirect: its address in Waybill is not the right one")
        }
        (300..=399, _) => down(format!("{status}: a redirect instead of an answer")),
        (400..=499, Some(code)) if status != 404 && status != 408 && status != 425 => {
            refused("store_refused", &format!("the store refuses the request with status {status} ({code})"))
        }
        (status, Some(code)) => down(format!("{status} ({code})")),
        (status, None) => down(format!("{status} without an error object")),
    };
    NotWell::Call(call)
}

pub(super) fn retry_after(answer: &Answer) -> Option<u32> {
    answer.retry_after().and_then(|wait| u32::try_from(wait.as_secs().max(1)).ok())
}
