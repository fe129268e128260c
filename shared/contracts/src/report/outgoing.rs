//! Reports that Waybill puts on the bus itself, in the name of an ERP that it has polled: the same ones that an ERP may put there.

use serde::Serialize;
use waybill_domain::{ErpSlug, StoreSlug};

use super::{Body, Fault, Kind, ReturnReport, ShipmentReport, StockReport};

/// A report as it goes on the bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BusReport {
    /// `poll.<erp>`: who was asked.
    pub source: String,
    /// What about.
    pub kind: Kind,
    /// The detail, JSON.
    pub detail: String,
}

#[derive(Serialize)]
struct OfStore<'a, T> {
    store: &'a StoreSlug,
    #[serde(flatten)]
    report: &'a T,
}

#[derive(Serialize)]
struct OfErp<'a, T> {
    erp: &'a ErpSlug,
    #[serde(flatten)]
    report: &'a T,
}

impl BusReport {
    /// A shipment.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn shipment(erp: &ErpSlug, store: &StoreSlug, report: &ShipmentReport) -> Result<Self, Fault> {
        Self::of(erp, Kind::Shipment, &OfStore { store, report })
    }

    /// A return.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn returned(erp: &ErpSlug, store: &StoreSlug, report: &ReturnReport) -> Result<Self, Fault> {
        Self::of(erp, Kind::Return, &OfStore { store, report })
    }

    /// What is free of an article.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn stock(erp: &ErpSlug, report: &StockReport) -> Result<Self, Fault> {
        Self::of(erp, Kind::Stock, &OfErp { erp, report })
    }

    fn of(erp: &ErpSlug, kind: Kind, detail: &impl Serialize) -> Result<Self, Fault> {
        let detail = serde_json::to_string(detail).map_err(|_| Fault::unreadable("cannot be written as JSON"))?;
        Ok(BusReport { source: format!("poll.{erp}"), kind, detail })
    }
}

impl Body {
    /// The body that this report would have: what is put on the bus is read first as whoever takes it from there will.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn of_report(report: &impl Serialize) -> Result<Self, Fault> {
        let bytes = serde_json::to_vec(report).map_err(|_| Fault::unreadable("cannot be written as JSON"))?;
        Body::read(&bytes)
    }
}
