//! Cancellation: the order goes first, then its invoice is reversed. Whoever was cut off between the two says it again: a cancelled order whose
//! invoice stands is one whose cancellation goes on.

use serde_json::json;
use waybill_workflow::CallError;
use waybill_workflow::ports::erp::ErpCancel;

use super::OdooErp;
use super::call::Call;
use super::credits::Refund;
use super::posting::{Bill, Seen, State};
use super::row::rows;
use crate::erp::refusals::refused;
use crate::erp::scrub::Scrub;

impl ErpCancel for OdooErp {
    async fn cancel(&self, id: &str) -> Result<(), CallError> {
        self.records()?;
        let scrub = Scrub::unknown();
        let seen = self.order(order_id(id)?, &scrub).await?;
        let invoice = if seen.has_invoices { self.invoice_of(seen.id, &scrub).await? } else { None };
        let invoice = invoice.filter(|bill| bill.is_posted);
        let refunds = match &invoice {
            Some(bill) => self.refunds_of(bill.id, &scrub).await?,
            None => Vec::new(),
        };
        let reference = format!("{}-cancel", seen.reference);
        let of_others = refunds.iter().any(|refund| refund.reference != reference);
        if seen.state != State::Cancelled {
            if of_others {
                return Err(refused("erp_cannot_cancel", "the order was credited"));
            }
            self.stop(&seen, &scrub).await?;
        }
        let Some(invoice) = invoice.filter(|_| !of_others) else { return Ok(()) };
        let refund = refunds.into_iter().next();
        let reversed = self.reverse(&seen, &invoice, refund, &reference, &scrub).await;
        reversed.map_err(|error| match error {
            CallError::Refused { code, message } => refused(
                &code,
                format!("the order is cancelled in Odoo, and its invoice {} is not reversed: {message}", invoice.name),
            ),
            unsure => CallError::Unknown { reason: format!("after the order was cancelled: {unsure}") },
        })
    }
}

impl OdooErp {
    /// Cancels an order of which nothing has left.
    async fn stop(&self, seen: &Seen, scrub: &Scrub) -> Result<(), CallError> {
        if !seen.transfers.is_empty() {
            let call = || Call::read("stock.picking", &seen.transfers, &["state"]);
            let answer = self.client.call(call(), scrub).await?;
            let states = rows(&call(), &answer, |row| row.text("state").map(str::to_owned))?;
            if states.iter().any(|state| state == "done") {
                return Err(refused("erp_cannot_cancel", "goods of the order have left"));
            }
        }
        let id = seen.id;
        // Until 18 a confirmed order is cancelled only after a question, unless it is told not to ask.
        let call = || Call::button("sale.order", "action_cancel", &[id]).with("disable_cancel_warning", json!(true));
        let answer = self.client.insist(call, scrub).await;
        if let Err(unsure @ CallError::Unknown { .. }) = answer {
            return Err(unsure);
        }
        let now = self.order(id, scrub).await.map_err(|error| call().unclear(&error.to_string()))?;
        match (now.state, answer) {
            (State::Cancelled, _) => Ok(()),
            // A rule against cancelling is one that will not change.
            (_, Err(CallError::Refused { code, message })) if code == "erp_refused" => Err(refused("erp_cannot_cancel", message)),
            (_, Err(error)) => Err(error),
            (_, Ok(_)) => Err(call().unclear("the order is not cancelled after it")),
        }
    }

    /// Reverses the invoice of a cancelled order in full.
    async fn reverse(
        &self,
        seen: &Seen,
        invoice: &Bill,
        refund: Option<Refund>,
        reference: &str,
        scrub: &Scrub,
    ) -> Result<(), CallError> {
        let refund = match refund {
            Some(refund) => refund,
            None => {
                let lines = self.order_lines(seen.id, scrub).await?.into_iter().map(|line| line.priced).collect();
                Refund::new(self.new_refund(seen, invoice.id, reference, lines, scrub).await?, reference)
            }
        };
        let bill = self.post_refund(&refund, scrub).await?;
        self.pay_back(&bill, !invoice.is_unpaid, &seen.reference, reference, scrub).await
    }
}

/// The number of an order in Odoo.
pub(super) fn order_id(id: &str) -> Result<u64, CallError> {
    id.parse().map_err(|_| refused("erp_not_found", "the order's id is none of Odoo's"))
}
