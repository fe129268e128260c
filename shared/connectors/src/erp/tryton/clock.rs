//! Tryton's clock. Its answers show it in whole seconds, which is too coarse to say whether a figure knows an order confirmed a second ago.
//! So what is heard of it is put together: after an answer that says 12:00:07 it cannot be earlier, and it goes on as ours does.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use waybill_domain::At;

/// How long an answer counts: a clock may be set back.
const KEEP: Duration = Duration::from_secs(60);

/// What is surely past by Tryton's clock.
pub(super) struct Clock {
    base: Instant,
    /// Tryton's milliseconds at our `base`, at least; and since when that is believed.
    heard: Mutex<Option<(i64, Instant)>>,
}

impl Clock {
    pub(super) fn new() -> Self {
        Self { base: Instant::now(), heard: Mutex::new(None) }
    }

    /// An answer that came now says that it is `at`.
    pub(super) fn hear(&self, at: At) {
        self.hear_at(at, Instant::now());
    }

    fn hear_at(&self, at: At, now: Instant) {
        let base = at.0.saturating_sub(self.since_base(now));
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        *heard = match *heard {
            Some((best, since)) if best >= base && now.saturating_duration_since(since) < KEEP => Some((best, since)),
            _ => Some((base, now)),
        };
    }

    /// The time by Tryton's clock that is surely over at `when`.
    pub(super) fn at(&self, when: Instant) -> Option<At> {
        let heard = *self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.map(|(base, _)| At(base.saturating_add(self.since_base(when))))
    }

    fn since_base(&self, when: Instant) -> i64 {
        i64::try_from(when.saturating_duration_since(self.base).as_millis()).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_put_together_say_more_than_one() {
        let clock = Clock::new();
        let after = |ms: u64| clock.base + Duration::from_millis(ms);
        assert_eq!(clock.at(after(0)), None);
        // It is 7.9 s there, which is shown as 7 s.
        clock.hear_at(At(7_000), after(0));
        assert_eq!(clock.at(after(50)), Some(At(7_050)));
        // The next second has begun.
        clock.hear_at(At(8_000), after(150));
        assert_eq!(clock.at(after(150)), Some(At(8_000)));
        // This answer says nothing new.
        clock.hear_at(At(8_000), after(900));
        assert_eq!(clock.at(after(900)), Some(At(8_750)));
        // A clock that was set back is believed again after a while.
        clock.hear_at(At(60_000), after(61_000));
        assert_eq!(clock.at(after(61_000)), Some(At(60_000)));
    }
}
