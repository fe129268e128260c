//! Why there is no answer, and what is known about the request.

use std::error::Error;

/// There is no complete answer. The three cases differ in what the server may have done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The request never left: the server has done nothing.
    #[error("not sent: {0}")]
    NotSent(Cause),
    /// The request was sent, at least in part, and no answer came: what the server did is unknown.
    #[error("no answer: {0}")]
    NoAnswer(Cause),
    /// An answer with this status began, and its body could not be read.
    #[error("broken answer with status {status}: {cause}")]
    Broken {
        /// The status of the answer.
        status: u16,
        /// What went wrong with the body.
        cause: Cause,
    },
}

/// What went wrong, as a code: never a text of the client or of the server, which may contain addresses with keys in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    /// The request could not be built: a header or body that is not valid.
    #[error("request_invalid")]
    Request,
    /// The host's name has no address.
    #[error("dns")]
    Dns,
    /// No connection: refused, unreachable, or a proxy said no.
    #[error("connect")]
    Connect,
    /// The TLS handshake failed: usually a certificate that is not trusted or has expired.
    #[error("tls")]
    Tls,
    /// It took longer than the configured time.
    #[error("timeout")]
    Timeout,
    /// The connection broke, or what came over it was not HTTP.
    #[error("connection_lost")]
    Lost,
    /// The answer is longer than the configured limit.
    #[error("answer_too_long")]
    TooLong,
}

impl Failure {
    /// Judges an error of a request that has no answer yet.
    pub(super) fn of(error: &reqwest::Error) -> Self {
        if error.is_builder() {
            return Self::NotSent(Cause::Request);
        }
        // Before the timeout: a connection that was not made in time carried nothing.
        if error.is_connect() {
            return Self::NotSent(if error.is_dns() {
                Cause::Dns
            } else if error.is_timeout() {
                Cause::Timeout
            } else if is_tls(error) {
                Cause::Tls
            } else {
                Cause::Connect
            });
        }
        Self::NoAnswer(if error.is_timeout() { Cause::Timeout } else { Cause::Lost })
    }

    /// What went wrong.
    #[must_use]
    pub fn cause(&self) -> Cause {
        match self {
            Self::NotSent(cause) | Self::NoAnswer(cause) | Self::Broken { cause, .. } => *cause,
        }
    }
}

fn is_tls(error: &reqwest::Error) -> bool {
    let mut next = error.source();
    while let Some(error) = next {
        if error.is::<rustls::Error>() {
            return true;
        }
        // An `io::Error` leaves what it wraps out of its `source`, and may wrap another one.
        next = match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        };
    }
    false
}
