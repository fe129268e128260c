//! A webhook receiver that keeps what it gets and answers what it is told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use waybill_testkit::store::{FakeStore, FakeStoreConfig, NewWebhook};

/// What the webhooks of [`connected`] are signed with.
pub const SECRET: &str = "a test secret";

/// A delivery or ping.
#[derive(Debug, Clone)]
pub struct Received {
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

impl Received {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub fn topic(&self) -> &str {
        self.header("x-wc-webhook-topic")
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("a JSON body")
    }
}

#[derive(Default)]
struct Kept {
    status: u16,
    received: Vec<Received>,
}

#[derive(Clone)]
pub struct Receiver {
    pub url: String,
    kept: Arc<Mutex<Kept>>,
}

impl Receiver {
    pub async fn start() -> Self {
        let kept = Arc::new(Mutex::new(Kept { status: 200, received: Vec::new() }));
        let app = Router::new().fallback(take).with_state(Arc::clone(&kept));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/hooks", listener.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, kept }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn answer(&self, status: u16) {
        self.lock().status = status;
    }

    /// What came since the last call, pings left out.
    pub fn take(&self) -> Vec<Received> {
        let mut all = std::mem::take(&mut self.lock().received);
        all.retain(|received| !received.topic().is_empty());
        all
    }

    /// Everything that came since the last call.
    pub fn take_all(&self) -> Vec<Received> {
        std::mem::take(&mut self.lock().received)
    }
}

async fn take(State(kept): State<Arc<Mutex<Kept>>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let headers =
        headers.iter().map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())).collect();
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    kept.received.push(Received { headers, body: body.to_vec() });
    StatusCode::from_u16(kept.status).expect("a status")
}

/// A store whose three order webhooks go to the receiver, after its pings were answered.
pub async fn connected(config: FakeStoreConfig) -> (FakeStore, Receiver) {
    let receiver = Receiver::start().await;
    let webhooks = NewWebhook::for_orders(&receiver.url, SECRET);
    let store = FakeStore::start(FakeStoreConfig { webhooks, ..config }).await.expect("a store");
    store.idle().await;
    receiver.take_all();
    (store, receiver)
}
