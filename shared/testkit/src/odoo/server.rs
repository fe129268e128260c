//! Requests and their answers, misbehaviour included.
#![allow(clippy::disallowed_methods, reason = "an ERP takes its time")]

use std::net::SocketAddr;

use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{Request, Response};
use futures_util::stream::{self, StreamExt};
use hyper::body::Incoming;
use tokio::time::{Duration, sleep};

use super::calls::Asked;
use super::gate::{self, Reply, Way};
use super::{Shared, lock};
use crate::erp::{Commit, Fault, Then};
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

fn hang_up() -> std::io::Error {
    std::io::Error::other("hung up on purpose")
}

async fn respond(state: Shared, request: Request<Incoming>) -> Result<Response<Body>, std::io::Error> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(Body::new(body), LONGEST).await.map_err(|_| hang_up())?;
    let (latency, understood) = {
        let state = lock(&state);
        let understood = if state.knobs.no_database {
            gate::Request::Known(Reply::no_database())
        } else {
            gate::understand(&state, parts.method.as_str(), parts.uri.path(), &parts.headers, &body)
        };
        (state.knobs.latency_ms, understood)
    };
    sleep(Duration::from_millis(latency)).await;
    let (asked, way) = match understood {
        gate::Request::Known(reply) => return Ok(response(reply, None)),
        gate::Request::Call(asked, way) => (asked, way),
    };
    let fault = lock(&state).noted(&asked);
    // In a task of its own, because an ERP does not stop when its client hangs up.
    match tokio::spawn(serve(state, asked, way, fault)).await {
        Ok(Some(response)) => response,
        _ => Err(hang_up()),
    }
}

/// `None`: nothing is ever answered.
async fn serve(
    state: Shared,
    asked: Box<Asked>,
    way: Way,
    fault: Option<Fault>,
) -> Option<Result<Response<Body>, std::io::Error>> {
    let Some(fault) = fault else {
        let reply = gate::answer(&mut lock(&state), &asked, way);
        return Some(Ok(response(reply, None)));
    };
    sleep(Duration::from_millis(fault.delay_ms)).await;
    let reply = match fault.commit {
        Commit::No => Reply { status: 500, body: "<!doctype html><title>500</title>".to_owned() },
        Commit::Yes | Commit::Half => gate::answer(&mut lock(&state), &asked, way),
        Commit::Late(ms) => {
            let state = state.clone();
            tokio::spawn(async move {
                sleep(Duration::from_millis(ms)).await;
                gate::answer(&mut lock(&state), &asked, way);
            });
            Reply { status: 500, body: String::new() }
        }
    };
    match fault.then {
        Then::Answer => Some(Ok(response(reply, None))),
        Then::AnswerAfter(ms) => {
            sleep(Duration::from_millis(ms)).await;
            Some(Ok(response(reply, None)))
        }
        Then::Silence => std::future::pending().await,
        Then::Drop => Some(Err(hang_up())),
        Then::Truncate => Some(Ok(truncated(reply))),
        Then::Reply { status, body, retry_after } => Some(Ok(response(Reply { status, body }, retry_after))),
    }
}

fn response(reply: Reply, retry_after: Option<u64>) -> Response<Body> {
    // Every answer of the API is JSON, `true` and `[]` included; what is HTML begins with a bracket.
    let kind = if reply.body.starts_with('<') { "text/html; charset=utf-8" } else { "application/json; charset=utf-8" };
    let mut builder = Response::builder().status(reply.status).header(CONTENT_TYPE, kind);
    if let Some(seconds) = retry_after {
        builder = builder.header(RETRY_AFTER, seconds);
    }
    builder.body(Body::from(reply.body)).unwrap_or_default()
}

/// Half of the body, and then an error that makes the server close the connection.
fn truncated(reply: Reply) -> Response<Body> {
    let mut half = reply.body;
    half.truncate(half.floor_char_boundary(half.len() / 2));
    let rest = async {
        // Lets the first half leave: the error discards what is still buffered.
        sleep(Duration::from_millis(20)).await;
        Err(hang_up())
    };
    let mut response = Response::new(Body::from_stream(stream::iter([Ok(half)]).chain(stream::once(rest))));
    response.headers_mut().insert(CONTENT_TYPE, axum::http::HeaderValue::from_static("application/json"));
    response
}
