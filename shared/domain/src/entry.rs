//! The permanent rows of the business ledger: one for every shipment, refund and return, written in the commit that first knows of it and
//! in every commit that changes it. They outlive the order row's own lists and are what finance and support look up by id.

use std::fmt;

use serde::Serialize;

use crate::order::Order;
use crate::shipment::Shipment;

/// What a row is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EntryKind {
    /// A shipment, by the warehouse's id.
    Shipment,
    /// A refund, by WooCommerce's id.
    Refund,
    /// A return, by its reporter's id.
    Return,
}

impl fmt::Display for EntryKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            EntryKind::Shipment => "shipment",
            EntryKind::Refund => "refund",
            EntryKind::Return => "return",
        })
    }
}

/// A row of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Of what.
    pub kind: EntryKind,
    /// Its id, unique per order and kind.
    pub id: String,
    /// The order did not have it before: a row that is there already must not be overwritten.
    pub first: bool,
    /// The shipment, refund or return as JSON.
    pub body: String,
}

/// What a commit adds to the ledger or changes in it. Derived from the record before and after, so they cannot disagree.
pub fn entries(before: Option<&Order>, after: &Order) -> Vec<Entry> {
    let mut found = Vec::new();
    // What the store was told of a shipment is the record's business, and no change of the shipment.
    let untold = |order: &Order| -> Vec<Shipment> {
        order.fulfilment.shipments.iter().map(|shipment| Shipment { told: 0, ..shipment.clone() }).collect()
    };
    let old = before.map(untold).unwrap_or_default();
    changed(EntryKind::Shipment, &old, &untold(after), |shipment| shipment.id.clone(), &mut found);
    let old = before.map(|order| order.refunds.as_slice()).unwrap_or_default();
    changed(EntryKind::Refund, old, &after.refunds, |refund| refund.id.to_string(), &mut found);
    let old = before.map(|order| order.returns.as_slice()).unwrap_or_default();
    changed(EntryKind::Return, old, &after.returns, |one| one.id.clone(), &mut found);
    found
}

fn changed<T: PartialEq + Serialize>(kind: EntryKind, old: &[T], new: &[T], id: impl Fn(&T) -> String, found: &mut Vec<Entry>) {
    for item in new {
        let before = old.iter().find(|before| id(before) == id(item));
        if before != Some(item) {
            let body = serde_json::to_string(item).unwrap_or_default();
            found.push(Entry { kind, id: id(item), first: before.is_none(), body });
        }
    }
}
