//! What an answer that is not a good one proves, by status, content type and the error's name together; the table is in `README.md`.
//!
//! Each call is one transaction of the server's, so an error that the server itself names was rolled back: it was surely not done. What
//! comes from something before it (a proxy's 502) proves nothing. The `debug` of an error is a traceback and is not even read.

use serde::Deserialize;
use waybill_workflow::CallError;

use super::call::Call;
use crate::erp::refusals::refused;
use crate::erp::scrub::Scrub;
use crate::http::{Answer, Cause, Failure};

/// An error as the server describes it. Of all it says, only these two are read.
#[derive(Deserialize)]
pub(super) struct Said {
    /// The class of the exception: `odoo.exceptions.UserError`.
    pub(super) name: String,
    /// Its text; not to be shown before it is scrubbed.
    #[serde(default)]
    pub(super) message: String,
}

/// How a request ended, other than with a good answer.
pub(super) enum Verdict {
    /// There is no complete answer.
    NoAnswer(Failure),
    /// A good status, and a body that is none of the API's.
    Unreadable {
        /// The status.
        status: u16,
    },
    /// The server names an error.
    Said(Said, Head),
    /// Another status than a good one, and no named error.
    Bare(Head),
}

/// What of an answer is judged beside its body.
pub(super) struct Head {
    pub(super) status: u16,
    claims_json: bool,
    /// When to come back, if it says so.
    after_seconds: Option<u32>,
}

impl Head {
    pub(super) fn of(answer: &Answer) -> Self {
        let after_seconds = answer.retry_after().and_then(|wait| u32::try_from(wait.as_secs()).ok());
        Self { status: answer.status, claims_json: answer.claims_json(), after_seconds }
    }
}

/// What an exception of the server proves, by its class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Another transaction was in the way; the server has tried five times itself.
    Contention,
    /// The token or the user is not let in.
    Shut,
    /// The user may not do this.
    Forbidden,
    /// A record that the request names is gone.
    Missing,
    /// No such model or method: an app that is not installed.
    NotOffered,
    /// A rule of the business: wrong state, missing value, closed period.
    Rule,
    /// The request is wrong, which is our fault.
    Malformed,
    /// The server tripped over the request, which is our fault.
    Tripped,
    /// Anything else.
    Unsure,
}

impl Kind {
    fn of(said: &Said) -> Self {
        let name = said.name.as_str();
        let class = name.rsplit('.').next().unwrap_or(name);
        match class {
            "SerializationFailure" | "LockNotAvailable" | "DeadlockDetected" | "LockError" | "ConcurrencyError" => {
                Self::Contention
            }
            "AccessDenied" | "Unauthorized" => Self::Shut,
            "AccessError" | "Forbidden" => Self::Forbidden,
            "MissingError" => Self::Missing,
            "NotFound" => Self::NotOffered,
            "UserError" | "ValidationError" | "RedirectWarning" => Self::Rule,
            "BadRequest" | "UnprocessableEntity" => Self::Malformed,
            _ if name.starts_with("builtins.") => Self::Tripped,
            _ => Self::Unsure,
        }
    }
}

impl Verdict {
    /// What it means for the workflow.
    pub(super) fn into_error(self, call: &Call, scrub: &Scrub) -> CallError {
        match self {
            Self::NoAnswer(Failure::NotSent(Cause::Request)) => refused("erp_malformed", call.reason("could not be written")),
            Self::NoAnswer(failure @ Failure::NotSent(_)) => call.down(&failure.to_string()),
            Self::NoAnswer(failure) => call.unclear(&failure.to_string()),
            Self::Unreadable { status } => call.unclear(&format!("status {status} with a body that is not the API's")),
            Self::Said(said, head) => named(call, &said, &head, scrub),
            Self::Bare(head) => bare(call, &head),
        }
    }
}

fn named(call: &Call, said: &Said, head: &Head, scrub: &Scrub) -> CallError {
    let name = class(&said.name);
    let words = scrub.clean(&said.message);
    match Kind::of(said) {
        Kind::Contention => {
            CallError::Busy { after_seconds: head.after_seconds, reason: call.reason(&format!("contention ({name})")) }
        }
        Kind::Shut => call.down(&format!("the token is not accepted ({name})")),
        // Without this permission no order at all can be posted; other permissions concern one document.
        Kind::Forbidden if is_for_every_order(call) => call.down("the user of the token may not do this"),
        Kind::Forbidden => refused("erp_forbidden", call.reason("the user of the token may not do this")),
        Kind::Missing => refused("erp_not_found", call.reason("a record that this names is not there")),
        Kind::NotOffered => {
            refused("erp_unsupported", call.reason("the server has no such model or method: is the app installed?"))
        }
        Kind::Rule => refused("erp_refused", call.reason(&format!("the ERP refuses ({name}): {words}"))),
        Kind::Malformed => refused("erp_malformed", call.reason(&format!("the ERP cannot read it ({name})"))),
        Kind::Tripped => refused("erp_rejected", call.reason(&format!("the ERP fails because of it ({name}): {words}"))),
        Kind::Unsure => call.unclear(&format!("status {} and an error that proves nothing ({name})", head.status)),
    }
}

/// Judges by the status alone: it comes from something before Odoo, or from an Odoo without its database.
fn bare(call: &Call, head: &Head) -> CallError {
    let kind = if head.claims_json { "JSON that is not the API's" } else { "no JSON" };
    let reason = format!("status {} with {kind}", head.status);
    match head.status {
        429 => CallError::Busy { after_seconds: head.after_seconds, reason: call.reason(&reason) },
        // The database is gone (a 404 in HTML), a redirect, a login, nobody there under this address, a request that did not get through.
        300..=399 | 401 | 403 | 404 | 405 | 407 | 408 | 425 => call.down(&reason),
        409 => call.unclear(&reason),
        400..=499 => refused("erp_refused", call.reason(&reason)),
        _ => call.unclear(&reason),
    }
}

fn is_for_every_order(call: &Call) -> bool {
    matches!(
        (call.model, call.method),
        ("sale.order", "search_read" | "load" | "write" | "read" | "action_confirm") | ("res.partner" | "product.product", _)
    )
}

/// The class of an exception, if that is what it is: it is shown to people.
fn class(name: &str) -> &str {
    let class = name.rsplit('.').next().unwrap_or_default();
    let is_class = (1..=40).contains(&class.len()) && class.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if is_class { class } else { "unnamed" }
}

/// What `load` says when it did nothing: a 200 with `{"ids": false, "messages": […]}`.
pub(super) fn not_loaded(call: &Call, messages: &[String], scrub: &Scrub) -> CallError {
    let is_contention = |text: &String| {
        ["could not serialize", "could not obtain lock", "deadlock detected"].iter().any(|known| text.contains(known))
    };
    if messages.iter().any(is_contention) {
        return CallError::Busy { after_seconds: None, reason: call.reason("contention (inside a 200)") };
    }
    let first = messages.first().map(|text| scrub.clean(text)).unwrap_or_default();
    refused("erp_refused", call.reason(&format!("the ERP refuses: {first}")))
}
