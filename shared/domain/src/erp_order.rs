//! What is posted to an ERP: the store's order in the ERP's words, every amount as the store had it.

use serde::{Deserialize, Serialize};

use crate::config::StoreConfig;
use crate::facets::{Payment, StockState};
use crate::ids::{OrderKey, Sku, StoreSlug};
use crate::money::{Currency, Decimal};
use crate::order::Order;
use crate::store_order::{Address, Charge, StoreOrder, TaxPart};
use crate::time::At;

/// An item, amounts for the whole line after discounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErpLine {
    /// The store's line id, so that shipments and refunds can name it.
    pub line: u64,
    /// The ERP's article number.
    pub sku: Sku,
    /// The product's name in the store.
    pub name: String,
    /// Pieces.
    pub quantity: u32,
    /// Net.
    pub net: Decimal,
    /// Tax.
    pub tax: Decimal,
    /// The tax by the store's rate; rates that take nothing are left out.
    pub taxes: Vec<TaxPart>,
}

/// A shipping or fee amount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErpCharge {
    /// The store's shipping or fee line id, so that credit notes can name it.
    pub charge: u64,
    /// What the customer sees.
    pub title: String,
    /// Net.
    pub net: Decimal,
    /// Tax.
    pub tax: Decimal,
    /// The tax by the store's rate; rates that take nothing are left out.
    pub taxes: Vec<TaxPart>,
}

/// An order for an ERP. Holds personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErpOrder {
    /// `<store>-<order id>`: the same at every try, the key by which it is found again.
    pub reference: String,
    /// The store.
    pub store: StoreSlug,
    /// The number the customer sees.
    pub number: String,
    /// When it was placed.
    pub placed_at: At,
    /// Currency of every amount.
    pub currency: Currency,
    /// Whether the shop's prices include tax (amounts here are net plus tax either way).
    pub prices_include_tax: bool,
    /// WooCommerce's customer id; `None` for a guest.
    pub customer_id: Option<u64>,
    /// Who pays.
    pub billing: Address,
    /// Where to.
    pub shipping: Address,
    /// Items.
    pub lines: Vec<ErpLine>,
    /// Shipping.
    pub shipping_charges: Vec<ErpCharge>,
    /// Fees.
    pub fees: Vec<ErpCharge>,
    /// Coupon codes and net discounts, for information: the lines are after discounts.
    pub discounts: Vec<(String, Decimal)>,
    /// Net sum.
    pub net: Decimal,
    /// Tax sum.
    pub tax: Decimal,
    /// Gross sum.
    pub total: Decimal,
    /// Payment facet.
    pub payment: Payment,
    /// Gateway slug.
    pub payment_method: String,
    /// The gateway's reference.
    pub transaction_id: String,
    /// When it was paid.
    pub paid_at: Option<At>,
    /// Goes without reserved stock.
    pub backorder: bool,
    /// What the customer wrote.
    pub note: String,
}

/// The reference an order has in the ERP. One that came back to life after its document was cancelled there needs another: references are
/// unique, and an order id is a number, so no order of a store `shop-16` can have it.
pub fn reference(order: &Order) -> String {
    let first = format!("{}-{}", order.key.store, order.key.id);
    match order.erp.cancelled {
        0 => first,
        cancelled => format!("{first}-r{}", cancelled.saturating_add(1)),
    }
}

/// The order that such a reference is of; `None`: it is none of ours.
pub fn order_of_reference(reference: &str) -> Option<OrderKey> {
    let (first, again) = reference.rsplit_once("-r").unwrap_or((reference, ""));
    let is_number = !again.is_empty() && again.bytes().all(|b| b.is_ascii_digit());
    let (store, id) = if is_number { first } else { reference }.rsplit_once('-')?;
    format!("{store}/{id}").parse().ok()
}

/// A line that has no mapping any more; validation found one, so the mapping changed since.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} has no SKU in the ERP; map it and retry the order")]
pub struct Unmapped {
    line: u64,
}

/// Puts a store's order into the ERP's words.
///
/// # Errors
/// [`Unmapped`] if a line has no SKU in the ERP.
pub fn erp_order(record: &Order, order: &StoreOrder, config: &StoreConfig) -> Result<ErpOrder, Unmapped> {
    let lines = order.lines.iter().map(|line| {
        let mapped = config.mapping.find(&line.sku).ok_or(Unmapped { line: line.id })?;
        Ok(ErpLine {
            line: line.id,
            sku: mapped.erp_sku,
            name: line.name.clone(),
            quantity: u32::try_from(line.quantity).unwrap_or(0),
            net: line.total,
            tax: line.total_tax,
            taxes: taxes(&line.taxes),
        })
    });
    Ok(ErpOrder {
        reference: reference(record),
        store: record.key.store.clone(),
        number: order.number.clone(),
        placed_at: order.created,
        currency: order.currency.clone(),
        prices_include_tax: order.prices_include_tax,
        customer_id: (order.customer_id != 0).then_some(order.customer_id),
        billing: order.billing.clone(),
        shipping: order.ship_to().clone(),
        lines: lines.collect::<Result<_, _>>()?,
        shipping_charges: charges(&order.shipping_lines),
        fees: charges(&order.fees),
        discounts: order.coupons.iter().map(|coupon| (coupon.code.clone(), coupon.discount)).collect(),
        net: order.total.checked_sub(order.total_tax).unwrap_or(order.total),
        tax: order.total_tax,
        total: order.total,
        payment: order.payment(),
        payment_method: order.payment_method.clone(),
        transaction_id: order.transaction_id.clone(),
        paid_at: order.paid_at,
        backorder: record.stock.state == StockState::Backordered,
        note: order.customer_note.clone(),
    })
}

fn charges(charges: &[Charge]) -> Vec<ErpCharge> {
    let charge = |charge: &Charge| ErpCharge {
        charge: charge.id,
        title: charge.title.clone(),
        net: charge.total,
        tax: charge.total_tax,
        taxes: taxes(&charge.taxes),
    };
    charges.iter().map(charge).collect()
}

/// WooCommerce lists every rate of the order at every line; those that do not apply to it have no amount there.
fn taxes(parts: &[TaxPart]) -> Vec<TaxPart> {
    parts.iter().filter(|part| !part.total.is_zero()).cloned().collect()
}
