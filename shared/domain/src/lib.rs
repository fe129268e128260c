//! The pure core of Waybill: what an order is, what may happen to it, and what is to be done next.
//!
//! Nothing here does I/O, reads a clock or knows of AWS, HTTP or a particular ERP. Times and identifiers come in as values.
//! Start with [`Order`], then [`advance`](transition::advance) (what happened) and [`next`](next::next) (what to do).

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::unreachable,
    clippy::todo,
    clippy::indexing_slicing,
    clippy::float_arithmetic,
    clippy::as_conversions,
    clippy::disallowed_methods
)]

mod blank;
pub mod circuit;
pub mod config;
pub mod credit;
pub mod difference;
pub mod entry;
pub mod erp_order;
pub mod event;
pub mod facets;
pub mod fulfilment;
pub mod ids;
pub mod lane;
pub mod ledger;
pub mod money;
pub mod next;
pub mod order;
pub mod reading;
pub mod records;
pub mod refund;
pub mod shipment;
pub mod stock;
pub mod store_order;
pub mod time;
pub mod transition;
pub mod validate;

pub use circuit::enter::{Admission, Caller, Ended};
pub use circuit::rate::Limits;
pub use circuit::{Circuit, CircuitState};
pub use config::{ErpConfig, ErpConnector, Feed, Mapping, Policies, StoreConfig, WarehouseConfig};
pub use entry::{Entry, EntryKind, entries};
pub use erp_order::ErpOrder;
pub use event::{Event, EventKind};
pub use facets::{
    DEAD_LETTER, Document, DocumentKind, Erp, ErpState, Finding, Hold, Payment, Stage, Stock, StockState, WaitOn, Waiting,
};
pub use fulfilment::{Fulfilment, FulfilmentState, Pieces};
pub use ids::{ClientSlug, ContentHash, Endpoint, ErpSlug, OrderKey, Sku, Step, StoreSlug, WarehouseSlug};
pub use lane::Lane;
pub use ledger::{Call, Effect, Refund, RefundState};
pub use money::Currency;
pub use next::{Due, next};
pub use order::{Content, Order};
pub use reading::{Reading, StaleReason};
pub use records::ErpRecords;
pub use refund::{CreditNote, NewRefund, StoreRefund};
pub use shipment::{FulfilmentOrder, FulfilmentStatus, Return, ReturnState, ReturnedLine, Shipment};
pub use stock::{StockMoves, StockRow};
pub use store_order::StoreOrder;
pub use time::At;
pub use transition::{Change, Context, Illegal, advance, begin};
