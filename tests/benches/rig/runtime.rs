//! Lambda's Runtime API for one environment: the process asks for the next event, gets it, answers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{Response, StatusCode};
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// The server of one environment.
pub struct Runtime {
    address: SocketAddr,
    events: UnboundedSender<String>,
    said: UnboundedReceiver<Said>,
}

/// What the process said, and when.
enum Said {
    /// It asked for an event.
    Next(Instant),
    /// It answered one.
    Answer(Instant, String),
    /// It gave up.
    Error(String),
}

struct Shared {
    events: Mutex<UnboundedReceiver<String>>,
    said: UnboundedSender<Said>,
}

impl Runtime {
    /// Starts it on a free port.
    pub async fn start() -> Self {
        let (events, waiting) = unbounded_channel();
        let (say, said) = unbounded_channel();
        let shared = Arc::new(Shared { events: Mutex::new(waiting), said: say });
        let app = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(answer))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .route("/2018-06-01/runtime/init/error", post(init_error))
            .with_state(shared);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let listener = listener.tap_io(|stream| stream.set_nodelay(true).expect("a socket"));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Runtime { address, events, said }
    }

    /// For `AWS_LAMBDA_RUNTIME_API`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// When the process asked for its next event.
    pub async fn asked(&mut self) -> Instant {
        match self.said.recv().await {
            Some(Said::Next(at)) => at,
            Some(Said::Answer(..)) => panic!("an answer to no event"),
            Some(Said::Error(error)) => panic!("the function failed: {error}"),
            None => panic!("the server ended"),
        }
    }

    /// Gives the process an event; its answer, and how long that took. Ends when the process asks for more.
    pub async fn invoke(&mut self, event: &Value) -> (Value, Duration) {
        let started = Instant::now();
        self.events.send(event.to_string()).expect("the server runs");
        let (at, answer) = match self.said.recv().await {
            Some(Said::Answer(at, answer)) => (at, answer),
            Some(Said::Error(error)) => panic!("the function failed: {error}"),
            Some(Said::Next(_)) | None => panic!("no answer"),
        };
        self.asked().await;
        (serde_json::from_str(&answer).expect("an answer is JSON"), at.duration_since(started))
    }
}

async fn next(State(shared): State<Arc<Shared>>) -> Response<String> {
    let _ = shared.said.send(Said::Next(Instant::now()));
    let Some(event) = shared.events.lock().await.recv().await else { return std::future::pending().await };
    let deadline = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970") + Duration::from_secs(60);
    Response::builder()
        .header("content-type", "application/json")
        .header("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd")
        .header("lambda-runtime-deadline-ms", deadline.as_millis().to_string())
        .header("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:123456789012:function:bench")
        .header("lambda-runtime-trace-id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0")
        .body(event)
        .expect("a response")
}

async fn answer(State(shared): State<Arc<Shared>>, Path(_): Path<String>, body: String) -> StatusCode {
    let _ = shared.said.send(Said::Answer(Instant::now(), body));
    StatusCode::ACCEPTED
}

async fn error(State(shared): State<Arc<Shared>>, Path(_): Path<String>, body: String) -> StatusCode {
    let _ = shared.said.send(Said::Error(body));
    StatusCode::ACCEPTED
}

async fn init_error(State(shared): State<Arc<Shared>>, body: String) -> StatusCode {
    let _ = shared.said.send(Said::Error(body));
    StatusCode::ACCEPTED
}
