//! How fast an endpoint is called: a bucket of tokens that needs one number, the time at which the next call is due (`turn`), which every
//! call moves on by one pace. A call may come [`SLACK`] before its turn, so that one that is late costs those behind it nothing.
//!
//! Pace × rate = a minute and the slack: so no 60 seconds see more calls than the rate, though after a lull some come at once.

use serde::{Deserialize, Serialize};

use super::Circuit;
use crate::config::{ErpConfig, WarehouseConfig};
use crate::time::At;

/// How long before its turn a call may come, in milliseconds.
const SLACK: u32 = 5_000;
/// A minute, in milliseconds.
const MINUTE: u32 = 60_000;
/// A rate that was lowered is the configured one again after so many milliseconds.
const RECOVERY: u64 = 300_000;
/// Calls that were out together complain together: the rate is lowered once in so many milliseconds.
const ONE_COMPLAINT: u64 = 10_000;
/// The longest that an endpoint is believed to need, in seconds.
const LONGEST_REST: u32 = 600;

/// What an endpoint bears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Calls per minute.
    pub per_minute: u32,
    /// Calls at once; `None`: as many as there are.
    pub slots: Option<u32>,
}

impl Limits {
    /// A store. Each visit makes one to some six requests; five visits a second are little beside its shoppers.
    pub const STORE: Limits = Limits { per_minute: 300, slots: None };
}

impl ErpConfig {
    /// What it bears.
    pub fn limits(&self) -> Limits {
        Limits { per_minute: self.orders_per_minute, slots: Some(self.slots) }
    }
}

impl WarehouseConfig {
    /// What it bears.
    pub fn limits(&self) -> Limits {
        Limits { per_minute: self.orders_per_minute, slots: None }
    }
}

/// A rate that was lowered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slowed {
    /// To so many calls per minute.
    pub per_minute: u32,
    /// When. It rises from there on by itself.
    pub at: At,
}

impl Circuit {
    /// Calls per minute at `now`: the configured ones, or fewer for a while after it had too much.
    pub fn rate(&self, limits: Limits, now: At) -> u32 {
        let full = limits.per_minute.max(1);
        let Some(slowed) = self.slowed else { return full };
        let low = slowed.per_minute.clamp(1, full);
        let risen = u64::from(full.saturating_sub(low)).saturating_mul(now.since(slowed.at)).div_euclid(RECOVERY);
        low.saturating_add(u32::try_from(risen).unwrap_or(full)).min(full)
    }

    /// From when on the next call may come.
    pub(super) fn free_at(&self) -> Option<At> {
        self.turn.map(|turn| At(turn.0.saturating_sub(i64::from(SLACK))))
    }

    pub(super) fn take_turn(&mut self, limits: Limits, now: At) {
        let from = self.turn.map_or(now, |turn| turn.max(now));
        self.turn = Some(At(from.0.saturating_add(i64::from(pace(self.rate(limits, now))))));
    }

    /// Lowers the rate by half, and rests for as long as the endpoint asks, within reason.
    pub(super) fn slow_down(&mut self, after_seconds: Option<u32>, limits: Limits, now: At) {
        if self.slowed.is_none_or(|slowed| now.since(slowed.at) >= ONE_COMPLAINT) {
            self.slowed = Some(Slowed { per_minute: self.rate(limits, now).div_euclid(2).max(1), at: now });
        }
        if let Some(seconds) = after_seconds {
            let rested = now.plus_seconds(seconds.min(LONGEST_REST));
            let turn = At(rested.0.saturating_add(i64::from(SLACK)));
            self.turn = Some(self.turn.map_or(turn, |before| before.max(turn)));
        }
    }

    /// In how many seconds each of the next calls may come, as far as `within` seconds: one for every token there will be.
    pub fn moments(&self, limits: Limits, now: At, within: u32) -> Vec<u32> {
        let end = now.plus_seconds(within);
        let mut row = self.clone();
        let mut moments = Vec::new();
        loop {
            let at = row.free_at().map_or(now, |free| free.max(now));
            if at > end {
                return moments;
            }
            moments.push(u32::try_from(at.since(now).div_ceil(1000)).unwrap_or(within));
            row.take_turn(limits, at);
        }
    }
}

fn pace(per_minute: u32) -> u32 {
    MINUTE.saturating_add(SLACK).div_ceil(per_minute.max(1))
}
