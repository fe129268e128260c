//! What leaves the warehouse, and what comes back, as those report it who handle it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::config::Mapping;
use crate::fulfilment::Pieces;
use crate::ids::OrderKey;
use crate::money::Decimal;
use crate::order::Order;
use crate::store_order::{Address, Line, StoreOrder};
use crate::time::At;

/// A shipment: one parcel or several under one id of the warehouse, as last reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shipment {
    /// The warehouse's id, unique per order.
    pub id: String,
    /// Grows with every correction; the highest counts, in whatever order they arrive.
    pub revision: u32,
    /// Carrier, such as `DHL`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub carrier: String,
    /// Tracking number.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub tracking: String,
    /// Where the customer can follow it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub tracking_url: String,
    /// When it left.
    pub shipped_at: At,
    /// Pieces by the store's line id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lines: BTreeMap<u64, u32>,
    /// It never left after all.
    #[serde(default, skip_serializing_if = "crate::blank::is_false")]
    pub void: bool,
    /// The revision that the store was told of; 0 for none.
    #[serde(default, skip_serializing_if = "crate::blank::is_zero")]
    pub told: u32,
}

/// How far a return has come, as those report it who handle it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReturnState {
    /// The customer is going to send it, or has.
    Announced,
    /// It arrived and was not looked at yet.
    Received,
    /// It was looked at: what was accepted is to be refunded.
    Inspected,
}

/// Pieces of one line that come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnedLine {
    /// Pieces that come back.
    pub quantity: u32,
    /// Pieces that are accepted, at most `quantity`; counts once the return was inspected.
    #[serde(default, skip_serializing_if = "crate::blank::is_zero")]
    pub accepted: u32,
    /// Accepted pieces that go back on the shelf.
    #[serde(default, skip_serializing_if = "crate::blank::is_zero")]
    pub restock: u32,
}

/// A return, or a refund without goods, as the ERP or the warehouse reports it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Return {
    /// The reporter's id, unique per order.
    pub id: String,
    /// How far it has come; a report of an earlier state than is known is late and changes nothing.
    pub state: ReturnState,
    /// By the store's line id; empty for a refund without goods.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lines: BTreeMap<u64, ReturnedLine>,
    /// Gross amount to refund, if the reporter decided it (less a restocking fee, or without goods); else what the accepted pieces cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Decimal>,
    /// The credit note that the ERP made for it by itself: none is made again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit_note: Option<String>,
    /// WooCommerce's refund id, once the refund was created in the store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund: Option<u64>,
    /// A person refunded it; Waybill does not.
    #[serde(default, skip_serializing_if = "crate::blank::is_false")]
    pub by_hand: bool,
}

impl Return {
    /// What was accepted is still to be refunded in the store.
    pub fn is_to_refund(&self) -> bool {
        self.state == ReturnState::Inspected && self.refund.is_none() && !self.by_hand && !self.is_rejected()
    }

    /// Nothing of it was accepted: nothing is refunded.
    pub fn is_rejected(&self) -> bool {
        self.state == ReturnState::Inspected && self.amount.is_none() && self.lines.values().all(|line| line.accepted == 0)
    }
}

/// What the warehouse says of a fulfilment as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FulfilmentStatus {
    /// Why the warehouse cannot go on, in its own words; `None`: it can.
    pub blocked: Option<String>,
    /// By its clock; an older word than the last is late and changes nothing.
    pub at: At,
}

/// What a warehouse is to ship.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FulfilmentOrder {
    /// `<store>-<order id>`.
    pub id: String,
    /// The order.
    pub order: OrderKey,
    /// The number the customer knows.
    pub number: String,
    /// Grows whenever `lines` change.
    pub revision: u32,
    /// What is to leave in all, shipments that left already included; empty: nothing (any more).
    pub lines: Vec<FulfilmentLine>,
    /// Where to. Personal: given only to a warehouse that asks with the scope `fulfilments`, never pushed.
    pub address: Option<Address>,
}

/// An item to ship.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FulfilmentLine {
    /// The store's line id: shipments and returns name it.
    pub line: u64,
    /// The ERP's article number.
    pub sku: String,
    /// The product's name in the store.
    pub name: String,
    /// Pieces.
    pub quantity: u32,
}

/// What is to be shipped of a store's order, by line: articles that are sent by post.
pub fn pieces_to_ship(order: &StoreOrder, mapping: &Mapping) -> Pieces {
    let mut pieces = Pieces::new();
    for line in &order.lines {
        let quantity = u32::try_from(line.quantity).unwrap_or(0);
        if quantity > 0 && mapping.find(&line.sku).is_some_and(|mapped| mapped.shippable) {
            pieces.insert(line.id, quantity);
        }
    }
    pieces
}

/// What the warehouse is to ship, in its words. `with_address`: the warehouse asked for it, and may.
pub fn fulfilment_order(order: &Order, seen: &StoreOrder, mapping: &Mapping, with_address: bool) -> FulfilmentOrder {
    let to_ship = order.fulfilment.to_ship();
    let line = |line: &Line| {
        let quantity = to_ship.get(&line.id).copied()?;
        let sku = mapping.find(&line.sku).map_or_else(|| line.sku.clone(), |mapped| mapped.erp_sku.to_string());
        Some(FulfilmentLine { line: line.id, sku, name: line.name.clone(), quantity })
    };
    FulfilmentOrder {
        id: fulfilment_id(&order.key),
        order: order.key.clone(),
        number: seen.number.clone(),
        revision: order.fulfilment.revision,
        lines: seen.lines.iter().filter_map(line).collect(),
        address: with_address.then(|| seen.ship_to().clone()),
    }
}

/// The id under which a warehouse knows an order: `<store>-<order id>`.
pub fn fulfilment_id(order: &OrderKey) -> String {
    format!("{}-{}", order.store, order.id)
}

/// The order that a fulfilment id names. A store's slug may have hyphens, so the last one counts.
pub fn order_of_fulfilment(id: &str) -> Option<OrderKey> {
    let (store, order) = id.rsplit_once('-')?;
    format!("{store}/{order}").parse().ok()
}
