//! Facts on the bus: what happened, for whoever cares (finance, CRM, analytics). References and figures only; personal data stays home.
//!
//! A fact may arrive twice or out of order: `id` is the same each time, `seq` tells the order.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use waybill_domain::facets::DocumentKind;
use waybill_domain::shipment::fulfilment_id;
use waybill_domain::{Event, EventKind, Order, Pieces, ReturnState, ReturnedLine};

use crate::version::Version1;

/// The `source` of every fact.
pub const SOURCE: &str = "waybill";

/// The detail of a bus event; its detail-type is `event`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Fact {
    /// Version of this contract.
    pub v: Version1,
    /// `store/id#seq`: the same whenever this fact is published.
    pub id: String,
    /// What happened, also the detail-type: `order.posted`.
    pub event: String,
    /// The order, `store/id`; correlation id.
    pub order: String,
    /// The store's slug.
    pub store: String,
    /// Position in the order's timeline.
    pub seq: u32,
    /// When, RFC 3339 UTC.
    pub at: String,
    /// The step that did it.
    pub step: String,
    /// The order's stage after it.
    pub stage: String,
    /// What caused it.
    pub cause: String,
    /// The release of Waybill.
    pub release: String,
    /// The version of the store's configuration.
    pub mapping: u32,
    /// Gross total, decimal text; absent while no content was seen.
    pub total: Option<String>,
    /// ISO 4217.
    pub currency: Option<String>,
    /// `order.held`: the code.
    pub hold: Option<String>,
    /// `order.waiting`: for what.
    pub waiting: Option<String>,
    /// `order.posted`, `order.amended`: reference and documents.
    pub erp: Option<FactErp>,
    /// `fulfilment.…`: what the warehouse is to ship.
    pub fulfilment: Option<FactFulfilment>,
    /// `shipment.…`: what left. Who follows the parcel asks the warehouse.
    pub shipment: Option<FactShipment>,
    /// `refund.…`: what was paid back.
    pub refund: Option<FactRefund>,
    /// `return.…`: what comes back.
    #[serde(rename = "return")]
    pub returned: Option<FactReturn>,
}

/// Pieces of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FactPieces {
    /// The store's line id.
    pub line: u64,
    /// Pieces.
    pub quantity: u32,
}

/// What a warehouse is to ship. It reads the address at `GET /v1/fulfilments/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FactFulfilment {
    /// `<store>-<order id>`.
    pub id: String,
    /// Grows whenever the lines change.
    pub revision: u32,
    /// What is to leave in all, shipments that left already included; empty: nothing (any more).
    pub lines: Vec<FactPieces>,
    /// The warehouse cannot go on.
    pub blocked: bool,
}

/// A shipment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FactShipment {
    /// The warehouse's id.
    pub id: String,
    /// Grows with every correction.
    pub revision: u32,
    /// It never left after all.
    pub void: bool,
    /// What left.
    pub lines: Vec<FactPieces>,
}

/// A refund.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FactRefund {
    /// WooCommerce's refund id.
    pub id: u64,
    /// Gross, positive, decimal text.
    pub amount: String,
    /// `seen`, `credited`, `not-needed`, `withdrawn` or `by-hand`.
    pub state: String,
    /// The credit note in the ERP.
    pub credit_note: Option<String>,
    /// The return it was made for.
    #[serde(rename = "return")]
    pub returned: Option<String>,
}

/// A return.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FactReturn {
    /// Its reporter's id.
    pub id: String,
    /// `announced`, `received` or `inspected`.
    pub state: String,
    /// Pieces that come back; once inspected, those that were accepted.
    pub lines: Vec<FactPieces>,
    /// WooCommerce's refund id.
    pub refund: Option<u64>,
}

/// The ERP's side of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FactErp {
    /// The reference in the ERP.
    pub reference: Option<String>,
    /// Documents.
    pub documents: Vec<FactDocument>,
}

/// A document in the ERP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FactDocument {
    /// Kind.
    #[schemars(with = "String")]
    pub kind: DocumentKind,
    /// Id.
    pub id: String,
    /// Number.
    pub number: String,
}

/// Which events leave the deployment. The others are Waybill's own business: the timeline has them, the bus is not charged for them.
pub fn is_fact(kind: EventKind) -> bool {
    matches!(
        kind,
        EventKind::Received
            | EventKind::Posted
            | EventKind::Completed
            | EventKind::Waiting
            | EventKind::Held
            | EventKind::Retried
            | EventKind::Cancelled
            | EventKind::Backordered
            | EventKind::Revived
            | EventKind::Amended
            | EventKind::ErpCancelled
            | EventKind::FulfilmentRequested
            | EventKind::FulfilmentWithdrawn
            | EventKind::FulfilmentBlocked
            | EventKind::FulfilmentUnblocked
            | EventKind::ShipmentReported
            | EventKind::ShipmentCorrected
            | EventKind::ShipmentVoided
            | EventKind::RefundSeen
            | EventKind::RefundSettled
            | EventKind::RefundCreated
            | EventKind::RefundCredited
            | EventKind::ReturnAnnounced
            | EventKind::ReturnReceived
            | EventKind::ReturnInspected
            | EventKind::ReturnRejected
    )
}

impl Fact {
    /// The fact of an event of this order, as the order stands after the commit the event belongs to.
    pub fn of(order: &Order, event: &Event) -> Self {
        let is = |kind| event.kind == kind;
        // The detail of an event about one of several begins with its id.
        let about = |family: &str| {
            let subject = event.detail.split(' ').next().unwrap_or_default();
            event.kind.name().split('.').next().filter(|name| *name == family).map(|_| subject)
        };
        Fact {
            v: Version1,
            id: format!("{}#{}", order.key, event.seq),
            event: event.kind.name().to_owned(),
            order: order.key.to_string(),
            store: order.key.store.to_string(),
            seq: event.seq,
            at: event.at.to_string(),
            step: event.step.slug().to_owned(),
            stage: stage(order),
            cause: event.cause.clone(),
            release: event.release.clone(),
            mapping: event.mapping,
            total: order.content.as_ref().map(|content| content.total.to_string()),
            currency: order.content.as_ref().map(|content| content.currency.to_string()),
            hold: is(EventKind::Held).then(|| event.detail.clone()),
            waiting: is(EventKind::Waiting).then(|| event.detail.clone()),
            fulfilment: about("fulfilment").map(|_| fulfilment(order)),
            shipment: about("shipment").and_then(|id| shipment(order, id)),
            refund: about("refund").and_then(|id| refund(order, id)),
            returned: about("return").and_then(|id| returned(order, id)),
            erp: (is(EventKind::Posted) || is(EventKind::Amended)).then(|| FactErp {
                reference: order.erp.reference.clone(),
                documents: order
                    .erp
                    .documents
                    .iter()
                    .map(|document| FactDocument {
                        kind: document.kind,
                        id: document.id.clone(),
                        number: document.number.clone(),
                    })
                    .collect(),
            }),
        }
    }
}

fn stage(order: &Order) -> String {
    slug(&order.stage)
}

fn slug(state: &impl Serialize) -> String {
    serde_json::to_value(state).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn pieces(lines: &Pieces) -> Vec<FactPieces> {
    lines.iter().map(|(line, quantity)| FactPieces { line: *line, quantity: *quantity }).collect()
}

fn fulfilment(order: &Order) -> FactFulfilment {
    FactFulfilment {
        id: fulfilment_id(&order.key),
        revision: order.fulfilment.revision,
        lines: pieces(&order.fulfilment.to_ship()),
        blocked: order.fulfilment.block.is_some(),
    }
}

fn shipment(order: &Order, id: &str) -> Option<FactShipment> {
    let shipment = order.fulfilment.shipments.iter().find(|shipment| shipment.id == id)?;
    Some(FactShipment {
        id: shipment.id.clone(),
        revision: shipment.revision,
        void: shipment.void,
        lines: pieces(&shipment.lines),
    })
}

fn refund(order: &Order, id: &str) -> Option<FactRefund> {
    let refund = order.refunds.iter().find(|refund| refund.id.to_string() == id)?;
    Some(FactRefund {
        id: refund.id,
        amount: refund.amount.to_string(),
        state: slug(&refund.state),
        credit_note: refund.document.as_ref().map(|document| document.id.clone()),
        returned: refund.returned.clone(),
    })
}

fn returned(order: &Order, id: &str) -> Option<FactReturn> {
    let one = order.returns.iter().find(|one| one.id == id)?;
    let counted = |line: &ReturnedLine| if one.state == ReturnState::Inspected { line.accepted } else { line.quantity };
    Some(FactReturn {
        id: one.id.clone(),
        state: slug(&one.state),
        lines: one.lines.iter().map(|(line, of)| FactPieces { line: *line, quantity: counted(of) }).collect(),
        refund: one.refund,
    })
}
