//! Answers, and how requests are read.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::store::error_object::ErrorObject;
use crate::store::php::json_encode;

/// A JSON answer as WordPress encodes it.
pub(super) struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

/// Query parameters.
pub(super) type Params = axum::extract::Query<BTreeMap<String, String>>;

impl Reply {
    pub(super) fn ok<T: Serialize + ?Sized>(value: &T) -> Self {
        Self::new(200, value)
    }

    pub(super) fn new<T: Serialize + ?Sized>(status: u16, value: &T) -> Self {
        Self { status, headers: Vec::new(), body: json_encode(value) }
    }

    /// An error object; its `data.status` is the answer's.
    pub(super) fn error(status: u16, code: &str, message: &str) -> Self {
        Self::new(status, &ErrorObject::new(status, code, message))
    }

    /// An error whose status WooCommerce put in the wrong place, so that WordPress answers 500.
    pub(super) fn misplaced_error(status: u16, code: &str, message: &str) -> Self {
        Self::new(500, &ErrorObject::misplaced(status, code, message))
    }

    pub(super) fn invalid_param(name: &str, reason: &str) -> Self {
        let data = json!({"status": 400, "params": {name: reason}});
        let message = format!("Invalid parameter(s): {name}");
        Self::new(400, &json!({"code": "rest_invalid_param", "message": message, "data": data}))
    }

    pub(super) fn no_order() -> Self {
        Self::error(404, "woocommerce_rest_shop_order_invalid_id", "Invalid ID.")
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response<Body> {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=UTF-8"));
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        response
    }
}

/// The page a list request asks for.
pub(super) struct Page {
    number: usize,
    size: usize,
}

impl Page {
    pub(super) fn of(params: &Params) -> Result<Self, Reply> {
        let read = |name: &str, default: usize, most: usize| match params.get(name).map(|n| n.parse::<usize>()) {
            None => Ok(default),
            Some(Ok(n)) if (1..=most).contains(&n) => Ok(n),
            Some(_) => Err(Reply::invalid_param(name, &format!("{name} must be between 1 (inclusive) and {most} (inclusive)"))),
        };
        Ok(Self { number: read("page", 1, usize::MAX)?, size: read("per_page", 10, 100)? })
    }

    /// This page of `items`, with the totals in the headers.
    pub(super) fn reply<T, V: Serialize>(&self, items: &[T], view: impl FnMut(&T) -> V) -> Reply {
        let start = (self.number - 1).saturating_mul(self.size);
        let page: Vec<V> = items.iter().skip(start).take(self.size).map(view).collect();
        let mut reply = Reply::ok(&page);
        reply.headers.push(("x-wp-total", items.len().to_string()));
        reply.headers.push(("x-wp-totalpages", items.len().div_ceil(self.size).to_string()));
        reply
    }
}

/// Reads a JSON body.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Reply> {
    serde_json::from_slice(body).map_err(|_| Reply::error(400, "rest_invalid_json", "Invalid JSON body passed."))
}
