//! A service that gives the answers it was told to give, one after the other, and remembers what it was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// A request: the operation's name, its body, and who signed it for which region.
#[derive(Debug, Clone)]
pub struct Request {
    pub operation: String,
    pub body: Value,
    pub authorization: String,
}

/// Makes an answer from all requests so far, the last of which it is for.
pub type Answer = Box<dyn Fn(&[Request]) -> (u16, Value) + Send>;

#[derive(Default)]
struct Inner {
    answers: VecDeque<Answer>,
    otherwise: Option<Answer>,
    requests: Vec<Request>,
}

/// The service.
#[derive(Clone)]
pub struct Canned {
    inner: Arc<Mutex<Inner>>,
    pub endpoint: String,
    pub config: SdkConfig,
}

impl Canned {
    /// A service with these answers. A request beyond them is answered with an error that is not tried again.
    pub async fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        let inner = Arc::new(Mutex::new(Inner { answers: answers.into_iter().collect(), ..Inner::default() }));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = Router::new().fallback(answer).with_state(inner.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        let endpoint = format!("http://{address}");
        Canned { inner, config: config(&endpoint), endpoint }
    }

    /// A service that always gives this answer.
    pub async fn always(answer: Answer) -> Self {
        let canned = Self::new([]).await;
        canned.inner.lock().unwrap().otherwise = Some(answer);
        canned
    }

    /// The requests so far. Every answer must have been used.
    pub fn requests(&self) -> Vec<Request> {
        let inner = self.inner.lock().unwrap();
        assert_eq!(inner.answers.len(), 0, "answers that nobody asked for; asked: {:#?}", inner.requests);
        inner.requests.clone()
    }
}

/// The configuration of the functions, but for the pauses between attempts.
fn config(endpoint: &str) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .endpoint_url(endpoint)
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::for_tests()))
        .http_client(waybill_aws::client::http_client())
        .retry_config(RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(1)))
        .build()
}

/// A configuration whose endpoint nobody listens on.
pub async fn nobody() -> SdkConfig {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    config(&format!("http://{}", listener.local_addr().unwrap()))
}

async fn answer(State(inner): State<Arc<Mutex<Inner>>>, headers: HeaderMap, body: Bytes) -> (StatusCode, String) {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let operation = header("x-amz-target").rsplit('.').next().unwrap_or_default().to_owned();
    let authorization = header("authorization");
    let mut inner = inner.lock().unwrap();
    inner.requests.push(Request { operation, body: serde_json::from_slice(&body).unwrap_or_default(), authorization });
    let next = inner.answers.pop_front();
    let (status, body) = match next.as_ref().or(inner.otherwise.as_ref()) {
        Some(answer) => answer(&inner.requests),
        None => (400, json!({ "__type": "NoAnswerWasPlanned" })),
    };
    (StatusCode::from_u16(status).unwrap(), body.to_string())
}

/// An answer that it was done.
pub fn ok(body: Value) -> Answer {
    Box::new(move |_| (200, body.clone()))
}

/// An error with this code, and a message that quotes what was sent, as services do.
pub fn error(status: u16, code: &'static str) -> Answer {
    Box::new(move |requests| {
        let sent = requests.last().map(|request| request.body.to_string());
        (status, json!({ "__type": code, "message": format!("cannot process {sent:?}") }))
    })
}

/// The request was carried out, and the answer was lost behind a server error.
pub fn lost() -> Answer {
    error(500, "InternalServerError")
}
