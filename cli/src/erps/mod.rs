//! ERPs: added, checked, listed. An ERP is data; its token is a secret.

mod add;
mod check;
pub mod command;

pub use add::{NewErp, add, merge};
pub use check::{check, unknown_skus};
use waybill_connectors::erp::rest::RestErp;
use waybill_domain::ErpConfig;
use waybill_workflow::CallError;

/// A connection to an ERP.
///
/// # Errors
/// If the address, the CA or the token cannot be used; nothing is sent.
pub fn connect(config: &ErpConfig, token: &str) -> Result<RestErp, CallError> {
    match config.connector {
        waybill_domain::config::ErpConnector::Rest => RestErp::new(config, token),
    }
}
