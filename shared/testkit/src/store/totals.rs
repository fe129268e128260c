//! Line, tax and order totals the way WooCommerce computes them: tax per line, rounded to cents.

use rust_decimal::{Decimal, RoundingStrategy};

use super::catalogue::{Product, RATE_CODE, TaxClass};
use super::order::{CouponLine, FeeLine, Line, LineTax, Meta, Money, ShippingLine, TaxLine, Totals, price_float};

/// Net and tax.
#[derive(Debug, Clone, Copy)]
struct Amount {
    net: Decimal,
    tax: Decimal,
}

fn round(amount: Decimal) -> Decimal {
    amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

/// Splits `entered` (net, or gross when prices include tax). Of a gross price the tax is rounded half down, so that
/// net and tax add up to what was entered.
fn split(entered: Decimal, class: TaxClass, gross: bool) -> Amount {
    let rate = class.factor();
    if gross {
        let tax = (entered * rate / (Decimal::ONE + rate)).round_dp_with_strategy(2, RoundingStrategy::MidpointTowardZero);
        Amount { net: entered - tax, tax }
    } else {
        Amount { net: entered, tax: round(entered * rate) }
    }
}

fn taxes(class: TaxClass, total: Decimal, subtotal: Option<Decimal>) -> Vec<LineTax> {
    vec![LineTax { id: class.rate_id(), total: Money(total), subtotal: subtotal.map(Money) }]
}

/// A line of `quantity` units with `percent_off`. `meta_id` numbers the meta data of a variation.
pub(super) fn line(id: u64, meta_id: u64, product: &Product, quantity: i64, percent_off: u32, gross: bool) -> Line {
    let class = product.tax_class;
    let entered = product.price * Decimal::from(quantity);
    let off = round(entered * Decimal::new(i64::from(percent_off), 2));
    let subtotal = split(entered, class, gross);
    let total = split(entered - off, class, gross);
    let exact_net = if gross { (entered - off) / (Decimal::ONE + class.factor()) } else { entered - off };
    let variation = product.kind == "variation";
    Line {
        id,
        name: product.name.clone(),
        product_id: if variation { product.parent_id } else { product.id },
        variation_id: if variation { product.id } else { 0 },
        quantity,
        tax_class: class.slug(),
        subtotal: Money(subtotal.net),
        subtotal_tax: Money(subtotal.tax),
        total: Money(total.net),
        total_tax: Money(total.tax),
        taxes: taxes(class, total.tax, Some(subtotal.tax)),
        meta_data: attribute(meta_id, product),
        sku: product.sku.clone(),
        global_unique_id: "",
        price: price_float(exact_net, quantity),
        image: Default::default(),
        parent_name: product.parent_name.clone(),
    }
}

fn attribute(id: u64, product: &Product) -> Vec<Meta> {
    let meta = |(name, value): &(String, String)| Meta {
        id,
        key: format!("pa_{}", name.to_lowercase()),
        value: value.to_lowercase().into(),
        display_key: Some(name.clone()),
        display_value: Some(value.clone()),
    };
    product.attribute.iter().map(meta).collect()
}

/// Shipping at a net price, taxed at the standard rate.
pub(super) fn shipping(id: u64, title: &str, net: Decimal) -> ShippingLine {
    let amount = split(net, TaxClass::Standard, false);
    ShippingLine {
        id,
        method_title: title.to_owned(),
        method_id: "flat_rate",
        instance_id: "",
        total: Money(amount.net),
        total_tax: Money(amount.tax),
        taxes: taxes(TaxClass::Standard, amount.tax, None),
        tax_status: "taxable",
        meta_data: Vec::new(),
    }
}

/// A fee at a net price; with `both_rates`, half of it bears each rate.
pub(super) fn fee(id: u64, name: &str, net: Decimal, both_rates: bool) -> FeeLine {
    let by_rate: Vec<LineTax> = if both_rates {
        let half = round(net / Decimal::TWO);
        [(TaxClass::Standard, half), (TaxClass::Reduced, net - half)]
            .into_iter()
            .flat_map(|(class, part)| {
                let tax = split(part, class, false).tax;
                taxes(class, tax, Some(tax))
            })
            .collect()
    } else {
        let tax = split(net, TaxClass::Standard, false).tax;
        taxes(TaxClass::Standard, tax, Some(tax))
    };
    FeeLine {
        id,
        name: name.to_owned(),
        tax_class: "",
        tax_status: "taxable",
        amount: Money(net),
        total: Money(net),
        total_tax: Money(by_rate.iter().map(|tax| tax.total.0).sum()),
        taxes: by_rate,
        meta_data: Vec::new(),
    }
}

/// The coupon that explains the discount of `lines`.
pub(super) fn coupon(id: u64, code: &str, percent: u32, lines: &[Line]) -> CouponLine {
    CouponLine {
        id,
        code: code.to_owned(),
        discount: Money(lines.iter().map(|l| l.subtotal.0 - l.total.0).sum()),
        discount_tax: Money(lines.iter().map(|l| l.subtotal_tax.0 - l.total_tax.0).sum()),
        meta_data: Vec::new(),
        discount_type: "percent",
        nominal_amount: percent,
        free_shipping: false,
    }
}

/// One line per rate used, numbered from `first_id`.
pub(super) fn tax_lines(first_id: u64, lines: &[Line], shipping: &[ShippingLine], fees: &[FeeLine]) -> Vec<TaxLine> {
    let of = |rate: u64, taxes: &[LineTax]| -> Decimal { taxes.iter().filter(|tax| tax.id == rate).map(|tax| tax.total.0).sum() };
    let used = |rate: u64| {
        let mut all = lines.iter().map(|l| &l.taxes);
        all.any(|taxes| taxes.iter().any(|tax| tax.id == rate))
            || shipping.iter().any(|s| s.taxes.iter().any(|tax| tax.id == rate))
            || fees.iter().any(|f| f.taxes.iter().any(|tax| tax.id == rate))
    };
    let classes = TaxClass::ALL.into_iter().filter(|class| used(class.rate_id()));
    classes
        .zip(first_id..)
        .map(|(class, id)| {
            let rate = class.rate_id();
            let on_lines: Decimal = lines.iter().map(|l| of(rate, &l.taxes)).sum();
            let on_fees: Decimal = fees.iter().map(|f| of(rate, &f.taxes)).sum();
            TaxLine {
                id,
                rate_code: RATE_CODE,
                rate_id: rate,
                label: "MwSt",
                compound: false,
                tax_total: Money(on_lines + on_fees),
                shipping_tax_total: Money(shipping.iter().map(|s| of(rate, &s.taxes)).sum()),
                rate_percent: class.percent(),
                meta_data: Vec::new(),
            }
        })
        .collect()
}

/// Total = net lines + net shipping + net fees + all tax.
pub(super) fn sums(lines: &[Line], shipping: &[ShippingLine], fees: &[FeeLine], taxes: &[TaxLine]) -> Totals {
    let cart_tax: Decimal = taxes.iter().map(|tax| tax.tax_total.0).sum();
    let shipping_tax: Decimal = taxes.iter().map(|tax| tax.shipping_tax_total.0).sum();
    let net_shipping: Decimal = shipping.iter().map(|s| s.total.0).sum();
    let net_lines: Decimal = lines.iter().map(|l| l.total.0).sum();
    let net_fees: Decimal = fees.iter().map(|f| f.total.0).sum();
    Totals {
        discount: lines.iter().map(|l| l.subtotal.0 - l.total.0).sum(),
        discount_tax: lines.iter().map(|l| l.subtotal_tax.0 - l.total_tax.0).sum(),
        shipping: net_shipping,
        shipping_tax,
        cart_tax,
        total_tax: cart_tax + shipping_tax,
        total: net_lines + net_shipping + net_fees + cart_tax + shipping_tax,
    }
}
