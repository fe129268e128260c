//! What belongs to a confirmed order: invoice, its posting, its payment. Each step follows from what there is, so it goes on from wherever
//! an earlier try was cut off; what an answer showed is not asked again.

use serde_json::{Value, json};
use waybill_domain::money::{Currency, Decimal};
use waybill_domain::{At, Document, DocumentKind, ErpOrder, Finding};
use waybill_workflow::CallError;
use waybill_workflow::ports::erp::{ErpRecord, Unfinished};

use super::OdooErp;
use super::call::Call;
use super::parties::made;
use super::row::{Row, rows};
use crate::erp::refusals::order_cancelled;
use crate::erp::scrub::Scrub;
use crate::erp::text::{self, MOST_DOCUMENTS};

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// A quotation.
    Draft,
    /// Confirmed.
    Confirmed,
    /// Cancelled.
    Cancelled,
}

/// An order as Odoo has it.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) reference: String,
    pub(super) state: State,
    pub(super) total: Decimal,
    pub(super) currency: Currency,
    /// Once confirmed, when that was.
    pub(super) at: Option<At>,
    /// Something of it is to be invoiced now.
    pub(super) to_invoice: bool,
    pub(super) has_invoices: bool,
    pub(super) transfers: Vec<u64>,
    /// It was paid in the store.
    pub(super) is_paid: bool,
    pub(super) billed_to: Option<u64>,
}

impl Seen {
    pub(super) const FIELDS: &[&str] = &[
        "name",
        "state",
        "client_order_ref",
        "amount_total",
        "currency_id",
        "date_order",
        "invoice_status",
        "invoice_ids",
        "picking_ids",
        "reference",
        "partner_invoice_id",
    ];

    pub(super) fn read(row: &Row<'_>) -> Option<Self> {
        Some(Self {
            id: row.id()?,
            name: text::short(row.text("name")?),
            reference: row.text("client_order_ref")?.to_owned(),
            state: match row.text("state")? {
                "draft" | "sent" => State::Draft,
                // Until 16 a locked order is `done`.
                "sale" | "done" => State::Confirmed,
                "cancel" => State::Cancelled,
                _ => return None,
            },
            total: row.amount("amount_total")?,
            currency: row.currency()?,
            at: row.time("date_order"),
            to_invoice: row.text("invoice_status")? == "to invoice",
            has_invoices: !row.ids("invoice_ids")?.is_empty(),
            transfers: row.ids("picking_ids")?,
            is_paid: !row.text("reference")?.is_empty(),
            billed_to: row.of("partner_invoice_id"),
        })
    }
}

/// An invoice or credit note.
#[derive(Clone, Debug)]
pub(super) struct Bill {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) is_posted: bool,
    pub(super) is_unpaid: bool,
    pub(super) total: Decimal,
}

impl Bill {
    pub(super) const FIELDS: &[&str] = &["name", "state", "payment_state", "amount_total"];

    /// `Some(None)`: one that was cancelled, as if there were none.
    pub(super) fn read(row: &Row<'_>) -> Option<Option<Self>> {
        let is_posted = match row.text("state")? {
            "draft" => false,
            "posted" => true,
            "cancel" => return Some(None),
            _ => return None,
        };
        // Until it is posted 19 gives no name, and 18 one that may yet change.
        let name = if is_posted { text::short(row.text("name")?) } else { String::new() };
        let is_unpaid = row.text("payment_state")? == "not_paid";
        Some(Some(Self { id: row.id()?, name, is_posted, is_unpaid, total: row.amount("amount_total")? }))
    }
}

/// The next thing to be done for an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Invoice,
    Post(u64),
    Pay(u64),
}

/// A confirmed order and what belongs to it.
pub(super) struct Posting {
    seen: Seen,
    invoice: Option<Bill>,
    payment: Option<u64>,
}

impl Posting {
    /// Once an order may be confirmed nothing is surely not done.
    pub(super) fn unknown(error: &CallError) -> CallError {
        CallError::Unknown { reason: format!("after the order was confirmed: {error}") }
    }

    pub(super) fn next(&self, paid: bool) -> Option<Step> {
        match &self.invoice {
            // With nothing to invoice, Odoo is set to invoice what was delivered, and will.
            None => self.seen.to_invoice.then_some(Step::Invoice),
            Some(bill) if !bill.is_posted => Some(Step::Post(bill.id)),
            Some(bill) => (paid && bill.is_unpaid && self.payment.is_none()).then_some(Step::Pay(bill.id)),
        }
    }

    pub(super) fn record(self, unfinished: Option<Unfinished>) -> Result<ErpRecord, CallError> {
        let document = |kind, id: u64, number: &str| Document { kind, id: id.to_string(), number: number.to_owned() };
        let Seen { id, name, reference, total, currency, at, transfers, .. } = self.seen;
        let mut documents = vec![document(DocumentKind::SalesOrder, id, &name)];
        documents.extend(self.invoice.iter().map(|bill| document(DocumentKind::Invoice, bill.id, &bill.name)));
        documents.extend(self.payment.map(|id| document(DocumentKind::Payment, id, "")));
        documents.extend(transfers.iter().map(|id| document(DocumentKind::Delivery, *id, "")));
        documents.truncate(MOST_DOCUMENTS);
        let confirmed_at =
            at.ok_or_else(|| CallError::Unknown { reason: "sale.order: a confirmed order without a time".to_owned() })?;
        Ok(ErpRecord { id: id.to_string(), reference, confirmed_at, total, currency, documents, unfinished })
    }
}

impl OdooErp {
    /// What belongs to a confirmed order so far.
    pub(super) async fn posting(&self, seen: Seen, reference: &str, scrub: &Scrub) -> Result<Posting, CallError> {
        let invoice = if seen.has_invoices { self.invoice_of(seen.id, scrub).await? } else { None };
        let payment = match &invoice {
            Some(bill) if bill.is_posted => self.payment_of(reference, scrub).await?.map(|(id, _)| id),
            _ => None,
        };
        Ok(Posting { seen, invoice, payment })
    }

    /// The invoice of an order; the first one, where it was invoiced in parts.
    pub(super) async fn invoice_of(&self, order: u64, scrub: &Scrub) -> Result<Option<Bill>, CallError> {
        let domain = json!([["invoice_line_ids.sale_line_ids.order_id", "=", order], ["move_type", "=", "out_invoice"]]);
        let call = || Call::search("account.move", domain.clone(), Bill::FIELDS);
        let answer = self.client.insist(call, scrub).await?;
        Ok(rows(&call(), &answer, Bill::read)?.into_iter().flatten().min_by_key(|bill| bill.id))
    }

    /// The payment with our reference, and the journal it is in.
    pub(super) async fn payment_of(&self, reference: &str, scrub: &Scrub) -> Result<Option<(u64, u64)>, CallError> {
        let memo = self.client.version().await?.payment_memo();
        let domain = json!([[memo, "=", reference], ["state", "not in", ["cancel", "canceled", "rejected"]]]);
        let call = || Call::search("account.payment", domain.clone(), &["journal_id"]);
        let answer = self.client.insist(call, scrub).await?;
        Ok(rows(&call(), &answer, |row| Some((row.id()?, row.of("journal_id")?)))?.into_iter().min())
    }

    /// Makes what is missing of a confirmed order. From here on nothing is surely not done: what is refused for good is said in the record,
    /// everything else is unknown.
    pub(super) async fn post(&self, order: &ErpOrder, paid: bool, seen: Seen, scrub: &Scrub) -> Result<ErpRecord, CallError> {
        let result = self.finish(order, paid, seen, scrub).await;
        result.map_err(|error| match &error {
            CallError::Refused { code, .. } if code == "erp_order_cancelled" => error,
            CallError::Unknown { .. } => error,
            _ => Posting::unknown(&error),
        })
    }

    async fn finish(&self, order: &ErpOrder, paid: bool, seen: Seen, scrub: &Scrub) -> Result<ErpRecord, CallError> {
        let id = seen.id;
        let mut posting = self.posting(seen, &order.reference, scrub).await?;
        let mut refused: Option<Step> = None;
        let mut did_something = false;
        while let Some(step) = posting.next(paid) {
            match self.take(step, &mut posting, order, scrub).await {
                Ok(()) => did_something = true,
                // Already done by somebody else? What there is tells.
                Err(CallError::Refused { .. }) if refused != Some(step) => {
                    refused = Some(step);
                    let seen = self.order(id, scrub).await?;
                    if seen.state == State::Cancelled {
                        return Err(order_cancelled());
                    }
                    posting = self.posting(seen, &order.reference, scrub).await?;
                }
                Err(CallError::Refused { code, message }) => {
                    return posting.record(Some(Unfinished::Refused(Finding { code, message })));
                }
                Err(error) => return Err(error),
            }
        }
        if did_something && let Some(bill) = &posting.invoice {
            posting.invoice = self.bill(bill.id, scrub).await?;
        }
        let differs = posting.invoice.as_ref().filter(|bill| !posting.seen.to_invoice && bill.total != posting.seen.total);
        if posting.invoice.is_none() && paid && !posting.seen.total.is_zero() {
            let message = "Odoo has nothing to invoice, so the payment is not booked: set its articles to be invoiced by ordered quantities";
            let finding = Finding { code: "erp_refused".to_owned(), message: message.to_owned() };
            return posting.record(Some(Unfinished::Refused(finding)));
        }
        let finding = differs.map(|bill| {
            let message = format!("Odoo's invoice {} says {}, its order {}", bill.name, bill.total, posting.seen.total);
            Unfinished::Refused(Finding { code: "erp_total_differs".to_owned(), message })
        });
        posting.record(finding)
    }

    /// An invoice or credit note by its id.
    pub(super) async fn bill(&self, id: u64, scrub: &Scrub) -> Result<Option<Bill>, CallError> {
        let call = || Call::read("account.move", &[id], Bill::FIELDS);
        let answer = self.client.insist(call, scrub).await?;
        Ok(rows(&call(), &answer, Bill::read)?.into_iter().flatten().find(|bill| bill.id == id))
    }

    async fn take(&self, step: Step, posting: &mut Posting, order: &ErpOrder, scrub: &Scrub) -> Result<(), CallError> {
        match step {
            Step::Invoice => {
                let id = self.invoice(posting.seen.id, scrub).await?;
                posting.seen.to_invoice = false;
                let total = posting.seen.total;
                posting.invoice = Some(Bill { id, name: String::new(), is_posted: false, is_unpaid: true, total });
            }
            Step::Post(id) => {
                self.client.insist(|| Call::button("account.move", "action_post", &[id]), scrub).await?;
                if let Some(bill) = &mut posting.invoice {
                    bill.is_posted = true;
                    // Nothing is paid for what costs nothing.
                    bill.is_unpaid = !bill.total.is_zero();
                }
            }
            Step::Pay(id) => {
                let journal = self.records()?.journal(&order.payment_method);
                posting.payment = Some(self.pay(id, journal, &order.reference, scrub).await?);
            }
        }
        Ok(())
    }

    /// Invoices an order; the invoice's id.
    async fn invoice(&self, order: u64, scrub: &Scrub) -> Result<u64, CallError> {
        const WIZARD: &str = "sale.advance.payment.inv";
        let values = json!({ "advance_payment_method": "delivered", "sale_order_ids": [[6, 0, [order]]] });
        let open = |call: Call| call.on("sale.order", order).with("active_id", json!(order));
        let answer = self.client.insist(|| open(Call::create(WIZARD, values.clone())), scrub).await?;
        let wizard = made(WIZARD, &answer)?;
        let answer = self.client.insist(|| open(Call::button(WIZARD, "create_invoices", &[wizard])), scrub).await?;
        opened(&answer).ok_or_else(|| CallError::Unknown { reason: format!("{WIZARD}.create_invoices: not one invoice") })
    }

    /// Pays an invoice or credit note in full; the payment's id.
    pub(super) async fn pay(&self, bill: u64, journal: u64, words: &str, scrub: &Scrub) -> Result<u64, CallError> {
        const WIZARD: &str = "account.payment.register";
        let values = json!({ "communication": words, "journal_id": journal });
        let answer = self.client.insist(|| Call::create(WIZARD, values.clone()).on("account.move", bill), scrub).await?;
        let wizard = made(WIZARD, &answer)?;
        let pay = || Call::button(WIZARD, "action_create_payments", &[wizard]).on("account.move", bill);
        let answer = self.client.insist(pay, scrub).await?;
        opened(&answer).ok_or_else(|| CallError::Unknown { reason: format!("{WIZARD}.action_create_payments: not one payment") })
    }
}

/// The record that an action shows, if it is one.
pub(super) fn opened(action: &Value) -> Option<u64> {
    action.get("res_id")?.as_u64()
}
