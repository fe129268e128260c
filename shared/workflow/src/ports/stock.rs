//! The stock ledger as a pull of the ERP's figures sees it. Orders move it in their commits ([`super::Orders::commit`]).

use std::future::Future;

use waybill_domain::{At, ErpSlug, Sku, StockRow};

use crate::error::Unavailable;

/// The ledger of every ERP, by SKU.
pub trait StockLedger: Sync {
    /// The row, strongly consistent; `None` if the SKU was never pulled.
    fn stock(&self, erp: &ErpSlug, sku: &Sku) -> impl Future<Output = Result<Option<StockRow>, Unavailable>> + Send;
    /// Sets the ERP's free figure as of a moment of its clock ([`StockRow::pulled`]), creating the row if there is none. False, and
    /// nothing is changed, if the ledger has a figure as new.
    fn pull(&self, erp: &ErpSlug, sku: &Sku, free: i64, as_of: At) -> impl Future<Output = Result<bool, Unavailable>> + Send;
}
