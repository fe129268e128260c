//! From a confirmed sale to the end of its posting: goods reserved, invoice posted, payment booked. Each sub-step begins with what the
//! answers before it show, so a posting that was cut off goes on where it was. Nothing here can be called "surely not done": the order is.

use serde::Deserialize;
use serde_json::{Value, json};
use waybill_domain::{Document, DocumentKind, ErpOrder, Finding};
use waybill_workflow::CallError;

use super::Desk;
use super::client::Call;
use super::error::Verdict;
use super::sales::Seen;
use super::wire::{self, Invoice, InvoiceState, SaleState, Shipment, decimal, referred};
use crate::erp::refusals::refused;
use crate::erp::scrub::Scrub;

/// Why a posting did not get to its end.
pub(super) enum Trouble {
    /// It may have: learnt by asking again.
    Unknown(CallError),
    /// Tryton refuses the rest for good.
    Refused(Finding),
}

impl Trouble {
    pub(super) fn of(verdict: Verdict, scrub: &Scrub) -> Self {
        if verdict.is_refusal() {
            Self::Refused(Finding { code: "erp_refused".to_owned(), message: verdict.message(scrub) })
        } else {
            Self::Unknown(verdict.after())
        }
    }

    /// For those to whom a refusal is one.
    pub(super) fn error(self) -> CallError {
        match self {
            Self::Unknown(error) => error,
            Self::Refused(finding) => refused(&finding.code, finding.message),
        }
    }
}

#[derive(Deserialize)]
struct Statement {
    id: u64,
    state: String,
}

impl Desk {
    /// The sale with its documents. Tryton makes them in a task after the confirmation; one that has not run, or failed, is done here.
    pub(super) async fn processed(&self, seen: &mut Seen, scrub: &Scrub) -> Result<(), Trouble> {
        if seen.sale.state != SaleState::Confirmed {
            return Ok(());
        }
        let id = seen.sale.id;
        let call = Call::press("sale", "sale.sale", id, "process", wire::SALE);
        let refusal = match self.client.patient().reply::<wire::Sale>(&call).await {
            Ok(reply) if reply.body.id == id => {
                *seen = Seen { sale: reply.body, at: reply.ended };
                None
            }
            Ok(_) => None,
            Err(verdict) if verdict.is_refusal() => {
                // It was done meanwhile, or cannot be: an article without accounts, a customer without.
                *seen = self.sale(id).await.map_err(|verdict| Trouble::Unknown(verdict.after()))?;
                Some(verdict)
            }
            Err(verdict) => return Err(Trouble::Unknown(verdict.after())),
        };
        match (seen.sale.state, refusal) {
            (SaleState::Confirmed, Some(refusal)) => Err(Trouble::of(refusal, scrub)),
            (SaleState::Confirmed, None) => {
                Err(Trouble::Unknown(CallError::Unknown { reason: call.reason("the sale has no documents after it") }))
            }
            _ => Ok(()),
        }
    }

    /// Reserves what is there. What is not, stays waiting: whether it may be sold was decided by Waybill's ledger, before.
    pub(super) async fn reserve(&self, shipments: &[Shipment]) -> Result<(), CallError> {
        for shipment in shipments.iter().filter(|shipment| shipment.state == "waiting") {
            let call = Call::press("shipment", "stock.shipment.out", shipment.id, "assign_try", &["number", "state"]);
            match self.client.patient().call::<Shipment>(&call).await {
                Ok(tried) if tried.state == "waiting" => {
                    tracing::info!(shipment = shipment.id, "Tryton could not reserve all of it")
                }
                Ok(_) => {}
                Err(verdict) if verdict.is_refusal() => tracing::warn!(shipment = shipment.id, "Tryton refused to reserve"),
                Err(verdict) => return Err(verdict.after()),
            }
        }
        Ok(())
    }

    /// Posts an invoice or a credit note. The second value: it was this call that did it, and no other one.
    pub(super) async fn post(&self, draft: &Invoice, scrub: &Scrub) -> Result<(Invoice, bool), Trouble> {
        let client = self.client.patient();
        if let Some(journal) = self.records.sales_journal.filter(|journal| draft.journal != Some(*journal)) {
            let call = Call::update("invoice", "account.invoice", draft.id, &["state"], json!({ "journal": journal }));
            match client.call::<Value>(&call).await {
                // Posted by another one meanwhile, which the next call shows.
                Err(verdict) if !verdict.is_refusal() => return Err(Trouble::Unknown(verdict.after())),
                _ => {}
            }
        }
        // Tryton warns, which without a person is a refusal, when the taxes of a line are not its article's: the store's are right.
        let call =
            Call::press("invoice", "account.invoice", draft.id, "post", wire::INVOICE).context("_skip_warnings", true.into());
        let refusal = match client.call::<Invoice>(&call).await {
            Ok(posted) if posted.id == draft.id && is_posted(posted.state) => return Ok((posted, true)),
            Ok(_) => {
                return Err(Trouble::Unknown(CallError::Unknown { reason: call.reason("the invoice is not posted after it") }));
            }
            Err(verdict) if verdict.is_refusal() => verdict,
            Err(verdict) => return Err(Trouble::Unknown(verdict.after())),
        };
        let read = Call::get("invoice", "account.invoice", draft.id, wire::INVOICE);
        match client.call::<Invoice>(&read).await {
            Ok(invoice) if is_posted(invoice.state) => Ok((invoice, false)),
            Ok(_) => Err(Trouble::of(refusal, scrub)),
            Err(verdict) => Err(Trouble::Unknown(verdict.after())),
        }
    }

    /// Brings an invoice of an order to its end. Its payment's document, if this made or found one.
    pub(super) async fn settle(
        &self,
        invoice: &mut Invoice,
        order: &ErpOrder,
        paid: bool,
        scrub: &Scrub,
    ) -> Result<Option<u64>, Trouble> {
        let mut ours = false;
        if !is_posted(invoice.state) {
            (*invoice, ours) = self.post(invoice, scrub).await?;
        }
        if paid && is_half_booked(invoice) {
            // It may be a person's own.
            let found = self.payment_of(invoice, &order.reference).await.map_err(Trouble::Unknown)?;
            return match found {
                Some(statement) => self.end_payment(statement, invoice, scrub).await,
                None => Ok(None),
            };
        }
        if !paid || invoice.state != InvoiceState::Posted || invoice.amount_to_pay.0.is_zero() {
            return Ok(None);
        }
        // Only who posted the invoice knows that nobody has paid it.
        let found = if ours { None } else { self.payment_of(invoice, &order.reference).await.map_err(Trouble::Unknown)? };
        let statement = match found {
            Some(statement) => statement,
            None => self.book(invoice, order, scrub).await?,
        };
        self.end_payment(statement, invoice, scrub).await
    }

    /// The statement of an earlier try. Of several only one can be posted, so all but the one that got furthest go.
    async fn payment_of(&self, invoice: &Invoice, reference: &str) -> Result<Option<Statement>, CallError> {
        let domain = json!([
            ["name", "=", reference],
            ["state", "!=", "cancelled"],
            ["lines.related_to", "=", format!("account.invoice,{}", invoice.id)]
        ]);
        let call = Call::search("payment", "account.statement", &["state"], &domain);
        let mut found: Vec<Statement> = self.client.patient().call(&call).await.map_err(Verdict::after)?;
        found.sort_by_key(|statement| (statement.state == "draft", statement.id));
        let mut found = found.into_iter();
        let first = found.next();
        for spare in found.filter(|statement| statement.state == "draft") {
            let call = Call::delete("payment", "account.statement", spare.id);
            self.client.patient().call::<Option<Value>>(&call).await.map_err(Verdict::after)?;
        }
        Ok(first)
    }

    async fn book(&self, invoice: &Invoice, order: &ErpOrder, scrub: &Scrub) -> Result<Statement, Trouble> {
        let amount = decimal(invoice.amount_to_pay.0);
        let line = json!({
            "number": order.transaction_id, "date": invoice.invoice_date, "amount": amount, "party": invoice.party,
            "account": invoice.account, "related_to": format!("account.invoice,{}", invoice.id), "description": order.payment_method,
        });
        // Which of the sums is compared is the journal's choice.
        let body = json!({
            "company": self.records.company, "journal": self.records.journal(&order.payment_method), "name": order.reference,
            "date": invoice.invoice_date, "total_amount": amount, "number_of_lines": 1, "start_balance": decimal(0.into()),
            "end_balance": amount, "lines": [["create", [line]]],
        });
        let call = Call::create("payment", "account.statement", &["state"], body);
        self.client.patient().call(&call).await.map_err(|verdict| Trouble::of(verdict, scrub))
    }

    /// Validates and posts. Tryton itself refuses to pay an invoice twice: then the draft goes.
    async fn end_payment(&self, statement: Statement, invoice: &Invoice, scrub: &Scrub) -> Result<Option<u64>, Trouble> {
        let client = self.client.patient();
        let Statement { id, mut state } = statement;
        for (before, button) in [("draft", "validate_statement"), ("validated", "post")] {
            if state != before {
                continue;
            }
            let call = Call::press("payment", "account.statement", id, button, &["state"]);
            match client.call::<Statement>(&call).await {
                Ok(after) => state = after.state,
                Err(verdict) if verdict.is_refusal() => {
                    let read = Call::get("payment", "account.statement", id, &["state"]);
                    let there = client.call::<Statement>(&read).await.map_err(|verdict| Trouble::Unknown(verdict.after()))?;
                    if there.state == before {
                        return self.refused_payment(there, invoice, verdict, scrub).await;
                    }
                    state = there.state;
                }
                Err(verdict) => return Err(Trouble::Unknown(verdict.after())),
            }
        }
        match state.as_str() {
            "posted" => Ok(Some(id)),
            other => Err(Trouble::Unknown(CallError::Unknown {
                reason: format!("the payment {id} is {} after posting", crate::erp::text::short(other)),
            })),
        }
    }

    async fn refused_payment(
        &self,
        draft: Statement,
        invoice: &Invoice,
        refusal: Verdict,
        scrub: &Scrub,
    ) -> Result<Option<u64>, Trouble> {
        let client = self.client.patient();
        let unknown = |verdict: Verdict| Trouble::Unknown(verdict.after());
        let read = Call::get("invoice", "account.invoice", invoice.id, wire::INVOICE);
        let now: Invoice = client.call(&read).await.map_err(unknown)?;
        if now.state != InvoiceState::Paid {
            return Err(Trouble::of(refusal, scrub));
        }
        let call = Call::delete("payment", "account.statement", draft.id);
        client.call::<Option<Value>>(&call).await.map_err(unknown)?;
        Ok(payments(&now).next())
    }
}

fn is_posted(state: InvoiceState) -> bool {
    matches!(state, InvoiceState::Posted | InvoiceState::Paid)
}

/// The statements that pay an invoice.
pub(super) fn payments(invoice: &Invoice) -> impl Iterator<Item = u64> {
    let origins = invoice.payment_lines.iter().filter_map(|line| line.movement.as_ref()?.origin.as_deref());
    origins.filter_map(|origin| referred(origin, "account.statement"))
}

/// Whether a payment of an invoice is not in the books for good: its statement is validated, and not posted.
pub(super) fn is_half_booked(invoice: &Invoice) -> bool {
    let mut entries = invoice.payment_lines.iter().filter_map(|line| line.movement.as_ref());
    entries.any(|entry| entry.state.as_deref() == Some("draft"))
}

/// A document of this kind.
pub(super) fn document(kind: DocumentKind, id: u64, number: Option<&str>) -> Document {
    Document { kind, id: id.to_string(), number: crate::erp::text::short(number.unwrap_or_default()) }
}
