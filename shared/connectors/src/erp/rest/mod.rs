//! The connector for the generic contract, `docs/erp-rest.openapi.yaml`.
//!
//! `client` sends and judges, `wire` has the bodies as they are on the line, `transform` puts the workflow's words into them
//! and back, `error` decides what an answer proves, `scrub` keeps personal data out of messages, `feeds` reads the lists.

mod client;
mod error;
mod feeds;
mod scrub;
mod transform;
mod wire;

use waybill_domain::{CreditNote, Document, DocumentKind, ErpConfig, ErpOrder};
use waybill_workflow::CallError;
use waybill_workflow::ports::erp::{ErpCancel, ErpCredit, ErpOrders, ErpRecord};

use client::{Call, Client};
use error::{Code, Verdict};
use scrub::Scrub;

/// A connection to one ERP. Cheap to clone; build it once per configuration and keep it, so that connections stay open.
#[derive(Clone)]
pub struct RestErp {
    client: Client,
}

impl RestErp {
    /// Prepares the connection; sends nothing.
    ///
    /// # Errors
    /// [`CallError::Refused`] with the code `erp_config_invalid` when the address, the CA or the token cannot be used.
    pub fn new(config: &ErpConfig, token: &str) -> Result<Self, CallError> {
        Client::new(config, token).map(|client| Self { client })
    }
}

impl ErpOrders for RestErp {
    async fn create(&self, order: &ErpOrder) -> Result<ErpRecord, CallError> {
        let body = transform::new_order(order)?;
        let scrub = Scrub::of(order);
        let call = Call::write("order", &["v1", "orders"], &body);
        let found: wire::Order = match self.client.call(&call).await {
            Ok(created) => created,
            Err(Verdict::Said { code: Code::Duplicate, answer, .. }) => match answer.json::<wire::Taken<wire::Order>>() {
                Some(taken) => taken.existing,
                None => return Err(call.unknown("the reference is taken, and the answer does not show by what")),
            },
            Err(verdict) => return Err(verdict.of_write(&call, &scrub)),
        };
        if found.reference != order.reference {
            return Err(call.unknown("the answer is about another order"));
        }
        match transform::record(found) {
            Some(transform::Found::Live(record)) => Ok(record),
            Some(transform::Found::Cancelled) => Err(error::order_cancelled()),
            Some(transform::Found::Pending) | None => Err(call.unknown("the answer is not a confirmed order")),
        }
    }

    /// The orders that are confirmed. One that was left pending is not among them: creating it again finishes it. When all
    /// there are have been cancelled in the ERP, that is an error: a person did that, and has to say what follows.
    async fn find(&self, reference: &str) -> Result<Vec<ErpRecord>, CallError> {
        let call = Call::read("orders", &["v1", "orders"]).query("reference", reference);
        let answer: wire::Orders = self.client.call(&call).await.map_err(|verdict| verdict.of_read(&call))?;
        let (mut live, mut cancelled) = (Vec::new(), false);
        for order in answer.orders {
            if order.reference != reference {
                return Err(call.down("the answer is about another order"));
            }
            match transform::record(order) {
                Some(transform::Found::Live(record)) => live.push(record),
                Some(transform::Found::Cancelled) => cancelled = true,
                Some(transform::Found::Pending) => tracing::warn!(reference, "an order was left pending in the ERP"),
                None => return Err(call.down("an order in the answer cannot be read")),
            }
        }
        if live.is_empty() && cancelled { Err(error::order_cancelled()) } else { Ok(live) }
    }
}

impl ErpCancel for RestErp {
    async fn cancel(&self, id: &str) -> Result<(), CallError> {
        let body = serde_json::json!({});
        let call = Call::write("cancellation", &["v1", "orders", id, "cancel"], &body);
        let cancelled: wire::Order =
            self.client.call(&call).await.map_err(|verdict| verdict.of_write(&call, &Scrub::nothing()))?;
        match transform::record(cancelled) {
            Some(transform::Found::Cancelled) => Ok(()),
            _ => Err(call.unknown("the answer is not a cancelled order")),
        }
    }
}

impl ErpCredit for RestErp {
    async fn credit(&self, note: &CreditNote) -> Result<Document, CallError> {
        let body = transform::new_credit_note(note)?;
        let call = Call::write("credit note", &["v1", "credit-notes"], &body);
        let found: wire::CreditNote = match self.client.call(&call).await {
            Ok(created) => created,
            Err(Verdict::Said { code: Code::Duplicate, answer, .. }) => match answer.json::<wire::Taken<wire::CreditNote>>() {
                Some(taken) => taken.existing,
                None => return Err(call.unknown("the reference is taken, and the answer does not show by what")),
            },
            Err(verdict) => return Err(verdict.of_write(&call, &Scrub::nothing())),
        };
        let same = found.reference == note.reference && found.order == note.order;
        let same_money = transform::amount(&found.total) == Some(note.amount) && found.currency == note.currency.code();
        match (same, transform::id(found.id)) {
            (true, Some(_)) if !same_money => Err(error::credit_differs()),
            (true, Some(id)) => Ok(Document { kind: DocumentKind::CreditNote, id, number: transform::short(&found.number) }),
            _ => Err(call.unknown("the answer is about another credit note")),
        }
    }

    async fn find_credit(&self, reference: &str) -> Result<Vec<Document>, CallError> {
        let call = Call::read("credit notes", &["v1", "credit-notes"]).query("reference", reference);
        let answer: wire::CreditNotes = self.client.call(&call).await.map_err(|verdict| verdict.of_read(&call))?;
        answer
            .credit_notes
            .into_iter()
            .map(|found| match transform::id(found.id) {
                Some(id) if found.reference == reference => {
                    Ok(Document { kind: DocumentKind::CreditNote, id, number: transform::short(&found.number) })
                }
                _ => Err(call.down("the answer is about another credit note")),
            })
            .collect()
    }
}
