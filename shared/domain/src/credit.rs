//! From refunds and returns to what is asked of ERP and store, to the cent.

use std::collections::BTreeMap;

use rust_decimal::RoundingStrategy;

use crate::erp_order::reference;
use crate::facets::{Finding, Stage};
use crate::fulfilment::Pieces;
use crate::ledger::Refund;
use crate::money::{Decimal, sum};
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
    /// Pieces that go back on the shelf, by line.
    pub restocked: Pieces,
}

/// What a refund is of: pieces, and money gross, by line.
pub fn of_lines(refund: &StoreRefund) -> (Pieces, BTreeMap<u64, Decimal>) {
    let (mut pieces, mut money) = (Pieces::new(), BTreeMap::new());
    for line in &refund.lines {
        if line.quantity > 0 {
            pieces.insert(line.line, line.quantity);
        }
        let gross = sum(line.taxes.iter().map(|tax| tax.total).chain([line.net])).unwrap_or_default();
        if !gross.is_zero() {
            money.insert(line.line, gross);
        }
    }
    (pieces, money)
}

fn finding<T>(code: &str, message: String) -> Result<T, Finding> {
    Err(Finding { code: code.to_owned(), message })
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
/// of the line, so what it says of earlier ones is taken off: what went back then, and what it put back itself for returns.
fn restocked(order: &Order, bought: &Line, refund: &StoreRefund, quantity: u32) -> u32 {
    let of_return = refund.returned.as_ref().and_then(|id| order.returns.iter().find(|one| one.id == *id));
    let pieces = match of_return {
        Some(one) => one.lines.get(&bought.id).map_or(0, |line| line.restock),
        None => {
            let before = total_of(others(order, refund.id).map(|other| match &other.returned {
                None => other.restocked.get(&bought.id).copied().unwrap_or(0),
                Some(id) => order.returns.iter().find(|one| one.id == *id).map_or(0, |one| restocked_by_store(one, bought.id)),
            }));
            bought.restocked.saturating_sub(before)
        }
    };
    pieces.min(quantity)
}

/// Pieces that the store put back for a return: it takes all or none.
fn restocked_by_store(one: &Return, line: u64) -> u32 {
    if restocks_whole(one) { one.lines.get(&line).map_or(0, |line| line.accepted) } else { 0 }
}

fn restocks_whole(one: &Return) -> bool {
    one.lines.values().all(|pieces| pieces.restock == pieces.accepted)
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
        came_back(order, one, *id, pieces.accepted)?;
        let share = |amount: Decimal| share(amount, before, refunded, quantity, digits);
        let line = RefundedLine {
            line: *id,
            quantity: pieces.accepted,
            net: share(bought.total),
            taxes: by_rate(bought, share(bought.total_tax), share),
        };
        left_of(order, one, bought, &line)?;
        lines.push(line);
    }
    let worth = sum(lines.iter().flat_map(|line| line.taxes.iter().map(|tax| tax.total).chain([line.net]))).unwrap_or_default();
    not_refunded_yet(order, one, worth)?;
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
    let restock = !lines.is_empty() && restocks_whole(one);
    Ok(NewRefund { amount, lines, restock, through_gateway, returned: one.id.clone() })
}

/// Pieces come back that left: those that shipments tell of, or all when the store called the order completed without any.
fn came_back(order: &Order, one: &Return, line: u64, accepted: u32) -> Result<(), Finding> {
    let shipped = match order.fulfilment.live().next() {
        None if order.stage == Stage::Completed => order.fulfilment.lines.get(&line).copied(),
        _ => order.fulfilment.shipped().get(&line).copied(),
    };
    let of_returns = others(order, 0).filter(|refund| refund.returned.is_some());
    let back = total_of(of_returns.filter_map(|refund| refund.lines.get(&line)).copied()).saturating_add(accepted);
    if back > shipped.unwrap_or(0) {
        let message = format!("return {}, line {line}: {} shipped, {back} come back in all", one.id, shipped.unwrap_or(0));
        return finding("return_exceeds_shipped", message);
    }
    Ok(())
}

/// What the shop refunded without putting it back may be for the very pieces that come back now, and money goes out only once: their
/// number, or an amount of no line that is as much as they are worth. Who reports an amount has decided that.
fn not_refunded_yet(order: &Order, one: &Return, worth: Decimal) -> Result<(), Finding> {
    if one.amount.is_some() {
        return Ok(());
    }
    for refund in others(order, 0).filter(|refund| refund.returned.is_none()) {
        let still_out = |line: &u64| {
            let put_back = refund.restocked.get(line).copied().unwrap_or(0);
            refund.lines.get(line).is_some_and(|refunded| *refunded > put_back)
        };
        let of_no_line = sum(refund.money.values().copied()).and_then(|of_lines| refund.amount.checked_sub(of_lines));
        if one.lines.keys().any(still_out) || of_no_line.is_none_or(|amount| amount >= worth) {
            let message = format!(
                "return {}: the shop's refund {} over {} may be for what comes back now",
                one.id, refund.id, refund.amount
            );
            return finding("return_perhaps_refunded", message);
        }
    }
    Ok(())
}

/// Money that was refunded on the line without pieces is not refunded again.
fn left_of(order: &Order, one: &Return, bought: &Line, line: &RefundedLine) -> Result<(), Finding> {
    let before = sum(others(order, 0).filter_map(|refund| refund.money.get(&line.line)).copied());
    let worth = sum(line.taxes.iter().map(|tax| tax.total).chain([line.net]));
    let paid = bought.total.checked_add(bought.total_tax).unwrap_or_default();
    let in_all = before.zip(worth).and_then(|(before, worth)| before.checked_add(worth));
    if one.amount.is_none() && in_all.is_none_or(|in_all| in_all > paid) {
        let (before, worth) = (before.unwrap_or_default(), worth.unwrap_or_default());
        let message = format!(
            "return {}, line {}: {paid} paid, {before} refunded before, {worth} to refund now; report it with its amount",
            one.id, line.line
        );
        return finding("return_exceeds_paid", message);
    }
    Ok(())
}

/// A tax by rate: the shares of the rates add up to the share of the tax, the last rate takes what rounding left.
fn by_rate(bought: &Line, tax: Decimal, share: impl Fn(Decimal) -> Decimal) -> Vec<TaxPart> {
    let mut parts: Vec<TaxPart> =
        bought.taxes.iter().map(|part| TaxPart { rate_id: part.rate_id, total: share(part.total) }).collect();
    let off = sum(parts.iter().map(|part| part.total)).and_then(|sum| tax.checked_sub(sum)).unwrap_or_default();
    if let Some(last) = parts.last_mut() {
        last.total = last.total.checked_add(off).unwrap_or(last.total);
    }
    parts
}

/// What pieces `before..after` of a line of `quantity` pieces cost: the shares of all pieces add up to the line's amount.
fn share(amount: Decimal, before: u32, after: u32, quantity: u32, digits: u32) -> Decimal {
    let up_to = |pieces: u32| {
        let whole = amount.checked_mul(Decimal::from(pieces)).and_then(|product| product.checked_div(Decimal::from(quantity)));
        whole.unwrap_or_default().round_dp_with_strategy(digits, RoundingStrategy::MidpointAwayFromZero)
    };
    up_to(after).checked_sub(up_to(before)).unwrap_or_default()
}
