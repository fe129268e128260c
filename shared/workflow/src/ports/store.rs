//! A store as Waybill sees it.

use std::future::Future;

use waybill_domain::{At, Reading, StoreConfig, StoreOrder, StoreSlug};

use crate::error::{CallError, Unavailable};

/// A webhook delivery as it came over the network: nothing in it is believed yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delivery {
    /// The `{store}` of the path, as sent.
    pub store: String,
    /// `X-WC-Webhook-Topic`; not signed.
    pub topic: Option<String>,
    /// `X-WC-Webhook-Signature`.
    pub signature: Option<String>,
    /// `X-WC-Webhook-Delivery-ID`; not signed, and shared by deliveries of one second.
    pub delivery_id: Option<String>,
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// The raw bytes that were signed.
    pub body: Vec<u8>,
}

/// The secrets of a store. Never shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct StoreSecrets {
    /// Any of these may have signed a delivery.
    pub webhook_secrets: Vec<String>,
    /// REST key.
    pub consumer_key: String,
    /// REST secret.
    pub consumer_secret: String,
}

impl std::fmt::Debug for StoreSecrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StoreSecrets({} webhook secrets)", self.webhook_secrets.len())
    }
}

/// Where webhook secrets come from. Needs nothing but Secrets Manager, so that intake works while DynamoDB is down.
pub trait WebhookSecrets: Sync {
    /// The secrets of a store; `None` if there is no such store. `fresh` asks past the cache (at most every few seconds per store).
    fn webhook_secrets(
        &self,
        store: &StoreSlug,
        fresh: bool,
    ) -> impl Future<Output = Result<Option<Vec<String>>, Unavailable>> + Send;
}

/// The store's wire format and its REST API.
pub trait Storefront: Sync {
    /// Whether one of the secrets signed these bytes, in constant time; works as hard when there are none.
    fn verify(&self, secrets: &[String], body: &[u8], signature: &str) -> bool;
    /// Whether this is a webhook's unsigned test message (`webhook_id=N`).
    fn is_ping(&self, delivery: &Delivery) -> bool;
    /// Reads a delivery whose signature is right. Never fails: what cannot be read is a hint or unnamed.
    fn read(&self, delivery: &Delivery) -> Reading;
    /// Parses a snapshot's bytes.
    ///
    /// # Errors
    /// What does not parse, in words without content.
    fn parse(&self, body: &[u8]) -> Result<StoreOrder, String>;
    /// The order as the store has it now, with the bytes it sent; `None` if there is no such order.
    fn fetch(
        &self,
        store: &StoreConfig,
        order: u64,
    ) -> impl Future<Output = Result<Option<(StoreOrder, Vec<u8>)>, CallError>> + Send;
    /// The ids of placed orders (drafts left out) modified at or after `since`, oldest first, with their dates: paged by the
    /// implementation, up to 1,000.
    fn modified_since(&self, store: &StoreConfig, since: At) -> impl Future<Output = Result<Vec<(u64, At)>, CallError>> + Send;
}
