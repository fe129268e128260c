//! Configuration and circuits.

use std::future::Future;

use waybill_domain::{Circuit, Endpoint, ErpConfig, ErpSlug, StoreConfig, StoreSlug, WarehouseConfig, WarehouseSlug};

use crate::error::Unavailable;

/// Stores and ERPs.
pub trait Configs: Sync {
    /// A store, possibly up to a minute old.
    fn store(&self, slug: &StoreSlug) -> impl Future<Output = Result<Option<StoreConfig>, Unavailable>> + Send;
    /// An ERP, possibly up to a minute old.
    fn erp(&self, slug: &ErpSlug) -> impl Future<Output = Result<Option<ErpConfig>, Unavailable>> + Send;
    /// A warehouse, possibly up to a minute old.
    fn warehouse(&self, slug: &WarehouseSlug) -> impl Future<Output = Result<Option<WarehouseConfig>, Unavailable>> + Send;
    /// All warehouses that can be read: one that a newer release wrote keeps no other from being listed.
    fn warehouses(&self) -> impl Future<Output = Result<Vec<WarehouseConfig>, Unavailable>> + Send;
    /// All stores, likewise.
    fn stores(&self) -> impl Future<Output = Result<Vec<StoreConfig>, Unavailable>> + Send;
    /// All ERPs, likewise.
    fn erps(&self) -> impl Future<Output = Result<Vec<ErpConfig>, Unavailable>> + Send;
}

/// What became of a circuit that was to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Saved {
    /// It is written.
    Done,
    /// Somebody else wrote first: the row as it is now, so that deciding again costs no read.
    Overtaken(Box<Circuit>),
}

/// Circuits of endpoints.
pub trait Circuits: Sync {
    /// The circuit, strongly consistent; closed if there is no row.
    fn circuit(&self, endpoint: &Endpoint) -> impl Future<Output = Result<Circuit, Unavailable>> + Send;
    /// Writes a circuit, on the condition that the row has the version before it.
    fn save_circuit(&self, circuit: &Circuit) -> impl Future<Output = Result<Saved, Unavailable>> + Send;
}
