//! Units on hand and held, per SKU.

use std::collections::BTreeMap;

use jiff::Timestamp;

/// One SKU.
struct Units {
    on_hand: i64,
    held: i64,
    changed_at: Timestamp,
}

impl Units {
    fn free(&self) -> i64 {
        self.on_hand - self.held
    }
}

/// The stock of the one warehouse. An SKU that is not in it is unknown.
pub(super) struct Stock(BTreeMap<String, Units>);

impl Stock {
    pub(super) fn new(on_hand: BTreeMap<String, i64>, now: Timestamp) -> Self {
        let units = |on_hand| Units { on_hand, held: 0, changed_at: now };
        Self(on_hand.into_iter().map(|(sku, on_hand)| (sku, units(on_hand))).collect())
    }

    pub(super) fn set_on_hand(&mut self, sku: &str, on_hand: i64, now: Timestamp) {
        let units = self.0.entry(sku.to_owned()).or_insert(Units { on_hand: 0, held: 0, changed_at: now });
        units.on_hand = on_hand;
        units.changed_at = now;
    }

    /// What is free; `None` if the SKU is unknown.
    pub(super) fn free(&self, sku: &str) -> Option<i64> {
        self.0.get(sku).map(Units::free)
    }

    /// Adds to what is on hand and to what confirmed orders hold. An unknown SKU is left alone: orders of it are refused.
    pub(super) fn change(&mut self, sku: &str, on_hand: i64, held: i64, now: Timestamp) {
        if let Some(units) = self.0.get_mut(sku) {
            units.on_hand += on_hand;
            units.held += held;
            units.changed_at = now;
        }
    }

    /// All SKUs and what is free of them, changed at or after `since`.
    pub(super) fn list(&self, since: Option<Timestamp>) -> Vec<(&str, i64)> {
        let changed = |units: &Units| since.is_none_or(|since| units.changed_at >= since);
        self.0.iter().filter(|(_, units)| changed(units)).map(|(sku, units)| (sku.as_str(), units.free())).collect()
    }
}
