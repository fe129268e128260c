//! What an answer that is not a good one proves. Tryton's status alone does not say: the table below judges status, content type and
//! words together, and `README.md` has it in words. Each request is one transaction, so whatever Tryton refuses has changed nothing; but for
//! `confirm`, which answers after the tasks that follow its transaction.

use reqwest::header::CONTENT_TYPE;
use serde::Deserialize;
use waybill_workflow::CallError;

use super::client::Call;
use crate::erp::refusals::refused;
use crate::erp::scrub::Scrub;
use crate::http::{Answer, Cause, Failure};

/// What is sure, and so what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Never like this; with the code for our record. Nothing was changed.
    Refused(&'static str),
    /// There is no such record. Nothing was changed.
    Missing,
    /// Not now. Nothing was changed.
    Busy(Option<u32>),
    /// Tryton cannot work or does not let us in. Nothing was changed.
    Down,
    /// Anything may have happened.
    Unknown,
}

/// How a request ended, other than with a good answer.
#[derive(Debug)]
pub(super) struct Verdict {
    pub(super) kind: Kind,
    /// What was asked and how it ended, in our own words.
    reason: String,
    /// What Tryton said, in its words; not to be shown before it is scrubbed.
    said: Option<String>,
    /// It may have reached Tryton.
    pub(super) sent: bool,
}

/// The error object of Tryton.
#[derive(Deserialize)]
struct ErrorBody {
    message: String,
}

/// What PostgreSQL says when transactions are in each other's way; the one that is told so was rolled back.
const CONTENTION: [&str; 4] = ["could not serialize", "could not obtain lock", "deadlock detected", "lock timeout"];
/// What the pool says that has waited for the database in vain: the request has not begun.
const OUTAGE: &str = "get a connection";

/// Unknown fields, models or domains.
const TRIPPED: &str = "erp_rejected";

/// The table. `json`: the body is Tryton's error object; `words`: the body, if it is a page of Tryton's.
fn kind(status: u16, json: bool, words: &str, of_record: bool, after_seconds: Option<u32>) -> Kind {
    match (status, json) {
        // Validation, wrong state, duplicate, warnings: it says which, in words that change with the language.
        (400, true) => Kind::Refused("erp_refused"),
        (400, false) => Kind::Refused("erp_malformed"),
        (401 | 407, _) => Kind::Down,
        (403, _) => Kind::Refused("erp_forbidden"),
        // Without a record: no such database, or another server.
        (404, _) if of_record => Kind::Missing,
        (404, _) => Kind::Down,
        (429, _) => Kind::Busy(after_seconds),
        // Unknown fields, models or domains, and whatever else Tryton did not foresee: rolled back.
        (500, _) if words.contains("Internal Server Error") => Kind::Refused(TRIPPED),
        (503, _) if CONTENTION.iter().any(|contention| words.contains(contention)) => Kind::Busy(after_seconds),
        (503, _) if words.contains(OUTAGE) => Kind::Down,
        (300..=399 | 405 | 408 | 425, _) => Kind::Down,
        (400..=499, _) => Kind::Refused("erp_refused"),
        _ => Kind::Unknown,
    }
}

impl Verdict {
    fn new(call: &Call, kind: Kind, reason: &str) -> Self {
        Self { kind, reason: call.reason(reason), said: None, sent: true }
    }

    /// Judges an answer whose status is not a good one.
    pub(super) fn judge(call: &Call, answer: &Answer) -> Self {
        let said = answer.json::<ErrorBody>().filter(|_| answer.claims_json()).map(|body| body.message);
        let is_page = answer.header(&CONTENT_TYPE).is_some_and(|kind| kind.starts_with("text/html"));
        let words = String::from_utf8_lossy(if is_page { answer.body() } else { &[] });
        let after_seconds = answer.retry_after().and_then(|wait| u32::try_from(wait.as_secs()).ok());
        let kind = kind(answer.status, said.is_some(), &words, call.is_of_record(), after_seconds);
        Self { said, ..Self::new(call, kind, &format!("status {}", answer.status)) }
    }

    /// There is no complete answer.
    pub(super) fn no_answer(call: &Call, failure: Failure) -> Self {
        let kind = match failure {
            Failure::NotSent(Cause::Request) => Kind::Refused("erp_malformed"),
            Failure::NotSent(_) => Kind::Down,
            Failure::NoAnswer(_) | Failure::Broken { .. } => Kind::Unknown,
        };
        let sent = !matches!(failure, Failure::NotSent(_));
        Self { sent, ..Self::new(call, kind, &failure.to_string()) }
    }

    /// A good status, and a body that is not what was asked for.
    pub(super) fn unreadable(call: &Call, status: u16) -> Self {
        Self::new(call, Kind::Unknown, &format!("status {status} with a body that is not Tryton's"))
    }

    /// The sequence this request belongs to has taken too long: it was not sent.
    pub(super) fn out_of_time(call: &Call) -> Self {
        Self { sent: false, ..Self::new(call, Kind::Busy(None), "not sent, the calls before it took too long") }
    }

    /// Others were in the way, and Tryton works.
    pub(super) fn is_contention(&self) -> bool {
        self.sent && matches!(self.kind, Kind::Busy(_))
    }

    /// Tryton tripped over the request: our fault, unless it trips over all.
    pub(super) fn is_trip(&self) -> bool {
        self.kind == Kind::Refused(TRIPPED)
    }

    /// It trips over all, as it does while it loads its modules.
    pub(super) fn trips_over_all(self) -> Self {
        Self { kind: Kind::Down, ..self }
    }

    /// Tryton said no, for good.
    pub(super) fn is_refusal(&self) -> bool {
        matches!(self.kind, Kind::Refused(_))
    }

    /// What it means as long as nothing binding can have happened: what is unknown is at worst a draft, which the next try finds.
    pub(super) fn before(self, scrub: &Scrub) -> CallError {
        let reason = self.reason;
        match self.kind {
            Kind::Refused(code) => refused(code, words(reason, self.said, scrub)),
            Kind::Missing => refused("erp_not_found", format!("{reason}: there is no such record")),
            Kind::Busy(after_seconds) => CallError::Busy { after_seconds, reason },
            Kind::Down | Kind::Unknown => CallError::Down { reason },
        }
    }

    /// What it means for a request of which nothing is known but that it reads.
    pub(super) fn of_read(self) -> CallError {
        self.before(&Scrub::unknown())
    }

    /// What it means for the request that binds, and for those after it.
    pub(super) fn after(self) -> CallError {
        CallError::Unknown { reason: self.reason }
    }

    /// Why Tryton said no, for people.
    pub(super) fn message(self, scrub: &Scrub) -> String {
        words(self.reason, self.said, scrub)
    }
}

fn words(reason: String, said: Option<String>, scrub: &Scrub) -> String {
    match said {
        Some(said) => format!("{reason}, Tryton says: {}", scrub.clean(&said)),
        None => reason,
    }
}
