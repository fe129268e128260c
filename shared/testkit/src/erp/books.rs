//! The ERP's books: orders, credit notes and shipments, and the rules of the contract about them. No HTTP, no faults.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::reply::Refusal;
use super::stock::Stock;
use super::totals;
use super::wire::{NewCreditNote, NewOrder, PaymentState};

/// How far an order is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderState {
    /// Stored, holds no stock.
    Pending,
    /// Holds its stock.
    Confirmed,
    /// Holds nothing any more.
    Cancelled,
}

/// An order in the books.
#[derive(Clone, Debug, Serialize)]
pub struct Stored {
    /// The ERP's key.
    pub id: String,
    /// How far it is.
    pub state: OrderState,
    /// When it was stored.
    pub created_at: Timestamp,
    /// From when on the free figures include it.
    pub confirmed_at: Option<Timestamp>,
    /// What was booked.
    pub total: Decimal,
    /// What was sent.
    pub new: NewOrder,
    /// Its shipments.
    pub shipped: Vec<Shipped>,
}

/// A shipment.
#[derive(Clone, Debug, Serialize)]
pub struct Shipped {
    /// The ERP's key.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// The number the carrier gave.
    pub tracking: Option<String>,
    /// Units per line, by the line's key.
    pub units: BTreeMap<String, i64>,
}

/// A credit note in the books.
#[derive(Clone, Debug, Serialize)]
pub struct Credited {
    /// The ERP's key.
    pub id: String,
    /// When it was stored.
    pub created_at: Timestamp,
    /// What was sent.
    pub new: NewCreditNote,
}

/// How a create is done: the knobs that matter to it.
pub(super) struct Manner {
    pub(super) now: Timestamp,
    pub(super) unique_references: bool,
    pub(super) drift: Decimal,
    /// Stop before confirming.
    pub(super) half: bool,
}

/// All of it.
pub(super) struct Books {
    pub(super) stock: Stock,
    pub(super) orders: Vec<Stored>,
    pub(super) credits: Vec<Credited>,
}

impl Books {
    pub(super) fn new(on_hand: BTreeMap<String, i64>, now: Timestamp) -> Self {
        Self { stock: Stock::new(on_hand, now), orders: Vec::new(), credits: Vec::new() }
    }

    /// Stores and confirms an order, or goes on with one that was left half done.
    pub(super) fn create(&mut self, new: NewOrder, manner: &Manner) -> Result<Value, Refusal> {
        let earlier = self.orders.iter().position(|order| order.new.reference == new.reference);
        let at = match earlier.filter(|_| manner.unique_references) {
            Some(at) => match self.orders.get(at) {
                Some(order) if order.state != OrderState::Pending => return Err(Refusal::duplicate(order.to_json())),
                _ => at,
            },
            None => {
                self.accept(&new)?;
                self.orders.push(Stored {
                    id: format!("so-{}", self.orders.len() + 1),
                    state: OrderState::Pending,
                    created_at: manner.now,
                    confirmed_at: None,
                    total: new.totals.total.0 + manner.drift,
                    new,
                    shipped: Vec::new(),
                });
                self.orders.len() - 1
            }
        };
        if !manner.half {
            self.confirm(at, manner.now);
        }
        self.orders.get(at).map(Stored::to_json).ok_or_else(|| Refusal::new(500, "internal", "The order is gone."))
    }

    fn accept(&self, new: &NewOrder) -> Result<(), Refusal> {
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
            match self.stock.free(sku) {
                None => return Err(Refusal::new(422, "unknown_sku", format!("There is no article {sku}."))),
                Some(free) if free < quantity && !new.backorder => {
                    return Err(Refusal::new(422, "insufficient_stock", format!("Only {free} of {sku} are free.")));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    fn confirm(&mut self, at: usize, now: Timestamp) {
        if let Some(order) = self.orders.get_mut(at) {
            for line in &order.new.lines {
                self.stock.change(&line.sku, 0, line.quantity, now);
            }
            order.state = OrderState::Confirmed;
            order.confirmed_at = Some(now);
        }
    }

    /// Cancels an order; again is fine.
    pub(super) fn cancel(&mut self, id: &str, now: Timestamp) -> Result<Value, Refusal> {
        let order = self
            .orders
            .iter_mut()
            .find(|order| order.id == id)
            .ok_or_else(|| Refusal::new(404, "not_found", "There is no such order."))?;
        if !order.shipped.is_empty() {
            return Err(Refusal::new(422, "not_cancellable", "Goods of this order have been shipped."));
        }
        if self.credits.iter().any(|credit| credit.new.order == id) {
            return Err(Refusal::new(422, "not_cancellable", "There is a credit note for this order."));
        }
        if order.state == OrderState::Confirmed {
            for line in &order.new.lines {
                self.stock.change(&line.sku, 0, -line.quantity, now);
            }
        }
        order.state = OrderState::Cancelled;
        Ok(order.to_json())
    }

    /// Stores a credit note, and takes its goods back.
    pub(super) fn credit(&mut self, new: NewCreditNote, manner: &Manner) -> Result<Value, Refusal> {
        let earlier = self.credits.iter().find(|credit| credit.new.reference == new.reference);
        if let Some(credit) = earlier.filter(|_| manner.unique_references) {
            return Err(Refusal::duplicate(credit.to_json()));
        }
        totals::prove_credit(&new)?;
        let order = self
            .orders
            .iter()
            .find(|order| order.id == new.order)
            .ok_or_else(|| Refusal::new(422, "unknown_order", "There is no such order."))?;
        if order.state != OrderState::Confirmed || order.new.currency != new.currency {
            return Err(Refusal::new(422, "wrong_state", "The order is not confirmed, or in another currency."));
        }
        let of_order = self.credits.iter().filter(|credit| credit.new.order == new.order);
        let before: Decimal = of_order.map(|credit| credit.new.total.0).sum();
        if new.total.0 <= Decimal::ZERO || before + new.total.0 > order.total {
            return Err(Refusal::new(422, "over_credited", format!("{before} of {} are credited already.", order.total)));
        }
        for line in &new.lines {
            let sold = order.new.lines.iter().find(|sold| sold.line == line.line);
            let sold = sold.ok_or_else(|| Refusal::new(422, "unknown_line", "The order has no such line."))?;
            if new.restock {
                self.stock.change(&sold.sku, line.quantity, 0, manner.now);
            }
        }
        let credit = Credited { id: format!("cn-{}", self.credits.len() + 1), created_at: manner.now, new };
        let answer = credit.to_json();
        self.credits.push(credit);
        Ok(answer)
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
            let gone: i64 = order.shipped.iter().filter_map(|shipped| shipped.units.get(&line.line)).sum();
            let mut quantity = line.quantity - gone;
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
}

impl Stored {
    /// The order as the contract shows it.
    pub(super) fn to_json(&self) -> Value {
        let documents: Vec<Value> =
            self.documents().into_iter().map(|(kind, id)| json!({ "kind": kind, "id": id, "number": printed(&id) })).collect();
        json!({
            "id": self.id,
            "number": printed(&self.id),
            "reference": self.new.reference,
            "state": self.state,
            "confirmed_at": self.confirmed_at,
            "total": self.total.to_string(),
            "currency": self.new.currency,
            "documents": documents,
        })
    }

    /// Kind and id of its documents.
    pub(super) fn documents(&self) -> Vec<(&'static str, String)> {
        let mut documents = vec![("sales_order", self.id.clone())];
        if self.confirmed_at.is_some() && self.new.payment.state == PaymentState::Paid {
            documents.push(("invoice", format!("inv-{}", self.id)));
            documents.push(("payment", format!("pay-{}", self.id)));
        }
        documents
    }
}

/// What is printed on a document with this id.
fn printed(id: &str) -> String {
    id.to_uppercase().replace('-', "/")
}

impl Credited {
    /// The credit note as the contract shows it.
    pub(super) fn to_json(&self) -> Value {
        let number = printed(&self.id);
        json!({
            "id": self.id,
            "number": number,
            "reference": self.new.reference,
            "order": self.new.order,
            "total": self.new.total.0.to_string(),
            "currency": self.new.currency,
            "documents": [{ "kind": "credit_note", "id": self.id, "number": number }],
        })
    }
}
