//! What an answer that is not a good one proves. The rules are those of the contract, chapter *Errors*; what they become for
//! the workflow is decided here and nowhere else. A refusal is believed to have changed nothing only where the contract says
//! so; whatever else meets a request that writes has an unknown outcome.

use serde::Deserialize;
use waybill_workflow::CallError;

use super::client::Call;
use crate::erp::refusals::{order_cancelled, refused};
use crate::erp::scrub::Scrub;
use crate::http::{Answer, Cause, Failure};

/// How a request ended, other than with a good answer.
pub(super) enum Verdict {
    /// There is no complete answer.
    NoAnswer(Failure),
    /// A good status, and a body that is not what the contract says.
    Unreadable {
        /// The status.
        status: u16,
    },
    /// A refusal with an error object.
    Said {
        /// Its code.
        code: Code,
        /// Its message, in the ERP's words; not to be shown before it is scrubbed.
        message: String,
        /// All of it.
        answer: Answer,
    },
    /// Another status than a good one, and no error object.
    Bare(Answer),
    /// The request could not be written as JSON.
    NotJson,
}

/// The codes of the contract, by what follows from them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Code {
    /// It exists already.
    Duplicate,
    /// Not now, and surely not done.
    Busy,
    /// The ERP cannot work at all, and it was surely not done.
    Down,
    /// The token lacks the permission.
    Forbidden,
    /// This ERP does not offer the operation.
    Unsupported,
    /// Too late: the order was shipped, credited or closed.
    Closed,
    /// Too late: the order was cancelled in the ERP.
    Cancelled,
    /// Never like this, and surely not done. The code for our record, and the ERP's own.
    Permanent(&'static str, String),
    /// Another request with this reference is under way, or another code with a status of 500 and above: nothing is sure.
    Unsure,
}

/// The error object of the contract.
#[derive(Deserialize)]
struct ErrorBody {
    code: String,
    #[serde(default)]
    message: String,
}

impl Code {
    fn of(status: u16, code: &str) -> Self {
        match (code, status) {
            ("duplicate_reference", 409) => Self::Duplicate,
            ("in_progress", 409) => Self::Unsure,
            ("throttled" | "contention", _) => Self::Busy,
            ("unavailable" | "unauthorized", _) => Self::Down,
            ("forbidden", _) => Self::Forbidden,
            ("rejected", _) => Self::permanent("erp_rejected", code),
            ("malformed", _) => Self::permanent("erp_malformed", code),
            ("unsupported", _) => Self::Unsupported,
            (_, 429) => Self::Busy,
            (_, 401 | 407) => Self::Down,
            (_, 500..) => Self::Unsure,
            ("not_found", _) => Self::permanent("erp_not_found", code),
            ("total_mismatch", _) => Self::permanent("erp_total_mismatch", code),
            ("unknown_sku", _) => Self::permanent("erp_unknown_sku", code),
            ("insufficient_stock", _) => Self::permanent("erp_insufficient_stock", code),
            ("closed", _) => Self::Closed,
            ("cancelled", _) => Self::Cancelled,
            ("over_credited", _) => Self::permanent("erp_over_credited", code),
            ("period_closed", _) => Self::permanent("erp_period_closed", code),
            _ => Self::permanent("erp_refused", code),
        }
    }

    fn permanent(ours: &'static str, theirs: &str) -> Self {
        Self::Permanent(ours, theirs.to_owned())
    }
}

impl Verdict {
    /// Judges an answer whose status is not a good one.
    pub(super) fn judge(answer: Answer) -> Self {
        let is_code = |code: &str| {
            (1..=64).contains(&code.len())
                && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        };
        match answer.json::<ErrorBody>() {
            Some(body) if is_code(&body.code) && answer.status >= 400 => {
                Self::Said { code: Code::of(answer.status, &body.code), message: body.message, answer }
            }
            _ => Self::Bare(answer),
        }
    }

    /// What it means for a request that changes nothing: at worst it is sent again.
    pub(super) fn of_read(self, call: &Call<'_>) -> CallError {
        match self.of_write(call, &Scrub::unknown()) {
            CallError::Unknown { reason } => CallError::Down { reason },
            sure => sure,
        }
    }

    /// Nobody knows this path: an ERP without this operation, or nobody at all.
    pub(super) fn is_bare_404(&self) -> bool {
        matches!(self, Self::Bare(answer) if answer.status == 404)
    }

    /// What it means for a request that creates or changes something.
    pub(super) fn of_write(self, call: &Call<'_>, scrub: &Scrub) -> CallError {
        match self {
            Self::NotJson | Self::NoAnswer(Failure::NotSent(Cause::Request)) => {
                refused("erp_malformed", call.reason("could not be written"))
            }
            Self::NoAnswer(failure) => no_answer(call, failure),
            Self::Unreadable { status } => call.unknown(&format!("status {status} with a body that is not the contract's")),
            Self::Said { code, message, answer } => said(call, code, &scrub.clean(&message), &answer),
            Self::Bare(answer) => bare(call, &answer),
        }
    }
}

fn no_answer(call: &Call<'_>, failure: Failure) -> CallError {
    match failure {
        Failure::NotSent(_) => call.down(&failure.to_string()),
        // The status alone is known, and is judged as if nothing had come with it.
        Failure::Broken { status, .. } => by_status(call, status, None, &failure.to_string()),
        Failure::NoAnswer(_) => call.unknown(&failure.to_string()),
    }
}

fn said(call: &Call<'_>, code: Code, message: &str, answer: &Answer) -> CallError {
    let status = answer.status;
    match code {
        Code::Duplicate => call.unknown("the reference is taken"),
        Code::Busy => {
            CallError::Busy { after_seconds: wait(answer), reason: call.reason(&format!("the ERP is busy (status {status})")) }
        }
        Code::Down => call.down(&format!("the ERP cannot work or does not accept the token (status {status})")),
        // Without this permission no order at all can be posted; other permissions concern one document.
        Code::Forbidden if call.about == "order" => call.down("the token may not create orders"),
        Code::Forbidden => refused("erp_forbidden", call.reason("the token lacks the permission")),
        Code::Unsupported => not_offered(call),
        Code::Closed => refused(
            call.cannot.unwrap_or("erp_refused"),
            call.reason(&format!("the order was shipped, credited or closed in the ERP: {message}")),
        ),
        Code::Cancelled => order_cancelled(),
        Code::Permanent(ours, theirs) => refused(ours, call.reason(&format!("the ERP refuses ({theirs}): {message}"))),
        Code::Unsure => call.unknown(&format!("status {status} with a code that proves nothing yet")),
    }
}

fn bare(call: &Call<'_>, answer: &Answer) -> CallError {
    let kind = if answer.claims_json() { "JSON that is not the contract's" } else { "no JSON" };
    by_status(call, answer.status, wait(answer), &format!("status {} with {kind}", answer.status))
}

/// Judges by the status alone: it comes from something before the ERP, or from an ERP that is not one.
fn by_status(call: &Call<'_>, status: u16, after_seconds: Option<u32>, reason: &str) -> CallError {
    match status {
        405 | 501 if call.cannot.is_some() => not_offered(call),
        429 => CallError::Busy { after_seconds, reason: call.reason(reason) },
        // A redirect, a login, nobody there under this address, a request that did not get through.
        300..=399 | 401 | 403 | 404 | 405 | 407 | 408 | 425 => call.down(reason),
        // It is there already, as what is not said.
        409 => call.unknown(reason),
        400..=499 => refused("erp_refused", call.reason(reason)),
        _ => call.unknown(reason),
    }
}

fn wait(answer: &Answer) -> Option<u32> {
    answer.retry_after().and_then(|wait| u32::try_from(wait.as_secs()).ok())
}

/// The ERP is there and does not offer this.
pub(super) fn not_offered(call: &Call<'_>) -> CallError {
    refused(call.cannot.unwrap_or("erp_unsupported"), call.reason("this ERP does not offer it"))
}
