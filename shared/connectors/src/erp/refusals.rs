//! Refusals in our own words that every connector shares. Codes are those of docs/ERRORS.md.

use waybill_workflow::CallError;

/// Surely not done, and never like this.
pub(super) fn refused(code: &str, message: impl Into<String>) -> CallError {
    CallError::Refused { code: code.to_owned(), message: message.into() }
}

/// The endpoint's configuration cannot be used.
pub(super) fn config_invalid(message: &str) -> CallError {
    refused("erp_config_invalid", message)
}

/// The order is in the ERP, cancelled: somebody did that there.
pub(super) fn order_cancelled() -> CallError {
    refused("erp_order_cancelled", "the order with this reference has been cancelled in the ERP")
}

/// The credit note is in the ERP, over another amount.
pub(super) fn credit_differs() -> CallError {
    refused("erp_total_differs", "the credit note with this reference is over another amount or currency")
}

/// The order may not be posted as it is.
pub(super) fn not_postable(message: &str) -> CallError {
    refused("erp_not_postable", message)
}
