//! Tells warehouses what to ship: the contract of `docs/warehouse-push.openapi.yaml`, from the sending side.
//!
//! `wire` has the body as it is on the line, `error` decides what an answer proves. A push may be repeated without harm, so an
//! outcome is never unknown: whatever was not surely taken is sent again.

mod error;
mod wire;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderName};
use waybill_domain::{ClientSlug, FulfilmentOrder, WarehouseConfig, WarehouseSlug};
use waybill_workflow::CallError;
use waybill_workflow::ports::{Clients, WarehouseDesk};

use crate::client_signature::{CLIENT, SIGNATURE, TIMESTAMP, sign};
use crate::http::{Http, HttpConfig};

/// The receiver takes a push once per key.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Nothing in an answer is needed but its status and, of a refusal, a code.
const LONGEST_ANSWER: usize = 64 << 10;

/// The warehouses of a deployment that are pushed to; connections are kept per warehouse. `C` knows the secrets.
pub struct PushedWarehouses<C> {
    clients: C,
    kept: Mutex<HashMap<WarehouseSlug, (WarehouseConfig, Http)>>,
}

impl<C> std::fmt::Debug for PushedWarehouses<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PushedWarehouses")
    }
}

impl<C: Clients> PushedWarehouses<C> {
    /// Signs with the secrets of these clients. Nothing is built or fetched before the first push.
    pub fn new(clients: C) -> Self {
        Self { clients, kept: Mutex::default() }
    }

    /// The newest secret of the client that has the warehouse's name; `fresh` asks past the cache.
    async fn secret(&self, warehouse: &WarehouseSlug, fresh: bool) -> Result<String, CallError> {
        let slug: ClientSlug =
            warehouse.as_str().parse().map_err(|_| error::config_invalid("its name cannot be a client's name"))?;
        let client = self.clients.client(&slug, fresh).await;
        let client = client.map_err(|error| CallError::Busy { after_seconds: None, reason: error.to_string() })?;
        let secret = client.and_then(|client| client.secrets.into_iter().next()).filter(|secret| !secret.trim().is_empty());
        secret.ok_or_else(|| error::secret_missing(warehouse))
    }

    fn http(&self, warehouse: &WarehouseConfig) -> Result<Http, CallError> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((config, http)) = kept.get(&warehouse.slug)
            && config == warehouse
        {
            return Ok(http.clone());
        }
        let http = Http::new(&http_config(warehouse)).map_err(|error| error::config_invalid(&error.to_string()))?;
        kept.insert(warehouse.slug.clone(), (warehouse.clone(), http.clone()));
        Ok(http)
    }
}

/// How a warehouse is reached.
#[must_use]
pub fn http_config(warehouse: &WarehouseConfig) -> HttpConfig {
    let timeout = Duration::from_secs(u64::from(warehouse.timeout_seconds.max(1)));
    HttpConfig {
        ca_pem: warehouse.ca_pem.clone(),
        connect_timeout: timeout.min(Duration::from_secs(5)),
        timeout,
        max_body: LONGEST_ANSWER,
        ..HttpConfig::new(&warehouse.url)
    }
}

impl<C: Clients> WarehouseDesk for PushedWarehouses<C> {
    async fn push(&self, warehouse: &WarehouseConfig, fulfilment: &FulfilmentOrder) -> Result<(), CallError> {
        let secret = self.secret(&warehouse.slug, false).await?;
        let http = self.http(warehouse)?;
        let body = serde_json::to_vec(&wire::Push::of(fulfilment)).map_err(|_| error::unwritable())?;
        let timestamp = jiff::Timestamp::now().as_second().to_string();
        let signature = sign(&secret, &timestamp, Method::POST.as_str(), http.path(), &body);
        let request = http
            .request_base(Method::POST)
            .header(CONTENT_TYPE, "application/json")
            .header(CLIENT, warehouse.slug.as_str())
            .header(TIMESTAMP, timestamp)
            .header(SIGNATURE, signature)
            .header(IDEMPOTENCY_KEY, format!("{}/{}", fulfilment.id, fulfilment.revision))
            .body(body);
        match http.send(request).await {
            Ok(answer) => {
                if matches!(answer.status, 401 | 403) {
                    // The secret may have been rotated since it was read. How this ends is seen by the next push.
                    let _ = self.secret(&warehouse.slug, true).await;
                }
                error::judge(&answer)
            }
            Err(failure) => error::no_answer(failure),
        }
    }
}
