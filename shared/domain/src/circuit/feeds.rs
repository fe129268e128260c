//! How far the feeds of an ERP were read: what left, what came back, what is free.
//!
//! A reading begins at a moment, goes on page by page over as many invocations as it takes, and moves the mark to its beginning only when
//! its last page was taken.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Circuit, CircuitState};
use crate::circuit::enter::CallOut;
use crate::circuit::rate::Limits;
use crate::time::At;

/// How far a feed was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedMark {
    /// What changed before this moment was taken.
    pub read: At,
    /// The reading that is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goes_on: Option<GoesOn>,
    /// When the ERP last refused to be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<At>,
}

/// A reading that is under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoesOn {
    /// When it began.
    pub began: At,
    /// The ERP's word for the page that comes next.
    pub cursor: String,
}

impl FeedMark {
    /// A mark with nothing under way.
    pub fn at(read: At) -> Self {
        FeedMark { read, goes_on: None, refused: None }
    }

    /// Whether it is to be read at `now`.
    pub fn is_due(&self, every_seconds: u32, now: At) -> bool {
        let last = self.refused.map_or(self.read, |refused| refused.max(self.read));
        self.goes_on.is_some() || last.plus_seconds(every_seconds) <= now
    }
}

impl Circuit {
    /// How far a feed was read. One that nobody has read begins where the ERP's others are, or now: what happened before the ERP was
    /// polled is not Waybill's.
    pub fn feed(&self, name: &str, now: At) -> FeedMark {
        self.feeds.get(name).cloned().unwrap_or_else(|| FeedMark::at(self.polled_at.unwrap_or(now)))
    }

    /// The row with this mark. `feeds` are those there are now: marks of others go.
    #[must_use]
    pub fn with_feed<'a>(&self, name: &str, mark: FeedMark, feeds: impl Iterator<Item = &'a str>, now: At) -> Self {
        let mut marks: BTreeMap<String, FeedMark> = feeds.map(|feed| (feed.to_owned(), self.feed(feed, now))).collect();
        marks.insert(name.to_owned(), mark);
        let polled_at = marks.values().map(|mark| mark.read).min();
        Circuit { feeds: marks, polled_at, ..self.next() }
    }

    /// The row with a poll inside; `None`: not now. A poll waits for nobody and is no probe: it enters where the endpoint is up and has a
    /// slot, and takes a turn that no order has asked for. Only one that is `late` takes its turn as an order does, because else an ERP
    /// that is busy for weeks would not be heard for weeks.
    #[must_use]
    pub fn enter_to_poll(&self, until: At, late: bool, limits: Limits, now: At) -> Option<Self> {
        let up = matches!(self.state, CircuitState::Closed | CircuitState::Draining);
        let turn = if late { self.free_at() } else { self.turn };
        let mut next = self.next();
        next.calls.retain(|call| call.until > now);
        let slots = limits.slots.and_then(|slots| usize::try_from(slots.max(1)).ok());
        let full = slots.is_some_and(|slots| next.calls.len() >= slots);
        if !up || full || turn.is_some_and(|at| at > now) {
            return None;
        }
        next.take_turn(limits, now);
        if slots.is_some() {
            next.calls.push(CallOut { token: next.version, until });
        }
        Some(next)
    }
}
