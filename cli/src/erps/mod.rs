//! ERPs: added, checked, listed. An ERP is data; its token is a secret.

mod add;
mod check;
pub mod command;
mod greeting;
pub mod records;

pub use add::{NewErp, add, merge};
pub use check::{check, unknown_skus};
use waybill_connectors::erp::AnyErp;
use waybill_domain::{ErpConfig, ErpRecords};
use waybill_workflow::CallError;

/// A connection to an ERP, on behalf of the store with these records.
///
/// # Errors
/// If the address, the CA or the token cannot be used; nothing is sent.
pub fn connect(config: &ErpConfig, token: &str, records: Option<&ErpRecords>) -> Result<AnyErp, CallError> {
    AnyErp::new(config, token)?.of_store(records)
}
