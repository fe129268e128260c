//! The contract's rules about orders: created, amended, cancelled, and shipped by hand.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::Value;

use super::books::{Books, OrderState, Shipped, Stored, TakenBack};
use super::reply::Refusal;
use super::totals;
use super::wire::NewOrder;

/// How an order is stored: the knobs that matter to it.
pub(super) struct Manner {
    pub(super) now: Timestamp,
    pub(super) drift: Decimal,
    /// Stop before confirming.
    pub(super) half: bool,
}

fn no_such_order() -> Refusal {
    Refusal::new(404, "not_found", "There is no such order.")
}

impl Books {
    /// Stores and confirms an order, or goes on with one that was left half done. `unique`: whether its reference can be taken.
    pub(super) fn create(&mut self, new: NewOrder, manner: &Manner, unique: bool) -> Result<Value, Refusal> {
        let earlier = self.orders.iter().position(|order| order.new.reference == new.reference);
        let at = match earlier.filter(|_| unique) {
            Some(at) => match self.orders.get(at) {
                Some(order) if order.state != OrderState::Pending => return Err(Refusal::duplicate(order.to_json())),
                _ => at,
            },
            None => {
                self.accept(&new, None)?;
                self.orders.push(Stored {
                    id: format!("so-{}", self.orders.len() + 1),
                    state: OrderState::Pending,
                    created_at: manner.now,
                    confirmed_at: None,
                    total: new.totals.total.0 + manner.drift,
                    new,
                    amendments: 0,
                    shipped: Vec::new(),
                    taken_back: Vec::new(),
                    freed: BTreeMap::new(),
                });
                self.orders.len() - 1
            }
        };
        if !manner.half {
            self.hold(at, manner.now);
        }
        self.orders.get(at).map(Stored::to_json).ok_or_else(no_such_order)
    }

    /// Whether the books can take this order, in the place of `earlier` if there is one: what that holds is free for it.
    fn accept(&self, new: &NewOrder, earlier: Option<&Stored>) -> Result<(), Refusal> {
        if new.reference.is_empty() || new.reference.len() > 128 {
            return Err(Refusal::new(400, "malformed", "The reference is empty or too long."));
        }
        if new.lines.iter().any(|line| line.quantity < 1) {
            return Err(Refusal::new(400, "malformed", "A quantity is not positive."));
        }
        totals::prove_order(new)?;
        let mut wanted: BTreeMap<&str, i64> = BTreeMap::new();
        for line in &new.lines {
            *wanted.entry(&line.sku).or_default() += line.quantity;
        }
        for (sku, quantity) in wanted {
            let held = earlier.into_iter().flat_map(|order| &order.new.lines).filter(|line| line.sku == sku);
            let own: i64 = held.map(|line| line.quantity).sum();
            match self.stock.free(sku).map(|free| free + own) {
                None => return Err(Refusal::new(422, "unknown_sku", format!("There is no article {sku}."))),
                Some(free) if free < quantity && !new.backorder => {
                    return Err(Refusal::new(422, "insufficient_stock", format!("Only {free} of {sku} are free.")));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// Confirms an order: it holds its stock from now on.
    fn hold(&mut self, at: usize, now: Timestamp) {
        if let Some(order) = self.orders.get_mut(at) {
            for line in &order.new.lines {
                self.stock.change(&line.sku, 0, line.quantity, now);
            }
            order.state = OrderState::Confirmed;
            order.confirmed_at = Some(now);
        }
    }

    /// Gives back what an order holds that nothing has left.
    fn release(&mut self, at: usize, now: Timestamp) {
        for line in self.orders.get(at).into_iter().flat_map(|order| &order.new.lines) {
            self.stock.change(&line.sku, 0, -line.quantity, now);
        }
    }

    /// Makes an order say what `new` says. Said again, it changes nothing, however late.
    pub(super) fn amend(&mut self, id: &str, new: NewOrder, manner: &Manner) -> Result<Value, Refusal> {
        let (at, order) = self.orders.iter().enumerate().find(|(_, order)| order.id == id).ok_or_else(no_such_order)?;
        if order.new.reference != new.reference {
            return Err(Refusal::new(400, "malformed", "This is not the reference of the order."));
        }
        match order.state {
            OrderState::Cancelled => return Err(Refusal::new(409, "cancelled", "The order is cancelled.")),
            OrderState::Pending => return Err(Refusal::new(422, "not_confirmed", "The order is not confirmed yet.")),
            OrderState::Confirmed if order.new == new => return Ok(order.to_json()),
            OrderState::Confirmed => {}
        }
        self.check_open(order)?;
        if order.new.currency != new.currency || order.new.store != new.store {
            return Err(Refusal::new(422, "other_currency", "Currency and store of an order stay."));
        }
        self.accept(&new, Some(order))?;
        self.release(at, manner.now);
        if let Some(order) = self.orders.get_mut(at) {
            order.total = new.totals.total.0 + manner.drift;
            order.new = new;
            order.amendments += 1;
        }
        self.hold(at, manner.now);
        self.orders.get(at).map(Stored::to_json).ok_or_else(no_such_order)
    }

    /// Cancels an order; again is fine.
    pub(super) fn cancel(&mut self, id: &str, now: Timestamp) -> Result<Value, Refusal> {
        let (at, order) = self.orders.iter().enumerate().find(|(_, order)| order.id == id).ok_or_else(no_such_order)?;
        self.check_open(order)?;
        if order.state == OrderState::Confirmed {
            self.release(at, now);
        }
        let order = self.orders.get_mut(at).ok_or_else(no_such_order)?;
        order.state = OrderState::Cancelled;
        Ok(order.to_json())
    }

    /// Ships what is open of an order, or some of it.
    pub(super) fn ship(
        &mut self,
        reference: &str,
        wanted: Option<&BTreeMap<String, i64>>,
        tracking: Option<&str>,
        now: Timestamp,
    ) -> Result<Shipped, String> {
        let number = self.orders.iter().map(|order| order.shipped.len()).sum::<usize>() + 1;
        let order = self
            .orders
            .iter_mut()
            .find(|order| order.new.reference == reference && order.state == OrderState::Confirmed)
            .ok_or("there is no confirmed order with this reference")?;
        let mut left = wanted.cloned();
        let mut units = BTreeMap::new();
        for line in &order.new.lines {
            let mut quantity = order.open(line);
            if let Some(left) = &mut left {
                let of_sku = left.entry(line.sku.clone()).or_default();
                quantity = quantity.min(*of_sku);
                *of_sku -= quantity;
            }
            if quantity > 0 {
                units.insert(line.line.clone(), quantity);
                self.stock.change(&line.sku, -quantity, -quantity, now);
            }
        }
        if units.is_empty() {
            return Err("nothing of this order is left to ship".to_owned());
        }
        let shipped = Shipped { id: format!("sh-{number}"), at: now, tracking: tracking.map(str::to_owned), units };
        order.shipped.push(shipped.clone());
        Ok(shipped)
    }

    /// People take goods of an order back, and put them on the shelf.
    pub(super) fn take_back(
        &mut self,
        reference: &str,
        units: BTreeMap<String, i64>,
        credit_note: Option<&str>,
        now: Timestamp,
    ) -> Result<TakenBack, String> {
        let number = self.orders.iter().map(|order| order.taken_back.len()).sum::<usize>() + 1;
        let order = self
            .orders
            .iter_mut()
            .find(|order| order.new.reference == reference && order.state == OrderState::Confirmed)
            .ok_or("there is no confirmed order with this reference")?;
        for (line, quantity) in &units {
            let line = order.new.lines.iter().find(|of| of.line == *line).ok_or("the order has no such line")?;
            self.stock.change(&line.sku, *quantity, 0, now);
        }
        let credit_note = credit_note.map(str::to_owned);
        let taken_back = TakenBack { id: format!("rt-{number}"), at: now, credit_note, units };
        order.taken_back.push(taken_back.clone());
        Ok(taken_back)
    }
}
