//! Cancellation. Tryton cancels no confirmed sale: what came of it is cancelled, as long as nothing has left. A posted invoice stays in the
//! books and is taken back whole by a sale of services. A payment stays on the customer's account, for people to pay back.

use serde_json::{Value, json};
use waybill_domain::money::Decimal;
use waybill_workflow::CallError;
use waybill_workflow::ports::erp::ErpCancel;

use super::client::Call;
use super::credits::money;
use super::error::{Kind, Verdict};
use super::orders::{cancellation, is_cancelled, is_confirmed, is_open};
use super::posting::Trouble;
use super::sales::{NewSale, Seen};
use super::wire::{Invoice, InvoiceState, Sale, SaleState, Shipment};
use super::{Desk, TrytonErp};
use crate::erp::refusals::refused;
use crate::erp::scrub::Scrub;

impl ErpCancel for TrytonErp {
    async fn cancel(&self, id: &str) -> Result<(), CallError> {
        let missing = || refused("erp_not_found", "Tryton has no sale with this id");
        let id: u64 = id.parse().map_err(|_| missing())?;
        let desk = self.desk()?;
        let seen = match desk.sale(id).await {
            Err(verdict) if verdict.kind == Kind::Missing => return Err(missing()),
            seen => seen.map_err(Verdict::of_read)?,
        };
        match seen.sale.state {
            _ if is_cancelled(&seen.sale) => Ok(()),
            SaleState::Draft | SaleState::Quotation => {
                let call = Call::press("sale", "sale.sale", id, "cancel", &["state"]);
                desk.client.call::<Value>(&call).await.map(|_| ()).map_err(|verdict| verdict.before(&Scrub::unknown()))
            }
            _ => desk.cancel(seen).await,
        }
    }
}

impl Desk {
    async fn cancel(&self, mut seen: Seen) -> Result<(), CallError> {
        self.processed(&mut seen, &Scrub::unknown()).await.map_err(Trouble::error)?;
        let sale = seen.sale;
        if sale.shipments.iter().any(has_left) {
            return Err(cannot());
        }
        if sale.invoices.iter().any(|invoice| !is_open(invoice)) {
            // What may be missing is missed before anything is changed.
            self.service().await?;
        }
        self.undo(sale).await.map_err(|error| match error {
            CallError::Busy { reason, .. } | CallError::Down { reason } => CallError::Unknown { reason },
            other => other,
        })
    }

    /// Each of these changes something; repeated, they go on where they were.
    async fn undo(&self, mut sale: Sale) -> Result<(), CallError> {
        for shipment in sale.shipments.iter().filter(|shipment| shipment.state != "cancelled") {
            self.cancel_shipment(shipment.id).await?;
        }
        for invoice in &mut sale.invoices {
            if is_open(invoice) {
                self.cancel_invoice(invoice).await?;
            }
        }
        if sale.invoices.iter().any(|invoice| invoice.state != InvoiceState::Cancelled) {
            self.take_back(&sale).await?;
        }
        self.tidy(&sale).await;
        Ok(())
    }

    /// Its pieces are free again.
    async fn cancel_shipment(&self, id: u64) -> Result<(), CallError> {
        let client = self.client.patient();
        let call = Call::press("shipment", "stock.shipment.out", id, "cancel", &["number", "state"]);
        let refusal = match client.call::<Shipment>(&call).await {
            Ok(after) if after.state == "cancelled" => return Ok(()),
            Ok(_) => return Err(CallError::Unknown { reason: call.reason("the shipment is not cancelled after it") }),
            Err(verdict) if verdict.is_refusal() => verdict,
            Err(verdict) => return Err(verdict.after()),
        };
        let read = Call::get("shipment", "stock.shipment.out", id, &["number", "state"]);
        match client.call::<Shipment>(&read).await {
            Ok(there) if there.state == "cancelled" => Ok(()),
            Ok(there) if has_left(&there) => Err(cannot()),
            Ok(_) => Err(refusal.before(&Scrub::unknown())),
            Err(verdict) => Err(verdict.after()),
        }
    }

    /// A draft is cancelled; one that was posted meanwhile shows so.
    async fn cancel_invoice(&self, invoice: &mut Invoice) -> Result<(), CallError> {
        let client = self.client.patient();
        let fields = super::wire::INVOICE;
        match client.call::<Invoice>(&Call::press("invoice", "account.invoice", invoice.id, "cancel", fields)).await {
            Ok(after) => *invoice = after,
            Err(verdict) if verdict.is_refusal() => {
                let read = Call::get("invoice", "account.invoice", invoice.id, fields);
                *invoice = client.call(&read).await.map_err(Verdict::after)?;
                if is_open(invoice) {
                    return Err(verdict.before(&Scrub::unknown()));
                }
            }
            Err(verdict) => return Err(verdict.after()),
        }
        Ok(())
    }

    /// Credits all of a sale, as services: its goods are where they were.
    async fn take_back(&self, sale: &Sale) -> Result<(), CallError> {
        let reference = sale.web_id.as_deref().unwrap_or_default();
        let web_id = cancellation(reference);
        let found = self.find_sales(&[&web_id]).await.map_err(Verdict::after)?;
        let at = found.at;
        let mut seen = match found.sales.into_iter().next() {
            Some(sale) if is_confirmed(sale.state) => Seen { sale, at },
            Some(sale) if sale.state == SaleState::Cancelled => {
                return Err(refused("erp_cannot_cancel", "the sale that was to take this one back was cancelled in Tryton"));
            }
            left => {
                let original = self.original(sale.id).await?;
                let service = self.service().await?;
                let lines = original.lines.iter().filter_map(|line| money(service, line.amount?.0, line.taxes.clone(), None));
                let head = original.head(self.records.company, "cancellation");
                let total = Decimal::ZERO.checked_sub(original.total_amount.0).unwrap_or_default();
                let new = NewSale { web_id: &web_id, head, lines: lines.collect(), total };
                self.sell(&new, left.as_ref(), &Scrub::unknown()).await?
            }
        };
        self.processed(&mut seen, &Scrub::unknown()).await.map_err(Trouble::error)?;
        for invoice in seen.sale.invoices.iter().filter(|invoice| is_open(invoice)) {
            self.post(invoice, &Scrub::unknown()).await.map_err(Trouble::error)?;
        }
        Ok(())
    }

    /// Tryton shows a sale whose shipments or invoices were cancelled to people, who may have them made anew: it is told that all is well.
    /// The order is cancelled without it, too.
    async fn tidy(&self, sale: &Sale) {
        let read = Call::get("sale", "sale.sale", sale.id, &["lines.moves.state"]);
        let Ok(moved) = self.client.call::<Moved>(&read).await else { return };
        let cancelled = |line: &MovedLine| -> Vec<u64> {
            line.moves.iter().filter(|one| one.state == "cancelled").map(|one| one.id).collect()
        };
        let lines = moved.lines.iter().map(|line| (line.id, cancelled(line))).filter(|(_, moves)| !moves.is_empty());
        let lines: Vec<Value> = lines.map(|(id, moves)| json!(["write", [id], { "moves_ignored": [["add", moves]] }])).collect();
        let invoices = sale.invoices.iter().filter(|invoice| invoice.state == InvoiceState::Cancelled);
        let invoices: Vec<u64> = invoices.map(|invoice| invoice.id).collect();
        let body = json!({ "lines": lines, "invoices_ignored": [["add", invoices]] });
        let told = self.client.call::<Value>(&Call::update("sale", "sale.sale", sale.id, &["state"], body)).await;
        if told.is_ok() {
            let _ = self.client.call::<Value>(&Call::press("sale", "sale.sale", sale.id, "process", &["state"])).await;
        }
    }
}

#[derive(serde::Deserialize)]
struct Moved {
    lines: Vec<MovedLine>,
}

#[derive(serde::Deserialize)]
struct MovedLine {
    id: u64,
    moves: Vec<Shipment>,
}

fn has_left(shipment: &Shipment) -> bool {
    matches!(shipment.state.as_str(), "shipped" | "done")
}

fn cannot() -> CallError {
    refused("erp_cannot_cancel", "goods of this order have left the warehouse")
}
