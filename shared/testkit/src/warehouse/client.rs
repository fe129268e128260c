//! The half of a warehouse that speaks to Waybill's own API: what it reports, and what it asks.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::sign::{CLIENT, SIGNATURE, TIMESTAMP, signature};
use crate::store::post;

/// The first request to a function may have to wait until it has started.
const TIMEOUT: Duration = Duration::from_secs(30);

/// What Waybill answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// HTTP status.
    pub status: u16,
    /// The body; `null` if it is no JSON.
    pub body: Value,
}

/// A client of Waybill's API.
#[derive(Debug)]
pub struct WarehouseClient {
    base_url: String,
    slug: String,
    secret: String,
    /// Each signature is accepted once, so none is used twice.
    used: Mutex<HashSet<String>>,
}

impl WarehouseClient {
    /// `base_url` is the API's address up to `/v1`, `http` on this machine; slug and secret are those of `waybill client add`.
    #[must_use]
    pub fn new(base_url: &str, slug: &str, secret: &str) -> Self {
        Self {
            base_url: base_url.trim_end_matches('/').to_owned(),
            slug: slug.to_owned(),
            secret: secret.to_owned(),
            used: Mutex::default(),
        }
    }

    /// Reports a shipment of one of the store's orders.
    ///
    /// # Errors
    /// A short reason, when there is no answer.
    pub async fn report_shipment(&self, store: &str, shipment: &Value) -> Result<Answered, String> {
        self.post(&format!("/v1/shipments/{store}"), shipment).await
    }

    /// Reports a return, or a refund, of one of the store's orders.
    ///
    /// # Errors
    /// A short reason, when there is no answer.
    pub async fn report_return(&self, store: &str, returned: &Value) -> Result<Answered, String> {
        self.post(&format!("/v1/returns/{store}"), returned).await
    }

    /// Reads what is to be shipped, with the address.
    ///
    /// # Errors
    /// A short reason, when there is no answer.
    pub async fn fulfilment(&self, id: &str) -> Result<Answered, String> {
        self.send("GET", &format!("/v1/fulfilments/{id}"), b"").await
    }

    /// Says that a fulfilment is blocked, or no longer.
    ///
    /// # Errors
    /// A short reason, when there is no answer.
    pub async fn report_fulfilment(&self, id: &str, status: &Value) -> Result<Answered, String> {
        self.post(&format!("/v1/fulfilments/{id}"), status).await
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Answered, String> {
        self.send("POST", path, body.to_string().as_bytes()).await
    }

    /// Signs and sends any request; `path` begins with `/v1`.
    ///
    /// # Errors
    /// A short reason, when there is no answer.
    pub async fn send(&self, method: &str, path: &str, body: &[u8]) -> Result<Answered, String> {
        let (timestamp, signature) = self.sign(method, path, body);
        self.send_signed(method, path, body, timestamp, &signature).await
    }

    /// Sends a request with this time and signature, right or wrong, used or not.
    ///
    /// # Errors
    /// A short reason, when there is no answer.
    pub async fn send_signed(
        &self,
        method: &str,
        path: &str,
        body: &[u8],
        timestamp: i64,
        signature: &str,
    ) -> Result<Answered, String> {
        let timestamp = timestamp.to_string();
        let headers = [
            (CLIENT, self.slug.as_str()),
            (TIMESTAMP, timestamp.as_str()),
            (SIGNATURE, signature),
            ("Content-Type", "application/json"),
        ];
        let url = format!("{}{path}", self.base_url);
        let answered = post::request(method, &url, &headers, body, TIMEOUT).await?;
        Ok(Answered { status: answered.status, body: serde_json::from_slice(&answered.body).unwrap_or_default() })
    }

    /// A time and a signature that were not used before: the same request within a second is signed as if a second earlier.
    #[must_use]
    pub fn sign(&self, method: &str, path: &str, body: &[u8]) -> (i64, String) {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let mut timestamp = Timestamp::now().as_second();
        loop {
            let signature = signature(&self.secret, timestamp, method, path, body);
            if used.insert(signature.clone()) {
                return (timestamp, signature);
            }
            timestamp -= 1;
        }
    }
}
