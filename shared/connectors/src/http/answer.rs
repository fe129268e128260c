//! A complete answer, read with a limit.

use std::time::Duration;

use reqwest::Response;
use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap, HeaderName, RETRY_AFTER};
use serde::de::DeserializeOwned;

use super::{Cause, Failure};

/// No server gets to stop us for longer than this by one header.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);

/// An answer with its whole body. The body is the other side's: nothing in it is believed before it is parsed, and it has no
/// `Debug`, because it may hold personal data.
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    pub(super) async fn read(mut response: Response, limit: usize) -> Result<Self, Failure> {
        let status = response.status().as_u16();
        let too_long = Failure::Broken { status, cause: Cause::TooLong };
        if response.content_length().is_some_and(|length| length > limit as u64) {
            return Err(too_long);
        }
        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() > limit => return Err(too_long),
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Ok(None) => break,
                Err(error) => {
                    let cause = if error.is_timeout() { Cause::Timeout } else { Cause::Lost };
                    return Err(Failure::Broken { status, cause });
                }
            }
        }
        Ok(Self { status, headers: response.headers().clone(), body })
    }

    /// Whether the status is 200 to 299.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body as it came.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The body as JSON, whatever the content type claims. `None` when it is not JSON or does not fit `T`: the parser's own
    /// message is dropped, because it may quote the body.
    #[must_use]
    pub fn json<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The value of a header, when it is text.
    #[must_use]
    pub fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Whether the content type says JSON (`application/json` or `…+json`).
    #[must_use]
    pub fn claims_json(&self) -> bool {
        self.header(&CONTENT_TYPE).is_some_and(|value| {
            let kind = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
            kind == "application/json" || kind.ends_with("+json")
        })
    }

    /// How long the server asks to be left alone, at most an hour. A date is taken relative to the server's own `Date`, so
    /// neither clock matters.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        let value = self.header(&RETRY_AFTER)?.trim();
        if let Ok(seconds) = value.parse::<u64>() {
            return Some(Duration::from_secs(seconds).min(LONGEST_WAIT));
        }
        let until = jiff::fmt::rfc2822::parse(value).ok()?.timestamp();
        let now = jiff::fmt::rfc2822::parse(self.header(&DATE)?).ok()?.timestamp();
        let wait = Duration::try_from(until.duration_since(now)).unwrap_or_default();
        Some(wait.min(LONGEST_WAIT))
    }
}
