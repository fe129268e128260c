//! Webhooks and the queue of their deliveries.

use std::collections::{HashSet, VecDeque};
use std::time::Instant;

use jiff::Timestamp;

/// A webhook as the store keeps it.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// Its id.
    pub id: u64,
    /// As shown.
    pub name: String,
    /// Such as `order.updated`.
    pub topic: String,
    /// Where to.
    pub delivery_url: String,
    /// As the merchant typed it.
    pub secret: String,
    /// Whether anything is sent.
    pub status: WebhookStatus,
    /// Failures in a row; it stops at 6, the failure after that disables.
    pub failure_count: u32,
    /// Whether the ping has not been answered with 200 yet.
    pub ping_owed: bool,
    /// When it was made.
    pub created: Timestamp,
    /// When it last changed.
    pub modified: Timestamp,
}

/// Whether a webhook sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookStatus {
    /// It sends.
    Active,
    /// A person stopped it.
    Paused,
    /// A person, or its seventh failure in a row, stopped it.
    Disabled,
}

impl WebhookStatus {
    /// As the API writes it.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Disabled => "disabled",
        }
    }

    pub(super) fn from_slug(slug: &str) -> Option<Self> {
        [Self::Active, Self::Paused, Self::Disabled].into_iter().find(|status| status.slug() == slug)
    }
}

impl Webhook {
    /// Counts a delivery; true if it was the failure that disables.
    pub(super) fn record(&mut self, success: bool, now: Timestamp) -> bool {
        if success {
            self.failure_count = 0;
            return false;
        }
        if self.failure_count > 5 {
            let was_active = self.status == WebhookStatus::Active;
            self.status = WebhookStatus::Disabled;
            self.modified = now;
            return was_active;
        }
        self.failure_count += 1;
        false
    }
}

/// A delivery that has not begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Pending {
    pub(super) webhook_id: u64,
    /// The order or product; `None` is a ping.
    pub(super) resource_id: Option<u64>,
}

/// Deliveries in the order of their events. One that is already pending for the same webhook and resource is not added.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: VecDeque<(Instant, Pending)>,
    known: HashSet<Pending>,
    pub(super) in_flight: usize,
}

impl Queue {
    /// False: there was one already.
    pub(super) fn push(&mut self, due: Instant, pending: Pending) -> bool {
        let new = self.known.insert(pending);
        if new {
            self.waiting.push_back((due, pending));
        }
        new
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.in_flight == 0
    }

    pub(super) fn next_due(&self) -> Option<Instant> {
        self.waiting.iter().map(|(due, _)| *due).min()
    }

    /// Takes the first that is due, or with `shuffle` (a random number) any that is.
    pub(super) fn take(&mut self, now: Instant, shuffle: Option<usize>) -> Option<Pending> {
        let due = |(_, (due, _)): &(usize, &(Instant, Pending))| *due <= now;
        let mut candidates = self.waiting.iter().enumerate().filter(due);
        let (index, _) = match shuffle {
            None => candidates.next()?,
            Some(random) => {
                let all: Vec<_> = candidates.collect();
                *all.get(random.checked_rem(all.len())?)?
            }
        };
        let (_, pending) = self.waiting.remove(index)?;
        self.known.remove(&pending);
        self.in_flight += 1;
        Some(pending)
    }
}
