//! Totals with taxes, as Odoo computes them: each tax is a percentage, in the price or on top of it, rounded per line or over the document.

use std::collections::BTreeMap;

use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::Value;

use super::db::Db;

/// When taxes are rounded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TaxRounding {
    /// Line by line (Odoo's default).
    #[default]
    PerLine,
    /// Tax by tax over the whole document.
    Globally,
}

/// Net, tax and gross of a document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) net: Decimal,
    pub(super) tax: Decimal,
}

impl Totals {
    pub(super) fn gross(self) -> Decimal {
        self.net + self.tax
    }
}

/// A line to be added up.
pub(super) struct Line {
    pub(super) amount: Decimal,
    pub(super) taxes: Vec<u64>,
}

fn cents(amount: Decimal) -> Decimal {
    amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

pub(super) fn totals(db: &Db, lines: &[Line], rounding: TaxRounding) -> Totals {
    let mut by_tax: BTreeMap<u64, Decimal> = BTreeMap::new();
    let mut result = Totals::default();
    for line in lines {
        let amount = cents(line.amount);
        let rates: Vec<(u64, Decimal, bool)> = line
            .taxes
            .iter()
            .map(|tax| {
                let included = db.kept("account.tax", *tax, "price_include") == Value::Bool(true);
                (*tax, db.amount("account.tax", *tax, "amount") / Decimal::ONE_HUNDRED, included)
            })
            .collect();
        let included: Decimal = rates.iter().filter(|(_, _, included)| *included).map(|(_, rate, _)| rate).sum();
        let net = amount / (Decimal::ONE + included);
        let round = |tax: Decimal| if rounding == TaxRounding::PerLine { cents(tax) } else { tax };
        let mut taken = Decimal::ZERO;
        for (tax, rate, included) in rates {
            let part = round(net * rate);
            *by_tax.entry(tax).or_default() += part;
            if included {
                taken += part;
            }
        }
        result.net += amount - taken;
    }
    result.net = cents(result.net);
    result.tax = by_tax.values().map(|tax| cents(*tax)).sum();
    result
}
