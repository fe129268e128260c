//! The lines of an order as Odoo has them, and those of a credit note for some of them.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use waybill_domain::CreditNote;
use waybill_domain::money::Decimal;
use waybill_workflow::CallError;

use super::OdooErp;
use super::call::Call;
use super::lines::{Priced, ROUNDING, article, split};
use super::row::{number, rows};
use crate::erp::refusals::refused;
use crate::erp::scrub::Scrub;

/// A line of an order in Odoo.
pub(super) struct OrderLine {
    pub(super) id: u64,
    pub(super) priced: Priced,
}

impl OdooErp {
    pub(super) async fn order_lines(&self, order: u64, scrub: &Scrub) -> Result<Vec<OrderLine>, CallError> {
        let taxes = self.client.version().await?.order_line_taxes();
        let fields = ["product_id", "product_uom_qty", "price_unit", taxes, "name", "sequence"];
        let call = || Call::search("sale.order.line", json!([["order_id", "=", order]]), &fields);
        let answer = self.client.call(call(), scrub).await?;
        let lines = rows(&call(), &answer, |row| {
            // Headings and notes that people wrote between the lines.
            if row.named("product_id")?.is_none() {
                return Some(None);
            }
            let priced = Priced {
                article: row.of("product_id")?,
                name: row.text("name")?.to_owned(),
                // People may have made it anything; then it is none of the store's.
                line: row.number("sequence").unwrap_or(ROUNDING),
                pieces: u32::try_from(row.pieces("product_uom_qty")?).unwrap_or(0),
                each: row.amount("price_unit")?,
                taxes: row.ids(taxes)?,
            };
            Some(Some(OrderLine { id: row.id()?, priced }))
        })?;
        Ok(lines.into_iter().flatten().collect())
    }

    /// The lines of a credit note. What is credited without goods is booked on the article for that.
    pub(super) async fn credit_lines(&self, note: &CreditNote, lines: &[OrderLine]) -> Result<Vec<Priced>, CallError> {
        let records = self.records()?;
        let money = &records.refund_article;
        let money = article(&self.articles([money.clone()].into()).await?, money)?;
        let included = self.included(lines.iter().flat_map(|line| line.priced.taxes.iter().copied()).collect()).await?;
        let digits = note.currency.minor_units().unwrap_or(2);
        let mut credited = Vec::new();
        let items = note.lines.iter().map(|line| (line.line, line.quantity, line.net, line.tax, true));
        let charges = note.charges.iter().map(|charge| (charge.charge, 1, charge.net, charge.tax, false));
        for (line, pieces, net, tax, is_item) in items.chain(charges) {
            let bought = lines.iter().find(|bought| bought.priced.line == line && line != ROUNDING);
            let bought = bought.ok_or_else(|| refused("erp_cannot_credit", format!("Odoo's order has no line {line}")))?;
            if net.is_zero() && tax.is_zero() {
                // Pieces that come back and are worth nothing.
                continue;
            }
            let taxes = if tax.is_zero() { Vec::new() } else { bought.priced.taxes.clone() };
            let with_goods = is_item && pieces > 0;
            credited.extend(parts(&Part { bought, taxes, pieces: pieces.max(1), net, tax }, &included, digits)?.into_iter().map(
                |part| {
                    let article = if with_goods || !is_item { part.article } else { money };
                    Priced { article, ..part }
                },
            ));
        }
        if !note.other.is_zero() {
            let each = note.other;
            credited.push(Priced {
                article: money,
                name: "Refund".to_owned(),
                line: ROUNDING,
                pieces: 1,
                each,
                taxes: Vec::new(),
            });
        }
        Ok(credited)
    }
}

struct Part<'a> {
    bought: &'a OrderLine,
    taxes: Vec<u64>,
    pieces: u32,
    net: Decimal,
    tax: Decimal,
}

fn parts(part: &Part<'_>, included: &BTreeSet<u64>, digits: u32) -> Result<Vec<Priced>, CallError> {
    let gross = part.taxes.iter().any(|tax| included.contains(tax));
    let amount = if gross { part.net.checked_add(part.tax) } else { Some(part.net) };
    let split = amount.and_then(|amount| split(amount, part.pieces, digits));
    let split = split.ok_or_else(|| refused("erp_malformed", "the amounts of the credit note cannot be written as prices"))?;
    let Priced { article, ref name, line, .. } = part.bought.priced;
    Ok(split
        .into_iter()
        .map(|(pieces, each)| Priced { article, name: name.clone(), line, pieces, each, taxes: part.taxes.clone() })
        .collect())
}

/// As the line of a credit note is written.
pub(super) fn refund_line(line: &Priced) -> Value {
    json!({
        "product_id": line.article,
        "quantity": line.pieces,
        "price_unit": number(line.each),
        "tax_ids": [[6, 0, line.taxes]],
        "name": line.name,
    })
}
