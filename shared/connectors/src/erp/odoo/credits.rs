//! Credit notes: a draft, a return of goods that waits, the posting, the goods, the payment. Until the posting nothing is credited; after it
//! whoever looks for the credit note finishes it, because the waiting return and the paid invoice tell what belongs to it. Found by our reference
//! in `ref`, which is not unique in Odoo: the lane of an order is what keeps two from being made at once.

use serde_json::{Value, json};
use waybill_domain::money::Decimal;
use waybill_domain::{CreditNote, Document, DocumentKind};
use waybill_workflow::CallError;
use waybill_workflow::ports::erp::ErpCredit;

use super::OdooErp;
use super::call::Call;
use super::cancel::order_id;
use super::credit_lines::refund_line;
use super::lines::Priced;
use super::posting::{Bill, Seen, State};
use super::row::{Row, rows};
use crate::erp::checks;
use crate::erp::refusals::{credit_differs, order_cancelled, refused};
use crate::erp::scrub::Scrub;

/// A credit note as Odoo has it.
#[derive(Clone)]
pub(super) struct Refund {
    pub(super) reference: String,
    bill: Bill,
    invoice: Option<u64>,
}

impl Refund {
    const FIELDS: &[&str] = &["name", "state", "payment_state", "amount_total", "ref", "reversed_entry_id"];

    /// One that was just made.
    pub(super) fn new(id: u64, reference: &str) -> Self {
        let bill = Bill { id, name: String::new(), is_posted: false, is_unpaid: true, total: Decimal::ZERO };
        Self { reference: reference.to_owned(), bill, invoice: None }
    }

    fn read(row: &Row<'_>) -> Option<Option<Self>> {
        let reference = row.text("ref")?.to_owned();
        let invoice = row.named("reversed_entry_id")?.map(|(id, _)| id);
        Some(Bill::read(row)?.map(|bill| Self { reference, bill, invoice }))
    }

    fn document(bill: &Bill) -> Document {
        Document { kind: DocumentKind::CreditNote, id: bill.id.to_string(), number: bill.name.clone() }
    }
}

impl ErpCredit for OdooErp {
    async fn credit(&self, note: &CreditNote) -> Result<Document, CallError> {
        checks::credit_note(note)?;
        self.records()?;
        let scrub = Scrub::unknown();
        let seen = self.order(order_id(&note.order)?, &scrub).await?;
        if seen.state == State::Cancelled {
            return Err(order_cancelled());
        }
        let invoice = if seen.has_invoices { self.invoice_of(seen.id, &scrub).await? } else { None };
        let not_invoiced = || refused("erp_cannot_credit", "the order is not invoiced in Odoo");
        let invoice = invoice.filter(|bill| bill.is_posted).ok_or_else(not_invoiced)?;
        let refunds = self.refunds_of(invoice.id, &scrub).await?;
        // Asked for once, where they are needed at all.
        let mut lines = None;
        let of_people = refunds.iter().find(|refund| !is_ours(&refund.reference, &seen.reference));
        if let Some(theirs) = of_people {
            let message = format!("people made the credit note {} for this order in Odoo", theirs.bill.name);
            return Err(refused("erp_cannot_credit", message));
        }
        let refund = match refunds.iter().find(|refund| refund.reference == note.reference) {
            Some(refund) if refund.bill.is_posted => refund.clone(),
            Some(refund) => Refund::new(refund.bill.id, &note.reference),
            None => {
                let before = refunds.iter().try_fold(note.amount, |sum, refund| sum.checked_add(refund.bill.total));
                if before.is_none_or(|sum| sum > seen.total) {
                    return Err(refused(
                        "erp_over_credited",
                        "with this credit note more would be credited than the order's total",
                    ));
                }
                let lines = lines.insert(self.order_lines(seen.id, &scrub).await?);
                let credited = self.credit_lines(note, lines).await?;
                Refund::new(self.new_refund(&seen, invoice.id, &note.reference, credited, &scrub).await?, &note.reference)
            }
        };
        if !refund.bill.is_posted {
            match self.agree_refund(&refund, note.amount, &scrub).await {
                Ok(()) => {}
                Err(refusal @ CallError::Refused { .. }) => {
                    self.client.insist(|| Call::button("account.move", "unlink", &[refund.bill.id]), &scrub).await?;
                    return Err(refusal);
                }
                Err(error) => return Err(error),
            }
            self.prepare_return(note, &seen, lines, &scrub).await?;
        }
        let bill = self.post_refund(&refund, &scrub).await?;
        if bill.total != note.amount {
            return Err(credit_differs());
        }
        self.finish_refund(&bill, !invoice.is_unpaid, &note.reference, &scrub).await?;
        Ok(Refund::document(&bill))
    }

    /// The credit notes that are posted. What of them was cut off is finished first: that is a repetition of our own calls.
    async fn find_credit(&self, reference: &str) -> Result<Vec<Document>, CallError> {
        self.records()?;
        let scrub = Scrub::unknown();
        let call = || {
            let domain = json!([["ref", "=", reference], ["move_type", "=", "out_refund"]]);
            Call::search("account.move", domain, Refund::FIELDS)
        };
        let answer = self.client.call(call(), &scrub).await?;
        let mut found = Vec::new();
        for refund in rows(&call(), &answer, Refund::read)?.into_iter().flatten() {
            if refund.reference != reference {
                return Err(call().unclear("the answer is about another credit note"));
            }
            if refund.bill.is_posted {
                let is_paid = match refund.invoice {
                    Some(invoice) if refund.bill.is_unpaid => {
                        self.bill(invoice, &scrub).await?.is_some_and(|bill| !bill.is_unpaid)
                    }
                    _ => false,
                };
                self.finish_refund(&refund.bill, is_paid, reference, &scrub).await?;
                found.push(Refund::document(&refund.bill));
            }
        }
        Ok(found)
    }
}

/// Whether a credit note is one that Waybill made for the order with this reference.
fn is_ours(reference: &str, order: &str) -> bool {
    reference.strip_prefix(order).is_some_and(|rest| rest.starts_with("-refund-") || rest == "-cancel")
}

impl OdooErp {
    /// The credit notes that reverse an invoice.
    pub(super) async fn refunds_of(&self, invoice: u64, scrub: &Scrub) -> Result<Vec<Refund>, CallError> {
        let call = || {
            let domain = json!([["reversed_entry_id", "=", invoice], ["move_type", "=", "out_refund"]]);
            Call::search("account.move", domain, Refund::FIELDS)
        };
        let answer = self.client.call(call(), scrub).await?;
        Ok(rows(&call(), &answer, Refund::read)?.into_iter().flatten().collect())
    }

    /// Makes a credit note, as a draft.
    pub(super) async fn new_refund(
        &self,
        seen: &Seen,
        invoice: u64,
        reference: &str,
        lines: Vec<Priced>,
        scrub: &Scrub,
    ) -> Result<u64, CallError> {
        let lines: Vec<Value> = lines.iter().map(|line| json!([0, 0, refund_line(line)])).collect();
        let mut values = json!({
            "partner_id": seen.billed_to,
            "move_type": "out_refund",
            "reversed_entry_id": invoice,
            "ref": reference,
            "invoice_line_ids": lines,
        });
        if let (Some(journal), Some(values)) = (self.records()?.sales_journal, values.as_object_mut()) {
            values.insert("journal_id".to_owned(), json!(journal));
        }
        self.make("account.move", values, scrub).await
    }

    /// Makes a draft come to what is credited.
    async fn agree_refund(&self, refund: &Refund, amount: Decimal, scrub: &Scrub) -> Result<(), CallError> {
        let id = refund.bill.id;
        let gone = || refused("erp_not_found", "the draft of the credit note is gone");
        let total = self.bill(id, scrub).await?.ok_or_else(gone)?.total;
        let Some(difference) = checks::rounding(amount, total, self.records()?.rounding_limit)? else { return Ok(()) };
        let line = refund_line(&self.rounding(difference).await?);
        let values = json!({ "invoice_line_ids": [[0, 0, line]] });
        self.client.insist(|| Call::write("account.move", &[id], values.clone()), scrub).await?;
        let total = self.bill(id, scrub).await?.ok_or_else(gone)?.total;
        match checks::rounding(amount, total, Decimal::ZERO)? {
            None => Ok(()),
            Some(_) => Err(refused("erp_total_mismatch", "the line for rounding did not make the totals agree")),
        }
    }

    /// Posts a credit note, unless it is posted; as it is then.
    pub(super) async fn post_refund(&self, refund: &Refund, scrub: &Scrub) -> Result<Bill, CallError> {
        if refund.bill.is_posted {
            return Ok(refund.bill.clone());
        }
        let id = refund.bill.id;
        let answer = self.client.insist(|| Call::button("account.move", "action_post", &[id]), scrub).await;
        if let Err(unsure @ CallError::Unknown { .. }) = answer {
            return Err(unsure);
        }
        // Posted by it, or by somebody else; what there is tells.
        let unknown = |reason: String| CallError::Unknown { reason: format!("account.move.action_post: {reason}") };
        let bill = self.bill(id, scrub).await.map_err(|error| unknown(error.to_string()))?;
        match (bill.filter(|bill| bill.is_posted), answer) {
            (Some(bill), _) => Ok(bill),
            (None, Err(error)) => Err(error),
            (None, Ok(_)) => Err(unknown("it is not posted after it".to_owned())),
        }
    }

    /// Brings back the goods and pays back the money of a credit note that is posted. From its posting on nothing is surely not done, and a
    /// refusal says what is.
    async fn finish_refund(&self, bill: &Bill, invoice_is_paid: bool, reference: &str, scrub: &Scrub) -> Result<(), CallError> {
        let order = reference.rsplit_once("-refund-").map_or(reference, |(order, _)| order);
        let result = match self.bring_back(reference, scrub).await {
            Ok(()) => self.pay_back(bill, invoice_is_paid, order, reference, scrub).await,
            Err(error) => Err(error),
        };
        result.map_err(|error| match error {
            CallError::Refused { code, message } => {
                refused(&code, format!("the credit note {} is posted in Odoo, and not finished there: {message}", bill.name))
            }
            unsure => CallError::Unknown { reason: format!("after the credit note was posted: {unsure}") },
        })
    }

    /// Pays a credit note back from where the order's payment is, when the invoice was paid and this was not.
    pub(super) async fn pay_back(
        &self,
        bill: &Bill,
        invoice_is_paid: bool,
        order: &str,
        reference: &str,
        scrub: &Scrub,
    ) -> Result<(), CallError> {
        if !invoice_is_paid || !bill.is_unpaid || bill.total.is_zero() {
            return Ok(());
        }
        // Paid by people, who pay back too.
        let Some((_, journal)) = self.payment_of(order, scrub).await? else { return Ok(()) };
        self.pay(bill.id, journal, reference, scrub).await.map(|_| ())
    }
}
