//! AWS on loopback, as far as the happy path needs it: real tables, and queues, bus and secrets that take and give at once. It keeps
//! what was sent, so that the bench can play the event sources, and counts everything.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, Response};
use axum::serve::ListenerExt;
use dynoxide::Database;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::calls::{Call, Units};
use super::tables;

/// A running AWS. Clones are the same one.
#[derive(Clone)]
pub struct Aws {
    address: SocketAddr,
    state: Arc<Mutex<State_>>,
}

#[derive(Default)]
struct State_ {
    database: Option<Database>,
    secrets: Vec<(String, String)>,
    seen: Seen,
}

/// What happened since it was last asked.
#[derive(Default)]
pub struct Seen {
    /// Requests, in order.
    pub calls: Vec<Call>,
    /// Messages sent to queues: the queue's address and the text.
    pub messages: Vec<(String, String)>,
    /// Entries put on the bus.
    pub facts: usize,
    /// New images of order records.
    pub changed: Vec<Value>,
    /// How long its answers took.
    pub busy: Duration,
}

impl Aws {
    /// Starts it on a free port, with these secrets by name.
    pub async fn start(secrets: Vec<(String, String)>) -> Self {
        let state = State_ { database: Some(Database::memory().expect("a database")), secrets, seen: Seen::default() };
        let state = Arc::new(Mutex::new(state));
        let app = Router::new().fallback(serve).with_state(state.clone());
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let listener = listener.tap_io(|stream| stream.set_nodelay(true).expect("a socket"));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Aws { address, state }
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What happened since this was last called.
    pub fn take(&self) -> Seen {
        std::mem::take(&mut lock(&self.state).seen)
    }
}

fn lock(state: &Mutex<State_>) -> MutexGuard<'_, State_> {
    state.lock().expect("no request panicked")
}

async fn serve(State(state): State<Arc<Mutex<State_>>>, headers: HeaderMap, body: String) -> Response<String> {
    let started = Instant::now();
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let (_, operation) = target.split_once('.').expect("a request of the JSON protocol");
    let request: Value = serde_json::from_str(&body).expect("JSON");
    let mut state = lock(&state);
    let (status, answer) = if target.starts_with("DynamoDB_") {
        let answer = tables::answer(state.database.as_ref().expect("it is there"), operation, request);
        state.seen.calls.push(answer.call);
        state.seen.changed.extend(answer.changed);
        (answer.status, answer.body)
    } else {
        state.seen.calls.push(Call { name: operation.to_owned(), units: Units::default() });
        (200, state.other(operation, &request))
    };
    let answer = answer.to_string();
    state.seen.busy += started.elapsed();
    let response = Response::builder().status(status).header("content-type", "application/x-amz-json-1.0");
    response.body(answer).expect("a response")
}

impl State_ {
    /// Services other than DynamoDB.
    fn other(&mut self, operation: &str, request: &Value) -> Value {
        let entries = request["Entries"].as_array().into_iter().flatten();
        match operation {
            "SendMessageBatch" => {
                let queue = request["QueueUrl"].as_str().expect("a queue");
                let text = |entry: &Value| entry["MessageBody"].as_str().expect("a text").to_owned();
                let taken = entries.clone().map(|entry| json!({"Id": entry["Id"], "MessageId": "m", "MD5OfMessageBody": "-"}));
                let taken: Vec<Value> = taken.collect();
                self.seen.messages.extend(entries.map(|entry| (queue.to_owned(), text(entry))));
                json!({"Successful": taken, "Failed": []})
            }
            "PutEvents" => {
                let ids: Vec<Value> = entries.map(|_| json!({"EventId": "e"})).collect();
                self.seen.facts += ids.len();
                json!({"FailedEntryCount": 0, "Entries": ids})
            }
            "GetSecretValue" => {
                let wanted = request["SecretId"].as_str().expect("a name");
                let (name, text) = self.secrets.iter().find(|(name, _)| name == wanted).expect("a secret of the bench");
                json!({"Name": name, "SecretString": text, "VersionId": "v"})
            }
            other => panic!("{other} is not expected on the happy path"),
        }
    }
}
