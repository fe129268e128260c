//! The endpoints of the contract.

use axum::http::Method;
use serde::{Deserialize, Serialize};

/// One endpoint of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "named as in the contract")]
pub enum Op {
    Status,
    Availability,
    StockChanges,
    CreateOrder,
    FindOrders,
    AmendOrder,
    CancelOrder,
    CreateCreditNote,
    FindCreditNotes,
    Shipments,
    Returns,
    Documents,
}

/// A request to an endpoint, with the id from the path if there is one.
pub(super) struct Routed {
    pub(super) op: Op,
    pub(super) id: Option<String>,
}

/// Finds the endpoint; `None` is a 404.
pub(super) fn route(method: &Method, path: &str) -> Option<Routed> {
    let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
    let (op, id) = match (method.as_str(), segments.as_slice()) {
        ("GET", ["v1", "status"]) => (Op::Status, None),
        ("GET", ["v1", "availability"]) => (Op::Availability, None),
        ("GET", ["v1", "stock-changes"]) => (Op::StockChanges, None),
        ("POST", ["v1", "orders"]) => (Op::CreateOrder, None),
        ("GET", ["v1", "orders"]) => (Op::FindOrders, None),
        ("PUT", ["v1", "orders", id]) => (Op::AmendOrder, Some((*id).to_owned())),
        ("POST", ["v1", "orders", id, "cancel"]) => (Op::CancelOrder, Some((*id).to_owned())),
        ("POST", ["v1", "credit-notes"]) => (Op::CreateCreditNote, None),
        ("GET", ["v1", "credit-notes"]) => (Op::FindCreditNotes, None),
        ("GET", ["v1", "shipments"]) => (Op::Shipments, None),
        ("GET", ["v1", "returns"]) => (Op::Returns, None),
        ("GET", ["v1", "documents"]) => (Op::Documents, None),
        _ => return None,
    };
    Some(Routed { op, id })
}
