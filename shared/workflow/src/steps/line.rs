//! The orders of a lane, oldest first, for whoever looks until it has enough.

use std::collections::{BTreeSet, VecDeque};

use waybill_domain::lane::Lane;
use waybill_domain::{At, Order, OrderKey};

use crate::error::Unavailable;
use crate::ports::{Lanes, Orders, Waiter};

/// Orders of a lane that one sweep looks at, at most: it must end before its minute.
pub(super) const MOST: usize = 1_000;

/// A lane that is read page by page. An order that cannot be read keeps no other from being looked at: what a newer release wrote is its
/// sweep's, and the rest may be readable in a minute.
pub(super) struct Line<'a, P> {
    ports: &'a P,
    lane: Lane,
    before: At,
    page: usize,
    seen: BTreeSet<OrderKey>,
    ready: VecDeque<OrderKey>,
    ended: bool,
    unreadable: u64,
}

impl<'a, P: Orders + Lanes> Line<'a, P> {
    /// Of those that entered the lane before `before`; `page`: how many will most likely do.
    pub(super) fn of(ports: &'a P, lane: &Lane, before: At, page: usize) -> Self {
        let (lane, page) = (lane.clone(), page.clamp(1, MOST));
        let (seen, ready) = (BTreeSet::new(), VecDeque::new());
        Line { ports, lane, before, page, seen, ready, ended: false, unreadable: 0 }
    }

    /// The next order that can be read.
    pub(super) async fn next(&mut self) -> Result<Option<Order>, Unavailable> {
        loop {
            let Some(key) = self.ready.pop_front() else {
                if self.ended || self.seen.len() >= MOST {
                    return Ok(None);
                }
                self.turn_the_page().await?;
                continue;
            };
            match self.ports.load(&key).await {
                Ok(Some(order)) => return Ok(Some(order)),
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(order = %key, %error, "passed over");
                    self.unreadable = self.unreadable.saturating_add(1);
                }
            }
        }
    }

    /// The index answers from the beginning, so each page is as long as all before it.
    async fn turn_the_page(&mut self) -> Result<(), Unavailable> {
        let seen = self.seen.len();
        let limit = seen.saturating_add(seen.max(self.page)).min(MOST);
        let found = self.ports.oldest(&self.lane, self.before, limit).await?;
        self.ended = found.len() < limit;
        for Waiter { key, .. } in found {
            if self.seen.insert(key.clone()) {
                self.ready.push_back(key);
            }
        }
        // Others moved on meanwhile, and the page brought nobody new: what is behind them is for the next sweep.
        self.ended |= self.ready.is_empty();
        Ok(())
    }

    /// Whether nobody stands in it.
    pub(super) fn is_empty(&self) -> bool {
        self.seen.is_empty() && self.ended
    }

    /// Whether all of it was looked at.
    pub(super) fn is_over(&self) -> bool {
        self.ready.is_empty() && self.ended
    }

    /// How many could not be read.
    pub(super) fn unreadable(&self) -> u64 {
        self.unreadable
    }
}
