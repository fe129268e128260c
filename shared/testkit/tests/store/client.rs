//! A REST client for the tests.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;
use waybill_testkit::store::post::{Answered, request};
use waybill_testkit::store::{FakeStore, FakeStoreConfig};

/// Sends a request with this key and returns the raw answer.
pub async fn send(store: &FakeStore, key: &str, method: &str, path: &str, body: &str) -> Answered {
    let login = format!("Basic {}", STANDARD.encode(key));
    let headers = [("Authorization", login.as_str()), ("Content-Type", "application/json")];
    let url = format!("{}{path}", store.url());
    request(method, &url, &headers, body.as_bytes(), Duration::from_secs(5)).await.expect("an answer")
}

/// Sends a request with the right key; status and JSON.
pub async fn call(store: &FakeStore, method: &str, path: &str, body: &str) -> (u16, Value) {
    let config = FakeStoreConfig::default();
    let key = format!("{}:{}", config.consumer_key, config.consumer_secret);
    let answered = send(store, &key, method, &format!("/wp-json/wc/v3{path}"), body).await;
    (answered.status, serde_json::from_slice(&answered.body).expect("JSON"))
}

/// GET with the right key; the answer has to be 200.
pub async fn get(store: &FakeStore, path: &str) -> Value {
    let (status, json) = call(store, "GET", path, "").await;
    assert_eq!(status, 200, "{json}");
    json
}
