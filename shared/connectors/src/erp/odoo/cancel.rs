//! Cancellation: the invoice is reversed first, then the order goes, so that a try that was cut off between them is gone on with.

use serde_json::json;
use waybill_workflow::CallError;
use waybill_workflow::ports::erp::ErpCancel;

use super::OdooErp;
use super::call::Call;
use super::credits::Refund;
use super::posting::{Seen, State};
use super::row::rows;
use crate::erp::refusals::refused;
use crate::erp::scrub::Scrub;

impl ErpCancel for OdooErp {
    async fn cancel(&self, id: &str) -> Result<(), CallError> {
        self.records()?;
        let scrub = Scrub::unknown();
        let seen = self.order(order_id(id)?, &scrub).await?;
        match seen.state {
            State::Cancelled => return Ok(()),
            State::Draft => {}
            State::Confirmed => self.reverse(&seen, &scrub).await?,
        }
        let id = seen.id;
        // Until 18 a confirmed order is cancelled only after a question, unless it is told not to ask.
        let call = || Call::button("sale.order", "action_cancel", &[id]).with("disable_cancel_warning", json!(true));
        let answer = self.client.insist(call, &scrub).await;
        if let Err(error) = answer {
            return Err(too_late(error));
        }
        match self.order(id, &scrub).await?.state {
            State::Cancelled => Ok(()),
            State::Draft | State::Confirmed => Err(call().unclear("the order is not cancelled after it")),
        }
    }
}

impl OdooErp {
    /// Reverses the invoice of an order of which nothing has left and nothing was credited.
    async fn reverse(&self, seen: &Seen, scrub: &Scrub) -> Result<(), CallError> {
        let call = || Call::read("stock.picking", &seen.transfers, &["state"]);
        if !seen.transfers.is_empty() {
            let answer = self.client.call(call(), scrub).await?;
            let states = rows(&call(), &answer, |row| row.text("state").map(str::to_owned))?;
            if states.iter().any(|state| state == "done") {
                return Err(refused("erp_cannot_cancel", "goods of the order have left"));
            }
        }
        let invoice = if seen.has_invoices { self.invoice_of(seen.id, scrub).await? } else { None };
        let Some(invoice) = invoice.filter(|bill| bill.is_posted) else { return Ok(()) };
        let reference = format!("{}-cancel", seen.reference);
        let refunds = self.refunds_of(invoice.id, scrub).await?;
        if refunds.iter().any(|refund| refund.reference != reference) {
            return Err(refused("erp_cannot_cancel", "the order was credited"));
        }
        let refund = match refunds.into_iter().next() {
            Some(refund) => refund,
            None => {
                let lines = self.order_lines(seen.id, scrub).await?.into_iter().map(|line| line.priced).collect();
                let id = self.new_refund(seen, invoice.id, &reference, lines, scrub).await?;
                Refund::new(id, &reference)
            }
        };
        self.post_refund(&refund, &invoice, &seen.reference, scrub).await.map(|_| ())
    }
}

/// The number of an order in Odoo.
pub(super) fn order_id(id: &str) -> Result<u64, CallError> {
    id.parse().map_err(|_| refused("erp_not_found", "the order's id is none of Odoo's"))
}

/// A rule against cancelling is one that will not change.
fn too_late(error: CallError) -> CallError {
    match error {
        CallError::Refused { code, message } if code == "erp_refused" => refused("erp_cannot_cancel", message),
        other => other,
    }
}
