//! Reports as events on the deployment's bus. Who may put events there is a matter of IAM, so they carry no signature.

use serde_json::Value;
use waybill_domain::shipment::order_of_fulfilment;
use waybill_domain::{ErpSlug, OrderKey, StoreSlug};

use super::fields::Body;
use super::{Fault, FaultKind};
use crate::fact::SOURCE;

/// What a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A shipment.
    Shipment,
    /// A return.
    Return,
    /// What stops a fulfilment.
    Fulfilment,
    /// What is free of an article.
    Stock,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 4] = [Kind::Shipment, Kind::Return, Kind::Fulfilment, Kind::Stock];

    /// The `detail-type` of its event.
    pub fn detail_type(self) -> &'static str {
        match self {
            Kind::Shipment => "shipment.report",
            Kind::Return => "return.report",
            Kind::Fulfilment => "fulfilment.report",
            Kind::Stock => "stock.report",
        }
    }
}

/// A report as EventBridge hands it over. Its detail is the body of the HTTP request and `store`; a fulfilment's also has the `id` that
/// HTTP has in the path. What is free of an article is an ERP's matter: it has `erp` instead of `store`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BusEvent {
    /// Who put it on the bus, in the sender's own words.
    pub source: String,
    /// What about.
    pub kind: Kind,
    /// What is left of the detail: the body.
    pub body: Body,
}

impl BusEvent {
    /// Reads the event.
    ///
    /// # Errors
    /// What is wrong with it, with its field; fields of the detail are called as over HTTP.
    pub fn read(text: &str) -> Result<Self, Fault> {
        let mut event = Body::read(text.as_bytes())?.fields();
        let source = event.take("source").as_ref().and_then(Value::as_str).unwrap_or_default().to_owned();
        let detail_type = event.take("detail-type");
        let kind = Kind::ALL
            .into_iter()
            .find(|kind| detail_type.as_ref().and_then(Value::as_str) == Some(kind.detail_type()))
            .ok_or_else(|| {
                event.invalid("detail-type", "must be shipment.report, return.report, fulfilment.report or stock.report")
            })?;
        // Our own facts are not reports, whatever the rule lets through.
        if source == SOURCE || source.is_empty() {
            return Err(event.invalid("source", "must be the sender's own"));
        }
        let body = event.take("detail").and_then(Body::of).ok_or_else(|| event.invalid("detail", "must be an object"))?;
        Ok(BusEvent { source, kind, body })
    }

    /// Takes out the store that the report is about.
    ///
    /// # Errors
    /// If it names none.
    pub fn take_store(&mut self) -> Result<StoreSlug, Fault> {
        let store = self.body.take_text("store").and_then(|store| store.parse().ok());
        store.ok_or_else(|| Fault::new(FaultKind::Invalid, "store", "must be the slug of a store"))
    }

    /// Takes out the ERP that the report is about.
    ///
    /// # Errors
    /// If it names none.
    pub fn take_erp(&mut self) -> Result<ErpSlug, Fault> {
        let erp = self.body.take_text("erp").and_then(|erp| erp.parse().ok());
        erp.ok_or_else(|| Fault::new(FaultKind::Invalid, "erp", "must be the slug of an ERP"))
    }

    /// Takes out the order that a fulfilment's `id` names.
    ///
    /// # Errors
    /// If there is none, or it is not of this store.
    pub fn take_fulfilment(&mut self, store: &StoreSlug) -> Result<OrderKey, Fault> {
        let order = self.body.take_text("id").and_then(|id| order_of_fulfilment(&id));
        let order = order.filter(|order| order.store == *store);
        order.ok_or_else(|| Fault::new(FaultKind::Invalid, "id", "must be the id of a fulfilment of this store, such as shop-16"))
    }
}
