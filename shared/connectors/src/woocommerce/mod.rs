//! WooCommerce: reads its deliveries, asks its REST API and writes to it. What a real store does, and what is done about it, is in `README.md`
//! next to this file.

mod check;
mod client;
mod delivery;
mod desk;
mod error;
mod fulfillments;
mod keys;
mod list;
mod meta;
mod notes;
mod outcome;
mod refunds;
mod signature;
mod tracking;
mod transform;
mod value;
mod wire;

use waybill_domain::{At, Reading, StoreConfig, StoreOrder};
use waybill_workflow::CallError;
use waybill_workflow::ports::{Delivery, Storefront};

pub use check::{Product, Site, Webhook};
pub use client::WooCommerce;
pub use delivery::MAX_BODY;
pub use keys::{FixedKeys, RestKeys};

impl<K: RestKeys> Storefront for WooCommerce<K> {
    fn verify(&self, secrets: &[String], body: &[u8], signature: &str) -> bool {
        signature::verify(secrets, body, signature)
    }

    fn is_ping(&self, delivery: &Delivery) -> bool {
        delivery::is_ping(delivery)
    }

    fn read(&self, delivery: &Delivery) -> Reading {
        delivery::read(delivery)
    }

    fn parse(&self, body: &[u8]) -> Result<StoreOrder, String> {
        transform::order(body)
    }

    async fn fetch(&self, store: &StoreConfig, order: u64) -> Result<Option<(StoreOrder, Vec<u8>)>, CallError> {
        self.order(store, order).await
    }

    async fn modified_since(&self, store: &StoreConfig, since: At) -> Result<Vec<(u64, At)>, CallError> {
        list::modified_since(self, store, since).await
    }
}
