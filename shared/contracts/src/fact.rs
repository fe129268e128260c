//! Facts on the bus: what happened, for whoever cares (finance, CRM, analytics). References and figures only; personal data stays home.
//!
//! A fact may arrive twice or out of order: `id` is the same each time, `seq` tells the order.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use waybill_domain::facets::DocumentKind;
use waybill_domain::{Event, EventKind, Order};

use crate::command::Version1;

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
    /// `order.posted`: reference and documents.
    pub erp: Option<FactErp>,
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
            | EventKind::RefundSeen
    )
}

impl Fact {
    /// The fact of an event of this order, as the order stands after the commit the event belongs to.
    pub fn of(order: &Order, event: &Event) -> Self {
        let is = |kind| event.kind == kind;
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
            erp: is(EventKind::Posted).then(|| FactErp {
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
    serde_json::to_value(order.stage).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
