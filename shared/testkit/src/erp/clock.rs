//! The ERP's own clock: the machine's, shifted by a knob, never the same twice and never backwards while the knob stays.
#![allow(clippy::disallowed_methods, reason = "an ERP has a clock of its own")]

use jiff::{SignedDuration, Timestamp};

/// Two readings always differ by a microsecond at least, so that "confirmed before the figure was taken" is never a tie.
#[derive(Default)]
pub(super) struct Clock {
    last: Option<(i64, Timestamp)>,
}

impl Clock {
    pub(super) fn now(&mut self, skew_ms: i64) -> Timestamp {
        let mut now = Timestamp::now().saturating_add(SignedDuration::from_millis(skew_ms)).unwrap_or(Timestamp::UNIX_EPOCH);
        if let Some((skew, last)) = self.last
            && skew == skew_ms
            && now <= last
            && let Ok(next) = last.checked_add(SignedDuration::from_micros(1))
        {
            now = next;
        }
        self.last = Some((skew_ms, now));
        now
    }
}
