//! What the store takes from Waybill, in memory: not idempotent, and telling of every write by a webhook, as the real one.

use std::collections::BTreeMap;

use waybill_domain::store_order::{RefundSeen, StoreStatus};
use waybill_domain::{At, FulfilmentOrder, NewRefund, Shipment, StoreConfig, StoreOrder, StoreRefund, WarehouseConfig};
use waybill_workflow::CallError;
use waybill_workflow::ports::{StoreDesk, StoreFulfillment, WarehouseDesk};

use super::faults::Fate;
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

impl World {
    /// A write to the store: what the fate of the call makes of it.
    fn write<T>(&self, op: &'static str, effect: impl FnOnce(&mut State) -> Result<T, CallError>) -> Result<T, CallError> {
        let fate = self.fate(op);
        match fate {
            Fate::FailsBefore => Err(CallError::Unknown { reason: "no answer".to_owned() }),
            Fate::Contended => Err(CallError::Busy { after_seconds: None, reason: "throttled".to_owned() }),
            Fate::Works => effect(&mut self.state()),
            Fate::FailsAfter => {
                effect(&mut self.state())?;
                Err(CallError::Unknown { reason: "no answer".to_owned() })
            }
        }
    }

    /// A question to the store.
    fn ask<T>(&self, op: &'static str, answer: impl FnOnce(&mut State) -> T) -> Result<T, CallError> {
        match self.fate(op) {
            Fate::Works => Ok(answer(&mut self.state())),
            Fate::Contended => Err(CallError::Busy { after_seconds: None, reason: "throttled".to_owned() }),
            Fate::FailsBefore | Fate::FailsAfter => Err(CallError::Down { reason: "down".to_owned() }),
        }
    }
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
        self.ask("store.refunds", |state| {
            let known = state.shop.contains_key(&order);
            known.then(|| state.desk.refunds.get(&order).cloned().unwrap_or_default())
        })
    }

    async fn create_refund(&self, _store: &StoreConfig, order: u64, refund: &NewRefund) -> Result<StoreRefund, CallError> {
        self.write("store.create_refund", |state| {
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
        })
    }

    async fn notes(&self, _store: &StoreConfig, order: u64) -> Result<Vec<String>, CallError> {
        self.ask("store.notes", |state| {
            state.desk.notes.get(&order).map(|notes| notes.iter().map(|(text, _)| text.clone()).collect()).unwrap_or_default()
        })
    }

    async fn add_note(&self, _store: &StoreConfig, order: u64, text: &str, for_customer: bool) -> Result<(), CallError> {
        self.write("store.add_note", |state| {
            state.desk.notes.entry(order).or_default().push((text.to_owned(), for_customer));
            Ok(())
        })
    }

    async fn fulfillments(&self, _store: &StoreConfig, order: u64) -> Result<Option<Vec<StoreFulfillment>>, CallError> {
        self.ask("store.fulfillments", |state| {
            state.desk.asked_for_fulfillments += 1;
            let found = state.desk.fulfillments.get(&order).cloned().unwrap_or_default();
            (!state.desk.no_fulfillments).then_some(found)
        })
    }

    async fn put_fulfillment(
        &self,
        _store: &StoreConfig,
        order: u64,
        known: Option<u64>,
        shipment: &Shipment,
    ) -> Result<(), CallError> {
        self.write("store.put_fulfillment", |state| {
            let all = state.desk.fulfillments.entry(order).or_default();
            let id = known.unwrap_or(all.len() as u64 + 1);
            all.retain(|one| Some(one.id) != known);
            if !shipment.void {
                all.push(StoreFulfillment { id, shipment: Some(shipment.id.clone()), revision: shipment.revision });
            }
            Ok(())
        })
    }

    async fn show_shipments(
        &self,
        _store: &StoreConfig,
        order: u64,
        shipments: &[Shipment],
        complete: bool,
    ) -> Result<(StoreOrder, Vec<u8>), CallError> {
        self.write("store.show_shipments", |state| {
            let shown = shipments.iter().filter(|shipment| !shipment.void).map(|shipment| shipment.id.clone()).collect();
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
        })
    }
}

impl WarehouseDesk for World {
    async fn push(&self, _warehouse: &WarehouseConfig, fulfilment: &FulfilmentOrder) -> Result<(), CallError> {
        let fate = self.fate("warehouse.push");
        let mut state = self.state();
        if matches!(fate, Fate::FailsBefore) || state.warehouse_down > 0 {
            state.warehouse_down = state.warehouse_down.saturating_sub(1);
            return Err(CallError::Down { reason: "down".to_owned() });
        }
        if matches!(fate, Fate::Contended) {
            return Err(CallError::Busy { after_seconds: None, reason: "throttled".to_owned() });
        }
        state.pushes.push(fulfilment.clone());
        if fate == Fate::FailsAfter { Err(CallError::Down { reason: "no answer".to_owned() }) } else { Ok(()) }
    }
}
