//! The ERP's books: what is in them, and how the contract shows it. No HTTP, no faults.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::reply::Refusal;
use super::stock::Stock;
use super::wire::{NewCreditNote, NewLine, NewOrder, PaymentState};

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
    /// From when on the free figures include it as it is.
    pub confirmed_at: Option<Timestamp>,
    /// What was booked.
    pub total: Decimal,
    /// What was sent, as last amended.
    pub new: NewOrder,
    /// How often it was amended; a repetition does not count.
    pub amendments: u32,
    /// Its shipments.
    pub shipped: Vec<Shipped>,
    /// What people took back of it.
    pub taken_back: Vec<TakenBack>,
    /// Units that were credited and freed before they were shipped, per line: nobody ships them any more.
    pub freed: BTreeMap<String, i64>,
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

/// Goods that people took back.
#[derive(Clone, Debug, Serialize)]
pub struct TakenBack {
    /// The ERP's key.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// The credit note that was made for it.
    pub credit_note: Option<String>,
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

    pub(super) fn credits_of<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a Credited> {
        self.credits.iter().filter(move |credit| credit.new.order == id)
    }

    /// An order that goods have left, or that was credited, is not changed any more.
    pub(super) fn check_open(&self, order: &Stored) -> Result<(), Refusal> {
        if !order.shipped.is_empty() {
            return Err(Refusal::new(409, "closed", "Goods of this order have been shipped."));
        }
        match self.credits_of(&order.id).next() {
            Some(_) => Err(Refusal::new(409, "closed", "There is a credit note for this order.")),
            None => Ok(()),
        }
    }
}

impl Stored {
    /// Units of a line that are still to be shipped.
    pub(super) fn open(&self, line: &NewLine) -> i64 {
        let gone: i64 = self.shipped.iter().filter_map(|shipped| shipped.units.get(&line.line)).sum();
        line.quantity - gone - self.freed.get(&line.line).copied().unwrap_or(0)
    }

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
