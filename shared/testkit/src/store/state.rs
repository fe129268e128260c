//! The store's memory, and the events it fires.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;

use super::catalogue::Product;
use super::config::{FakeStoreConfig, Knobs, NewWebhook};
use super::fulfillments::Fulfillment;
use super::log::Log;
use super::notes::Mail;
use super::order::Order;
use super::view::Site;
use super::webhooks::{Pending, Queue, Webhook, WebhookStatus};

/// What the server, the workers and the handle share.
pub(super) struct Shared {
    inner: Mutex<Inner>,
    /// Something became due, or a knob was turned.
    pub(super) wake: Notify,
    /// A delivery ended.
    pub(super) progress: Notify,
}

impl Shared {
    pub(super) fn new(config: FakeStoreConfig, url: String) -> Self {
        Self { inner: Mutex::new(Inner::new(config, url)), wake: Notify::new(), progress: Notify::new() }
    }

    /// The memory. A test that panicked with the lock held leaves it usable.
    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something in the store, then lets the workers look.
    pub(super) fn act<T>(&self, action: impl FnOnce(&mut Inner) -> T) -> T {
        let result = action(&mut self.lock());
        self.wake.notify_waiters();
        result
    }
}

pub(super) struct Inner {
    pub(super) config: FakeStoreConfig,
    pub(super) knobs: Knobs,
    pub(super) url: String,
    pub(super) products: BTreeMap<u64, Product>,
    pub(super) orders: BTreeMap<u64, Order>,
    /// What a checkout draft becomes: status, and whether it is paid then.
    pub(super) drafts: BTreeMap<u64, (String, bool)>,
    /// By order.
    pub(super) fulfillments: BTreeMap<u64, Vec<Fulfillment>>,
    /// What customers were mailed, oldest first.
    pub(super) mails: Vec<Mail>,
    pub(super) webhooks: BTreeMap<u64, Webhook>,
    pub(super) queue: Queue,
    pub(super) log: Log,
    next_id: u64,
    next_row: u64,
    next_note: u64,
    random: u64,
}

impl Inner {
    fn new(mut config: FakeStoreConfig, url: String) -> Self {
        let products = std::mem::take(&mut config.products);
        let webhooks = std::mem::take(&mut config.webhooks);
        let mut inner = Self {
            knobs: Knobs::default(),
            url,
            products: products.into_iter().map(|p| (p.id, p)).collect(),
            orders: BTreeMap::new(),
            drafts: BTreeMap::new(),
            fulfillments: BTreeMap::new(),
            mails: Vec::new(),
            webhooks: BTreeMap::new(),
            queue: Queue::default(),
            log: Log::new(config.log_limit),
            next_id: config.first_id,
            next_row: 1,
            next_note: 1,
            random: 0x9e37_79b9_7f4a_7c15,
            config,
        };
        for webhook in webhooks {
            inner.add_webhook(webhook, WebhookStatus::Active);
        }
        inner
    }

    /// The store's clock, in whole seconds as WordPress keeps it.
    pub(super) fn now(&self) -> Timestamp {
        if let Some(at) = self.knobs.clock_at {
            return at;
        }
        let ahead = SignedDuration::from_secs(self.knobs.clock_ahead_seconds);
        let now = Timestamp::now().saturating_add(ahead).unwrap_or(Timestamp::MAX);
        Timestamp::from_second(now.as_second()).unwrap_or(now)
    }

    pub(super) fn site(&self) -> Site<'_> {
        Site { url: &self.url, utc_offset_seconds: self.config.utc_offset_seconds }
    }

    /// A new id for an order, refund or the like.
    pub(super) fn id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id - 1
    }

    /// A new id for a line or meta row.
    pub(super) fn row(&mut self) -> u64 {
        self.next_row += 1;
        self.next_row - 1
    }

    /// A new id for a note, which WordPress counts with the comments.
    pub(super) fn note_id(&mut self) -> u64 {
        self.next_note += 1;
        self.next_note - 1
    }

    /// True for `per_mille` of 1000 calls, from a fixed seed.
    pub(super) fn chance(&mut self, per_mille: u16) -> bool {
        per_mille > 0 && self.random(1000) < u64::from(per_mille)
    }

    /// A number below `limit`, from a fixed seed (xorshift).
    pub(super) fn random(&mut self, limit: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 11) % limit.max(1)
    }

    /// Makes a webhook, which owes a ping from now on.
    pub(super) fn add_webhook(&mut self, new: NewWebhook, status: WebhookStatus) -> u64 {
        let id = self.webhooks.keys().last().map_or(1, |last| last + 1);
        let now = self.now();
        let webhook = Webhook {
            id,
            name: format!("Webhook {id}"),
            topic: new.topic,
            delivery_url: new.delivery_url,
            secret: new.secret,
            status,
            failure_count: 0,
            ping_owed: true,
            created: now,
            modified: now,
        };
        self.webhooks.insert(id, webhook);
        self.queue.push(Instant::now(), Pending { webhook_id: id, resource_id: None });
        id
    }

    /// An event: one delivery for every active webhook of its topic, unless that is pending already.
    pub(super) fn fire(&mut self, topic: &str, resource_id: u64) {
        let due = Instant::now() + self.knobs.delivery_delay;
        for webhook in self.webhooks.values() {
            if webhook.status == WebhookStatus::Active && webhook.topic == topic {
                let pending = Pending { webhook_id: webhook.id, resource_id: Some(resource_id) };
                if !self.queue.push(due, pending) {
                    self.log.counts.coalesced += 1;
                }
            }
        }
    }
}
