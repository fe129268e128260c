//! The fulfilment facet: what is to be shipped, what was, and what the store was told of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::WarehouseSlug;
use crate::shipment::Shipment;
use crate::time::At;

/// Pieces by the store's line id.
pub type Pieces = BTreeMap<u64, u32>;

/// Where the fulfilment stands; computed, never stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FulfilmentState {
    /// Nothing was requested (yet), or there is nothing to ship.
    None,
    /// The warehouse was asked; nothing has left.
    Requested,
    /// The warehouse cannot go on.
    Blocked,
    /// Some of it left.
    PartlyShipped,
    /// All that is to leave left.
    Shipped,
    /// Nothing is to be shipped any more, and nothing was.
    Withdrawn,
}

/// Why a warehouse cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// In the warehouse's words.
    pub reason: String,
    /// Since when, by its clock.
    pub since: At,
}

/// A warehouse that is told by HTTP requests what to ship.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Push {
    /// Which.
    pub warehouse: WarehouseSlug,
    /// The revision of the request that it was told of; 0 for none.
    #[serde(default)]
    pub told: u32,
}

/// The fulfilment facet. Everything is empty until the order is posted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Fulfilment {
    /// Pieces to ship as the ERP has the order; lines that are not shipped by post are left out.
    #[serde(skip_serializing_if = "Pieces::is_empty")]
    pub lines: Pieces,
    /// Pieces of `lines` that are not to be shipped any more: refunded or cancelled before they left.
    #[serde(skip_serializing_if = "Pieces::is_empty")]
    pub withdrawn: Pieces,
    /// What the last request asked for.
    #[serde(skip_serializing_if = "Pieces::is_empty")]
    pub requested: Pieces,
    /// Counts the requests to the warehouse; grows whenever what is to be shipped changes.
    #[serde(skip_serializing_if = "crate::blank::is_zero")]
    pub revision: u32,
    /// Who is pushed to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub push: Option<Push>,
    /// The warehouse cannot go on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block: Option<Block>,
    /// The date of the last word of the warehouse on being blocked: older ones are late.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heard: Option<At>,
    /// Shipments, in the order in which they were first reported.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shipments: Vec<Shipment>,
    /// Pieces beyond `lines` that a person said to be right.
    #[serde(skip_serializing_if = "Pieces::is_empty")]
    pub accepted: Pieces,
    /// The store was about to be told something: whoever goes on reads first what it already has.
    #[serde(skip_serializing_if = "crate::blank::is_false")]
    pub tried: bool,
    /// The store was asked to call the order completed.
    #[serde(skip_serializing_if = "crate::blank::is_false")]
    pub completed: bool,
}

impl Fulfilment {
    /// Nothing known.
    pub fn is_empty(&self) -> bool {
        *self == Fulfilment::default()
    }

    /// Pieces that left, by line.
    pub fn shipped(&self) -> Pieces {
        let mut shipped = Pieces::new();
        for shipment in self.live() {
            for (line, quantity) in &shipment.lines {
                let sum = shipped.entry(*line).or_insert(0);
                *sum = sum.saturating_add(*quantity);
            }
        }
        shipped
    }

    /// The shipments that left.
    pub fn live(&self) -> impl Iterator<Item = &Shipment> {
        self.shipments.iter().filter(|shipment| !shipment.void)
    }

    /// Pieces that are to leave in all, those that left included.
    pub fn to_ship(&self) -> Pieces {
        let left = |(line, quantity): (&u64, &u32)| {
            let withdrawn = self.withdrawn.get(line).copied().unwrap_or(0);
            Some((*line, quantity.saturating_sub(withdrawn))).filter(|(_, quantity)| *quantity > 0)
        };
        self.lines.iter().filter_map(left).collect()
    }

    /// Whether all that is to leave left, and anything did.
    pub fn is_shipped(&self) -> bool {
        let shipped = self.shipped();
        !shipped.is_empty() && self.to_ship().iter().all(|(line, quantity)| shipped.get(line).copied().unwrap_or(0) >= *quantity)
    }

    /// Lines of which more left than was to, with what left and what was ordered. Of a cancelled order nothing was to leave; what a person
    /// accepted does not count.
    pub fn too_much(&self, cancelled: bool) -> Vec<(u64, u32, u32)> {
        let over = |(line, shipped): (u64, u32)| {
            let ordered = self.lines.get(&line).copied().unwrap_or(0);
            let accepted = self.accepted.get(&line).copied().unwrap_or(0);
            let allowed = if cancelled { accepted } else { ordered.max(accepted) };
            (shipped > allowed).then_some((line, shipped, ordered))
        };
        self.shipped().into_iter().filter_map(over).collect()
    }

    /// Where it stands.
    pub fn state(&self) -> FulfilmentState {
        match () {
            () if self.is_shipped() => FulfilmentState::Shipped,
            () if self.block.is_some() => FulfilmentState::Blocked,
            () if self.live().next().is_some() => FulfilmentState::PartlyShipped,
            () if self.revision == 0 => FulfilmentState::None,
            () if self.to_ship().is_empty() => FulfilmentState::Withdrawn,
            () => FulfilmentState::Requested,
        }
    }
}
