//! The REST client, `wc/v3`.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{Method, RequestBuilder};
use serde::{Deserialize, Serialize};
use waybill_domain::{StoreConfig, StoreOrder, StoreSlug};
use waybill_workflow::CallError;

use super::error::{NotWell, down, failure, refused, success};
use super::keys::RestKeys;
use super::outcome::{self, unknown};
use super::transform;
use super::value::Id;
use crate::http::{Answer, Http, HttpConfig};

/// WooCommerce stores: their deliveries and their REST API. One for a whole deployment; connections are kept per store.
pub struct WooCommerce<K> {
    keys: K,
    clients: Mutex<HashMap<StoreSlug, Client>>,
}

/// A client, and the configuration it was built from.
struct Client {
    base_url: String,
    ca_pem: Option<String>,
    http: Http,
}

impl<K> std::fmt::Debug for WooCommerce<K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WooCommerce")
    }
}

impl<K: RestKeys> WooCommerce<K> {
    /// Asks stores with these keys. Nothing is built or fetched before the first call.
    pub fn new(keys: K) -> Self {
        Self { keys, clients: Mutex::default() }
    }

    /// The order as the store has it now, and the bytes it sent.
    pub(super) async fn order(&self, store: &StoreConfig, order: u64) -> Result<Option<(StoreOrder, Vec<u8>)>, CallError> {
        let id = order.to_string();
        let answer = match self.get(store, &["orders", &id], &[]).await {
            Ok(answer) => answer,
            Err(NotWell::Absent) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        // Whatever is not about this order is the work of something before the store: a cache, a login page.
        if !is_about(&answer, order) {
            return Err(down("the answer is not this order"));
        }
        match transform::order(answer.body()) {
            Ok(seen) => Ok(Some((seen, answer.body().to_vec()))),
            Err(reason) => Err(refused("order_unreadable", &format!("the store's answer cannot be read as an order: {reason}"))),
        }
    }

    /// Changes an order; what the store has then, and the bytes it sent.
    pub(super) async fn change_order(
        &self,
        store: &StoreConfig,
        order: u64,
        change: &impl Serialize,
    ) -> Result<(StoreOrder, Vec<u8>), CallError> {
        let answer = self.write(store, Method::PUT, &["orders", &order.to_string()], Some(change)).await?;
        if !is_about(&answer, order) {
            return Err(unknown("the answer is not this order"));
        }
        // Asked again, the order is read by a GET, which refuses what stays unreadable.
        let seen =
            transform::order(answer.body()).map_err(|reason| unknown(format!("the changed order cannot be read: {reason}")))?;
        Ok((seen, answer.body().to_vec()))
    }

    /// A GET below `wp-json/wc/v3`.
    pub(super) async fn get(&self, store: &StoreConfig, path: &[&str], query: &[(&str, &str)]) -> Result<Answer, NotWell> {
        let (http, request) = self.request(store, Method::GET, path).await?;
        let answer = http.send(request.query(query)).await.map_err(|error| NotWell::Call(failure(error)))?;
        success(answer)
    }

    /// A request below `wp-json/wc/v3` that changes something. Never sent twice by itself.
    pub(super) async fn write(
        &self,
        store: &StoreConfig,
        method: Method,
        path: &[&str],
        body: Option<&impl Serialize>,
    ) -> Result<Answer, NotWell> {
        let (http, mut request) = self.request(store, method, path).await?;
        if let Some(body) = body {
            let body = serde_json::to_vec(body).map_err(|_| refused("store_refused", "the request cannot be written as JSON"))?;
            request = request.header(CONTENT_TYPE, "application/json").body(body);
        }
        let answer = http.send(request).await.map_err(|error| NotWell::Call(outcome::failure(error)))?;
        outcome::success(answer)
    }

    async fn request(&self, store: &StoreConfig, method: Method, path: &[&str]) -> Result<(Http, RequestBuilder), CallError> {
        let keys = self.keys.rest_keys(&store.slug).await;
        let keys = keys.map_err(|error| CallError::Busy { after_seconds: None, reason: error.to_string() })?;
        let keys = keys.filter(|keys| !keys.consumer_key.is_empty() && !keys.consumer_secret.is_empty());
        let Some(keys) = keys else {
            let message = "there is no REST key for this store; give Waybill one with `waybill store add`";
            return Err(refused("store_key_missing", message));
        };
        let http = self.client(store)?;
        let path: Vec<&str> = ["wp-json", "wc", "v3"].iter().chain(path).copied().collect();
        let request = http
            .request(method, &path)
            .basic_auth(keys.consumer_key, Some(keys.consumer_secret))
            .header(ACCEPT, "application/json");
        Ok((http, request))
    }

    fn client(&self, store: &StoreConfig) -> Result<Http, CallError> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&store.slug)
            && client.base_url == store.base_url
            && client.ca_pem == store.ca_pem
        {
            return Ok(client.http.clone());
        }
        let config = HttpConfig { ca_pem: store.ca_pem.clone(), ..HttpConfig::new(&store.base_url) };
        let http = Http::new(&config).map_err(|error| refused("store_address_invalid", &error.to_string()))?;
        let client = Client { base_url: store.base_url.clone(), ca_pem: store.ca_pem.clone(), http: http.clone() };
        clients.insert(store.slug.clone(), client);
        Ok(http)
    }
}

#[derive(Deserialize)]
struct About {
    id: Id,
}

fn is_about(answer: &Answer, order: u64) -> bool {
    answer.json::<About>().is_some_and(|about| about.id == Id(order))
}
