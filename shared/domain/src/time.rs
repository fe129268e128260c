//! A moment, as data. The core never asks what time it is.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A moment in milliseconds since 1970-01-01T00:00:00Z. Shown as RFC 3339 in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct At(pub i64);

impl At {
    /// This moment plus so many seconds (saturating).
    #[must_use]
    pub fn plus_seconds(self, seconds: u32) -> At {
        At(self.0.saturating_add(i64::from(seconds).saturating_mul(1000)))
    }
    /// This moment minus so many seconds (saturating).
    #[must_use]
    pub fn minus_seconds(self, seconds: u32) -> At {
        At(self.0.saturating_sub(i64::from(seconds).saturating_mul(1000)))
    }
    /// Milliseconds from `earlier` to this moment; 0 if `earlier` is later.
    pub fn since(self, earlier: At) -> u64 {
        u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0)
    }
    /// Whole minutes since 1970: the resolution in which the stock ledger proves reservations.
    pub fn minute(self) -> i64 {
        self.0.div_euclid(60_000)
    }
    /// Whole seconds since 1970.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }
    /// Reads an RFC 3339 time with an offset or `Z`.
    pub fn parse(text: &str) -> Option<At> {
        text.parse::<jiff::Timestamp>().ok().map(|t| At(t.as_millisecond()))
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(time) => write!(f, "{time:.3}"),
            Err(_) => write!(f, "{} ms", self.0),
        }
    }
}
