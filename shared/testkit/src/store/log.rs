//! What the store has sent and been asked.

use std::collections::VecDeque;

/// One attempt to deliver, the first or a doubled one.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The webhook.
    pub webhook_id: u64,
    /// Its topic; `ping` for the form body of a new webhook.
    pub topic: String,
    /// The order, product or webhook it was about.
    pub resource_id: u64,
    /// `X-WC-Webhook-Delivery-ID`; empty for a ping.
    pub delivery_id: String,
    /// `X-WC-Webhook-Signature`; empty for a ping.
    pub signature: String,
    /// The raw body.
    pub body: Vec<u8>,
    /// What came back.
    pub answer: Answer,
}

/// What came back from the receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// This status.
    Status(u16),
    /// No connection, no answer in time, or not HTTP.
    Failed(String),
    /// Never sent: the store lost it.
    Lost,
}

impl Answer {
    /// What WooCommerce counts as success: 200 to 302, with whatever in the body.
    #[must_use]
    pub fn is_success(&self) -> bool {
        matches!(self, Self::Status(200..=302))
    }
}

/// Counts since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// REST requests, refused ones included.
    pub rest_requests: u64,
    /// Deliveries that were answered with success.
    pub delivered: u64,
    /// Deliveries that were not.
    pub failed: u64,
    /// Deliveries that a knob lost.
    pub lost: u64,
    /// Of those delivered or failed: sent a second time by a knob.
    pub doubled: u64,
    /// Events that found their delivery pending already.
    pub coalesced: u64,
    /// Pings, answered or not.
    pub pings: u64,
    /// Webhooks disabled after seven failures.
    pub disabled: u64,
}

/// The newest deliveries, and all counts.
#[derive(Debug, Default)]
pub(super) struct Log {
    pub(super) counts: Counts,
    deliveries: VecDeque<Delivery>,
    limit: usize,
}

impl Log {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, ..Self::default() }
    }

    pub(super) fn add(&mut self, delivery: Delivery) {
        match (&delivery.answer, delivery.topic.as_str()) {
            (_, "ping") => self.counts.pings += 1,
            (Answer::Lost, _) => self.counts.lost += 1,
            (answer, _) if answer.is_success() => self.counts.delivered += 1,
            _ => self.counts.failed += 1,
        }
        self.deliveries.push_back(delivery);
        while self.deliveries.len() > self.limit {
            self.deliveries.pop_front();
        }
    }

    pub(super) fn deliveries(&self) -> Vec<Delivery> {
        self.deliveries.iter().cloned().collect()
    }
}
