//! The REST client, `wc/v3`. It only reads.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use reqwest::Method;
use reqwest::header::ACCEPT;
use serde::Deserialize;
use waybill_domain::{StoreConfig, StoreOrder, StoreSlug};
use waybill_workflow::CallError;

use super::error::{NotWell, down, failure, refused, success};
use super::keys::RestKeys;
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
            Err(NotWell::Call(error)) => return Err(error),
        };
        // Whatever is not about this order is the work of something before the store: a cache, a login page.
        if answer.json::<About>().is_none_or(|about| about.id != Id(order)) {
            return Err(down("the answer is not this order"));
        }
        match transform::order(answer.body()) {
            Ok(seen) => Ok(Some((seen, answer.body().to_vec()))),
            Err(reason) => Err(refused("order_unreadable", &format!("the store's answer cannot be read as an order: {reason}"))),
        }
    }

    /// A GET below `wp-json/wc/v3`.
    pub(super) async fn get(&self, store: &StoreConfig, path: &[&str], query: &[(&str, &str)]) -> Result<Answer, NotWell> {
        let keys = self
            .keys
            .rest_keys(&store.slug)
            .await
            .map_err(|error| NotWell::Call(CallError::Busy { after_seconds: None, reason: error.to_string() }))?;
        let keys = keys.filter(|keys| !keys.consumer_key.is_empty() && !keys.consumer_secret.is_empty());
        let Some(keys) = keys else {
            let message = "there is no REST key for this store; give Waybill one with `waybill store add`";
            return Err(NotWell::Call(refused("store_key_missing", message)));
        };
        let http = self.client(store).map_err(NotWell::Call)?;
        let path: Vec<&str> = ["wp-json", "wc", "v3"].iter().chain(path).copied().collect();
        let request = http
            .request(Method::GET, &path)
            .basic_auth(keys.consumer_key, Some(keys.consumer_secret))
            .header(ACCEPT, "application/json")
            .query(query);
        let answer = http.send(request).await.map_err(|error| NotWell::Call(failure(error)))?;
        success(answer)
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
