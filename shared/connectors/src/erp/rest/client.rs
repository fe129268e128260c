//! Sends a request and judges the answer. The only place that knows the token.

use reqwest::Method;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use serde::Serialize;
use serde::de::DeserializeOwned;
use waybill_domain::ErpConfig;
use waybill_workflow::CallError;

use super::error::Verdict;
use crate::erp::connection;
use crate::http::Http;

/// One request. Whatever is not a `GET` changes something in the ERP.
pub(super) struct Call<'a> {
    /// What it is about, for reasons: `POST order`.
    pub(super) about: &'static str,
    method: Method,
    /// The code of the refusal when the ERP does not offer this, or not any more for this document. `None`: every ERP has to offer it.
    pub(super) cannot: Option<&'static str>,
    path: Vec<&'a str>,
    query: Vec<(&'static str, String)>,
    /// `None` when it could not be written as JSON.
    body: Option<Vec<u8>>,
}

impl<'a> Call<'a> {
    pub(super) fn read(about: &'static str, path: &[&'a str]) -> Self {
        Self { about, method: Method::GET, cannot: None, path: path.to_vec(), query: Vec::new(), body: None }
    }

    pub(super) fn post(about: &'static str, path: &[&'a str], body: &impl Serialize) -> Self {
        Self { method: Method::POST, body: serde_json::to_vec(body).ok(), ..Self::read(about, path) }
    }

    pub(super) fn put(about: &'static str, path: &[&'a str], body: &impl Serialize) -> Self {
        Self { method: Method::PUT, ..Self::post(about, path, body) }
    }

    /// An ERP may leave this operation out, or say that it is too late for it: that is refused with this code.
    pub(super) fn optional(mut self, cannot: &'static str) -> Self {
        self.cannot = Some(cannot);
        self
    }

    pub(super) fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    /// The outcome is unknown: looked up before anything is sent again.
    pub(super) fn unknown(&self, reason: &str) -> CallError {
        CallError::Unknown { reason: self.reason(reason) }
    }

    /// The ERP cannot be used as it is.
    pub(super) fn down(&self, reason: &str) -> CallError {
        CallError::Down { reason: self.reason(reason) }
    }

    pub(super) fn is_write(&self) -> bool {
        self.method != Method::GET
    }

    /// Never with content: what was asked, and a reason in our own words.
    pub(super) fn reason(&self, reason: &str) -> String {
        format!("{} {}: {reason}", self.method, self.about)
    }
}

#[derive(Clone)]
pub(super) struct Client {
    http: Http,
    authorization: HeaderValue,
}

impl Client {
    pub(super) fn new(config: &ErpConfig, token: &str) -> Result<Self, CallError> {
        Ok(Self { http: connection::http(config)?, authorization: connection::bearer(token)? })
    }

    /// The body of a good answer; anything else is a [`Verdict`].
    pub(super) async fn call<T: DeserializeOwned>(&self, call: &Call<'_>) -> Result<T, Verdict> {
        let mut request = self.http.request(call.method.clone(), &call.path);
        request = request.header(AUTHORIZATION, self.authorization.clone()).query(&call.query);
        if call.is_write() {
            let Some(body) = call.body.clone() else { return Err(Verdict::NotJson) };
            request = request.header(reqwest::header::CONTENT_TYPE, "application/json").body(body);
        }
        let answer = self.http.send(request).await.map_err(Verdict::NoAnswer)?;
        if answer.is_success() {
            return answer.json().ok_or(Verdict::Unreadable { status: answer.status });
        }
        Err(Verdict::judge(answer))
    }
}
