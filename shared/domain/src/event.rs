//! What happened to an order, as its timeline tells it. Small: references and codes, never content or personal data.

use serde::{Deserialize, Serialize};

use crate::ids::Step;
use crate::time::At;

/// The kinds of events, each named as it appears on the bus and in the timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum EventKind {
    /// First sight of the order.
    #[serde(rename = "order.received")]
    Received,
    /// Its content is in doubt and will be read from the store.
    #[serde(rename = "order.doubted")]
    Doubted,
    /// The store's content was read and is what Waybill has.
    #[serde(rename = "order.confirmed")]
    Confirmed,
    /// The content, payment or status changed.
    #[serde(rename = "order.changed")]
    Changed,
    /// Judged and found right.
    #[serde(rename = "order.validated")]
    Validated,
    /// Stock taken.
    #[serde(rename = "order.reserved")]
    Reserved,
    /// Goes on without stock, by policy.
    #[serde(rename = "order.backordered")]
    Backordered,
    /// Stock given back.
    #[serde(rename = "order.stock-released")]
    StockReleased,
    /// The ERP is being called.
    #[serde(rename = "order.posting")]
    Posting,
    /// The ERP did not answer; the outcome is unknown.
    #[serde(rename = "order.posting-unknown")]
    PostingUnknown,
    /// The ERP surely did not create it.
    #[serde(rename = "order.posting-refused")]
    PostingRefused,
    /// The ERP has it.
    #[serde(rename = "order.posted")]
    Posted,
    /// The store completed it.
    #[serde(rename = "order.completed")]
    Completed,
    /// Waits for a payment or an endpoint.
    #[serde(rename = "order.waiting")]
    Waiting,
    /// A person must decide.
    #[serde(rename = "order.held")]
    Held,
    /// A person said: try again.
    #[serde(rename = "order.retried")]
    Retried,
    /// The store no longer wants it.
    #[serde(rename = "order.cancelled")]
    Cancelled,
    /// A refund was seen in the store.
    #[serde(rename = "order.refund-seen")]
    RefundSeen,
}

impl EventKind {
    /// The name on the bus and in the timeline, such as `order.posted`.
    pub fn name(self) -> &'static str {
        match self {
            EventKind::Received => "order.received",
            EventKind::Doubted => "order.doubted",
            EventKind::Confirmed => "order.confirmed",
            EventKind::Changed => "order.changed",
            EventKind::Validated => "order.validated",
            EventKind::Reserved => "order.reserved",
            EventKind::Backordered => "order.backordered",
            EventKind::StockReleased => "order.stock-released",
            EventKind::Posting => "order.posting",
            EventKind::PostingUnknown => "order.posting-unknown",
            EventKind::PostingRefused => "order.posting-refused",
            EventKind::Posted => "order.posted",
            EventKind::Completed => "order.completed",
            EventKind::Waiting => "order.waiting",
            EventKind::Held => "order.held",
            EventKind::Retried => "order.retried",
            EventKind::Cancelled => "order.cancelled",
            EventKind::RefundSeen => "order.refund-seen",
        }
    }
}

/// One event. The field names are short because events ride in the order row (one write unit is 1 KB).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Position in the order's timeline, from 1, without gaps.
    #[serde(rename = "s")]
    pub seq: u32,
    /// When.
    #[serde(rename = "t")]
    pub at: At,
    /// What.
    #[serde(rename = "e")]
    pub kind: EventKind,
    /// Who.
    #[serde(rename = "p")]
    pub step: Step,
    /// References and codes in words.
    #[serde(rename = "d", default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// What caused it: `#4` (event 4 of this order), `delivery:…`, `person`, `sweep`.
    #[serde(rename = "c", default, skip_serializing_if = "String::is_empty")]
    pub cause: String,
    /// The release of Waybill that did it.
    #[serde(rename = "r", default, skip_serializing_if = "String::is_empty")]
    pub release: String,
    /// The version of the store's configuration (policies and mapping) it was done under; 0 before any was read.
    #[serde(rename = "m", default)]
    pub mapping: u32,
}
