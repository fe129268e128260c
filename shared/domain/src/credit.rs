//! From refunds and returns to what is asked of ERP and store, to the cent.

use rust_decimal::RoundingStrategy;

use crate::erp_order::reference;
use crate::facets::Finding;
use crate::fulfilment::Pieces;
use crate::ledger::Refund;
use crate::money::Decimal;
use crate::order::Order;
use crate::refund::{CreditCharge, CreditLine, CreditNote, NewRefund, RefundedLine, StoreRefund};
use crate::shipment::Return;
use crate::store_order::{Line, StoreOrder, TaxPart};

/// The reference of a refund's credit note: the same at every try.
pub fn credit_reference(order: &Order, refund: u64) -> String {
    format!("{}-refund-{refund}", reference(order))
}

/// A credit note, and what the record is to remember of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credit {
    /// What the ERP is to make.
    pub note: CreditNote,
    /// Pieces refunded, by line.
    pub lines: Pieces,
    /// Pieces of them that go back on the shelf.
    pub restocked: Pieces,
}

fn finding<T>(code: &str, message: String) -> Result<T, Finding> {
    Err(Finding { code: code.to_owned(), message })
}

fn sum(amounts: impl IntoIterator<Item = Decimal>) -> Option<Decimal> {
    amounts.into_iter().try_fold(Decimal::ZERO, Decimal::checked_add)
}

/// The refunds that are to be reckoned with, the one with this id left out.
fn others(order: &Order, id: u64) -> impl Iterator<Item = &Refund> {
    order.refunds.iter().filter(move |refund| refund.counts() && refund.id != id)
}

/// Pieces of a line that refunds say something of.
fn total_of(refunds: impl Iterator<Item = u32>) -> u32 {
    refunds.fold(0, u32::saturating_add)
}

/// The credit note for a refund of the store.
///
/// # Errors
/// What a person must look at: more was refunded than was paid or bought, or the refund does not add up.
pub fn credit(order: &Order, seen: &StoreOrder, refund: &StoreRefund) -> Result<Credit, Finding> {
    let stated = order.refunds.iter().find(|known| known.id == refund.id).map(|known| known.amount);
    if stated.is_some_and(|stated| stated != refund.amount) {
        let message =
            format!("refund {}: the order says {}, the refund {}", refund.id, stated.unwrap_or_default(), refund.amount);
        return finding("refund_unclear", message);
    }
    let earlier = sum(others(order, refund.id).map(|other| other.amount)).and_then(|sum| sum.checked_add(refund.amount));
    if earlier.is_none_or(|refunded| refunded > seen.total) {
        let refunded = earlier.map_or_else(|| "too much to add up".to_owned(), |refunded| refunded.to_string());
        return finding("refund_exceeds_paid", format!("refund {}: {} paid, {refunded} refunded in all", refund.id, seen.total));
    }
    let mut credit = Credit {
        note: CreditNote {
            reference: credit_reference(order, refund.id),
            order: order.erp.documents.first().map(|document| document.id.clone()).unwrap_or_default(),
            amount: refund.amount,
            currency: seen.currency.clone(),
            lines: Vec::new(),
            charges: Vec::new(),
            other: Decimal::ZERO,
        },
        lines: Pieces::new(),
        restocked: Pieces::new(),
    };
    for line in &refund.lines {
        let Some(bought) = seen.lines.iter().find(|bought| bought.id == line.line) else {
            return finding("refund_unclear", format!("refund {} names line {}, which the order has not", refund.id, line.line));
        };
        let before = total_of(others(order, refund.id).filter_map(|other| other.lines.get(&line.line)).copied());
        let pieces = u32::try_from(bought.quantity).unwrap_or(0);
        let refunded = before.saturating_add(line.quantity);
        if refunded > pieces {
            let message = format!("refund {}, line {}: {pieces} bought, {refunded} refunded in all", refund.id, line.line);
            return finding("refund_exceeds_bought", message);
        }
        let restock = restocked(order, bought, refund, line.quantity);
        let tax = sum(line.taxes.iter().map(|tax| tax.total)).unwrap_or_default();
        credit.note.lines.push(CreditLine { line: line.line, quantity: line.quantity, restock, net: line.net, tax });
        if line.quantity > 0 {
            credit.lines.insert(line.line, line.quantity);
        }
        if restock > 0 {
            credit.restocked.insert(line.line, restock);
        }
    }
    credit.note.charges =
        refund.charges.iter().map(|charge| CreditCharge { charge: charge.charge, net: charge.net, tax: charge.tax }).collect();
    let parts = credit.note.lines.iter().flat_map(|line| [line.net, line.tax]);
    let parts = sum(parts.chain(credit.note.charges.iter().flat_map(|charge| [charge.net, charge.tax])));
    match parts.and_then(|parts| refund.amount.checked_sub(parts)).filter(|other| *other >= Decimal::ZERO) {
        Some(other) => credit.note.other = other,
        None => {
            let message = format!("refund {}: its lines add up to more than its amount of {}", refund.id, refund.amount);
            return finding("refund_unclear", message);
        }
    }
    Ok(credit)
}

/// Pieces of a refunded line that went back on the shelf. Of a return its report says so; else the store does, added up over all refunds
/// of the line, so what earlier ones had is taken off.
fn restocked(order: &Order, bought: &Line, refund: &StoreRefund, quantity: u32) -> u32 {
    let of_return = refund.returned.as_ref().and_then(|id| order.returns.iter().find(|one| one.id == *id));
    let pieces = match of_return {
        Some(one) => one.lines.get(&bought.id).map_or(0, |line| line.restock),
        None => {
            let from_store = others(order, refund.id).filter(|other| other.returned.is_none());
            let before = total_of(from_store.filter_map(|other| other.restocked.get(&bought.id)).copied());
            bought.restocked.saturating_sub(before)
        }
    };
    pieces.min(quantity)
}

/// The refund that a return is worth.
///
/// # Errors
/// What a person must look at: more comes back than was bought, or more is to be refunded than was paid.
pub fn refund_of(order: &Order, seen: &StoreOrder, one: &Return, through_gateway: bool) -> Result<NewRefund, Finding> {
    let digits = seen.currency.minor_units().unwrap_or(2);
    let mut lines = Vec::new();
    for (id, pieces) in one.lines.iter().filter(|(_, pieces)| pieces.accepted > 0) {
        let Some(bought) = seen.lines.iter().find(|line| line.id == *id) else {
            return finding("return_exceeds_bought", format!("return {} names line {id}, which the order has not", one.id));
        };
        let quantity = u32::try_from(bought.quantity).unwrap_or(0);
        let before = total_of(others(order, 0).filter_map(|refund| refund.lines.get(id)).copied());
        let refunded = before.saturating_add(pieces.accepted);
        if refunded > quantity {
            let message = format!("return {}, line {id}: {quantity} bought, {refunded} come back in all", one.id);
            return finding("return_exceeds_bought", message);
        }
        let share = |amount: Decimal| share(amount, before, refunded, quantity, digits);
        let taxes = bought.taxes.iter().map(|tax| TaxPart { rate_id: tax.rate_id, total: share(tax.total) }).collect();
        lines.push(RefundedLine { line: *id, quantity: pieces.accepted, net: share(bought.total), taxes });
    }
    let worth = sum(lines.iter().flat_map(|line| line.taxes.iter().map(|tax| tax.total).chain([line.net]))).unwrap_or_default();
    let amount = one.amount.unwrap_or(worth);
    if amount != worth {
        // The reporter decided the amount: the pieces are noted, and the money belongs to no line.
        for line in &mut lines {
            line.net = Decimal::ZERO;
            line.taxes.clear();
        }
    }
    let refunded = sum(others(order, 0).map(|refund| refund.amount)).and_then(|sum| sum.checked_add(amount));
    if refunded.is_none_or(|refunded| refunded > seen.total) || amount <= Decimal::ZERO {
        let before = sum(others(order, 0).map(|refund| refund.amount)).unwrap_or_default();
        let message = format!("return {}: {} paid, {before} refunded before, {amount} to refund now", one.id, seen.total);
        return finding("return_exceeds_paid", message);
    }
    let restock = !lines.is_empty() && one.lines.values().all(|pieces| pieces.restock == pieces.accepted);
    Ok(NewRefund { amount, lines, restock, through_gateway, returned: one.id.clone() })
}

/// What pieces `before..after` of a line of `quantity` pieces cost: the shares of all pieces add up to the line's amount.
fn share(amount: Decimal, before: u32, after: u32, quantity: u32, digits: u32) -> Decimal {
    let up_to = |pieces: u32| {
        let whole = amount.checked_mul(Decimal::from(pieces)).and_then(|product| product.checked_div(Decimal::from(quantity)));
        whole.unwrap_or_default().round_dp_with_strategy(digits, RoundingStrategy::MidpointAwayFromZero)
    };
    up_to(after).checked_sub(up_to(before)).unwrap_or_default()
}
