//! Requests and their answers, misbehaviour included.

use std::convert::Infallible;
use std::net::SocketAddr;

use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_TYPE, LOCATION, RETRY_AFTER};
use axum::http::{Request, Response};
use futures_util::stream::{self, StreamExt as _};
use hyper::body::Incoming;

use super::receive::Reply;
use super::{PATH, Shared, Then, lock};
use crate::listener::Listener;

/// Longest request read, in bytes.
const LONGEST: usize = 4 << 20;

/// Listens.
pub(super) async fn start(address: SocketAddr, state: &Shared) -> std::io::Result<Listener> {
    let state = state.clone();
    let connected = move || {
        let state = state.clone();
        move |request| respond(state.clone(), request)
    };
    Listener::start(address, connected).await
}

/// The connection is to be closed: without an answer, or in the middle of one.
fn hang_up() -> std::io::Error {
    std::io::Error::other("hung up on purpose")
}

async fn respond(state: Shared, request: Request<Incoming>) -> Result<Response<Body>, std::io::Error> {
    let (parts, body) = request.into_parts();
    if parts.method != "POST" || parts.uri.path() != PATH {
        let status = if parts.uri.path() == PATH { 405 } else { 404 };
        return Ok(response(status, String::new(), None));
    }
    let body = to_bytes(Body::new(body), LONGEST).await.map_err(|_| hang_up())?;
    let (fault, reply) = {
        let mut state = lock(&state);
        state.counts.requests += 1;
        let fault = state.script.pop_front().or_else(|| state.standing.clone());
        state.counts.faults += u64::from(fault.is_some());
        let works = fault.as_ref().is_none_or(|fault| fault.taken);
        let reply = works.then(|| state.receive(&parts.headers, &body));
        (fault, reply)
    };
    match (fault.map(|fault| fault.then), reply) {
        (Some(Then::Silence), _) => std::future::pending().await,
        (Some(Then::Truncate), _) => Ok(truncated()),
        (Some(Then::Reply { status, body, retry_after }), _) => Ok(response(status, body, retry_after)),
        (None, Some(Reply { status, body })) => Ok(response(status, body, None)),
        (Some(Then::Drop), _) | (None, None) => Err(hang_up()),
    }
}

fn response(status: u16, body: String, retry_after: Option<String>) -> Response<Body> {
    let kind = if body.starts_with('{') { "application/json" } else { "text/html; charset=utf-8" };
    let mut response = Response::builder().status(status).header(CONTENT_TYPE, kind);
    if let Some(retry_after) = retry_after {
        response = response.header(RETRY_AFTER, retry_after);
    }
    if (300..400).contains(&status) {
        response = response.header(LOCATION, "https://elsewhere.example/login");
    }
    response.body(Body::from(body)).expect("the parts of a response are valid")
}

/// Half of a body, and then an error that makes the server close the connection.
fn truncated() -> Response<Body> {
    let half = stream::once(async { Ok::<_, Infallible>("{\"result\":\"ta") }).map(|half| half.map_err(|never| match never {}));
    let rest = stream::once(async {
        // Lets the first half leave: the error discards what is still buffered.
        tokio::time::sleep(tokio::time::Duration::from_millis(20)).await;
        Err(hang_up())
    });
    Response::new(Body::from_stream(half.chain(rest)))
}
