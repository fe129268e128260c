//! Answers of the contract, before they become HTTP.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

/// An answer.
#[derive(Clone)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Value,
}

/// The ERP says no, by the contract.
pub(super) struct Refusal {
    status: u16,
    code: &'static str,
    message: String,
    existing: Option<Value>,
}

impl Refusal {
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), existing: None }
    }

    /// The reference is taken.
    pub(super) fn duplicate(existing: Value) -> Self {
        let refusal = Self::new(409, "duplicate_reference", "There is one with this reference.");
        Self { existing: Some(existing), ..refusal }
    }
}

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Self {
        let mut body = json!({ "code": refusal.code, "message": refusal.message });
        if let (Some(existing), Some(object)) = (refusal.existing, body.as_object_mut()) {
            object.insert("existing".to_owned(), existing);
        }
        Self { status: refusal.status, body }
    }
}

impl Reply {
    pub(super) fn into_response(self) -> Response<Body> {
        response(self.status, self.body.to_string(), None)
    }
}

/// An HTTP answer; JSON if it looks like it.
pub(super) fn response(status: u16, body: String, retry_after: Option<u64>) -> Response<Body> {
    let kind = if body.starts_with(['{', '[']) { "application/json" } else { "text/html; charset=utf-8" };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
