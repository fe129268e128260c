//! The JSON of refunds, returns and the call that is out.

use serde::Serialize;
use waybill_domain::{ErpState, EventKind, Order, Refund, RefundState, Return, ReturnState};

use super::request::{PiecesView, pieces};

/// A refund.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RefundView {
    /// The store's refund id.
    pub id: u64,
    /// Gross, positive decimal.
    pub amount: String,
    /// What was done about it.
    pub state: RefundState,
    /// The ERP's id of its credit note.
    pub reference: Option<String>,
    /// The number people see on it.
    pub number: Option<String>,
    /// Pieces refunded, known once the refund was read; none for an amount alone.
    pub lines: Vec<PiecesView>,
    /// Pieces of them that went back on the shelf.
    pub restocked: Vec<PiecesView>,
    /// The return it was made for.
    #[serde(rename = "return")]
    pub returned: Option<String>,
}

/// A return, or a refund without goods, as it was reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReturnView {
    /// The reporter's id.
    pub id: String,
    /// How far it has come.
    pub state: ReturnState,
    /// By line; none for a refund without goods.
    pub lines: Vec<ReturnLineView>,
    /// Gross decimal, if the reporter decided it; else what the accepted pieces cost.
    pub amount: Option<String>,
    /// It was inspected, and nothing was accepted.
    pub rejected: bool,
    /// The refund in the store.
    pub refund: Option<u64>,
    /// A person refunded it; Waybill does not.
    pub by_hand: bool,
    /// The credit note that the ERP made for it by itself.
    pub credit_note: Option<String>,
}

/// Pieces of a line that come back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReturnLineView {
    /// The store's line id.
    pub line: u64,
    /// Pieces that come back.
    pub quantity: u32,
    /// Pieces that are accepted; counts once the return was inspected.
    pub accepted: u32,
    /// Accepted pieces that go back on the shelf.
    pub restock: u32,
}

/// The call that is out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CallView {
    /// `post`, `amend`, `cancel`, `credit REFUND`, `refund RETURN` or `tell`.
    pub what: String,
    /// It ended without an answer that can be trusted.
    pub unknown: bool,
    /// RFC 3339: since when it is out or, once unknown, unknown; `null` if that event has left the record.
    pub since: Option<String>,
    /// RFC 3339: the end of the lease; once unknown, when it is looked up.
    pub until: Option<String>,
}

impl RefundView {
    pub(super) fn of(refund: &Refund) -> Self {
        let document = refund.document.as_ref();
        RefundView {
            id: refund.id,
            amount: refund.amount.to_string(),
            state: refund.state,
            reference: document.map(|document| document.id.clone()),
            number: document.and_then(|document| super::some(&document.number)),
            lines: pieces(&refund.lines),
            restocked: pieces(&refund.restocked),
            returned: refund.returned.clone(),
        }
    }
}

impl ReturnView {
    pub(super) fn of(one: &Return) -> Self {
        let lines = one.lines.iter().map(|(line, pieces)| ReturnLineView {
            line: *line,
            quantity: pieces.quantity,
            accepted: pieces.accepted,
            restock: pieces.restock,
        });
        ReturnView {
            id: one.id.clone(),
            state: one.state,
            lines: lines.collect(),
            amount: one.amount.map(|amount| amount.to_string()),
            rejected: one.is_rejected(),
            refund: one.refund,
            by_hand: one.by_hand,
            credit_note: one.credit_note.clone(),
        }
    }
}

impl CallView {
    /// `None`: no call is out.
    pub(super) fn of(order: &Order) -> Option<Self> {
        let (what, unknown, until) = match (order.erp.state, &order.call) {
            (ErpState::Posting, _) => ("post".to_owned(), false, order.erp.until),
            (ErpState::Unknown, _) => ("post".to_owned(), true, order.erp.until),
            (_, Some(call)) => (call.effect.to_string(), call.unknown, Some(call.until)),
            (_, None) => return None,
        };
        let began = |kind: EventKind| match unknown {
            true => matches!(kind, EventKind::PostingUnknown | EventKind::CallUnknown),
            false => matches!(kind, EventKind::Posting | EventKind::Calling),
        };
        let since = order.events.iter().rev().find(|event| began(event.kind)).map(|event| event.at.to_string());
        Some(CallView { what, unknown, since, until: until.map(|until| until.to_string()) })
    }
}
