//! Order lines: articles, pieces and prices that come to exactly the store's amounts.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use waybill_domain::erp_order::{ErpCharge, ErpLine};
use waybill_domain::money::Decimal;
use waybill_domain::store_order::TaxPart;
use waybill_domain::{ErpOrder, ErpRecords, Sku};
use waybill_workflow::CallError;

use super::OdooErp;
use super::row::number;
use crate::erp::refusals::refused;

/// The `sequence` of the line that makes up for rounding; the store's line ids begin at 1.
pub(super) const ROUNDING: u64 = 0;

/// A line of an order or credit note before it is written.
pub(super) struct Priced {
    pub(super) article: u64,
    pub(super) name: String,
    /// The store's line id.
    pub(super) line: u64,
    pub(super) pieces: u32,
    /// The price of one.
    pub(super) each: Decimal,
    pub(super) taxes: Vec<u64>,
}

/// The amount of a line in pieces and prices that currency can express. Odoo keeps the price of one piece, so 10.00 for three becomes two
/// pieces at 3.33 and one at 3.34.
pub(super) fn split(amount: Decimal, pieces: u32, digits: u32) -> Option<Vec<(u32, Decimal)>> {
    let all = Decimal::from(pieces);
    let each = amount.checked_div(all)?.trunc_with_scale(digits);
    let rest = amount.checked_sub(each.checked_mul(all)?)?;
    let smallest = Decimal::new(if rest.is_sign_negative() { -1 } else { 1 }, digits);
    let more: u32 = rest.checked_div(smallest)?.trunc().try_into().ok()?;
    let parts = [(pieces.checked_sub(more)?, each), (more, each.checked_add(smallest)?)];
    Some(parts.into_iter().filter(|(pieces, _)| *pieces > 0).collect())
}

/// What is priced: the net amount, and what of the tax is in the price.
pub(super) fn in_price(net: Decimal, taxes: &[(u64, Decimal)], included: &BTreeSet<u64>) -> Option<Decimal> {
    taxes.iter().filter(|(tax, _)| included.contains(tax)).try_fold(net, |sum, (_, amount)| sum.checked_add(*amount))
}

impl OdooErp {
    /// The lines of an order.
    ///
    /// # Errors
    /// What cannot be written: an unknown article, a rate without a tax, an id that does not fit.
    pub(super) async fn lines(&self, order: &ErpOrder) -> Result<Vec<Priced>, CallError> {
        let records = self.records()?;
        let wanted = wanted(order, records)?;
        let skus: BTreeSet<Sku> = wanted.iter().map(|line| line.sku.clone()).chain([records.rounding_article.clone()]).collect();
        let articles = self.articles(skus).await?;
        let included = self.included(wanted.iter().flat_map(|line| line.taxes.iter().map(|(tax, _)| *tax)).collect()).await?;
        let digits = order.currency.minor_units().unwrap_or(2);
        let mut lines = Vec::new();
        for line in wanted {
            let too_much = || refused("erp_malformed", format!("line {}: its amounts cannot be written as prices", line.id));
            let amount = in_price(line.net, &line.taxes, &included).ok_or_else(too_much)?;
            for (pieces, each) in split(amount, line.pieces, digits).ok_or_else(too_much)? {
                lines.push(Priced {
                    article: article(&articles, line.sku)?,
                    name: line.name.to_owned(),
                    line: line.id,
                    pieces,
                    each,
                    taxes: line.taxes.iter().map(|(tax, _)| *tax).collect(),
                });
            }
        }
        Ok(lines)
    }

    /// The line that makes up for another way of rounding.
    pub(super) async fn rounding(&self, amount: Decimal) -> Result<Priced, CallError> {
        let sku = &self.records()?.rounding_article;
        let articles = self.articles([sku.clone()].into()).await?;
        let article = article(&articles, sku)?;
        Ok(Priced { article, name: "Rounding".to_owned(), line: ROUNDING, pieces: 1, each: amount, taxes: Vec::new() })
    }
}

pub(super) fn article(articles: &BTreeMap<Sku, u64>, sku: &Sku) -> Result<u64, CallError> {
    articles.get(sku).copied().ok_or_else(|| refused("erp_unknown_sku", format!("Odoo has no article with the number {sku}")))
}

/// As the line of an order is written. `taxes` is that field's name in this version.
pub(super) fn order_line(line: &Priced, taxes: &str) -> Value {
    json!({
        "product_id": line.article,
        "product_uom_qty": line.pieces,
        "price_unit": number(line.each),
        taxes: [[6, 0, line.taxes]],
        "name": line.name,
        "sequence": line.line,
    })
}

/// An item or charge with its ERP taxes.
struct Wanted<'a> {
    id: u64,
    sku: &'a Sku,
    name: &'a str,
    pieces: u32,
    net: Decimal,
    taxes: Vec<(u64, Decimal)>,
}

fn wanted<'a>(order: &'a ErpOrder, records: &'a ErpRecords) -> Result<Vec<Wanted<'a>>, CallError> {
    let item = |line: &'a ErpLine| {
        let taxes = mapped(records, &line.taxes)?;
        Ok(Wanted { id: fits(line.line)?, sku: &line.sku, name: &line.name, pieces: line.quantity, net: line.net, taxes })
    };
    let charge = |charge: &'a ErpCharge, sku: &'a Sku| {
        let taxes = mapped(records, &charge.taxes)?;
        Ok(Wanted { id: fits(charge.charge)?, sku, name: &charge.title, pieces: 1, net: charge.net, taxes })
    };
    let items = order.lines.iter().map(item);
    let shipping = order.shipping_charges.iter().map(|one| charge(one, &records.shipping_article));
    let fees = order.fees.iter().map(|one| charge(one, &records.fee_article));
    let lines: Vec<Wanted<'a>> = items.chain(shipping).chain(fees).collect::<Result<_, CallError>>()?;
    match lines.iter().find(|line| line.pieces == 0) {
        Some(line) => Err(refused("erp_malformed", format!("line {} has no pieces", line.id))),
        None => Ok(lines),
    }
}

fn mapped(records: &ErpRecords, taxes: &[TaxPart]) -> Result<Vec<(u64, Decimal)>, CallError> {
    let tax = |part: &TaxPart| {
        let unmapped = || refused("tax_unmapped", format!("the store's tax rate {} is no tax of the ERP", part.rate_id));
        Ok((records.tax(part.rate_id).ok_or_else(unmapped)?, part.total))
    };
    taxes.iter().map(tax).collect()
}

/// Odoo's integers have 32 bits.
fn fits(line: u64) -> Result<u64, CallError> {
    match i32::try_from(line) {
        Ok(_) => Ok(line),
        Err(_) => Err(refused("erp_malformed", format!("the line id {line} is larger than Odoo can keep"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn amounts_are_split_into_prices_that_add_up() {
        let of = |text: &str, pieces: u32, digits: u32| split(amount(text), pieces, digits).unwrap();
        assert_eq!(of("10.00", 4, 2), [(4, amount("2.50"))]);
        assert_eq!(of("10.00", 3, 2), [(2, amount("3.33")), (1, amount("3.34"))]);
        assert_eq!(of("-10.00", 3, 2), [(2, amount("-3.33")), (1, amount("-3.34"))]);
        assert_eq!(of("0.01", 2, 2), [(1, amount("0.00")), (1, amount("0.01"))]);
        assert_eq!(of("100", 3, 0), [(2, amount("33")), (1, amount("34"))]);
        assert_eq!(of("0", 5, 2), [(5, amount("0"))]);
        assert!(split(amount("1"), 0, 2).is_none());
        for cents in 0..500 {
            for pieces in 1..30 {
                let parts = split(Decimal::new(cents, 2), pieces, 2).unwrap();
                let sum: Decimal = parts.iter().map(|(pieces, each)| Decimal::from(*pieces) * each).sum();
                assert_eq!(sum, Decimal::new(cents, 2));
                assert_eq!(parts.iter().map(|(pieces, _)| pieces).sum::<u32>(), pieces);
            }
        }
    }

    #[test]
    fn only_taxes_that_are_in_the_price_are_priced() {
        let taxes = [(1, amount("1.90")), (2, amount("0.50"))];
        assert_eq!(in_price(amount("10"), &taxes, &BTreeSet::new()), Some(amount("10")));
        assert_eq!(in_price(amount("10"), &taxes, &[1].into()), Some(amount("11.90")));
        assert_eq!(in_price(amount("10"), &taxes, &[1, 2].into()), Some(amount("12.40")));
    }
}
