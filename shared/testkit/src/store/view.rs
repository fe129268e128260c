//! Orders in the REST API's shape, which is also a delivery's body.

use jiff::{Timestamp, tz::Offset};
use serde::Serialize;

use super::customers::Address;
use super::links::Links;
use super::order::{CouponLine, FeeLine, Line, Meta, Money, Order, Refund, ShippingLine, TaxLine};

/// The WooCommerce version the fake claims to be.
pub const VERSION: &str = "10.5.2";

/// Where and when the store is, as its bodies show it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Site<'a> {
    pub(super) url: &'a str,
    pub(super) utc_offset_seconds: i32,
}

impl Site<'_> {
    /// The shop's own time, without a zone.
    pub(super) fn local(&self, at: Timestamp) -> String {
        format_at(at, Offset::from_seconds(self.utc_offset_seconds).unwrap_or(Offset::UTC))
    }

    /// `_links` of a resource in a collection.
    pub(super) fn links(&self, collection: &str, id: u64) -> Links {
        Links::new(self.url, collection, id)
    }
}

/// UTC, without a zone.
pub(super) fn gmt(at: Timestamp) -> String {
    format_at(at, Offset::UTC)
}

fn format_at(at: Timestamp, offset: Offset) -> String {
    offset.to_datetime(at).strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

#[derive(Serialize)]
struct RefundStub<'a> {
    id: u64,
    reason: &'a str,
    total: Money,
}

/// An order as the API writes it, field by field in its order.
#[derive(Serialize)]
pub(super) struct OrderView<'a> {
    id: u64,
    parent_id: u64,
    status: &'a str,
    currency: &'a str,
    version: &'static str,
    prices_include_tax: bool,
    date_created: String,
    date_modified: String,
    discount_total: Money,
    discount_tax: Money,
    shipping_total: Money,
    shipping_tax: Money,
    cart_tax: Money,
    total: Money,
    total_tax: Money,
    customer_id: u64,
    order_key: &'a str,
    billing: &'a Address,
    shipping: &'a Address,
    payment_method: &'a str,
    payment_method_title: &'a str,
    transaction_id: &'a str,
    customer_ip_address: &'static str,
    customer_user_agent: &'static str,
    created_via: &'a str,
    customer_note: &'a str,
    date_completed: Option<String>,
    date_paid: Option<String>,
    cart_hash: &'static str,
    number: String,
    meta_data: &'a [Meta],
    line_items: &'a [Line],
    tax_lines: &'a [TaxLine],
    shipping_lines: &'a [ShippingLine],
    fee_lines: &'a [FeeLine],
    coupon_lines: &'a [CouponLine],
    refunds: Vec<RefundStub<'a>>,
    payment_url: String,
    is_editable: bool,
    needs_payment: bool,
    needs_processing: bool,
    date_created_gmt: String,
    date_modified_gmt: String,
    date_completed_gmt: Option<String>,
    date_paid_gmt: Option<String>,
    currency_symbol: &'static str,
    #[serde(rename = "_links")]
    links: Links,
}

impl<'a> OrderView<'a> {
    pub(super) fn new(order: &'a Order, site: Site<'_>) -> Self {
        let status = order.status.as_str();
        Self {
            id: order.id,
            parent_id: 0,
            status,
            currency: &order.currency,
            version: VERSION,
            prices_include_tax: order.prices_include_tax,
            date_created: site.local(order.created),
            date_modified: site.local(order.modified),
            discount_total: Money(order.totals.discount),
            discount_tax: Money(order.totals.discount_tax),
            shipping_total: Money(order.totals.shipping),
            shipping_tax: Money(order.totals.shipping_tax),
            cart_tax: Money(order.totals.cart_tax),
            total: Money(order.totals.total),
            total_tax: Money(order.totals.total_tax),
            customer_id: order.customer_id,
            order_key: &order.key,
            billing: &order.billing,
            shipping: &order.shipping_address,
            payment_method: &order.payment_method,
            payment_method_title: &order.payment_method_title,
            transaction_id: &order.transaction_id,
            customer_ip_address: "",
            customer_user_agent: "",
            created_via: &order.created_via,
            customer_note: &order.customer_note,
            date_completed: order.completed.map(|at| site.local(at)),
            date_paid: order.paid.map(|at| site.local(at)),
            cart_hash: "",
            number: order.id.to_string(),
            meta_data: &order.meta,
            line_items: &order.lines,
            tax_lines: &order.taxes,
            shipping_lines: &order.shipping,
            fee_lines: &order.fees,
            coupon_lines: &order.coupons,
            refunds: order.refunds.iter().map(|r| RefundStub { id: r.id, reason: &r.reason, total: Money(-r.amount) }).collect(),
            payment_url: format!("{}/checkout/order-pay/{}/?pay_for_order=true&key={}", site.url, order.id, order.key),
            is_editable: matches!(status, "pending" | "on-hold" | "auto-draft" | "checkout-draft"),
            needs_payment: matches!(status, "pending" | "failed") && !order.totals.total.is_zero(),
            needs_processing: true,
            date_created_gmt: gmt(order.created),
            date_modified_gmt: gmt(order.modified),
            date_completed_gmt: order.completed.map(gmt),
            date_paid_gmt: order.paid.map(gmt),
            currency_symbol: symbol(&order.currency),
            links: site.links("orders", order.id).with_email_templates(),
        }
    }
}

fn symbol(currency: &str) -> &'static str {
    match currency {
        "EUR" => "€",
        "GBP" => "£",
        "PLN" => "zł",
        _ => "$",
    }
}

/// A refund as `GET /orders/<id>/refunds` writes it.
#[derive(Serialize)]
pub(super) struct RefundView<'a> {
    id: u64,
    parent_id: u64,
    date_created: String,
    date_created_gmt: String,
    amount: Money,
    reason: &'a str,
    refunded_by: u64,
    refunded_payment: bool,
    meta_data: &'a [Meta],
    line_items: &'a [Line],
    shipping_lines: &'a [ShippingLine],
    tax_lines: [(); 0],
    fee_lines: &'a [FeeLine],
    #[serde(rename = "_links")]
    links: Links,
}

impl<'a> RefundView<'a> {
    pub(super) fn new(refund: &'a Refund, order: u64, site: Site<'_>) -> Self {
        Self {
            id: refund.id,
            parent_id: order,
            date_created: site.local(refund.created),
            date_created_gmt: gmt(refund.created),
            amount: Money(refund.amount),
            reason: &refund.reason,
            refunded_by: 1,
            refunded_payment: refund.refunded_payment,
            meta_data: &refund.meta,
            line_items: &refund.lines,
            shipping_lines: &refund.shipping,
            tax_lines: [],
            fee_lines: &refund.fees,
            links: site.links(&format!("orders/{order}/refunds"), refund.id),
        }
    }
}
