//! The contract's rules about credit notes.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::Value;

use super::books::{Books, Credited, OrderState, Stored};
use super::reply::Refusal;
use super::totals;
use super::wire::{CreditLine, NewCreditNote};

impl Books {
    /// Stores a credit note, and takes its goods back. `unique`: whether its reference can be taken.
    pub(super) fn credit(&mut self, new: NewCreditNote, now: Timestamp, unique: bool) -> Result<Value, Refusal> {
        let earlier = self.credits.iter().find(|credit| credit.new.reference == new.reference);
        if let Some(credit) = earlier.filter(|_| unique) {
            return Err(Refusal::duplicate(credit.to_json()));
        }
        well_formed(&new)?;
        totals::prove_credit(&new)?;
        let at = self.orders.iter().position(|order| order.id == new.order);
        let order = at.and_then(|at| self.orders.get(at));
        let order = order.ok_or_else(|| Refusal::new(404, "not_found", "There is no such order."))?;
        self.accept_credit(order, &new)?;
        for line in &new.lines {
            if let Some(order) = at.and_then(|at| self.orders.get_mut(at)) {
                take_back(&mut self.stock, order, line, now);
            }
        }
        let credit = Credited { id: format!("cn-{}", self.credits.len() + 1), created_at: now, new };
        let answer = credit.to_json();
        self.credits.push(credit);
        Ok(answer)
    }

    /// Not more than was sold, in money and in pieces, over all credit notes of the order.
    fn accept_credit(&self, order: &Stored, new: &NewCreditNote) -> Result<(), Refusal> {
        match order.state {
            OrderState::Confirmed => {}
            OrderState::Cancelled => {
                return Err(Refusal::new(409, "cancelled", "The order is cancelled: there is nothing to credit."));
            }
            OrderState::Pending => return Err(Refusal::new(422, "not_confirmed", "The order is not confirmed yet.")),
        }
        if order.new.currency != new.currency {
            return Err(Refusal::new(422, "other_currency", "The order is in another currency."));
        }
        let before: Decimal = self.credits_of(&order.id).map(|credit| credit.new.total.0).sum();
        if before + new.total.0 > order.total {
            return Err(Refusal::new(422, "over_credited", format!("{before} of {} are credited already.", order.total)));
        }
        let mut pieces: BTreeMap<&str, i64> = BTreeMap::new();
        for line in self.credits_of(&order.id).flat_map(|credit| &credit.new.lines).chain(&new.lines) {
            *pieces.entry(&line.line).or_default() += line.quantity;
        }
        for line in &new.lines {
            let sold = order.new.lines.iter().find(|sold| sold.line == line.line).ok_or_else(unknown_line)?;
            let credited = pieces.get(line.line.as_str()).copied().unwrap_or_default();
            if credited > sold.quantity {
                let message =
                    format!("{credited} pieces of line {} would be credited, and {} were sold.", line.line, sold.quantity);
                return Err(Refusal::new(422, "over_credited", message));
            }
        }
        let charges = order.new.shipping.iter().chain(&order.new.fees);
        match new.charges.iter().all(|credited| charges.clone().any(|charge| charge.line == credited.line)) {
            true => Ok(()),
            false => Err(unknown_line()),
        }
    }
}

fn well_formed(new: &NewCreditNote) -> Result<(), Refusal> {
    if new.total.0 <= Decimal::ZERO {
        return Err(Refusal::new(400, "malformed", "The total is not positive."));
    }
    match new.lines.iter().find(|line| line.quantity < 0 || line.restock < 0 || line.restock > line.quantity) {
        Some(_) => Err(Refusal::new(400, "malformed", "A quantity is negative, or less than what goes back on the shelf.")),
        None => Ok(()),
    }
}

fn unknown_line() -> Refusal {
    Refusal::new(422, "unknown_line", "The order has no such line.")
}

/// What goes back on the shelf is free again. Pieces that never left are there already: they are no longer held, nor shipped.
fn take_back(stock: &mut super::stock::Stock, order: &mut Stored, credited: &CreditLine, now: Timestamp) {
    let Some(line) = order.new.lines.iter().find(|line| line.line == credited.line) else { return };
    let kept = order.open(line).clamp(0, credited.restock);
    stock.change(&line.sku, credited.restock - kept, -kept, now);
    *order.freed.entry(credited.line.clone()).or_default() += kept;
}
