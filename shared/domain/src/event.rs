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
    /// The store wants it after all.
    #[serde(rename = "order.revived")]
    Revived,
    /// The ERP's order says what the store's says now.
    #[serde(rename = "order.amended")]
    Amended,
    /// The ERP's order was cancelled.
    #[serde(rename = "order.erp-cancelled")]
    ErpCancelled,
    /// Something is being done outside; the detail says what.
    #[serde(rename = "order.calling")]
    Calling,
    /// The outcome of that is unknown.
    #[serde(rename = "order.call-unknown")]
    CallUnknown,
    /// That was surely not done.
    #[serde(rename = "order.call-ended")]
    CallEnded,
    /// The warehouse is asked to ship; again whenever what is to be shipped changes.
    #[serde(rename = "fulfilment.requested")]
    FulfilmentRequested,
    /// The warehouse is to ship nothing.
    #[serde(rename = "fulfilment.withdrawn")]
    FulfilmentWithdrawn,
    /// The warehouse was told by an HTTP request.
    #[serde(rename = "fulfilment.pushed")]
    FulfilmentPushed,
    /// The warehouse cannot go on.
    #[serde(rename = "fulfilment.blocked")]
    FulfilmentBlocked,
    /// It can go on.
    #[serde(rename = "fulfilment.unblocked")]
    FulfilmentUnblocked,
    /// A shipment left.
    #[serde(rename = "shipment.reported")]
    ShipmentReported,
    /// What was said of it is corrected.
    #[serde(rename = "shipment.corrected")]
    ShipmentCorrected,
    /// It never left after all.
    #[serde(rename = "shipment.voided")]
    ShipmentVoided,
    /// The store knows.
    #[serde(rename = "shipment.told")]
    ShipmentTold,
    /// A refund was seen in the store.
    #[serde(rename = "refund.seen")]
    RefundSeen,
    /// The store deleted it, or it needs no credit note.
    #[serde(rename = "refund.settled")]
    RefundSettled,
    /// Waybill created it in the store.
    #[serde(rename = "refund.created")]
    RefundCreated,
    /// The ERP has a credit note for it.
    #[serde(rename = "refund.credited")]
    RefundCredited,
    /// A return is on its way.
    #[serde(rename = "return.announced")]
    ReturnAnnounced,
    /// A return arrived.
    #[serde(rename = "return.received")]
    ReturnReceived,
    /// A return was looked at.
    #[serde(rename = "return.inspected")]
    ReturnInspected,
    /// Nothing of it was accepted.
    #[serde(rename = "return.rejected")]
    ReturnRejected,
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
            EventKind::Revived => "order.revived",
            EventKind::Amended => "order.amended",
            EventKind::ErpCancelled => "order.erp-cancelled",
            EventKind::Calling => "order.calling",
            EventKind::CallUnknown => "order.call-unknown",
            EventKind::CallEnded => "order.call-ended",
            EventKind::FulfilmentRequested => "fulfilment.requested",
            EventKind::FulfilmentWithdrawn => "fulfilment.withdrawn",
            EventKind::FulfilmentPushed => "fulfilment.pushed",
            EventKind::FulfilmentBlocked => "fulfilment.blocked",
            EventKind::FulfilmentUnblocked => "fulfilment.unblocked",
            EventKind::ShipmentReported => "shipment.reported",
            EventKind::ShipmentCorrected => "shipment.corrected",
            EventKind::ShipmentVoided => "shipment.voided",
            EventKind::ShipmentTold => "shipment.told",
            EventKind::RefundSeen => "refund.seen",
            EventKind::RefundSettled => "refund.settled",
            EventKind::RefundCreated => "refund.created",
            EventKind::RefundCredited => "refund.credited",
            EventKind::ReturnAnnounced => "return.announced",
            EventKind::ReturnReceived => "return.received",
            EventKind::ReturnInspected => "return.inspected",
            EventKind::ReturnRejected => "return.rejected",
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
