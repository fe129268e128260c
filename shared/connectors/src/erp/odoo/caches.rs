//! What hardly ever changes in the ERP, and would cost a call for every order: articles, taxes, countries.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// After this it is asked again. An article that was renamed meanwhile is still the same record.
const KEPT: Duration = Duration::from_secs(600);
/// More entries than this are not kept: a shop with more articles asks again.
const MOST: usize = 50_000;

/// Answers by key, each for a while.
pub(super) struct Kept<K, V>(Mutex<BTreeMap<K, (V, Instant)>>);

impl<K: Ord + Clone, V: Clone> Kept<K, V> {
    pub(super) fn new() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    pub(super) fn get(&self, key: &K) -> Option<V> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(key).filter(|(_, since)| since.elapsed() < KEPT).map(|(value, _)| value.clone())
    }

    pub(super) fn put(&self, key: K, value: V) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert(key, (value, Instant::now()));
    }

    /// Forgets everything: something that was kept turned out to be gone.
    pub(super) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_is_there_until_it_is_forgotten() {
        let kept = Kept::new();
        kept.put("A", 1);
        assert_eq!((kept.get(&"A"), kept.get(&"B")), (Some(1), None));
        kept.clear();
        assert_eq!(kept.get(&"A"), None);
    }
}
