//! The judgement of an order: every finding, each with a code. The codes are listed in docs/ERRORS.md.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::StoreConfig;
use crate::facets::Finding;
use crate::money::{Decimal, sum};
use crate::store_order::{Charge, StoreOrder, TaxPart};

/// Everything that is wrong with this order for this store; empty means it may go on. Payment is not judged here: an unpaid order
/// is not wrong, it waits.
pub fn findings(order: &StoreOrder, config: &StoreConfig) -> Vec<Finding> {
    let mut found = Findings(Vec::new());
    found.lines(order, config);
    found.amounts(order);
    found.taxes(order);
    found.tax_records(order, config);
    found.customer(order, config);
    found.0
}

/// All findings as one, `None` for none: people should not mend one thing only to be told of the next.
pub fn together(found: &[Finding]) -> Option<Finding> {
    let code = match found {
        [] => return None,
        [only] => only.code.clone(),
        _ => "validation_failed".to_owned(),
    };
    let message = found.iter().map(|finding| format!("{}: {}", finding.code, finding.message)).collect::<Vec<_>>().join("; ");
    Some(Finding { code, message })
}

struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, code: &str, message: String) {
        self.0.push(Finding { code: code.to_owned(), message });
    }

    /// Says so when what the store wrote differs from what its parts add up to.
    fn equal(&mut self, code: &str, what: &str, stated: Decimal, parts: Option<Decimal>) {
        match parts {
            Some(sum) if sum == stated => {}
            Some(sum) => self.add(code, format!("{what} is {stated}, but its parts add up to {sum}")),
            None => self.add(code, format!("{what}: its parts are too large to add up")),
        }
    }

    fn lines(&mut self, order: &StoreOrder, config: &StoreConfig) {
        if order.lines.is_empty() && order.fees.is_empty() {
            self.add("no_lines", "the order has neither items nor fees".to_owned());
        }
        for line in &order.lines {
            if line.quantity <= 0 || u32::try_from(line.quantity).is_err() {
                self.add("quantity_not_positive", format!("line {} has quantity {}", line.id, line.quantity));
            }
            if line.sku.trim().is_empty() {
                self.add("sku_missing", format!("line {} (product {}) has no SKU", line.id, line.product_id));
            } else if config.mapping.find(&line.sku).is_none() {
                self.add("sku_unmapped", format!("line {}: the ERP has no article for SKU {:?}", line.id, line.sku));
            }
        }
        let wanted = config.mapping.wanted(order);
        if wanted.len() > crate::stock::MAX_SKUS {
            let message = format!("{} different SKUs; at most {} can be reserved together", wanted.len(), crate::stock::MAX_SKUS);
            self.add("too_many_skus", message);
        }
        if !wanted.is_empty() {
            self.address(order);
        }
    }

    fn address(&mut self, order: &StoreOrder) {
        let address = order.ship_to();
        let name = [&address.first_name, &address.last_name, &address.company];
        let mut missing: Vec<&str> = Vec::new();
        if name.iter().all(|part| part.trim().is_empty()) {
            missing.push("name or company");
        }
        let parts = [("address_1", &address.address_1), ("city", &address.city), ("country", &address.country)];
        missing.extend(parts.iter().filter(|(_, value)| value.trim().is_empty()).map(|(field, _)| *field));
        if address.postcode.trim().is_empty() && !NO_POSTCODE.contains(&address.country.as_str()) {
            missing.push("postcode");
        }
        if !missing.is_empty() {
            self.add("address_incomplete", format!("goods are to be shipped, but the address lacks {}", missing.join(", ")));
        }
    }

    fn customer(&mut self, order: &StoreOrder, config: &StoreConfig) {
        if order.customer_id != 0 {
            return;
        }
        if !config.policies.accept_guests {
            self.add("guest_not_accepted", "the order has no customer account, and this store accepts no guests".to_owned());
        } else if order.billing.email.trim().is_empty() {
            self.add("customer_unidentified", "the order has neither a customer account nor an e-mail address".to_owned());
        }
    }

    fn amounts(&mut self, order: &StoreOrder) {
        match order.currency.minor_units() {
            None => self.add("currency_unknown", format!("{:?} is no ISO 4217 currency", order.currency.code())),
            Some(units) => self.precision(order, units),
        }
        if order.total.is_sign_negative() && !order.total.is_zero() {
            self.add("total_negative", format!("the total is {}", order.total));
        }
        let net = sum(order.lines.iter().map(|line| line.total).chain(order.fees.iter().map(|fee| fee.total)));
        let total = net.and_then(|net| sum([net, order.shipping_total, order.total_tax]));
        self.equal("total_mismatch", "the total", order.total, total);
        let shipping = sum(order.shipping_lines.iter().map(|line| line.total));
        self.equal("shipping_mismatch", "the shipping total", order.shipping_total, shipping);
        let before = sum(order.lines.iter().map(|line| line.subtotal));
        let after = sum(order.lines.iter().map(|line| line.total));
        let discount = before.zip(after).and_then(|(before, after)| before.checked_sub(after));
        self.equal("discount_mismatch", "the discount total", order.discount_total, discount);
        match sum(order.coupons.iter().map(|coupon| coupon.discount)) {
            Some(coupons) if coupons <= order.discount_total => {}
            Some(coupons) => {
                let message = format!("the coupons took off {coupons}, more than the discount total of {}", order.discount_total);
                self.add("coupon_mismatch", message);
            }
            None => self.add("coupon_mismatch", "the coupons are too large to add up".to_owned()),
        }
        match sum(order.refunds.iter().map(|refund| refund.amount)) {
            Some(refunded) if refunded <= order.total => {}
            Some(refunded) => self.add("refunds_exceed_total", format!("{refunded} of {} was refunded", order.total)),
            None => self.add("refunds_exceed_total", "the refunds are too large to add up".to_owned()),
        }
    }

    /// No amount may be finer than the currency: half a cent cannot be booked.
    fn precision(&mut self, order: &StoreOrder, units: u32) {
        let figures =
            [order.total, order.total_tax, order.shipping_total, order.shipping_tax, order.cart_tax, order.discount_total];
        let lines = order.lines.iter().flat_map(|line| [line.total, line.total_tax]);
        let charges = order.fees.iter().chain(&order.shipping_lines).flat_map(|charge| [charge.total, charge.total_tax]);
        let mut finer = figures.into_iter().chain(lines).chain(charges).filter(|amount| amount.normalize().scale() > units);
        if let Some(amount) = finer.next() {
            self.add("amount_precision", format!("{amount} has more than the {units} decimals of {}", order.currency));
        }
    }

    fn taxes(&mut self, order: &StoreOrder) {
        let items = sum(order.lines.iter().map(|line| line.total_tax).chain(order.fees.iter().map(|fee| fee.total_tax)));
        self.equal("tax_mismatch", "the tax on items and fees", order.cart_tax, items);
        let shipping = sum(order.shipping_lines.iter().map(|line| line.total_tax));
        self.equal("tax_mismatch", "the tax on shipping", order.shipping_tax, shipping);
        self.equal("tax_mismatch", "the total tax", order.total_tax, sum([order.cart_tax, order.shipping_tax]));
        let items = order.lines.iter().flat_map(|line| &line.taxes).chain(order.fees.iter().flat_map(|fee| &fee.taxes));
        let by_rate = by_rate(items);
        let shipping_by_rate = by_rate_of(&order.shipping_lines);
        for tax in &order.tax_lines {
            let items = by_rate.get(&tax.rate_id).copied().unwrap_or(Some(Decimal::ZERO));
            let what = format!("the tax at rate {}", tax.rate_id);
            self.equal("tax_rate_mismatch", &what, tax.tax_total, items);
            let shipping = shipping_by_rate.get(&tax.rate_id).copied().unwrap_or(Some(Decimal::ZERO));
            let what = format!("the tax on shipping at rate {}", tax.rate_id);
            self.equal("tax_rate_mismatch", &what, tax.shipping_tax_total, shipping);
        }
    }

    /// Where the ERP's taxes are named by configuration, every rate that took an amount has one: it is never guessed.
    fn tax_records(&mut self, order: &StoreOrder, config: &StoreConfig) {
        let Some(records) = config.records_in(&config.erp) else { return };
        let lines = order.lines.iter().flat_map(|line| &line.taxes);
        let charges = order.fees.iter().chain(&order.shipping_lines).flat_map(|charge| &charge.taxes);
        let taken = lines.chain(charges).filter(|part| !part.total.is_zero()).map(|part| part.rate_id);
        for rate in taken.collect::<BTreeSet<u64>>() {
            if records.tax(rate).is_none() {
                let label = order.tax_lines.iter().find(|line| line.rate_id == rate).map_or("", |line| line.label.as_str());
                self.add(
                    "tax_unmapped",
                    format!("the store's tax rate {rate} {label:?} is mapped to no tax of ERP {}", config.erp),
                );
            }
        }
    }
}

/// Countries without postal codes in general use (Universal Postal Union, "Countries with no postcode").
const NO_POSTCODE: &[&str] = &[
    "AE", "AG", "AN", "AO", "AW", "BF", "BI", "BJ", "BO", "BS", "BW", "BZ", "CD", "CF", "CG", "CI", "CK", "CM", "DJ", "DM", "ER",
    "FJ", "GD", "GH", "GM", "GN", "GQ", "GY", "HK", "IE", "JM", "KE", "KI", "KM", "KN", "KP", "LC", "ML", "MO", "MR", "MS", "MU",
    "MW", "NR", "NU", "PA", "QA", "RW", "SB", "SC", "SL", "SO", "SR", "ST", "SY", "TF", "TK", "TL", "TO", "TT", "TV", "TZ", "UG",
    "VU", "YE", "ZW",
];

/// `None` for a rate whose parts are too large to add up.
fn by_rate<'a>(parts: impl Iterator<Item = &'a TaxPart>) -> BTreeMap<u64, Option<Decimal>> {
    let mut sums: BTreeMap<u64, Option<Decimal>> = BTreeMap::new();
    for part in parts {
        let sum = sums.entry(part.rate_id).or_insert(Some(Decimal::ZERO));
        *sum = sum.and_then(|sum| sum.checked_add(part.total));
    }
    sums
}

fn by_rate_of(charges: &[Charge]) -> BTreeMap<u64, Option<Decimal>> {
    by_rate(charges.iter().flat_map(|charge| &charge.taxes))
}
