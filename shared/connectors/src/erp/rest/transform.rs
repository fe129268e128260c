//! From the workflow's words to the contract's, and back. What comes back is checked: it is stored in the order's record, which
//! is small, and is compared as money.

use waybill_domain::erp_order::{ErpCharge, ErpLine};
use waybill_domain::money::Currency;
use waybill_domain::store_order::Address;
use waybill_domain::{At, Document, DocumentKind, ErpOrder};
use waybill_workflow::CallError;
use waybill_workflow::ports::erp::ErpRecord;

use super::wire;
use crate::erp::checks;
use crate::erp::text::{MOST_DOCUMENTS, amount, id, short};

/// An order to be sent.
///
/// # Errors
/// When it is in a state of payment that the contract has no word for: nothing is sent.
pub(super) fn new_order(order: &ErpOrder) -> Result<wire::NewOrder<'_>, CallError> {
    Ok(wire::NewOrder {
        reference: &order.reference,
        store: order.store.as_str(),
        number: &order.number,
        placed_at: order.placed_at.to_string(),
        currency: order.currency.code(),
        prices_include_tax: order.prices_include_tax,
        customer: wire::Customer {
            reference: order.customer_id.map(|id| id.to_string()),
            name: name(&order.billing),
            company: &order.billing.company,
            email: &order.billing.email,
            phone: &order.billing.phone,
        },
        billing: address(&order.billing),
        shipping_address: address(&order.shipping),
        lines: order.lines.iter().map(line).collect(),
        shipping: order.shipping_charges.iter().map(charge).collect(),
        fees: order.fees.iter().map(charge).collect(),
        discounts: order.discounts.iter().map(|(code, amount)| wire::Discount { code, amount: amount.to_string() }).collect(),
        totals: wire::Totals { net: order.net.to_string(), tax: order.tax.to_string(), total: order.total.to_string() },
        payment: wire::Payment {
            method: &order.payment_method,
            state: if checks::is_paid(order.payment)? { "paid" } else { "on_account" },
            transaction_id: filled(&order.transaction_id),
            paid_at: order.paid_at.map(|at| at.to_string()),
        },
        backorder: order.backorder,
        note: filled(&order.note),
    })
}

fn line(line: &ErpLine) -> wire::Line<'_> {
    wire::Line {
        line: line.line.to_string(),
        sku: line.sku.as_str(),
        name: &line.name,
        quantity: line.quantity,
        net: line.net.to_string(),
        tax: line.tax.to_string(),
    }
}

fn charge(charge: &ErpCharge) -> wire::Charge<'_> {
    wire::Charge {
        line: charge.charge.to_string(),
        title: &charge.title,
        net: charge.net.to_string(),
        tax: charge.tax.to_string(),
    }
}

fn address(address: &Address) -> wire::Address<'_> {
    wire::Address {
        name: name(address),
        company: &address.company,
        line1: &address.address_1,
        line2: &address.address_2,
        postcode: &address.postcode,
        city: &address.city,
        state: &address.state,
        country: &address.country,
        phone: &address.phone,
    }
}

fn name(address: &Address) -> String {
    format!("{} {}", address.first_name, address.last_name).trim().to_owned()
}

fn filled(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

/// An order in the ERP.
pub(super) enum Found {
    /// Confirmed.
    Live(ErpRecord),
    /// Cancelled.
    Cancelled,
    /// Stored and not confirmed.
    Pending,
}

/// Reads an order; `None` when it is not what the contract says.
pub(super) fn record(order: wire::Order) -> Option<Found> {
    match order.state {
        wire::State::Cancelled => return Some(Found::Cancelled),
        wire::State::Pending => return Some(Found::Pending),
        wire::State::Confirmed => {}
    }
    let id = id(order.id)?;
    let first = Document { kind: DocumentKind::SalesOrder, id: id.clone(), number: short(&order.number) };
    let others = order.documents.into_iter().filter_map(document).filter(|document| document.kind != DocumentKind::SalesOrder);
    Some(Found::Live(ErpRecord {
        id,
        reference: order.reference,
        confirmed_at: At::parse(&order.confirmed_at?)?,
        total: amount(&order.total)?,
        currency: Currency::new(&order.currency),
        documents: std::iter::once(first).chain(others).take(MOST_DOCUMENTS).collect(),
        unfinished: None,
    }))
}

/// `None` for a kind that we do not know or an id that we cannot keep: such a document is left out.
fn document(document: wire::Document) -> Option<Document> {
    Some(Document { kind: kind(&document.kind)?, id: id(document.id)?, number: short(&document.number) })
}

/// A kind of document, by its name in the contract.
pub(super) fn kind(name: &str) -> Option<DocumentKind> {
    match name {
        "sales_order" => Some(DocumentKind::SalesOrder),
        "invoice" => Some(DocumentKind::Invoice),
        "payment" => Some(DocumentKind::Payment),
        "delivery" => Some(DocumentKind::Delivery),
        "credit_note" => Some(DocumentKind::CreditNote),
        _ => None,
    }
}
