//! The orders table, the snapshots, the log and the lanes.

use std::future::Future;

use waybill_domain::{At, ContentHash, Event, Lane, Order, OrderKey, Sku};

use crate::error::Unavailable;

/// One SKU that was short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shortage {
    /// The ERP's SKU.
    pub sku: Sku,
    /// Pieces wanted beyond what the order holds already.
    pub wanted: u32,
    /// Pieces available; `None` when the ledger has no row for the SKU.
    pub available: Option<i64>,
}

/// Why a commit did not happen (or, for `Unavailable`, may not have happened).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// Somebody else committed first. The row as it is, where the database said so.
    #[error("somebody else committed first")]
    Conflict(Option<Box<Order>>),
    /// Too little stock; nothing was moved and nothing was committed.
    #[error("too little stock")]
    Short(Vec<Shortage>),
    /// The ledger has a row already for something that the record does not know (such as `shipment#S1`): the record was put back to an
    /// earlier state. Nothing was written.
    #[error("the ledger already has {0}")]
    Recorded(String),
    /// Others are writing the same rows right now. Says nothing about the order or the stock.
    #[error("contention")]
    Contention,
    /// The table did not answer well.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// The order records and, moved with them, the stock ledger.
pub trait Orders: Sync {
    /// The record, strongly consistent.
    fn load(&self, key: &OrderKey) -> impl Future<Output = Result<Option<Order>, Unavailable>> + Send;

    /// Writes `after`, on the condition that the row is `before` (by version; absent for `None`), together with the stock movements
    /// ([`waybill_domain::StockMoves::between`]) and the rows of the ledger ([`waybill_domain::entries`]) that lie between the two: all of
    /// it or nothing.
    fn commit(&self, before: Option<&Order>, after: &Order) -> impl Future<Output = Result<(), CommitError>> + Send;
}

/// What stores sent, byte for byte.
pub trait Snapshots: Sync {
    /// Keeps a body under its content's hash; keeping it again changes nothing.
    fn put(&self, key: &OrderKey, hash: &ContentHash, body: &[u8]) -> impl Future<Output = Result<(), Unavailable>> + Send;
    /// The body.
    fn get(&self, key: &OrderKey, hash: &ContentHash) -> impl Future<Output = Result<Option<Vec<u8>>, Unavailable>> + Send;
}

/// The log pages.
pub trait Log: Sync {
    /// Writes a page; writing it again changes nothing.
    fn put_page(&self, key: &OrderKey, page: u32, events: &[Event]) -> impl Future<Output = Result<(), Unavailable>> + Send;
}

/// An order found in a lane. The index may be stale: load the order before believing it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Waiter {
    /// Since when it is in the lane.
    pub since: At,
    /// Which.
    pub key: OrderKey,
}

/// The sparse index by lane.
pub trait Lanes: Sync {
    /// Up to `limit` orders that entered the lane before `before`, oldest first.
    fn oldest(&self, lane: &Lane, before: At, limit: usize) -> impl Future<Output = Result<Vec<Waiter>, Unavailable>> + Send;
    /// How many orders are in the lane.
    fn count(&self, lane: &Lane) -> impl Future<Output = Result<u64, Unavailable>> + Send;
}
