//! What warehouses and ERPs report, as it comes over HTTP or the bus. Bodies are read by hand into the domain's types, so that whatever is
//! wrong is said with the name of its field: `lines[2].quantity: must be a whole number from 1 to 1000000`.

mod bus;
mod fields;
mod fulfilment;
mod json;
mod outgoing;
mod returned;
mod shipment;
mod stock;

use std::fmt;

pub use bus::{BusEvent, Kind};
pub use fields::Body;
pub use fulfilment::{FulfilmentReport, fulfilment};
pub use outgoing::BusReport;
pub use returned::{ReturnReport, ReturnReportLine, ReturnReportState, returned};
pub use shipment::{ShipmentReport, ShipmentReportLine, shipment};
pub use stock::{StockLevel, StockReport, stock};

/// More lines than this are refused.
pub const MAX_LINES: usize = 500;
/// More pieces of a line than this are refused.
pub const MAX_QUANTITY: u32 = 1_000_000;

/// How a report is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// It is no JSON object.
    Unreadable,
    /// A field is not there that must be.
    Missing,
    /// A field is there that has no meaning.
    Unknown,
    /// A field has another value than it may have.
    Invalid,
}

/// What is wrong with a report, without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// How.
    pub kind: FaultKind,
    /// Which field, such as `lines[2].quantity`; `None`: the report as a whole.
    pub field: Option<String>,
    /// What it must be.
    pub message: String,
}

impl Fault {
    fn new(kind: FaultKind, field: impl Into<String>, message: impl Into<String>) -> Self {
        Fault { kind, field: Some(field.into()), message: message.into() }
    }

    /// Wrong as a whole, for a reason that the contract does not know.
    pub fn of(message: impl Into<String>) -> Self {
        Fault { kind: FaultKind::Invalid, field: None, message: message.into() }
    }

    fn unreadable(message: impl Into<String>) -> Self {
        Fault { kind: FaultKind::Unreadable, field: None, message: message.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.field {
            Some(field) => write!(f, "{field}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

/// An order as a report names it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(untagged)]
pub enum ReportOrder {
    /// WooCommerce's order id.
    Id(#[schemars(range(min = 1))] u64),
    /// `store/id`, of the store that the report is for.
    Key(#[schemars(regex(pattern = "^[a-z0-9-]{1,32}/[1-9][0-9]*$"))] String),
}
