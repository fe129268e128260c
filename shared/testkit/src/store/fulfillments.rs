//! Fulfillments: which items left, with what tracking. Deleted ones are kept and not shown; an order shows no more of them than
//! `_fulfillment_status`.

use jiff::Timestamp;
use serde_json::Value;

use super::order::{Meta, Order};
use super::state::Inner;

/// A fulfillment of an order.
#[derive(Debug, Clone)]
pub struct Fulfillment {
    /// Its id.
    pub id: u64,
    /// `fulfilled` or `unfulfilled`.
    pub status: String,
    /// Whether the items left.
    pub is_fulfilled: bool,
    /// When it last changed.
    pub updated: Timestamp,
    /// When it was deleted.
    pub deleted: Option<Timestamp>,
    /// `_items`, `_tracking_number` and whatever else it was given.
    pub meta: Vec<Meta>,
}

impl Fulfillment {
    /// A value of its meta data.
    #[must_use]
    pub fn meta(&self, key: &str) -> Option<&Value> {
        self.meta.iter().find(|row| row.key == key).map(|row| &row.value)
    }

    /// Line and units of each item; `None` if they are not what WooCommerce takes: at least one, whole, positive.
    #[must_use]
    pub fn items(&self) -> Option<Vec<(u64, i64)>> {
        let item = |item: &Value| {
            let (line, units) = (item.get("item_id")?.as_u64()?, item.get("qty")?.as_i64()?);
            (line > 0 && units > 0).then_some((line, units))
        };
        let items: Vec<_> = self.meta("_items")?.as_array()?.iter().map(item).collect::<Option<_>>()?;
        Some(items).filter(|items| !items.is_empty())
    }
}

/// What is asked of a fulfillment.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) status: String,
    pub(super) is_fulfilled: bool,
    pub(super) meta: Vec<Meta>,
}

impl Inner {
    /// The fulfillments of an order that were not deleted.
    pub(super) fn live_fulfillments(&self, order: u64) -> impl Iterator<Item = &Fulfillment> {
        self.fulfillments.get(&order).into_iter().flatten().filter(|fulfillment| fulfillment.deleted.is_none())
    }

    /// Makes a fulfillment, or changes the one with this id: keys of meta data that are not named go. The order is saved, its status stays.
    pub(super) fn put_fulfillment(
        &mut self,
        order: u64,
        known: Option<u64>,
        wanted: Wanted,
    ) -> Result<Fulfillment, &'static str> {
        if !["fulfilled", "unfulfilled"].contains(&wanted.status.as_str()) {
            return Err("Invalid fulfillment status.");
        }
        let now = self.now();
        let before = match known {
            None => None,
            Some(id) => Some(self.live_fulfillments(order).find(|one| one.id == id).cloned().ok_or("Fulfillment not found.")?),
        };
        let mut meta = wanted.meta;
        for row in &mut meta {
            let old = before.iter().flat_map(|before| &before.meta).find(|old| old.key == row.key);
            row.id = old.map_or_else(|| self.row(), |old| old.id);
        }
        let mut made = Fulfillment {
            id: before.as_ref().map_or_else(|| self.id(), |before| before.id),
            status: wanted.status,
            is_fulfilled: wanted.is_fulfilled,
            updated: now,
            deleted: None,
            meta,
        };
        made.items().ok_or("The fulfillment should contain at least one item.")?;
        if made.is_fulfilled {
            let value = now.strftime("%Y-%m-%d %H:%M:%S").to_string().into();
            let (id, key) = (self.row(), "_date_fulfilled".to_owned());
            made.meta.push(Meta { id, key, value, display_key: None, display_value: None });
        }
        let all = self.fulfillments.entry(order).or_default();
        match all.iter_mut().find(|one| one.id == made.id) {
            Some(old) => *old = made.clone(),
            None => all.push(made.clone()),
        }
        self.show_fulfillment_status(order);
        Ok(made)
    }

    /// Deletes a fulfillment; one that is deleted stays so.
    pub(super) fn delete_fulfillment(&mut self, order: u64, id: u64) -> Result<(), &'static str> {
        let now = self.now();
        let found = self.fulfillments.get_mut(&order).and_then(|all| all.iter_mut().find(|one| one.id == id));
        let found = found.ok_or("Fulfillment not found.")?;
        if found.deleted.is_none() {
            found.deleted = Some(now);
            self.show_fulfillment_status(order);
        }
        Ok(())
    }

    fn show_fulfillment_status(&mut self, order: u64) {
        let Some(known) = self.orders.get(&order) else { return };
        let value = self.fulfillment_status(known).into();
        let row = Meta { id: 0, key: "_fulfillment_status".to_owned(), value, display_key: None, display_value: None };
        self.merge_meta(order, vec![row]);
        self.touch(order);
    }

    fn fulfillment_status(&self, order: &Order) -> &'static str {
        let live: Vec<&Fulfillment> = self.live_fulfillments(order.id).collect();
        let left = |line: u64| -> i64 {
            let items = live.iter().filter_map(|one| one.items()).flatten();
            items.filter(|(id, _)| *id == line).map(|(_, units)| units).sum()
        };
        let is_pending = order.lines.iter().any(|line| line.quantity - order.refunded_units(line.id) - left(line.id) > 0);
        if live.is_empty() {
            "no_fulfillments"
        } else if live.iter().all(|one| one.is_fulfilled) && !is_pending {
            "fulfilled"
        } else if live.iter().any(|one| one.is_fulfilled) {
            "partially_fulfilled"
        } else {
            "unfulfilled"
        }
    }
}
