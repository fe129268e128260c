//! What can go wrong with one request: whether the work is done, and what the client gets to see.

use serde::{Deserialize, Serialize};

/// One misbehaviour. The functions below are the ones that were seen at real ERPs; others can be composed.
///
/// As JSON it is either the name of one of those (`"contention"`) or the whole object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Form")]
pub struct Fault {
    /// Time before anything happens, in milliseconds, on top of the latency knob.
    pub delay_ms: u64,
    /// Whether the ERP does what was asked.
    pub commit: Commit,
    /// What the client gets.
    pub then: Then,
}

/// How a fault may be written.
#[derive(Deserialize)]
#[serde(untagged)]
enum Form {
    Name(String),
    Whole {
        #[serde(default)]
        delay_ms: u64,
        commit: Commit,
        then: Then,
    },
}

impl TryFrom<Form> for Fault {
    type Error = String;

    fn try_from(form: Form) -> Result<Self, String> {
        match form {
            Form::Name(name) => Self::named(&name).ok_or_else(|| format!("there is no fault {name:?}")),
            Form::Whole { delay_ms, commit, then } => Ok(Self { delay_ms, commit, then }),
        }
    }
}

/// Whether the ERP does what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Commit {
    /// No: nothing is stored.
    No,
    /// Yes, before the client gets anything.
    Yes,
    /// Yes, but only this many milliseconds later, whatever the client does meanwhile.
    Late(u64),
    /// The order is stored and not confirmed. As `Yes` for everything else.
    Half,
}

/// What the client gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    /// The true answer (of a request that was not done: 500).
    Answer,
    /// The true answer, this many milliseconds later.
    AnswerAfter(u64),
    /// Nothing, until the client gives up.
    Silence,
    /// The connection is closed without an answer.
    Drop,
    /// Status and headers of the true answer, half of the body, and then the connection is closed.
    Truncate,
    /// This answer instead of the true one.
    Reply {
        /// HTTP status.
        status: u16,
        /// The body. Called JSON if it begins with `{`, else HTML.
        body: String,
        /// Seconds for the `Retry-After` header.
        #[serde(default)]
        retry_after: Option<u64>,
    },
}

impl Fault {
    fn new(commit: Commit, then: Then) -> Self {
        Self { delay_ms: 0, commit, then }
    }

    fn reply(status: u16, body: &str, retry_after: Option<u64>) -> Self {
        Self::new(Commit::No, Then::Reply { status, body: body.to_owned(), retry_after })
    }

    /// The work is done and the answer never comes: the most expensive fault there is.
    #[must_use]
    pub fn timeout_after_commit() -> Self {
        Self::new(Commit::Yes, Then::Silence)
    }

    /// The work is done at once and the answer comes late.
    #[must_use]
    pub fn slow_answer(ms: u64) -> Self {
        Self::new(Commit::Yes, Then::AnswerAfter(ms))
    }

    /// No answer, and the work is done this much later: a lookup finds nothing before.
    #[must_use]
    pub fn late_commit(ms: u64) -> Self {
        Self::new(Commit::Late(ms), Then::Silence)
    }

    /// No work, no answer.
    #[must_use]
    pub fn hang() -> Self {
        Self::new(Commit::No, Then::Silence)
    }

    /// The connection breaks before the work.
    #[must_use]
    pub fn drop_before_commit() -> Self {
        Self::new(Commit::No, Then::Drop)
    }

    /// The connection breaks after the work.
    #[must_use]
    pub fn drop_after_commit() -> Self {
        Self::new(Commit::Yes, Then::Drop)
    }

    /// The work is done, and the answer breaks off in the middle.
    #[must_use]
    pub fn truncated_answer() -> Self {
        Self::new(Commit::Yes, Then::Truncate)
    }

    /// A refusal by the contract, dressed as a 500.
    #[must_use]
    pub fn rejected_500() -> Self {
        Self::reply(500, r#"{"code":"rejected","message":"This order makes the server fail."}"#, None)
    }

    /// A 500 with a JSON body that is not the contract's, with a traceback in it, as Odoo gives.
    #[must_use]
    pub fn foreign_json_500() -> Self {
        Self::reply(
            500,
            r#"{"name":"builtins.ValueError","message":"Invalid field 'x'","debug":"Traceback (most recent call last): Jane Doe"}"#,
            None,
        )
    }

    /// A 500 with an HTML body, as Tryton gives for requests that can never work.
    #[must_use]
    pub fn html_500() -> Self {
        Self::reply(500, "<!doctype html><title>500 Internal Server Error</title>", None)
    }

    /// The work is done, and a proxy in between gives up.
    #[must_use]
    pub fn bad_gateway_after_commit() -> Self {
        Self { commit: Commit::Yes, ..Self::reply(502, "<html><h1>502 Bad Gateway</h1></html>", None) }
    }

    /// The order is stored unconfirmed, and then the server fails.
    #[must_use]
    pub fn half_done() -> Self {
        Self { commit: Commit::Half, ..Self::html_500() }
    }

    /// Locks: try again, more gently.
    #[must_use]
    pub fn contention() -> Self {
        let body = r#"{"code":"contention","message":"could not serialize access due to concurrent update"}"#;
        Self::reply(503, body, Some(1))
    }

    /// The database is gone; Tryton says so after 30 s.
    #[must_use]
    pub fn outage_after(ms: u64) -> Self {
        let body = r#"{"code":"unavailable","message":"couldn't get a connection"}"#;
        Self { delay_ms: ms, ..Self::reply(503, body, None) }
    }

    /// The database is gone; Odoo says so as a 404.
    #[must_use]
    pub fn no_database() -> Self {
        Self::reply(404, "<!DOCTYPE html>\n<title>404 Not Found</title>\n<p>No database is selected.</p>", None)
    }

    /// The token is not accepted, in HTML.
    #[must_use]
    pub fn unauthorized() -> Self {
        Self::reply(401, "<!doctype html><title>401 Unauthorized</title>", None)
    }

    /// Too many requests.
    #[must_use]
    pub fn throttled(seconds: u64) -> Self {
        Self::reply(429, r#"{"code":"throttled","message":"Too many requests."}"#, Some(seconds))
    }

    /// The work is done and the answer is a login page with status 200.
    #[must_use]
    pub fn garbage_after_commit() -> Self {
        Self { commit: Commit::Yes, ..Self::reply(200, "<html><body>Please log in</body></html>", None) }
    }

    /// The same, and the work is not done.
    #[must_use]
    pub fn garbage() -> Self {
        Self { commit: Commit::No, ..Self::garbage_after_commit() }
    }

    /// The faults by name, for the command line and for tests that go through all of them.
    #[must_use]
    pub fn all() -> Vec<(&'static str, Self)> {
        vec![
            ("timeout_after_commit", Self::timeout_after_commit()),
            ("late_commit", Self::late_commit(2_000)),
            ("hang", Self::hang()),
            ("drop_before_commit", Self::drop_before_commit()),
            ("drop_after_commit", Self::drop_after_commit()),
            ("truncated_answer", Self::truncated_answer()),
            ("rejected_500", Self::rejected_500()),
            ("foreign_json_500", Self::foreign_json_500()),
            ("html_500", Self::html_500()),
            ("bad_gateway_after_commit", Self::bad_gateway_after_commit()),
            ("half_done", Self::half_done()),
            ("contention", Self::contention()),
            ("outage", Self::outage_after(0)),
            ("no_database", Self::no_database()),
            ("unauthorized", Self::unauthorized()),
            ("throttled", Self::throttled(2)),
            ("garbage", Self::garbage()),
            ("garbage_after_commit", Self::garbage_after_commit()),
        ]
    }

    /// A fault by its name in [`Fault::all`].
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::all().into_iter().find(|(known, _)| *known == name).map(|(_, fault)| fault)
    }
}
