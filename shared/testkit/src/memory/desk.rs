//! What the store takes from Waybill, in memory: not idempotent, and telling of every write by a webhook, as the real one.

use std::collections::BTreeMap;

use waybill_domain::store_order::{RefundSeen, StoreStatus};
use waybill_domain::{At, FulfilmentOrder, NewRefund, Shipment, StoreConfig, StoreOrder, StoreRefund, WarehouseConfig};
use waybill_workflow::CallError;
use waybill_workflow::ports::{StoreDesk, StoreFulfillment, WarehouseDesk};

use super::faults::{down, unknown};
use super::samples::delivery;
use super::{State, World};

/// What the store has beside its orders, by order.
#[derive(Debug, Default)]
pub struct MemoryDesk {
    /// Refunds with their lines.
    pub refunds: BTreeMap<u64, Vec<StoreRefund>>,
    /// Notes: the text, and whether it was mailed to the customer.
    pub notes: BTreeMap<u64, Vec<(String, bool)>>,
    /// The feature of fulfillments is off.
    pub no_fulfillments: bool,
    /// Fulfillments.
    pub fulfillments: BTreeMap<u64, Vec<StoreFulfillment>>,
    /// Shipments that the tracking plugins show, by id.
    pub tracking: BTreeMap<u64, Vec<String>>,
    /// The store ends while the gateway pays: the refund is there, and nobody was paid.
    pub gateway_dies: bool,
    /// Refunds that are refused for good, as with an offline gateway.
    pub refuses_refunds: bool,
    /// How often the store was asked whether it has fulfillments.
    pub asked_for_fulfillments: u32,
}

impl State {
    /// The order was changed: its date moves, and a webhook tells of it.
    fn echo(&mut self, order: u64) {
        let date = At(self.now.seconds() * 1000);
        let Some(found) = self.shop.get_mut(&order) else { return };
        found.modified = date;
        let delivery = delivery(found);
        self.echoes.push_back(delivery);
    }

    /// Refunds something of an order, as the store does whoever asks for it.
    pub fn refund(&mut self, order: u64, refund: StoreRefund, restock: bool) {
        let Some(found) = self.shop.get_mut(&order) else { return };
        found.refunds.push(RefundSeen { id: refund.id, amount: refund.amount });
        if restock {
            for line in &refund.lines {
                if let Some(bought) = found.lines.iter_mut().find(|bought| bought.id == line.line) {
                    bought.restocked += line.quantity;
                }
            }
        }
        if found.refunded() == Some(found.total) {
            found.status = StoreStatus::Refunded;
        }
        self.desk.refunds.entry(order).or_default().push(refund);
        self.echo(order);
    }
}

impl StoreDesk for World {
    async fn refunds(&self, _store: &StoreConfig, order: u64) -> Result<Option<Vec<StoreRefund>>, CallError> {
        let refunds = move |state: &mut State| {
            let known = state.shop.contains_key(&order);
            Ok(known.then(|| state.desk.refunds.get(&order).cloned().unwrap_or_default()))
        };
        self.outside("store.refunds", down, refunds).await
    }

    async fn create_refund(&self, _store: &StoreConfig, order: u64, refund: &NewRefund) -> Result<StoreRefund, CallError> {
        let refund = refund.clone();
        let create = move |state: &mut State| {
            let found = state.shop.get(&order).cloned();
            let refused = |code: &str| CallError::Refused { code: code.to_owned(), message: "the store refuses".to_owned() };
            let Some(found) = found else { return Err(refused("refund_refused")) };
            let after = found.refunded().unwrap_or_default() + refund.amount;
            if state.desk.refuses_refunds || after > found.total {
                return Err(refused("refund_refused"));
            }
            let id = 1000 + state.desk.refunds.values().map(Vec::len).sum::<usize>() as u64;
            let made = StoreRefund {
                id,
                amount: refund.amount,
                lines: refund.lines.clone(),
                charges: Vec::new(),
                returned: Some(refund.returned.clone()),
                paid_back: refund.through_gateway && !state.desk.gateway_dies,
            };
            state.refund(order, made.clone(), refund.restock);
            Ok(made)
        };
        self.outside("store.create_refund", unknown, create).await
    }

    async fn notes(&self, _store: &StoreConfig, order: u64) -> Result<Vec<String>, CallError> {
        let notes = move |state: &mut State| {
            let notes = state.desk.notes.get(&order);
            Ok(notes.map(|notes| notes.iter().map(|(text, _)| text.clone()).collect()).unwrap_or_default())
        };
        self.outside("store.notes", down, notes).await
    }

    async fn add_note(&self, _store: &StoreConfig, order: u64, text: &str, for_customer: bool) -> Result<(), CallError> {
        let text = text.to_owned();
        let add = move |state: &mut State| {
            state.desk.notes.entry(order).or_default().push((text, for_customer));
            Ok(())
        };
        self.outside("store.add_note", unknown, add).await
    }

    async fn fulfillments(&self, _store: &StoreConfig, order: u64) -> Result<Option<Vec<StoreFulfillment>>, CallError> {
        let fulfillments = move |state: &mut State| {
            state.desk.asked_for_fulfillments += 1;
            let found = state.desk.fulfillments.get(&order).cloned().unwrap_or_default();
            Ok((!state.desk.no_fulfillments).then_some(found))
        };
        self.outside("store.fulfillments", down, fulfillments).await
    }

    async fn put_fulfillment(
        &self,
        _store: &StoreConfig,
        order: u64,
        known: Option<u64>,
        shipment: &Shipment,
    ) -> Result<(), CallError> {
        let shipment = shipment.clone();
        let put = move |state: &mut State| {
            let all = state.desk.fulfillments.entry(order).or_default();
            let id = known.unwrap_or(all.len() as u64 + 1);
            all.retain(|one| Some(one.id) != known);
            if !shipment.void {
                all.push(StoreFulfillment { id, shipment: Some(shipment.id), revision: shipment.revision });
            }
            Ok(())
        };
        self.outside("store.put_fulfillment", unknown, put).await
    }

    async fn show_shipments(
        &self,
        _store: &StoreConfig,
        order: u64,
        shipments: &[Shipment],
        complete: bool,
    ) -> Result<(StoreOrder, Vec<u8>), CallError> {
        let shown: Vec<String> = shipments.iter().filter(|shipment| !shipment.void).map(|shipment| shipment.id.clone()).collect();
        let show = move |state: &mut State| {
            state.desk.tracking.insert(order, shown);
            if let Some(found) = state.shop.get_mut(&order).filter(|_| complete) {
                found.status = StoreStatus::Completed;
            }
            state.echo(order);
            let found = state.shop.get(&order).cloned().ok_or_else(|| CallError::Refused {
                code: "order_not_in_store".to_owned(),
                message: "the store has no such order".to_owned(),
            })?;
            let body = serde_json::to_vec(&found).expect("an order is JSON");
            Ok((found, body))
        };
        self.outside("store.show_shipments", unknown, show).await
    }
}

impl WarehouseDesk for World {
    async fn push(&self, _warehouse: &WarehouseConfig, fulfilment: &FulfilmentOrder) -> Result<(), CallError> {
        let fulfilment = fulfilment.clone();
        let push = move |state: &mut State| {
            if state.warehouse_down > 0 {
                state.warehouse_down -= 1;
                return Err(down());
            }
            state.pushes.push(fulfilment);
            Ok(())
        };
        self.outside("warehouse.push", down, push).await
    }
}
