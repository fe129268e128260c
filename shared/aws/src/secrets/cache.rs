//! What was read of secrets, for how long it is believed, and how much of it is kept.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a secret is believed.
const FRESH: Duration = Duration::from_secs(300);
/// How long "there is no such secret" is believed.
const ABSENT: Duration = Duration::from_secs(60);
/// How often a caller may ask past the cache, per secret: anyone can send a wrong signature. So long after a secret was changed every
/// environment finds the new one.
pub const REFETCH: Duration = Duration::from_secs(2);
/// How long a secret serves on while the service does not answer. Withdrawing one in that time has no effect, so it has an end.
const STALE: Duration = Duration::from_secs(24 * 3600);
/// How long a service that failed is not asked again for the same secret: each time would cost a caller its patience.
const PAUSE: Duration = Duration::from_secs(10);
/// Slugs come from strangers, so what is kept has an end.
const MOST: usize = 1024;

/// A secret's text; `None`: there is no such secret.
pub(super) type Text = Option<Arc<str>>;

/// What is kept of a secret that may no longer be believed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stale {
    /// What it was.
    pub text: Arc<str>,
    /// The service failed to say what it is now, a moment ago.
    pub failed: bool,
}

struct Entry {
    read: Instant,
    text: Text,
    failed: Option<Instant>,
}

#[derive(Default)]
pub(super) struct Cache(Mutex<HashMap<String, Entry>>);

impl Cache {
    /// What is kept and may still be believed. Asked `fresh`, that is only what was read within the last seconds.
    pub(super) fn get(&self, name: &str, fresh: bool, now: Instant) -> Option<Text> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Entry { read, text, .. } = kept.get(name)?;
        let limit = if fresh { REFETCH } else { lifetime(text) };
        (now.saturating_duration_since(*read) < limit).then(|| text.clone())
    }

    /// What was kept, for when the service does not answer. Only of what was there: that something was missing is no reason to refuse.
    pub(super) fn stale(&self, name: &str, now: Instant) -> Option<Stale> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Entry { read, text, failed } = kept.get(name)?;
        let text = text.clone().filter(|_| now.saturating_duration_since(*read) < STALE)?;
        let failed = failed.is_some_and(|failed| now.saturating_duration_since(failed) < PAUSE);
        Some(Stale { text, failed })
    }

    /// Notes that the service did not answer.
    pub(super) fn failed(&self, name: &str, now: Instant) {
        if let Some(entry) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get_mut(name) {
            entry.failed = Some(now);
        }
    }

    pub(super) fn put(&self, name: &str, text: Text, now: Instant) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST {
            // Strangers try names. What is not there makes room for what is.
            kept.retain(|_, entry| entry.text.is_some() && now.saturating_duration_since(entry.read) < STALE);
        }
        kept.insert(name.to_owned(), Entry { read: now, text, failed: None });
    }

    pub(super) fn forget(&self, name: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }
}

fn lifetime(text: &Text) -> Duration {
    if text.is_some() { FRESH } else { ABSENT }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_believed_for_five_minutes_and_its_absence_for_one() {
        let (cache, start) = (Cache::default(), Instant::now());
        let after = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(cache.get("a", false, start), None);
        cache.put("a", Some("text".into()), start);
        cache.put("b", None, start);
        assert_eq!(cache.get("a", false, after(299)), Some(Some("text".into())));
        assert_eq!(cache.get("a", false, after(300)), None);
        assert_eq!(cache.get("b", false, after(59)), Some(None));
        assert_eq!(cache.get("b", false, after(60)), None);
    }

    #[test]
    fn nobody_asks_past_the_cache_more_than_every_other_second() {
        let (cache, start) = (Cache::default(), Instant::now());
        cache.put("a", Some("old".into()), start);
        assert_eq!(cache.get("a", true, start + Duration::from_millis(1999)), Some(Some("old".into())));
        assert_eq!(cache.get("a", true, start + REFETCH), None);
        cache.forget("a");
        assert_eq!(cache.get("a", false, start), None);
    }

    #[test]
    fn what_was_there_serves_for_a_day_and_a_service_that_failed_has_a_pause() {
        let (cache, start) = (Cache::default(), Instant::now());
        let after = |seconds| start + Duration::from_secs(seconds);
        cache.put("a", Some("text".into()), start);
        cache.put("b", None, start);
        let stale = |failed| Some(Stale { text: "text".into(), failed });
        assert_eq!(cache.stale("a", after(86_399)), stale(false));
        assert_eq!((cache.stale("a", after(86_400)), cache.stale("b", start), cache.stale("c", start)), (None, None, None));
        cache.failed("a", after(400));
        assert_eq!((cache.stale("a", after(409)), cache.stale("a", after(410))), (stale(true), stale(false)));
        cache.put("a", Some("new".into()), after(405));
        assert_eq!(cache.stale("a", after(406)).map(|stale| stale.failed), Some(false), "it answered");
    }

    #[test]
    fn names_that_strangers_try_do_not_fill_the_memory() {
        let (cache, start) = (Cache::default(), Instant::now());
        cache.put("real", Some("text".into()), start);
        for number in 0..5000 {
            cache.put(&format!("guess-{number}"), None, start);
        }
        assert!(cache.0.lock().unwrap().len() <= MOST);
        assert_eq!(cache.get("real", false, start), Some(Some("text".into())));
        assert_eq!(cache.get("guess-4999", false, start), Some(None));
    }
}
