//! An order as the store keeps it: amounts are exact to the cent, times are instants.

use jiff::Timestamp;
use rust_decimal::{Decimal, prelude::ToPrimitive as _};
use serde::{Deserialize, Serialize, Serializer};

use super::customers::Address;

/// An amount on the wire: a string with two decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Money(pub Decimal);

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:.2}", self.0))
    }
}

/// `meta_data` of an order, line or refund.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Meta {
    /// Id of the row; 0 in a request for a new one.
    #[serde(default)]
    pub id: u64,
    /// Its key; several rows may have the same.
    pub key: String,
    /// Any JSON.
    pub value: serde_json::Value,
    /// Lines only: the key as shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_key: Option<String>,
    /// Lines only: the value as shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_value: Option<String>,
}

/// The tax of one rate on one line.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LineTax {
    /// `rate_id`.
    pub id: u64,
    /// Tax on the total.
    pub total: Money,
    /// Tax on the subtotal; an empty string on shipping, where there is none.
    #[serde(serialize_with = "money_or_empty")]
    pub subtotal: Option<Money>,
}

fn money_or_empty<S: Serializer>(money: &Option<Money>, serializer: S) -> Result<S::Ok, S::Error> {
    match money {
        Some(money) => money.serialize(serializer),
        None => serializer.serialize_str(""),
    }
}

/// A product line. The order of the fields is WooCommerce's.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    /// Id of the line.
    pub id: u64,
    /// The product's name when it was ordered.
    pub name: String,
    /// The product, or the variable product of a variation.
    pub product_id: u64,
    /// The variation, or 0.
    pub variation_id: u64,
    /// Units; negative in a refund.
    pub quantity: i64,
    /// Tax class slug.
    pub tax_class: &'static str,
    /// Net before discount.
    pub subtotal: Money,
    /// Tax before discount.
    pub subtotal_tax: Money,
    /// Net after discount.
    pub total: Money,
    /// Tax after discount.
    pub total_tax: Money,
    /// The same by rate.
    pub taxes: Vec<LineTax>,
    /// Attributes of a variation, and what the store notes about stock.
    pub meta_data: Vec<Meta>,
    /// The variation's own SKU, or the product's; may be empty.
    pub sku: String,
    /// Always empty here.
    pub global_unique_id: &'static str,
    /// A float, as in real stores: net per unit with a tail of digits. Nobody should read it.
    pub price: f64,
    /// Always empty here.
    pub image: Image,
    /// The variable product's name.
    pub parent_name: Option<String>,
}

/// No picture.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Image {
    id: &'static str,
    src: &'static str,
}

/// The float WooCommerce shows as a line's price: the net at six decimals, divided as a float.
pub(super) fn price_float(net: Decimal, quantity: i64) -> f64 {
    if quantity == 0 {
        return 0.0;
    }
    net.round_dp(6).to_f64().unwrap_or(0.0) / quantity as f64
}

/// A shipping line.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ShippingLine {
    /// Id of the line.
    pub id: u64,
    /// As shown.
    pub method_title: String,
    /// Such as `flat_rate`.
    pub method_id: &'static str,
    /// Always empty here.
    pub instance_id: &'static str,
    /// Net.
    pub total: Money,
    /// Tax.
    pub total_tax: Money,
    /// By rate.
    pub taxes: Vec<LineTax>,
    /// `taxable`.
    pub tax_status: &'static str,
    /// Always empty here.
    pub meta_data: Vec<Meta>,
}

/// A fee line.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FeeLine {
    /// Id of the line.
    pub id: u64,
    /// As shown.
    pub name: String,
    /// Tax class slug.
    pub tax_class: &'static str,
    /// `taxable`.
    pub tax_status: &'static str,
    /// Net, as entered.
    pub amount: Money,
    /// Net.
    pub total: Money,
    /// Tax.
    pub total_tax: Money,
    /// By rate.
    pub taxes: Vec<LineTax>,
    /// Always empty here.
    pub meta_data: Vec<Meta>,
}

/// A coupon that was used. The discount itself is in the lines: subtotal less total.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CouponLine {
    /// Id of the line.
    pub id: u64,
    /// The code, lower case.
    pub code: String,
    /// Net.
    pub discount: Money,
    /// Tax.
    pub discount_tax: Money,
    /// Always empty here.
    pub meta_data: Vec<Meta>,
    /// `percent`.
    pub discount_type: &'static str,
    /// Per cent.
    pub nominal_amount: u32,
    /// `false`.
    pub free_shipping: bool,
}

/// The sum of one tax rate over the order.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TaxLine {
    /// Id of the line.
    pub id: u64,
    /// The same for both rates.
    pub rate_code: &'static str,
    /// The rate.
    pub rate_id: u64,
    /// As shown.
    pub label: &'static str,
    /// `false`.
    pub compound: bool,
    /// On lines and fees.
    pub tax_total: Money,
    /// On shipping.
    pub shipping_tax_total: Money,
    /// Per cent.
    pub rate_percent: u32,
    /// Always empty here.
    pub meta_data: Vec<Meta>,
}

/// A refund: its own document, with the order as parent.
#[derive(Debug, Clone)]
pub struct Refund {
    /// Its id.
    pub id: u64,
    /// When it was made.
    pub created: Timestamp,
    /// Positive.
    pub amount: Decimal,
    /// Or empty.
    pub reason: String,
    /// Whether the gateway was asked to pay.
    pub refunded_payment: bool,
    /// A caller's own reference survives here.
    pub meta: Vec<Meta>,
    /// Negative copies of what was refunded; empty for an amount alone.
    pub lines: Vec<Line>,
    /// The same of shipping.
    pub shipping: Vec<ShippingLine>,
    /// The same of fees.
    pub fees: Vec<FeeLine>,
}

/// A note on an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Its id.
    pub id: u64,
    /// When it was written.
    pub created: Timestamp,
    /// Its text.
    pub text: String,
    /// Whether the customer sees it, and was mailed.
    pub for_customer: bool,
}

/// The sums of an order.
#[derive(Debug, Clone, Default)]
pub struct Totals {
    /// Net discount.
    pub discount: Decimal,
    /// Its tax.
    pub discount_tax: Decimal,
    /// Net shipping.
    pub shipping: Decimal,
    /// Its tax.
    pub shipping_tax: Decimal,
    /// Tax on lines and fees.
    pub cart_tax: Decimal,
    /// All tax.
    pub total_tax: Decimal,
    /// What is to be paid.
    pub total: Decimal,
}

/// An order.
#[derive(Debug, Clone)]
pub struct Order {
    /// Its id.
    pub id: u64,
    /// A slug; plugins add more, and any may follow any.
    pub status: String,
    /// ISO 4217.
    pub currency: String,
    /// Whether prices were entered gross.
    pub prices_include_tax: bool,
    /// When it was made.
    pub created: Timestamp,
    /// When it last changed, as far as WooCommerce notices.
    pub modified: Timestamp,
    /// When it was completed.
    pub completed: Option<Timestamp>,
    /// When it was paid.
    pub paid: Option<Timestamp>,
    /// 0 for a guest.
    pub customer_id: u64,
    /// Secret of the order's payment page.
    pub key: String,
    /// Who pays.
    pub billing: Address,
    /// Where it goes.
    pub shipping_address: Address,
    /// `bacs`, `cod`, `stripe` …
    pub payment_method: String,
    /// As shown.
    pub payment_method_title: String,
    /// Of the gateway, or empty.
    pub transaction_id: String,
    /// `checkout`, `rest-api`, `store-api`.
    pub created_via: String,
    /// The customer's, or empty.
    pub customer_note: String,
    /// The order's own meta data.
    pub meta: Vec<Meta>,
    /// Products.
    pub lines: Vec<Line>,
    /// Shipping.
    pub shipping: Vec<ShippingLine>,
    /// Fees.
    pub fees: Vec<FeeLine>,
    /// Coupons.
    pub coupons: Vec<CouponLine>,
    /// One per rate used.
    pub taxes: Vec<TaxLine>,
    /// Sums.
    pub totals: Totals,
    /// Newest first.
    pub refunds: Vec<Refund>,
    /// Whether the store has taken the units off its stock.
    pub stock_reduced: bool,
    /// Newest first.
    pub notes: Vec<Note>,
    /// The status before the trash.
    pub trashed_from: Option<String>,
}

impl Order {
    /// What has been refunded.
    #[must_use]
    pub fn refunded(&self) -> Decimal {
        self.refunds.iter().map(|refund| refund.amount).sum()
    }

    /// How many units of a line have been refunded.
    #[must_use]
    pub fn refunded_units(&self, line: u64) -> i64 {
        let parts = self.refunds.iter().flat_map(|refund| &refund.lines);
        parts.filter(|part| refunded_id(&part.meta_data) == Some(line)).map(|part| -part.quantity).sum()
    }
}

/// Which line of the order a refund's line is about.
pub(super) fn refunded_id(meta: &[Meta]) -> Option<u64> {
    meta.iter().find(|row| row.key == "_refunded_item_id").and_then(|row| row.value.as_str()?.parse().ok())
}

impl Line {
    /// The product, or the variation.
    #[must_use]
    pub fn sold_id(&self) -> u64 {
        if self.variation_id == 0 { self.product_id } else { self.variation_id }
    }

    /// A count that the store keeps in the line's meta data, such as `_reduced_stock`; 0 without one.
    #[must_use]
    pub fn counted(&self, key: &str) -> i64 {
        let row = self.meta_data.iter().find(|row| row.key == key);
        row.and_then(|row| row.value.as_str()?.parse().ok()).unwrap_or(0)
    }

    /// Sets such a count; `row` numbers it if there was none.
    pub(super) fn count(&mut self, key: &str, count: i64, row: u64) {
        let shown = count.to_string();
        let (value, display_value) = (shown.clone().into(), Some(shown));
        if let Some(old) = self.meta_data.iter_mut().find(|old| old.key == key) {
            (old.value, old.display_value) = (value, display_value);
        } else {
            let key = key.to_owned();
            self.meta_data.push(Meta { id: row, display_key: Some(key.clone()), key, value, display_value });
        }
    }
}
