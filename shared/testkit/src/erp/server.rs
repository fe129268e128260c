//! Requests and their answers, misbehaviour included.
#![allow(clippy::disallowed_methods, reason = "an ERP takes its time")]

use std::net::SocketAddr;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Query;
use axum::http::header::AUTHORIZATION;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use tokio::time::{Duration, sleep};
use tower::ServiceExt;

use super::handler::Call;
use super::op::route;
use super::reply::{Refusal, Reply, response};
use super::{Commit, Fault, Shared, Then, admin, lock};
use crate::listener::Listener;

/// Longest request read, in bytes.
const LONGEST: usize = 4 << 20;

/// The connection is to be closed without an answer.
#[derive(Debug)]
struct HangUp;

impl std::fmt::Display for HangUp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("hung up on purpose")
    }
}

impl std::error::Error for HangUp {}

/// What the client gets.
enum Outcome {
    Answer(Response<Body>),
    Silence,
    HangUp,
}

/// Listens.
pub(super) async fn start(address: SocketAddr, state: &Shared) -> std::io::Result<Listener> {
    let (admin, state) = (admin::router(state.clone()), state.clone());
    let connected = move || {
        let (state, admin) = (state.clone(), admin.clone());
        move |request| respond(state.clone(), admin.clone(), request)
    };
    Listener::start(address, connected).await
}

async fn respond(state: Shared, admin: Router, request: Request<Incoming>) -> Result<Response<Body>, HangUp> {
    let request = request.map(Body::new);
    if request.uri().path().starts_with("/_fake/") {
        return match admin.oneshot(request).await {
            Ok(response) => Ok(response),
            Err(never) => match never {},
        };
    }
    let (parts, body) = request.into_parts();
    let Some(routed) = route(&parts.method, parts.uri.path()) else {
        return Ok(response(404, "<!doctype html><title>404 Not Found</title>".to_owned(), None));
    };
    let body = to_bytes(body, LONGEST).await.map_err(|_| HangUp)?.to_vec();
    let query = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri).map(|Query(pairs)| pairs).unwrap_or_default();
    let token = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    // In a task of its own, because an ERP does not stop when its client hangs up.
    let working = tokio::spawn(serve(state, token, Call { routed, query, body }));
    match working.await {
        Ok(Outcome::Answer(response)) => Ok(response),
        Ok(Outcome::Silence) => std::future::pending().await,
        Ok(Outcome::HangUp) | Err(_) => Err(HangUp),
    }
}

/// Counts a request while it is worked on, also when the task is aborted.
struct UnderWay(Shared);

impl Drop for UnderWay {
    fn drop(&mut self) {
        lock(&self.0).counts.now -= 1;
    }
}

async fn serve(shared: Shared, authorization: String, call: Call) -> Outcome {
    let (fault, latency, _under_way) = {
        let mut state = lock(&shared);
        let op = call.routed.op;
        *state.counts.requests.entry(op).or_default() += 1;
        if authorization != format!("Bearer {}", state.token) {
            state.counts.refused += 1;
            return Outcome::Answer(Reply::from(Refusal::new(401, "unauthorized", "The token is not accepted.")).into_response());
        }
        state.counts.now += 1;
        state.counts.peak = state.counts.peak.max(state.counts.now);
        let under_way = UnderWay(shared.clone());
        let about = call.about(&state);
        let mut fault = state.choose(op, &about);
        let workers = state.knobs.workers;
        if fault.is_none() && workers > 0 && state.counts.now > workers {
            fault = Some(Fault::contention());
        }
        state.counts.faults += u64::from(fault.is_some());
        (fault, state.knobs.latency_ms, under_way)
    };
    sleep(Duration::from_millis(latency)).await;
    match fault {
        None => Outcome::Answer(lock(&shared).work(&call, false).into_response()),
        Some(fault) => misbehave(&shared, call, fault).await,
    }
}

async fn misbehave(shared: &Shared, call: Call, fault: Fault) -> Outcome {
    sleep(Duration::from_millis(fault.delay_ms)).await;
    let not_done: Reply = Refusal::new(500, "internal", "Nothing was done.").into();
    let answer = match fault.commit {
        Commit::No => not_done,
        Commit::Yes => lock(shared).work(&call, false),
        Commit::Half => lock(shared).work(&call, true),
        Commit::Late(ms) => {
            let shared = shared.clone();
            tokio::spawn(async move {
                sleep(Duration::from_millis(ms)).await;
                lock(&shared).work(&call, false);
            });
            not_done
        }
    };
    match fault.then {
        Then::Answer => Outcome::Answer(answer.into_response()),
        Then::AnswerAfter(ms) => {
            sleep(Duration::from_millis(ms)).await;
            Outcome::Answer(answer.into_response())
        }
        Then::Silence => Outcome::Silence,
        Then::Drop => Outcome::HangUp,
        Then::Truncate => Outcome::Answer(truncated(answer)),
        Then::Reply { status, body, retry_after } => Outcome::Answer(response(status, body, retry_after)),
    }
}

/// Half of the body, and then an error that makes the server close the connection.
fn truncated(answer: Reply) -> Response<Body> {
    use futures_util::stream::{self, StreamExt};

    let mut half = answer.body.to_string();
    let middle = half.floor_char_boundary(half.len() / 2);
    half.truncate(middle);
    let rest = async {
        // Lets the first half leave: the error discards what is still buffered.
        sleep(Duration::from_millis(20)).await;
        Err(std::io::Error::other(HangUp))
    };
    let body = Body::from_stream(stream::iter([Ok(half)]).chain(stream::once(rest)));
    let (parts, _) = answer.into_response().into_parts();
    Response::from_parts(parts, body)
}
