//! Before every answer: counting, latency, faults, and the key.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use axum::middleware::Next;
use axum::response::IntoResponse;
use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::reply::Reply;
use crate::store::config::RestFault;
use crate::store::state::Shared;

const HTML: &str = "<!DOCTYPE html><html><head><title>Error</title></head><body><p>There has been a critical error on this website.</p></body></html>";

/// Counts, waits, and answers with the fault that is set.
pub(super) async fn faults(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response<Body> {
    let (latency, fault, date) = {
        let mut inner = shared.lock();
        inner.log.counts.rest_requests += 1;
        let spared = inner.knobs.rest_fault_spares_reads && request.method() == Method::GET;
        let fault = inner.knobs.rest_fault.filter(|_| !spared);
        if fault.is_some()
            && let Some(times) = &mut inner.knobs.rest_fault_times
        {
            *times = times.saturating_sub(1);
            if *times == 0 {
                inner.knobs.rest_fault_times = None;
                inner.knobs.rest_fault = None;
            }
        }
        let date = inner.now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        (inner.knobs.rest_latency, fault, date)
    };
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    let mut response = answer(fault, request, next).await;
    if let Ok(date) = HeaderValue::try_from(date) {
        response.headers_mut().insert(header::DATE, date);
    }
    response
}

async fn answer(fault: Option<RestFault>, request: Request, next: Next) -> Response<Body> {
    match fault {
        None => next.run(request).await,
        Some(RestFault::Unauthorized) => unknown_key().into_response(),
        Some(RestFault::Forbidden) => {
            Reply::error(403, "woocommerce_rest_cannot_view", "Sorry, you cannot view this resource.").into_response()
        }
        Some(RestFault::Status(status)) => {
            Reply::error(status, "internal_server_error", "There has been a critical error on this website.").into_response()
        }
        Some(RestFault::Html(status)) => raw(status, "text/html; charset=UTF-8", HTML.into()),
        Some(RestFault::Garbage) => raw(200, "application/json; charset=UTF-8", "\u{feff}<b>Notice</b>: {\"id\":".into()),
        Some(RestFault::Truncated) => {
            let response = next.run(request).await;
            let whole = to_bytes(response.into_body(), usize::MAX).await.unwrap_or_default();
            raw(200, "application/json; charset=UTF-8", whole[..whole.len() / 2].to_vec())
        }
        Some(RestFault::Redirect) => {
            let mut response = raw(302, "text/html; charset=UTF-8", HTML.into());
            response.headers_mut().insert(header::LOCATION, HeaderValue::from_static("/wp-login.php"));
            response
        }
        Some(RestFault::NoAnswer) => {
            next.run(request).await;
            std::future::pending().await
        }
        Some(RestFault::Cut) => cut(),
        Some(RestFault::CutAfterWork) => {
            next.run(request).await;
            cut()
        }
        Some(RestFault::HtmlAfterWork(status)) => {
            next.run(request).await;
            raw(status, "text/html; charset=UTF-8", HTML.into())
        }
        Some(RestFault::Busy(status, seconds)) => {
            let mut response = raw(status, "text/html; charset=UTF-8", HTML.into());
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            response
        }
    }
}

/// An answer whose body fails at once: the connection is closed in the middle of it.
fn cut() -> Response<Body> {
    let broken = futures_util::stream::once(std::future::ready(Err::<Vec<u8>, _>(std::io::Error::other("cut on purpose"))));
    Response::new(Body::from_stream(broken))
}

fn raw(status: u16, content_type: &'static str, body: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// Lets requests with the key pass: basic auth, or the two as query parameters.
pub(super) async fn key(
    State(shared): State<Arc<Shared>>,
    Query(query): Query<BTreeMap<String, String>>,
    request: Request,
    next: Next,
) -> Response<Body> {
    let given =
        basic(request.headers()).or_else(|| Some((query.get("consumer_key")?.clone(), query.get("consumer_secret")?.clone())));
    let Some((key, secret)) = given else {
        return Reply::error(401, "woocommerce_rest_cannot_view", "Sorry, you cannot list resources.").into_response();
    };
    let (known, may) = {
        let inner = shared.lock();
        let known = (inner.config.consumer_key == key, inner.config.consumer_secret == secret);
        (known, request.method() == Method::GET || !inner.knobs.key_reads_only)
    };
    match known {
        (true, true) if !may => {
            let message = "The API key provided does not have write permissions.";
            Reply::error(401, "woocommerce_rest_authentication_error", message).into_response()
        }
        (true, true) => next.run(request).await,
        (true, false) => {
            Reply::error(401, "woocommerce_rest_authentication_error", "Consumer secret is invalid.").into_response()
        }
        (false, _) => unknown_key().into_response(),
    }
}

fn unknown_key() -> Reply {
    Reply::error(401, "woocommerce_rest_authentication_error", "Consumer key is invalid.")
}

fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let decoded = STANDARD.decode(value.strip_prefix("Basic ")?).ok()?;
    let (key, secret) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some((key.to_owned(), secret.to_owned()))
}
