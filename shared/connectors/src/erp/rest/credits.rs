//! Credit notes: created and found.

use waybill_domain::{CreditNote, Document, DocumentKind};
use waybill_workflow::CallError;
use waybill_workflow::ports::erp::ErpCredit;

use super::client::Call;
use super::error::{Code, Verdict};
use super::{RestErp, wire};
use crate::erp::refusals::credit_differs;
use crate::erp::scrub::Scrub;
use crate::erp::{checks, text};

impl ErpCredit for RestErp {
    async fn credit(&self, note: &CreditNote) -> Result<Document, CallError> {
        checks::credit_note(note)?;
        let body = new_credit_note(note);
        let call = Call::post("credit note", &["v1", "credit-notes"], &body).optional("erp_cannot_credit");
        let found: wire::CreditNote = match self.client.call(&call).await {
            Ok(created) => created,
            Err(Verdict::Said { code: Code::Duplicate, answer, .. }) => match answer.json::<wire::Taken<wire::CreditNote>>() {
                Some(taken) => taken.existing,
                None => return Err(call.unknown("the reference is taken, and the answer does not show by what")),
            },
            Err(verdict) => return Err(self.failed(&call, verdict, &Scrub::unknown()).await),
        };
        let same_money = text::amount(&found.total) == Some(note.amount) && found.currency == note.currency.code();
        let same = found.reference == note.reference && found.order == note.order;
        match document(found).filter(|_| same) {
            Some(_) if !same_money => Err(credit_differs()),
            Some(document) => Ok(document),
            None => Err(call.unknown("the answer is about another credit note")),
        }
    }

    async fn find_credit(&self, reference: &str) -> Result<Vec<Document>, CallError> {
        let call =
            Call::read("credit notes", &["v1", "credit-notes"]).query("reference", reference).optional("erp_cannot_credit");
        let answer: wire::CreditNotes = match self.client.call(&call).await {
            Ok(answer) => answer,
            Err(verdict) => return Err(self.failed(&call, verdict, &Scrub::unknown()).await),
        };
        let found = answer.credit_notes.into_iter().map(|found| Some(found).filter(|found| found.reference == reference));
        let found: Option<Vec<Document>> = found.map(|found| document(found?)).collect();
        found.ok_or_else(|| call.down("the answer is about another credit note"))
    }
}

/// What is kept of a credit note; `None` for an id that cannot be kept.
fn document(found: wire::CreditNote) -> Option<Document> {
    Some(Document { kind: DocumentKind::CreditNote, id: text::id(found.id)?, number: text::short(&found.number) })
}

fn new_credit_note(note: &CreditNote) -> wire::NewCreditNote<'_> {
    let lines = note.lines.iter().map(|line| wire::CreditLine {
        line: line.line.to_string(),
        quantity: line.quantity,
        restock: line.restock,
        net: line.net.to_string(),
        tax: line.tax.to_string(),
    });
    let charges = note.charges.iter().map(|charge| wire::CreditCharge {
        line: charge.charge.to_string(),
        net: charge.net.to_string(),
        tax: charge.tax.to_string(),
    });
    wire::NewCreditNote {
        reference: &note.reference,
        order: &note.order,
        currency: note.currency.code(),
        lines: lines.collect(),
        charges: charges.collect(),
        other: note.other.to_string(),
        total: note.amount.to_string(),
    }
}
