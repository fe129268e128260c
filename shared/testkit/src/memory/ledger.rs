//! What people and the stock pull ask of the tables, in memory.

use waybill_domain::{At, ErpSlug, Event, Order, OrderKey, Sku, StockRow};
use waybill_workflow::Unavailable;
use waybill_workflow::ports::{StockLedger, Timeline};

use super::World;

impl StockLedger for World {
    async fn stock(&self, erp: &ErpSlug, sku: &Sku) -> Result<Option<StockRow>, Unavailable> {
        self.call("stock.stock", |state| state.stock.get(&(erp.clone(), sku.clone())).cloned()).await
    }

    async fn pull(&self, erp: &ErpSlug, sku: &Sku, free: i64, as_of: At) -> Result<bool, Unavailable> {
        self.call("stock.pull", |state| {
            let key = (erp.clone(), sku.clone());
            let pulled = match state.stock.get(&key) {
                None => Some(StockRow::new(free, as_of)),
                Some(row) => row.pulled(free, as_of),
            };
            let Some(row) = pulled else { return false };
            state.stock.insert(key, row);
            true
        })
        .await
    }
}

impl Timeline for World {
    async fn story(&self, key: &OrderKey) -> Result<Option<(Order, Vec<Event>)>, Unavailable> {
        let order = self.call("timeline.story", |state| state.orders.get(key).cloned()).await?;
        Ok(order.map(|order| (order, self.timeline(key))))
    }
}
