//! Orders: created, found, amended.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use waybill_domain::erp_order::ErpCharge;
use waybill_domain::money::Currency;
use waybill_domain::store_order::TaxPart;
use waybill_domain::{At, Document, DocumentKind, ErpOrder, Finding, Sku};
use waybill_workflow::CallError;
use waybill_workflow::ports::erp::{ErpAmend, ErpOrders, ErpRecord, Unfinished};

use super::customers::Customer;
use super::posting::{Trouble, document, is_half_booked, payments};
use super::sales::{Found, NewLine, NewSale, Seen};
use super::wire::{self, Invoice, InvoiceState, Sale, SaleState};
use super::{Desk, TrytonErp};
use crate::erp::checks;
use crate::erp::refusals::{order_cancelled, refused};
use crate::erp::scrub::Scrub;
use crate::erp::text::MOST_DOCUMENTS;

/// Begins the description of a sale whose payment belongs to its posting: who looks it up later has no order at hand.
const PAID_BY: &str = "paid by ";

impl ErpOrders for TrytonErp {
    async fn create(&self, order: &ErpOrder) -> Result<ErpRecord, CallError> {
        self.desk()?.create(order).await
    }

    async fn find(&self, reference: &str) -> Result<Vec<ErpRecord>, CallError> {
        let desk = self.desk()?;
        let Found { sales, at } = desk.order_sales(reference).await?;
        match pick(sales, reference)? {
            Some(sale) if is_confirmed(sale.state) => {
                let unfinished = is_cut_off(&sale).then_some(Unfinished::CutOff);
                let found = record(&Seen { sale, at }, reference, &BTreeSet::new(), unfinished);
                Ok(vec![found.ok_or_else(|| CallError::Down { reason: "GET sale: an answer without a time".to_owned() })?])
            }
            _ => Ok(Vec::new()),
        }
    }
}

impl ErpAmend for TrytonErp {
    /// What is confirmed has documents in Tryton's books and warehouse, which Tryton changes by no call: a sale goes back to draft only
    /// before its documents are made.
    async fn amend(&self, id: &str, order: &ErpOrder) -> Result<ErpRecord, CallError> {
        let desk = self.desk()?;
        let cannot =
            || refused("erp_cannot_amend", "Tryton changes no confirmed sale; cancel the order there, or credit and order anew");
        let id: u64 = id.parse().map_err(|_| cannot())?;
        let sale = desk.sale(id).await.map_err(|verdict| verdict.of_read())?.sale;
        let is_open = matches!(sale.state, SaleState::Draft | SaleState::Quotation);
        if is_open && sale.web_id.as_deref() == Some(order.reference.as_str()) { desk.create(order).await } else { Err(cannot()) }
    }
}

/// The web id of the sale that takes a posted invoice back.
pub(super) fn cancellation(reference: &str) -> String {
    format!("{reference}-cancel")
}

impl Desk {
    /// The sale of an order, and the one that cancels it.
    pub(super) async fn order_sales(&self, reference: &str) -> Result<Found, CallError> {
        self.find_sales(&[reference, &cancellation(reference)]).await.map_err(|verdict| verdict.of_read())
    }

    async fn create(&self, order: &ErpOrder) -> Result<ErpRecord, CallError> {
        let paid = checks::is_paid(order.payment)?;
        let scrub = Scrub::of(order);
        let found = self.order_sales(&order.reference).await?;
        let at = found.at;
        let seen = match pick(found.sales, &order.reference)? {
            Some(sale) if is_confirmed(sale.state) => Seen { sale, at },
            left => self.open(order, left.as_ref(), paid, &scrub).await?,
        };
        self.finish(seen, order, paid, &scrub).await
    }

    /// Makes and confirms the sale of an order.
    async fn open(&self, order: &ErpOrder, left: Option<&Sale>, paid: bool, scrub: &Scrub) -> Result<Seen, CallError> {
        if paid {
            self.prove_journal(self.records.journal(&order.payment_method), &order.currency).await?;
        }
        let lines = self.lines(order).await?;
        let currency = self.currency(&order.currency).await?;
        let customer = self.customer(order, scrub).await?;
        let head = self.head(order, currency, &customer, paid);
        let new = NewSale { web_id: &order.reference, head, lines, total: order.total };
        self.sell(&new, left, scrub).await
    }

    fn head(&self, order: &ErpOrder, currency: u64, customer: &Customer, paid: bool) -> Value {
        let title = order.shipping_charges.first().map(|charge| charge.title.as_str());
        let prefix = if paid { PAID_BY } else { "to be paid by " };
        json!({
            "company": self.records.company, "currency": currency, "party": customer.party,
            "invoice_address": customer.invoice_address, "shipment_address": customer.shipment_address,
            "warehouse": self.records.warehouse, "carrier": self.records.carrier_for(title.unwrap_or_default()),
            // The store has reckoned shipping: Tryton is not to.
            "shipment_cost_method": null, "invoice_method": "order", "shipment_method": "order",
            "reference": order.number, "description": format!("{prefix}{}", order.payment_method),
            "sale_date": wire::date(order.placed_at), "comment": order.note,
        })
    }

    async fn lines(&self, order: &ErpOrder) -> Result<Vec<NewLine>, CallError> {
        let ErpOrder { lines, shipping_charges, fees, .. } = order;
        let records = &self.records;
        let charges = [(&records.shipping_article, shipping_charges), (&records.fee_article, fees)];
        let charged = charges.iter().filter(|(_, charges)| !charges.is_empty()).map(|(sku, _)| *sku);
        let skus: BTreeSet<&Sku> = lines.iter().map(|line| &line.sku).chain(charged).collect();
        let articles = self.articles(&skus.into_iter().collect::<Vec<_>>()).await?;
        let article = |sku: &Sku| {
            let unknown = || refused("erp_unknown_sku", format!("Tryton has no active article with the number {sku}"));
            articles.get(sku).copied().ok_or_else(unknown)
        };
        let mut all = Vec::new();
        for line in lines.iter().filter(|line| line.quantity > 0) {
            all.push(NewLine {
                article: article(&line.sku)?,
                pieces: i64::from(line.quantity),
                net: line.net,
                taxes: self.taxes(&line.taxes)?,
                line: Some(line.line),
                text: line.name.clone(),
            });
        }
        for (sku, charges) in charges {
            for ErpCharge { charge, title, net, taxes, .. } in charges {
                let (article, taxes) = (article(sku)?, self.taxes(taxes)?);
                all.push(NewLine { article, pieces: 1, net: *net, taxes, line: Some(*charge), text: title.clone() });
            }
        }
        Ok(all)
    }

    fn taxes(&self, parts: &[TaxPart]) -> Result<Vec<u64>, CallError> {
        let unmapped = |rate: u64| refused("tax_unmapped", format!("the store's tax rate {rate} is mapped to no tax of Tryton"));
        parts.iter().map(|part| self.records.tax(part.rate_id).ok_or_else(|| unmapped(part.rate_id))).collect()
    }

    /// All that belongs to the posting of a confirmed order.
    async fn finish(&self, mut seen: Seen, order: &ErpOrder, paid: bool, scrub: &Scrub) -> Result<ErpRecord, CallError> {
        match self.processed(&mut seen, scrub).await {
            Ok(()) => {}
            Err(Trouble::Unknown(error)) => return Err(error),
            Err(Trouble::Refused(finding)) => {
                let unfinished = Some(Unfinished::Refused(finding));
                return record(&seen, &order.reference, &BTreeSet::new(), unfinished).ok_or_else(unclear);
            }
        }
        // Goods come before the invoice: where that is posted, they have had their turn.
        if seen.sale.invoices.iter().any(is_open) {
            self.reserve(&seen.sale.shipments).await?;
        }
        let (mut paid_by, mut unfinished) = (BTreeSet::new(), None);
        for invoice in seen.sale.invoices.iter_mut().filter(|invoice| invoice.state != InvoiceState::Cancelled) {
            match self.settle(invoice, order, paid, scrub).await {
                Ok(payment) => paid_by.extend(payment),
                Err(Trouble::Unknown(error)) => return Err(error),
                Err(Trouble::Refused(finding)) => {
                    unfinished = Some(Unfinished::Refused(finding));
                    break;
                }
            }
        }
        if unfinished.is_none() && seen.sale.invoices.iter().all(|invoice| invoice.state == InvoiceState::Cancelled) {
            let message = "the sale has no invoice any more: somebody cancelled it in Tryton".to_owned();
            unfinished = Some(Unfinished::Refused(Finding { code: "erp_refused".to_owned(), message }));
        }
        record(&seen, &order.reference, &paid_by, unfinished).ok_or_else(unclear)
    }
}

fn unclear() -> CallError {
    CallError::Unknown { reason: "an answer about another sale, or without a time".to_owned() }
}

pub(super) fn is_confirmed(state: SaleState) -> bool {
    matches!(state, SaleState::Confirmed | SaleState::Processing | SaleState::Done)
}

pub(super) fn is_open(invoice: &Invoice) -> bool {
    matches!(invoice.state, InvoiceState::Draft | InvoiceState::Validated)
}

/// The order among its sales, whatever its state.
///
/// # Errors
/// `erp_order_cancelled` when it was cancelled: as a draft, with all its documents, or by a sale that takes it back.
fn pick(sales: Vec<Sale>, reference: &str) -> Result<Option<Sale>, CallError> {
    let is = |sale: &Sale, web_id: &str| sale.web_id.as_deref() == Some(web_id);
    let taken_back = cancellation(reference);
    if sales.iter().any(|sale| is(sale, &taken_back) && is_confirmed(sale.state)) {
        return Err(order_cancelled());
    }
    match sales.into_iter().find(|sale| is(sale, reference)) {
        Some(sale) if is_cancelled(&sale) => Err(order_cancelled()),
        found => Ok(found),
    }
}

/// Whether nothing of a sale is left.
pub(super) fn is_cancelled(sale: &Sale) -> bool {
    let invoices_are = !sale.invoices.is_empty() && sale.invoices.iter().all(|invoice| invoice.state == InvoiceState::Cancelled);
    let shipments_are = sale.shipments.iter().all(|shipment| shipment.state == "cancelled");
    sale.state == SaleState::Cancelled || (is_confirmed(sale.state) && invoices_are && shipments_are)
}

fn is_cut_off(sale: &Sale) -> bool {
    let is_paid = sale.description.as_deref().is_some_and(|text| text.starts_with(PAID_BY));
    let is_unpaid = |invoice: &Invoice| {
        (invoice.state == InvoiceState::Posted && !invoice.amount_to_pay.0.is_zero()) || is_half_booked(invoice)
    };
    sale.state == SaleState::Confirmed || sale.invoices.iter().any(|invoice| is_open(invoice) || (is_paid && is_unpaid(invoice)))
}

/// What is kept of an order; `None` when the answer does not say enough.
fn record(seen: &Seen, reference: &str, paid_by: &BTreeSet<u64>, unfinished: Option<Unfinished>) -> Option<ErpRecord> {
    let Seen { sale, at } = seen;
    Some(ErpRecord {
        id: sale.id.to_string(),
        reference: sale.web_id.clone().filter(|id| id == reference)?,
        confirmed_at: confirmed_at(sale).or(*at)?,
        total: sale.total_amount.0,
        currency: Currency::new(&sale.currency.code),
        documents: documents(sale, paid_by),
        unfinished,
    })
}

fn documents(sale: &Sale, paid_by: &BTreeSet<u64>) -> Vec<Document> {
    let live = |invoice: &&Invoice| invoice.state != InvoiceState::Cancelled;
    let order = document(DocumentKind::SalesOrder, sale.id, sale.number.as_deref());
    let invoices = sale.invoices.iter().filter(live);
    let invoices = invoices.map(|invoice| document(DocumentKind::Invoice, invoice.id, invoice.number.as_deref()));
    let paid: BTreeSet<u64> = sale.invoices.iter().flat_map(payments).chain(paid_by.iter().copied()).collect();
    let payments = paid.into_iter().map(|id| document(DocumentKind::Payment, id, None));
    let deliveries = sale.shipments.iter().filter(|shipment| shipment.state != "cancelled");
    let deliveries = deliveries.map(|shipment| document(DocumentKind::Delivery, shipment.id, shipment.number.as_deref()));
    std::iter::once(order).chain(invoices).chain(payments).chain(deliveries).take(MOST_DOCUMENTS).collect()
}

/// By when Tryton had surely confirmed a sale: the entry of its invoice in the books was made after the sale's goods were asked for. Before
/// it is posted, the time of the answer says as much.
fn confirmed_at(sale: &Sale) -> Option<At> {
    sale.invoices.iter().filter_map(|invoice| Some(invoice.entry.as_ref()?.create_date.0)).max()
}
