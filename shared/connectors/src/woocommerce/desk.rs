//! The port [`StoreDesk`]: what is asked of a store and written to it about orders that were posted.

use waybill_domain::{NewRefund, Shipment, StoreConfig, StoreOrder, StoreRefund};
use waybill_workflow::CallError;
use waybill_workflow::ports::{StoreDesk, StoreFulfillment};

use super::client::WooCommerce;
use super::keys::RestKeys;
use super::{fulfillments, notes, refunds, tracking};

impl<K: RestKeys> StoreDesk for WooCommerce<K> {
    async fn refunds(&self, store: &StoreConfig, order: u64) -> Result<Option<Vec<StoreRefund>>, CallError> {
        refunds::list(self, store, order).await
    }

    async fn create_refund(&self, store: &StoreConfig, order: u64, refund: &NewRefund) -> Result<StoreRefund, CallError> {
        refunds::create(self, store, order, refund).await
    }

    async fn notes(&self, store: &StoreConfig, order: u64) -> Result<Vec<String>, CallError> {
        notes::list(self, store, order).await
    }

    async fn add_note(&self, store: &StoreConfig, order: u64, text: &str, for_customer: bool) -> Result<(), CallError> {
        notes::add(self, store, order, text, for_customer).await
    }

    async fn fulfillments(&self, store: &StoreConfig, order: u64) -> Result<Option<Vec<StoreFulfillment>>, CallError> {
        fulfillments::list(self, store, order).await
    }

    async fn put_fulfillment(
        &self,
        store: &StoreConfig,
        order: u64,
        known: Option<u64>,
        shipment: &Shipment,
    ) -> Result<(), CallError> {
        fulfillments::put(self, store, order, known, shipment).await
    }

    async fn show_shipments(
        &self,
        store: &StoreConfig,
        order: u64,
        shipments: &[Shipment],
        complete: bool,
    ) -> Result<(StoreOrder, Vec<u8>), CallError> {
        tracking::show(self, store, order, shipments, complete).await
    }
}
