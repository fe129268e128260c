//! The arithmetic of the stock ledger. See docs/DATA.md, "The stock row".

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::facets::{Stock, StockState};
use crate::ids::{ErpSlug, Sku};
use crate::time::At;

/// DynamoDB takes at most 100 actions in a transaction; one is the order row.
pub const MAX_SKUS: usize = 99;

/// What a commit moves in the ledger, per ERP and SKU. Derived from the record before and after, so they cannot disagree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StockMoves(pub BTreeMap<(ErpSlug, Sku), Move>);

/// The movement of one SKU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// Take so many pieces, if as many are available.
    Take(u32),
    /// Give so many back.
    Give(u32),
    /// The ERP confirmed so many at this moment of its clock.
    Prove(u32, At),
}

impl StockMoves {
    /// What lies between two states of an order's stock facet.
    ///
    /// Pieces that the order held unproven and holds no more were either proven (its proven pieces grew by as many) or given back.
    pub fn between(before: &Stock, after: &Stock) -> Self {
        let (old, new) = (unproven(before), unproven(after));
        let (proven_before, proven_after) = (proven(before), proven(after));
        let mut moves = BTreeMap::new();
        for key in old.keys().chain(new.keys()) {
            let figure = |of: &Pieces| of.get(key).copied().unwrap_or(0);
            let (had, has) = (figure(&old), figure(&new));
            let gained = figure(&proven_after).saturating_sub(figure(&proven_before));
            let movement = match (has.checked_sub(had), had.checked_sub(has)) {
                (Some(0), _) => continue,
                (Some(more), _) => Move::Take(more),
                (None, fewer) => match (fewer.unwrap_or(0), after.proven_at) {
                    (fewer, Some(at)) if gained >= fewer => Move::Prove(fewer, at),
                    (fewer, _) => Move::Give(fewer),
                },
            };
            moves.insert(key.clone(), movement);
        }
        Self(moves)
    }

    /// Nothing moves.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

type Pieces = BTreeMap<(ErpSlug, Sku), u32>;

fn of_ledger(stock: &Stock, lines: &BTreeMap<Sku, u32>) -> Pieces {
    let Some(ledger) = &stock.ledger else { return Pieces::new() };
    lines.iter().map(|(sku, quantity)| ((ledger.clone(), sku.clone()), *quantity)).collect()
}

/// Pieces that the order took and the ERP has not confirmed.
fn unproven(stock: &Stock) -> Pieces {
    match stock.state {
        StockState::Reserved => of_ledger(stock, &stock.lines),
        StockState::Proven => of_ledger(stock, &stock.extra),
        StockState::None | StockState::Backordered => Pieces::new(),
    }
}

/// Pieces that the ERP has confirmed.
fn proven(stock: &Stock) -> Pieces {
    if stock.state == StockState::Proven { of_ledger(stock, &stock.lines) } else { Pieces::new() }
}

/// The ledger of one SKU.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockRow {
    /// What may still be promised; below zero after the ERP's figure fell under what was promised.
    pub available: i64,
    /// What the ERP called free.
    pub free: i64,
    /// At this moment of its clock.
    pub as_of: At,
    /// Pieces of orders that the ERP has not confirmed.
    pub unproven: i64,
    /// Pieces of orders that the ERP confirmed, by minute, as long as `free` may not show them.
    #[serde(default)]
    pub proven: BTreeMap<i64, i64>,
}

impl StockRow {
    /// A row as the first pull makes it.
    pub fn new(free: i64, as_of: At) -> Self {
        StockRow { available: free, free, as_of, unproven: 0, proven: BTreeMap::new() }
    }

    /// Takes pieces; false, and nothing changed, when too few are available.
    pub fn take(&mut self, quantity: u32) -> bool {
        let quantity = i64::from(quantity);
        if self.available < quantity {
            return false;
        }
        self.available = self.available.saturating_sub(quantity);
        self.unproven = self.unproven.saturating_add(quantity);
        true
    }

    /// Gives pieces back.
    pub fn give(&mut self, quantity: u32) {
        self.available = self.available.saturating_add(i64::from(quantity));
        self.unproven = self.unproven.saturating_sub(i64::from(quantity));
    }

    /// The ERP confirmed pieces at `at`; what is available stays.
    pub fn prove(&mut self, quantity: u32, at: At) {
        self.unproven = self.unproven.saturating_sub(i64::from(quantity));
        let minute = self.proven.entry(at.minute()).or_insert(0);
        *minute = minute.saturating_add(i64::from(quantity));
    }

    /// The row with the ERP's figure `free` as of `as_of`; `None` when the row already has a figure as new.
    #[must_use]
    pub fn pulled(&self, free: i64, as_of: At) -> Option<StockRow> {
        if as_of <= self.as_of {
            return None;
        }
        // A minute that `as_of` falls into may hold orders confirmed after it: it stays, which sells too little, never too much.
        let proven: BTreeMap<i64, i64> =
            self.proven.iter().filter(|(minute, _)| **minute >= as_of.minute()).map(|(m, q)| (*m, *q)).collect();
        let late = proven.values().fold(0_i64, |sum, quantity| sum.saturating_add(*quantity));
        let available = free.saturating_sub(late).saturating_sub(self.unproven);
        Some(StockRow { available, free, as_of, unproven: self.unproven, proven })
    }
}
