//! A proxy before a server on this machine: it counts what passes, makes it slow, and cuts connections before or after the server did its work.
//!
//! It speaks HTTP/1.1 without TLS, one upstream connection for each request, and holds a whole answer before it passes it on.
#![allow(clippy::disallowed_methods, reason = "a network takes its time")]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::{Body, to_bytes};
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::http1 as client;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::{Duration, sleep};

use crate::listener::Listener;

/// Longest body passed on, in bytes.
const LONGEST: usize = 16 << 20;

/// Where a connection is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Before the server learns of the request.
    Before,
    /// After the server has done its work, before its answer.
    After,
}

#[derive(Default)]
struct State {
    latency: Duration,
    /// How many requests pass before the one that is cut.
    cut: Option<(usize, Cut)>,
    requests: Vec<String>,
    connections: usize,
}

/// A running proxy. Dropping it closes the port and every connection.
pub struct Proxy {
    listener: Listener,
    state: Arc<Mutex<State>>,
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Proxy {
    /// Starts one before the server at this address.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn before(upstream: SocketAddr) -> std::io::Result<Self> {
        let state = Arc::new(Mutex::new(State::default()));
        let shared = state.clone();
        let connected = move || {
            lock(&shared).connections += 1;
            let shared = shared.clone();
            move |request| pass(shared.clone(), upstream, request)
        };
        let listener = Listener::start(SocketAddr::from(([127, 0, 0, 1], 0)), connected).await?;
        Ok(Self { listener, state })
    }

    /// Where it listens: `http://127.0.0.1:<port>`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.listener.address())
    }

    /// Every request takes so much longer from now on.
    pub fn latency(&self, latency: Duration) {
        lock(&self.state).latency = latency;
    }

    /// Lets `passing` requests through and cuts the one after them, once.
    pub fn cut(&self, passing: usize, cut: Cut) {
        lock(&self.state).cut = Some((passing, cut));
    }

    /// Whether a cut that was asked for has not come yet.
    #[must_use]
    pub fn is_armed(&self) -> bool {
        lock(&self.state).cut.is_some()
    }

    /// What was asked since the last time: method and path, numbers as `#`, without the query.
    pub fn take_requests(&self) -> Vec<String> {
        std::mem::take(&mut lock(&self.state).requests)
    }

    /// Connections that clients opened so far.
    #[must_use]
    pub fn connections(&self) -> usize {
        lock(&self.state).connections
    }
}

/// Ids differ from run to run.
fn named(request: &Request<Incoming>) -> String {
    let digits =
        |part: &str| if part.bytes().all(|byte| byte.is_ascii_digit()) && !part.is_empty() { "#" } else { part }.to_owned();
    let path: Vec<String> = request.uri().path().split('/').map(digits).collect();
    format!("{} {}", request.method(), path.join("/"))
}

async fn pass(state: Arc<Mutex<State>>, upstream: SocketAddr, request: Request<Incoming>) -> std::io::Result<Response<Body>> {
    let (latency, cut) = {
        let mut state = lock(&state);
        state.requests.push(named(&request));
        let cut = match state.cut.take() {
            Some((0, cut)) => Some(cut),
            Some((passing, cut)) => {
                state.cut = Some((passing - 1, cut));
                None
            }
            None => None,
        };
        (state.latency, cut)
    };
    let hung_up = || std::io::Error::other("hung up on purpose");
    let (parts, body) = request.into_parts();
    let body = to_bytes(Body::new(body), LONGEST).await.map_err(std::io::Error::other)?;
    if cut == Some(Cut::Before) {
        return Err(hung_up());
    }
    sleep(latency).await;
    // In a task of its own: a server does not stop when its client hangs up.
    let answer =
        tokio::spawn(ask(upstream, Request::from_parts(parts, Body::from(body)))).await.map_err(std::io::Error::other)??;
    if cut == Some(Cut::After) {
        return Err(hung_up());
    }
    Ok(answer)
}

async fn ask(upstream: SocketAddr, request: Request<Body>) -> std::io::Result<Response<Body>> {
    let stream = TcpStream::connect(upstream).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = client::handshake(TokioIo::new(stream)).await.map_err(std::io::Error::other)?;
    let connection = tokio::spawn(connection);
    let answer = sender.send_request(request).await.map_err(std::io::Error::other)?;
    let (parts, body) = answer.into_parts();
    let body = to_bytes(Body::new(body), LONGEST).await.map_err(std::io::Error::other)?;
    connection.abort();
    Ok(Response::from_parts(parts, Body::from(body)))
}
