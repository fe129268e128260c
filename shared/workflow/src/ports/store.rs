//! A store as Waybill sees it.

use std::future::Future;

use waybill_domain::{At, NewRefund, Reading, Shipment, StoreConfig, StoreOrder, StoreRefund, StoreSlug};

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

/// A fulfillment as the store has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreFulfillment {
    /// WooCommerce's fulfillment id.
    pub id: u64,
    /// The shipment it was made for by Waybill (meta `_waybill_shipment`); `None` for somebody else's.
    pub shipment: Option<String>,
    /// The shipment's revision that it shows (meta `_waybill_revision`).
    pub revision: u32,
}

/// What Waybill asks of a store and writes to it. Nothing here may be repeated blindly: WooCommerce's POSTs are not idempotent, so whoever
/// does not know how a write ended reads first. A write whose answer cannot be trusted is [`CallError::Unknown`].
pub trait StoreDesk: Sync {
    /// The refunds of an order with their lines, oldest first; `None` if there is no such order.
    fn refunds(
        &self,
        store: &StoreConfig,
        order: u64,
    ) -> impl Future<Output = Result<Option<Vec<StoreRefund>>, CallError>> + Send;
    /// Creates a refund.
    fn create_refund(
        &self,
        store: &StoreConfig,
        order: u64,
        refund: &NewRefund,
    ) -> impl Future<Output = Result<StoreRefund, CallError>> + Send;
    /// The texts of an order's notes.
    fn notes(&self, store: &StoreConfig, order: u64) -> impl Future<Output = Result<Vec<String>, CallError>> + Send;
    /// Adds a note; the store mails one that is for the customer.
    fn add_note(
        &self,
        store: &StoreConfig,
        order: u64,
        text: &str,
        for_customer: bool,
    ) -> impl Future<Output = Result<(), CallError>> + Send;
    /// The fulfillments of an order; `None` if the store has no such feature.
    fn fulfillments(
        &self,
        store: &StoreConfig,
        order: u64,
    ) -> impl Future<Output = Result<Option<Vec<StoreFulfillment>>, CallError>> + Send;
    /// Creates a fulfillment for a shipment, or makes the one with this id show it; one that is void is deleted.
    fn put_fulfillment(
        &self,
        store: &StoreConfig,
        order: u64,
        known: Option<u64>,
        shipment: &Shipment,
    ) -> impl Future<Output = Result<(), CallError>> + Send;
    /// Writes the meta data that shipment-tracking plugins read, for all shipments that are not void (what others wrote there stays), and
    /// sets the status `completed` if asked to. The order as the store has it after that, with the bytes it sent.
    fn show_shipments(
        &self,
        store: &StoreConfig,
        order: u64,
        shipments: &[Shipment],
        complete: bool,
    ) -> impl Future<Output = Result<(StoreOrder, Vec<u8>), CallError>> + Send;
}
