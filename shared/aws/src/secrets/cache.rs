//! What was read of secrets, for how long it is believed, and how much of it is kept.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a secret is believed.
const FRESH: Duration = Duration::from_secs(300);
/// How long "there is no such secret" is believed.
const ABSENT: Duration = Duration::from_secs(60);
/// How often a caller may ask past the cache, per secret: anyone can send a wrong signature.
const REFETCH: Duration = Duration::from_secs(10);
/// Slugs come from strangers, so what is kept has an end.
const MOST: usize = 1024;

/// A secret's text; `None`: there is no such secret.
pub(super) type Text = Option<Arc<str>>;

#[derive(Default)]
pub(super) struct Cache(Mutex<HashMap<String, (Instant, Text)>>);

impl Cache {
    /// What is kept and may still be believed. Asked `fresh`, that is only what was read within the last seconds.
    pub(super) fn get(&self, name: &str, fresh: bool, now: Instant) -> Option<Text> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (read, text) = kept.get(name)?;
        let limit = if fresh { REFETCH } else { lifetime(text) };
        (now.saturating_duration_since(*read) < limit).then(|| text.clone())
    }

    pub(super) fn put(&self, name: &str, text: Text, now: Instant) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST {
            kept.retain(|_, (read, text)| now.saturating_duration_since(*read) < lifetime(text));
        }
        if kept.len() >= MOST {
            // Full of what is believed: strangers try names. What is not there makes room for what is.
            kept.retain(|_, (_, text)| text.is_some());
        }
        kept.insert(name.to_owned(), (now, text));
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
    fn nobody_asks_past_the_cache_more_than_every_ten_seconds() {
        let (cache, start) = (Cache::default(), Instant::now());
        cache.put("a", Some("old".into()), start);
        assert_eq!(cache.get("a", true, start + Duration::from_secs(9)), Some(Some("old".into())));
        assert_eq!(cache.get("a", true, start + Duration::from_secs(10)), None);
        cache.forget("a");
        assert_eq!(cache.get("a", false, start), None);
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
