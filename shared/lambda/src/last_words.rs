//! What a batch says of messages that it failed on, left where the function on the dead-letter queues finds it.

use futures_util::{StreamExt, stream};
use waybill_workflow::dispose::Disposition;
use waybill_workflow::ports::{Failures, LastWords, LetterId};

use crate::platform::Platform;

/// Characters of an error that are kept.
const LONGEST: usize = 1_000;
/// Every failure is worth a word, and every fifth retry: so the last of them is, because every queue gives up after a multiple of
/// this many receives.
const EVERY: u32 = 5;

/// Why a message failed, if that is to be kept.
pub fn reason(disposition: &Disposition, receives: u32) -> Option<String> {
    let reason = match disposition {
        Disposition::Fail { reason } => reason,
        Disposition::Retry { reason, .. } if receives.is_multiple_of(EVERY) => reason,
        Disposition::Ack(_) | Disposition::Retry { .. } => return None,
    };
    Some(reason.chars().take(LONGEST).collect())
}

/// Leaves the words. A function without a queue of its own has none to leave: it is the one that reads them.
pub async fn leave(platform: &Platform, words: Vec<(LetterId, LastWords)>) {
    if !platform.has_queue() {
        return;
    }
    let left = stream::iter(words).for_each_concurrent(None, |(id, words)| async move {
        if let Err(error) = platform.failed(&id, &words).await {
            tracing::warn!(letter = %id, %error, "why it failed stands in this log only");
        }
    });
    left.await;
}

#[cfg(test)]
mod tests {
    use waybill_workflow::Outcome;

    use super::*;

    #[test]
    fn every_failure_and_the_last_retry_leave_a_word() {
        let fail = Disposition::Fail { reason: "x".repeat(2_000) };
        assert_eq!(reason(&fail, 1).map(|reason| reason.len()), Some(LONGEST));
        let retry = Disposition::Retry { after_seconds: 1, reason: "down".to_owned() };
        assert_eq!(reason(&retry, 14), None);
        assert_eq!(reason(&retry, 15).as_deref(), Some("down"));
        assert_eq!(reason(&Disposition::Ack(Outcome::Done), 15), None);
    }
}
