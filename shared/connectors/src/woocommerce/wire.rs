//! The fields Waybill reads of WooCommerce's JSON. Everything else is skipped unread: `line_items[].price` above all, a float.

use serde::Deserialize;

use super::meta::Metas;
use super::value::{Amount, Flag, Gmt, Id, List, Quantity, TaxAmount, Text};

/// An order. What decides about money or goods must be there; the rest may be missing.
#[derive(Debug, Deserialize)]
pub(super) struct Order {
    pub(super) id: Id,
    #[serde(default)]
    pub(super) number: Text,
    pub(super) status: Text,
    pub(super) currency: Text,
    #[serde(default)]
    pub(super) prices_include_tax: Flag,
    #[serde(default)]
    pub(super) date_created_gmt: Gmt,
    pub(super) date_modified_gmt: Gmt,
    #[serde(default)]
    pub(super) date_paid_gmt: Gmt,
    #[serde(default)]
    pub(super) customer_id: Id,
    #[serde(default)]
    pub(super) billing: Address,
    #[serde(default)]
    pub(super) shipping: Address,
    #[serde(default)]
    pub(super) payment_method: Text,
    #[serde(default)]
    pub(super) transaction_id: Text,
    #[serde(default)]
    pub(super) customer_note: Text,
    pub(super) line_items: List<Line>,
    #[serde(default)]
    pub(super) shipping_lines: List<Shipping>,
    #[serde(default)]
    pub(super) fee_lines: List<Fee>,
    #[serde(default)]
    pub(super) coupon_lines: List<Coupon>,
    #[serde(default)]
    pub(super) tax_lines: List<TaxLine>,
    pub(super) refunds: List<Refund>,
    pub(super) discount_total: Amount,
    pub(super) discount_tax: Amount,
    pub(super) shipping_total: Amount,
    pub(super) shipping_tax: Amount,
    pub(super) cart_tax: Amount,
    pub(super) total_tax: Amount,
    pub(super) total: Amount,
}

/// A billing or shipping address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Address {
    pub(super) first_name: Text,
    pub(super) last_name: Text,
    pub(super) company: Text,
    pub(super) address_1: Text,
    pub(super) address_2: Text,
    pub(super) city: Text,
    pub(super) state: Text,
    pub(super) postcode: Text,
    pub(super) country: Text,
    pub(super) email: Text,
    pub(super) phone: Text,
}

/// The tax of a line at one rate.
#[derive(Debug, Deserialize)]
pub(super) struct Tax {
    pub(super) id: Id,
    #[serde(default)]
    pub(super) total: TaxAmount,
}

/// A product line.
#[derive(Debug, Deserialize)]
pub(super) struct Line {
    pub(super) id: Id,
    #[serde(default)]
    pub(super) name: Text,
    #[serde(default)]
    pub(super) product_id: Id,
    #[serde(default)]
    pub(super) variation_id: Id,
    pub(super) quantity: Quantity,
    #[serde(default)]
    pub(super) sku: Text,
    pub(super) subtotal: Amount,
    pub(super) subtotal_tax: Amount,
    pub(super) total: Amount,
    pub(super) total_tax: Amount,
    #[serde(default)]
    pub(super) taxes: List<Tax>,
    #[serde(default)]
    pub(super) meta_data: Metas,
}

/// A shipping line.
#[derive(Debug, Deserialize)]
pub(super) struct Shipping {
    pub(super) id: Id,
    #[serde(default)]
    pub(super) method_title: Text,
    pub(super) total: Amount,
    pub(super) total_tax: Amount,
    #[serde(default)]
    pub(super) taxes: List<Tax>,
}

/// A fee.
#[derive(Debug, Deserialize)]
pub(super) struct Fee {
    pub(super) id: Id,
    #[serde(default)]
    pub(super) name: Text,
    pub(super) total: Amount,
    pub(super) total_tax: Amount,
    #[serde(default)]
    pub(super) taxes: List<Tax>,
}

/// A coupon.
#[derive(Debug, Deserialize)]
pub(super) struct Coupon {
    #[serde(default)]
    pub(super) code: Text,
    pub(super) discount: Amount,
    pub(super) discount_tax: Amount,
}

/// The tax of the order at one rate.
#[derive(Debug, Deserialize)]
pub(super) struct TaxLine {
    pub(super) rate_id: Id,
    #[serde(default)]
    pub(super) rate_code: Text,
    #[serde(default)]
    pub(super) label: Text,
    pub(super) tax_total: Amount,
    pub(super) shipping_tax_total: Amount,
}

/// A refund as an order shows it.
#[derive(Debug, Deserialize)]
pub(super) struct Refund {
    pub(super) id: Id,
    pub(super) total: Amount,
}
