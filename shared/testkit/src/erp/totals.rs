//! The ERP's own addition, to the last digit.

use rust_decimal::Decimal;

use super::reply::Refusal;
use super::wire::{Money, NewCreditNote, NewOrder};

/// Proves the totals of an order.
pub(super) fn prove_order(order: &NewOrder) -> Result<(), Refusal> {
    let lines = order.lines.iter().map(|line| (line.net, line.tax));
    let charges = order.shipping.iter().chain(&order.fees).map(|charge| (charge.net, charge.tax));
    let (net, tax) = sums(lines.chain(charges));
    let totals = order.totals;
    if net == totals.net.0 && tax == totals.tax.0 {
        equal(net + tax, totals.total)
    } else {
        Err(mismatch(net + tax, totals.total))
    }
}

/// Proves the total of a credit note.
pub(super) fn prove_credit(credit: &NewCreditNote) -> Result<(), Refusal> {
    let lines = credit.lines.iter().map(|line| (line.net, line.tax));
    let charges = credit.charges.iter().map(|charge| (charge.net, charge.tax));
    let (net, tax) = sums(lines.chain(charges));
    equal(net + tax + credit.other.0, credit.total)
}

fn sums(parts: impl Iterator<Item = (Money, Money)>) -> (Decimal, Decimal) {
    parts.fold((Decimal::ZERO, Decimal::ZERO), |sum, part| (sum.0 + part.0.0, sum.1 + part.1.0))
}

fn equal(sum: Decimal, claimed: Money) -> Result<(), Refusal> {
    if sum == claimed.0 { Ok(()) } else { Err(mismatch(sum, claimed)) }
}

fn mismatch(sum: Decimal, claimed: Money) -> Refusal {
    Refusal::new(422, "total_mismatch", format!("The parts add up to {sum}; the totals claim {}.", claimed.0))
}
