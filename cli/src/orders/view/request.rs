//! The JSON of what a warehouse is asked for, and of what left.

use std::collections::BTreeSet;

use serde::Serialize;
use waybill_domain::{Fulfilment, Pieces, Shipment};

/// What the warehouse was asked to ship.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RequestView {
    /// Counts the requests: grows whenever what is to be shipped changes.
    pub revision: u32,
    /// By line.
    pub lines: Vec<RequestLineView>,
    /// The warehouse cannot go on.
    pub blocked: Option<BlockView>,
    /// The warehouse that is pushed to; `null` if none is.
    pub push: Option<PushView>,
}

/// Pieces of one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RequestLineView {
    /// The store's line id.
    pub line: u64,
    /// As the ERP has the order.
    pub ordered: u32,
    /// Not to leave any more: refunded or cancelled before they did.
    pub withdrawn: u32,
    /// Left.
    pub shipped: u32,
}

/// Why a warehouse cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BlockView {
    /// In its words.
    pub reason: String,
    /// RFC 3339, by its clock.
    pub since: String,
}

/// What a warehouse was told by HTTP requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PushView {
    /// Its name.
    pub warehouse: String,
    /// The revision it knows; 0 for none.
    pub revision: u32,
    /// That is the newest.
    pub known: bool,
}

/// A shipment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShipmentView {
    /// The warehouse's id.
    pub id: String,
    /// Grows with every correction.
    pub revision: u32,
    /// Such as `DHL`.
    pub carrier: Option<String>,
    /// The number.
    pub tracking: Option<String>,
    /// Where the customer can follow it.
    pub tracking_url: Option<String>,
    /// RFC 3339.
    pub shipped_at: String,
    /// What is in it.
    pub lines: Vec<PiecesView>,
    /// It never left after all.
    pub void: bool,
    /// The store was told of this revision.
    pub store_knows: bool,
}

/// Pieces of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PiecesView {
    /// The store's line id.
    pub line: u64,
    /// Pieces.
    pub quantity: u32,
}

impl RequestView {
    /// `None` if nothing was ever to be shipped.
    pub(super) fn of(fulfilment: &Fulfilment) -> Option<Self> {
        if fulfilment.revision == 0 && fulfilment.lines.is_empty() {
            return None;
        }
        let shipped = fulfilment.shipped();
        let named: BTreeSet<u64> = fulfilment.lines.keys().chain(shipped.keys()).copied().collect();
        let of = |pieces: &Pieces, line: &u64| pieces.get(line).copied().unwrap_or(0);
        let line = |line| RequestLineView {
            line,
            ordered: of(&fulfilment.lines, &line),
            withdrawn: of(&fulfilment.withdrawn, &line),
            shipped: of(&shipped, &line),
        };
        Some(RequestView {
            revision: fulfilment.revision,
            lines: named.into_iter().map(line).collect(),
            blocked: fulfilment
                .block
                .as_ref()
                .map(|block| BlockView { reason: block.reason.clone(), since: block.since.to_string() }),
            push: fulfilment.push.as_ref().map(|push| PushView {
                warehouse: push.warehouse.to_string(),
                revision: push.told,
                known: push.told >= fulfilment.revision,
            }),
        })
    }
}

impl ShipmentView {
    pub(super) fn of(shipment: &Shipment) -> Self {
        ShipmentView {
            id: shipment.id.clone(),
            revision: shipment.revision,
            carrier: super::some(&shipment.carrier),
            tracking: super::some(&shipment.tracking),
            tracking_url: super::some(&shipment.tracking_url),
            shipped_at: shipment.shipped_at.to_string(),
            lines: pieces(&shipment.lines),
            void: shipment.void,
            store_knows: shipment.told >= shipment.revision,
        }
    }
}

pub(super) fn pieces(pieces: &Pieces) -> Vec<PiecesView> {
    pieces.iter().map(|(line, quantity)| PiecesView { line: *line, quantity: *quantity }).collect()
}
