//! From WooCommerce's JSON to the order as Waybill reads it.

use waybill_domain::money::{Currency, Decimal};
use waybill_domain::store_order::{Address, Charge, Coupon, Line, RefundSeen, StoreOrder, StoreStatus, TaxLine, TaxPart};

use super::value::{List, without_content};
use super::wire;

/// How many refunded pieces of a line the store has put back into its stock so far: WooCommerce's own meta data.
const RESTOCKED: &str = "_restock_refunded_items";

/// Reads an order.
///
/// # Errors
/// What does not parse, and where, without any of the content.
pub(super) fn order(body: &[u8]) -> Result<StoreOrder, String> {
    // Serde would take a list for an object, its items in the order of the fields.
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err("not a JSON object".to_owned());
    }
    let order: wire::Order = serde_json::from_slice(body).map_err(|error| without_content(&error))?;
    if order.id.0 == 0 {
        return Err("the order has no id".to_owned());
    }
    if order.status.0.is_empty() || order.currency.0.is_empty() {
        return Err("the order has no status or no currency".to_owned());
    }
    let modified = order.date_modified_gmt.0.ok_or("the order has no date")?;
    let refunds = order.refunds.0.iter().map(refund).collect::<Result<_, _>>()?;
    Ok(StoreOrder {
        id: order.id.0,
        number: if order.number.0.is_empty() { order.id.0.to_string() } else { order.number.0 },
        status: StoreStatus::from(order.status.0),
        currency: Currency::new(&order.currency.0),
        prices_include_tax: order.prices_include_tax.0,
        created: order.date_created_gmt.0.unwrap_or(modified),
        modified,
        customer_id: order.customer_id.0,
        billing: address(order.billing),
        shipping: address(order.shipping),
        payment_method: order.payment_method.0,
        transaction_id: order.transaction_id.0,
        paid_at: order.date_paid_gmt.0,
        lines: order.line_items.0.into_iter().map(line).collect(),
        shipping_lines: order.shipping_lines.0.into_iter().map(shipping).collect(),
        fees: order.fee_lines.0.into_iter().map(fee).collect(),
        coupons: order.coupon_lines.0.into_iter().map(coupon).collect(),
        tax_lines: order.tax_lines.0.into_iter().map(tax_line).collect(),
        refunds,
        discount_total: order.discount_total.0,
        discount_tax: order.discount_tax.0,
        shipping_total: order.shipping_total.0,
        shipping_tax: order.shipping_tax.0,
        cart_tax: order.cart_tax.0,
        total_tax: order.total_tax.0,
        total: order.total.0,
        customer_note: order.customer_note.0,
    })
}

/// An order shows a refund as a negative total.
fn refund(refund: &wire::Refund) -> Result<RefundSeen, &'static str> {
    let amount = Decimal::ZERO.checked_sub(refund.total.0).filter(|amount| !amount.is_sign_negative());
    amount.map(|amount| RefundSeen { id: refund.id.0, amount }).ok_or("a refund has a positive total")
}

fn address(from: wire::Address) -> Address {
    Address {
        first_name: from.first_name.0,
        last_name: from.last_name.0,
        company: from.company.0,
        address_1: from.address_1.0,
        address_2: from.address_2.0,
        city: from.city.0,
        state: from.state.0,
        postcode: from.postcode.0,
        country: from.country.0,
        email: from.email.0,
        phone: from.phone.0,
    }
}

fn taxes(from: List<wire::Tax>) -> Vec<TaxPart> {
    from.0.into_iter().map(|tax| TaxPart { rate_id: tax.id.0, total: tax.total.0 }).collect()
}

fn line(from: wire::Line) -> Line {
    Line {
        id: from.id.0,
        sku: from.sku.0,
        name: from.name.0,
        product_id: from.product_id.0,
        variation_id: from.variation_id.0,
        quantity: from.quantity.0,
        subtotal: from.subtotal.0,
        subtotal_tax: from.subtotal_tax.0,
        total: from.total.0,
        total_tax: from.total_tax.0,
        taxes: taxes(from.taxes),
        restocked: from.meta_data.count(RESTOCKED).unwrap_or(0),
    }
}

fn shipping(from: wire::Shipping) -> Charge {
    Charge {
        id: from.id.0,
        title: from.method_title.0,
        total: from.total.0,
        total_tax: from.total_tax.0,
        taxes: taxes(from.taxes),
    }
}

fn fee(from: wire::Fee) -> Charge {
    Charge { id: from.id.0, title: from.name.0, total: from.total.0, total_tax: from.total_tax.0, taxes: taxes(from.taxes) }
}

fn coupon(from: wire::Coupon) -> Coupon {
    Coupon { code: from.code.0, discount: from.discount.0, discount_tax: from.discount_tax.0 }
}

fn tax_line(from: wire::TaxLine) -> TaxLine {
    TaxLine {
        rate_id: from.rate_id.0,
        rate_code: from.rate_code.0,
        label: from.label.0,
        tax_total: from.tax_total.0,
        shipping_tax_total: from.shipping_tax_total.0,
    }
}
