//! The JSON of an order, which scripts read: every key is always there, `null` when there is nothing to say.

mod ledger;
mod money;
mod request;

use serde::Serialize;
use waybill_domain::{DocumentKind, Event, Order};

pub use ledger::{CallView, RefundView, ReturnView};
pub use money::{Money, MoneyView};
pub use request::{PiecesView, RequestView, ShipmentView};

/// An order as scripts see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OrderView {
    /// `STORE/ID`.
    pub order: String,
    /// `received`, `validated`, `reserved`, `posted`, `completed` or `cancelled`.
    pub stage: String,
    /// The payment's state.
    pub payment: String,
    /// The stock's state.
    pub stock: String,
    /// The ERP's side.
    pub erp: ErpView,
    /// The fulfilment's state.
    pub fulfilment: String,
    /// What the warehouse was asked for; `null` if nothing was.
    pub request: Option<RequestView>,
    /// What left, in the order in which it was first reported.
    pub shipments: Vec<ShipmentView>,
    /// Refunds, oldest first.
    pub refunds: Vec<RefundView>,
    /// Returns, in the order in which they were first reported.
    pub returns: Vec<ReturnView>,
    /// The call that is out; `null` if none is.
    pub call: Option<CallView>,
    /// Where the money is.
    pub money: MoneyView,
    /// A person must decide.
    pub hold: Option<HoldView>,
    /// It goes on by itself.
    pub waiting: Option<WaitingView>,
    /// Gross total, a decimal as the store wrote it; `null` while no content was seen.
    pub total: Option<String>,
    /// ISO 4217; `null` while no content was seen.
    pub currency: Option<String>,
    /// All events from the first; left out of lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeline: Option<Vec<EventView>>,
}

/// The ERP's side of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErpView {
    /// `none`, `posting`, `unknown` or `posted`.
    pub state: String,
    /// The reference the order has there.
    pub reference: Option<String>,
    /// Its documents there.
    pub documents: Vec<DocumentView>,
    /// What the ERP has yet to be told: `amendment`, `cancellation` or `null`.
    pub owed: Option<&'static str>,
    /// Documents of this order that were cancelled in the ERP before the present one.
    pub cancelled: u32,
}

/// A document in the ERP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DocumentView {
    /// Such as `sales_order`.
    pub kind: DocumentKind,
    /// The ERP's id.
    pub id: String,
    /// The number people see.
    pub number: Option<String>,
}

/// Why a person must decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HoldView {
    /// Code, listed in docs/ERRORS.md.
    pub code: String,
    /// In words.
    pub message: String,
    /// The step that stopped.
    pub step: String,
    /// RFC 3339.
    pub since: String,
    /// Codes it was held with before and still is, newest first.
    pub under: Vec<String>,
}

/// What an order waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WaitingView {
    /// `payment`, `erp/SLUG`, `store/SLUG` or `warehouse/SLUG`.
    pub on: String,
    /// RFC 3339.
    pub since: String,
}

/// An event of the timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EventView {
    /// From 1, without gaps.
    pub seq: u32,
    /// RFC 3339.
    pub at: String,
    /// Such as `order.posted`.
    pub event: String,
    /// Who.
    pub step: String,
    /// References and codes.
    pub detail: Option<String>,
}

impl OrderView {
    /// As it stands in a list.
    #[must_use]
    pub fn brief(order: &Order) -> Self {
        let erp = &order.erp;
        OrderView {
            order: order.key.to_string(),
            stage: slug(&order.stage),
            payment: slug(&order.payment),
            stock: slug(&order.stock.state),
            erp: ErpView {
                state: slug(&erp.state),
                reference: erp.reference.clone(),
                documents: erp
                    .documents
                    .iter()
                    .map(|document| DocumentView { kind: document.kind, id: document.id.clone(), number: some(&document.number) })
                    .collect(),
                owed: owed(order),
                cancelled: erp.cancelled,
            },
            fulfilment: slug(&order.fulfilment.state()),
            request: RequestView::of(&order.fulfilment),
            shipments: order.fulfilment.shipments.iter().map(ShipmentView::of).collect(),
            refunds: order.refunds.iter().map(RefundView::of).collect(),
            returns: order.returns.iter().map(ReturnView::of).collect(),
            call: CallView::of(order),
            money: Money::of(order).into(),
            hold: order.hold.as_ref().map(|hold| HoldView {
                code: hold.code.clone(),
                message: hold.message.clone(),
                step: hold.step.to_string(),
                since: hold.since.to_string(),
                under: std::iter::successors(hold.under.as_deref(), |hold| hold.under.as_deref())
                    .map(|hold| hold.code.clone())
                    .collect(),
            }),
            waiting: order
                .waiting
                .as_ref()
                .map(|waiting| WaitingView { on: waiting.on.to_string(), since: waiting.since.to_string() }),
            total: order.content.as_ref().map(|content| content.total.to_string()),
            currency: order.content.as_ref().map(|content| content.currency.to_string()),
            timeline: None,
        }
    }

    /// With its timeline.
    #[must_use]
    pub fn full(order: &Order, events: &[Event]) -> Self {
        let event = |event: &Event| EventView {
            seq: event.seq,
            at: event.at.to_string(),
            event: event.kind.name().to_owned(),
            step: event.step.to_string(),
            detail: some(&event.detail),
        };
        OrderView { timeline: Some(events.iter().map(event).collect()), ..Self::brief(order) }
    }
}

/// The numbers that are missing from a timeline, as first and last of each gap: a log page was lost.
#[must_use]
pub fn gaps(order: &Order, events: &[Event]) -> Vec<(u32, u32)> {
    let mut gaps = Vec::new();
    let mut expected = 1;
    for seq in events.iter().map(|event| event.seq).chain([order.seq.saturating_add(1)]) {
        if seq > expected {
            gaps.push((expected, seq.saturating_sub(1)));
        }
        expected = seq.saturating_add(1);
    }
    gaps
}

fn owed(order: &Order) -> Option<&'static str> {
    match () {
        () if order.wants_cancellation() => Some("cancellation"),
        () if order.wants_amendment() => Some("amendment"),
        () => None,
    }
}

/// The name a state has wherever it is written.
pub(super) fn slug(state: &impl Serialize) -> String {
    serde_json::to_value(state).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
