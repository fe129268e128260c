//! Credit notes: a sale of negative quantities. Pieces that go back on the shelf are of their article, and come back with a shipment of
//! their own; all other money is of a service, which moves nothing.

use rust_decimal::RoundingStrategy;
use serde::Deserialize;
use serde_json::{Value, json};
use waybill_domain::money::Decimal;
use waybill_domain::refund::CreditLine;
use waybill_domain::{CreditNote, Document, DocumentKind};
use waybill_workflow::CallError;
use waybill_workflow::ports::erp::ErpCredit;

use super::client::Call;
use super::error::Verdict;
use super::known::Article;
use super::orders::{is_confirmed, is_open};
use super::posting::{Trouble, document};
use super::sales::{Found, NewLine, NewSale, PRICE_DIGITS, Seen};
use super::wire::{Amount, InvoiceState, Sale, SaleState, Shipment};
use super::{Desk, TrytonErp};
use crate::erp::checks;
use crate::erp::refusals::{credit_differs, refused};
use crate::erp::scrub::Scrub;

impl ErpCredit for TrytonErp {
    async fn credit(&self, note: &CreditNote) -> Result<Document, CallError> {
        checks::credit_note(note)?;
        let desk = self.desk()?;
        let Found { sales, at } = desk.find_sales(&[&note.reference]).await.map_err(Verdict::of_read)?;
        let seen = match sales.into_iter().next() {
            Some(sale) if is_confirmed(sale.state) => Seen { sale, at },
            Some(sale) if sale.state == SaleState::Cancelled => return Err(cancelled()),
            left => desk.open_credit(note, left.as_ref()).await?,
        };
        let same = note.amount.checked_add(seen.sale.total_amount.0).is_some_and(|rest| rest.is_zero());
        if !same || seen.sale.currency.code != note.currency.code() {
            return Err(credit_differs());
        }
        desk.finish_credit(seen).await
    }

    /// Those that are done. One that was cut off is not among them: crediting again finishes it.
    async fn find_credit(&self, reference: &str) -> Result<Vec<Document>, CallError> {
        let found = self.desk()?.find_sales(&[reference]).await.map_err(Verdict::of_read)?;
        let done = found.sales.iter().filter(|sale| is_confirmed(sale.state) && is_finished(sale));
        Ok(done.filter_map(note_of).collect())
    }
}

/// A sale that something is taken back of.
#[derive(Deserialize)]
pub(super) struct Original {
    pub(super) id: u64,
    web_id: Option<String>,
    reference: Option<String>,
    party: u64,
    invoice_address: Option<u64>,
    shipment_address: Option<u64>,
    warehouse: Option<u64>,
    currency: u64,
    pub(super) total_amount: Amount,
    pub(super) lines: Vec<SoldLine>,
}

const ORIGINAL: &[&str] = &[
    "web_id",
    "reference",
    "party",
    "invoice_address",
    "shipment_address",
    "warehouse",
    "currency",
    "total_amount",
    "lines.sequence",
    "lines.product",
    "lines.unit",
    "lines.amount",
    "lines.taxes",
];

/// A line of it. Titles and comments have no article.
#[derive(Deserialize)]
pub(super) struct SoldLine {
    sequence: Option<u64>,
    product: Option<u64>,
    unit: Option<u64>,
    pub(super) amount: Option<Amount>,
    pub(super) taxes: Vec<u64>,
}

impl Original {
    fn line(&self, id: u64) -> Result<&SoldLine, CallError> {
        let missing = || refused("erp_cannot_credit", format!("the sale in Tryton has no line with the store's id {id}"));
        self.lines.iter().find(|line| line.sequence == Some(id)).ok_or_else(missing)
    }

    /// The head of a sale that takes it back, or parts of it.
    pub(super) fn head(&self, company: u64, why: &str) -> Value {
        json!({
            "company": company, "currency": self.currency, "party": self.party, "invoice_address": self.invoice_address,
            "shipment_address": self.shipment_address, "warehouse": self.warehouse, "carrier": null, "shipment_cost_method": null,
            "invoice_method": "order", "shipment_method": "order", "reference": self.reference, "description": why,
            // Goods come back at the cost they left at.
            "origin": format!("sale.sale,{}", self.id),
        })
    }
}

impl Desk {
    /// The sale with Tryton's id `id`, which must be of the store's shop.
    pub(super) async fn original(&self, id: u64) -> Result<Original, CallError> {
        let domain = json!([["id", "=", id], ["web_shop", "=", self.shop]]);
        let call = Call::search("sale", "sale.sale", ORIGINAL, &domain);
        let found: Vec<Original> = self.client.call(&call).await.map_err(Verdict::of_read)?;
        let missing = || refused("erp_not_found", "the store's shop in Tryton has no sale with this id");
        found.into_iter().find(|sale| sale.id == id && sale.web_id.is_some()).ok_or_else(missing)
    }

    /// The service that money without goods is booked on.
    pub(super) async fn service(&self) -> Result<Article, CallError> {
        let sku = &self.records.refund_article;
        let unknown = || refused("erp_unknown_sku", format!("Tryton has no active article with the number {sku}"));
        self.articles(&[sku]).await?.get(sku).copied().ok_or_else(unknown)
    }

    async fn open_credit(&self, note: &CreditNote, left: Option<&Sale>) -> Result<Seen, CallError> {
        let malformed = || refused("erp_not_found", "the order's id is none of Tryton's");
        let original = self.original(note.order.parse().map_err(|_| malformed())?).await?;
        let service = self.service().await?;
        let mut lines = Vec::new();
        for line in &note.lines {
            lines.extend(credited(original.line(line.line)?, line, service, note.currency.minor_units().unwrap_or(2))?);
        }
        for charge in &note.charges {
            let sold = original.line(charge.charge)?;
            lines.extend(money(service, charge.net, taxes(sold, charge.tax), Some(charge.charge)));
        }
        lines.extend(money(service, note.other, Vec::new(), None));
        let head = original.head(self.records.company, "refund");
        let total = Decimal::ZERO.checked_sub(note.amount).unwrap_or(Decimal::MIN);
        let new = NewSale { web_id: &note.reference, head, lines, total };
        self.sell(&new, left, &Scrub::unknown()).await
    }

    /// Posts the credit note and takes the goods back.
    async fn finish_credit(&self, mut seen: Seen) -> Result<Document, CallError> {
        let end = Trouble::error;
        self.processed(&mut seen, &Scrub::unknown()).await.map_err(end)?;
        let mut sale = seen.sale;
        for invoice in sale.invoices.iter_mut().filter(|invoice| is_open(invoice)) {
            *invoice = self.post(invoice, &Scrub::unknown()).await.map_err(end)?.0;
        }
        for back in &mut sale.shipment_returns {
            for (before, button) in [("draft", "receive"), ("received", "do")] {
                if back.state == before {
                    back.state = self.receive(back.id, button, before).await.map_err(end)?;
                }
            }
        }
        note_of(&sale).ok_or_else(|| refused("erp_refused", "the credit note was cancelled in Tryton"))
    }

    async fn receive(&self, id: u64, button: &'static str, before: &str) -> Result<String, Trouble> {
        let client = self.client.patient();
        let call = Call::press("return", "stock.shipment.out.return", id, button, &["number", "state"]);
        match client.call::<Shipment>(&call).await {
            Ok(after) => Ok(after.state),
            Err(verdict) if verdict.is_refusal() => {
                let read = Call::get("return", "stock.shipment.out.return", id, &["number", "state"]);
                let there: Shipment = client.call(&read).await.map_err(|verdict| Trouble::Unknown(verdict.after()))?;
                if there.state == before { Err(Trouble::of(verdict, &Scrub::unknown())) } else { Ok(there.state) }
            }
            Err(verdict) => Err(Trouble::Unknown(verdict.after())),
        }
    }
}

/// What a credited line becomes: the pieces that go back on the shelf, and the rest of the money.
fn credited(sold: &SoldLine, line: &CreditLine, service: Article, digits: u32) -> Result<Vec<NewLine>, CallError> {
    let taxes = taxes(sold, line.tax);
    if line.restock == 0 {
        return Ok(money(service, line.net, taxes, Some(line.line)).into_iter().collect());
    }
    let goods = || refused("erp_cannot_credit", format!("the line {} of the sale in Tryton is of no article", line.line));
    let article = sold.product.zip(sold.unit).map(|(id, unit)| Article { id, unit }).ok_or_else(goods)?;
    let pieces = i64::from(line.restock);
    let share = if line.restock == line.quantity {
        line.net
    } else {
        let price = line.net.checked_div(line.quantity.into()).unwrap_or_default();
        let price = price.round_dp_with_strategy(PRICE_DIGITS, RoundingStrategy::MidpointAwayFromZero);
        let share = price.checked_mul(pieces.into()).unwrap_or(line.net);
        share.round_dp_with_strategy(digits, RoundingStrategy::MidpointAwayFromZero)
    };
    let rest = line.net.checked_sub(share).unwrap_or_default();
    let negative = Decimal::ZERO.checked_sub(share).unwrap_or_default();
    let back = NewLine {
        article,
        pieces: pieces.saturating_neg(),
        net: negative,
        taxes: taxes.clone(),
        line: Some(line.line),
        text: String::new(),
    };
    Ok(std::iter::once(back).chain(money(service, rest, taxes, Some(line.line))).collect())
}

/// Money without goods, taken back; `None` for nothing.
pub(super) fn money(service: Article, net: Decimal, taxes: Vec<u64>, line: Option<u64>) -> Option<NewLine> {
    let negative = Decimal::ZERO.checked_sub(net)?;
    (!net.is_zero()).then(|| NewLine { article: service, pieces: -1, net: negative, taxes, line, text: String::new() })
}

/// Tryton reckons the tax of what is taken back as it did that of the line. Money without tax brings none.
fn taxes(sold: &SoldLine, tax: Decimal) -> Vec<u64> {
    if tax.is_zero() { Vec::new() } else { sold.taxes.clone() }
}

fn is_finished(sale: &Sale) -> bool {
    sale.state != SaleState::Confirmed
        && !sale.invoices.iter().any(is_open)
        && sale.shipment_returns.iter().all(|back| matches!(back.state.as_str(), "done" | "cancelled"))
}

/// The credit note of a sale that takes something back.
fn note_of(sale: &Sale) -> Option<Document> {
    let live = sale.invoices.iter().find(|invoice| invoice.state != InvoiceState::Cancelled)?;
    Some(document(DocumentKind::CreditNote, live.id, live.number.as_deref()))
}

fn cancelled() -> CallError {
    refused("erp_refused", "the credit note with this reference was cancelled in Tryton")
}
