//! What a store is, and the knobs that make it misbehave.

use std::time::Duration;

use jiff::Timestamp;

use super::catalogue::{self, Product};

/// What does not change while the store runs.
#[derive(Debug, Clone)]
pub struct FakeStoreConfig {
    /// TCP port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// The address the store gives in its bodies, without a slash at the end; `None`: where it really listens.
    pub site_url: Option<String>,
    /// REST user name.
    pub consumer_key: String,
    /// REST password.
    pub consumer_secret: String,
    /// ISO 4217 code of every order.
    pub currency: String,
    /// Whether prices are entered gross, unless an order says otherwise.
    pub prices_include_tax: bool,
    /// How far the shop's own clock time is ahead of UTC, in seconds: its dates without `_gmt` are in it.
    pub utc_offset_seconds: i32,
    /// What is sold.
    pub products: Vec<Product>,
    /// Webhooks made at the start, as if somebody had just entered them.
    pub webhooks: Vec<NewWebhook>,
    /// The first id given to an order, refund or the like.
    pub first_id: u64,
    /// How many deliveries are on their way at once.
    pub parallel_deliveries: usize,
    /// After this long a delivery counts as failed. WooCommerce waits 60 s.
    pub delivery_timeout: Duration,
    /// Whether the fulfilments feature is on; it is off in many stores.
    pub fulfillments: bool,
    /// How many deliveries the log keeps, newest last.
    pub log_limit: usize,
}

impl Default for FakeStoreConfig {
    fn default() -> Self {
        Self {
            port: 0,
            site_url: None,
            consumer_key: "ck_test_0000000000000000000000000000000000000001".to_owned(),
            consumer_secret: "cs_test_0000000000000000000000000000000000000002".to_owned(),
            currency: "EUR".to_owned(),
            prices_include_tax: false,
            utc_offset_seconds: 3600,
            products: catalogue::demo(),
            webhooks: Vec::new(),
            first_id: 1001,
            parallel_deliveries: 4,
            delivery_timeout: Duration::from_secs(60),
            fulfillments: false,
            log_limit: 10_000,
        }
    }
}

/// A webhook to be made.
#[derive(Debug, Clone)]
pub struct NewWebhook {
    /// Such as `order.updated`.
    pub topic: String,
    /// `http://` on this machine.
    pub delivery_url: String,
    /// As the merchant typed it: HTML entities in it are decoded before use.
    pub secret: String,
}

impl NewWebhook {
    /// `order.created`, `order.updated` and `order.deleted` to one address: what a connected store has.
    #[must_use]
    pub fn for_orders(delivery_url: &str, secret: &str) -> Vec<Self> {
        ["order.created", "order.updated", "order.deleted"]
            .map(|topic| Self { topic: topic.to_owned(), delivery_url: delivery_url.to_owned(), secret: secret.to_owned() })
            .to_vec()
    }
}

/// What a REST request meets instead of its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestFault {
    /// 401 as for an unknown key.
    Unauthorized,
    /// 403, as for a key without the right.
    Forbidden,
    /// This status with a JSON error object.
    Status(u16),
    /// This status with an HTML page, as a proxy or a broken plugin answers. 200 is possible.
    Html(u16),
    /// 200, JSON content type, not JSON.
    Garbage,
    /// 200, and half of the JSON.
    Truncated,
    /// 302 to a login page.
    Redirect,
    /// No answer, and the work is done all the same.
    NoAnswer,
    /// The connection is cut, and nothing was done.
    Cut,
    /// The connection is cut, and the work is done all the same.
    CutAfterWork,
    /// The work is done, and then a plugin fails: this status with an HTML page.
    HtmlAfterWork(u16),
    /// Come back later: this status, `Retry-After` with these seconds, and an HTML page, as in WordPress's maintenance mode.
    Busy(u16, u16),
}

/// What can be turned while the store runs. The default is a store at its best.
#[derive(Debug, Clone, Default)]
pub struct Knobs {
    /// Before every REST answer.
    pub rest_latency: Duration,
    /// What REST requests meet.
    pub rest_fault: Option<RestFault>,
    /// The fault ends after so many requests; `None`: it stays.
    pub rest_fault_times: Option<u32>,
    /// Requests that only read are spared from the fault.
    pub rest_fault_spares_reads: bool,
    /// The REST key may only read: every write is 401, as for a wrong key.
    pub key_reads_only: bool,
    /// PHP dies while a refund is made over REST: it is there, without the meta data it was to get.
    pub refunds_die_before_meta: bool,
    /// The store's clock stands still here; otherwise it runs.
    pub clock_at: Option<Timestamp>,
    /// Seconds by which the store's clock is ahead of this machine's.
    pub clock_ahead_seconds: i64,
    /// Nothing is delivered; what happens meanwhile waits, and coalesces.
    pub deliveries_paused: bool,
    /// How long an event waits before it is delivered.
    pub delivery_delay: Duration,
    /// Deliveries out of 1000 that are never made.
    pub lost_per_mille: u16,
    /// Deliveries out of 1000 that are made twice.
    pub doubled_per_mille: u16,
    /// Deliveries are taken from the queue in random order.
    pub reordered: bool,
    /// Deliveries out of 1000 whose signature is wrong.
    pub missigned_per_mille: u16,
}
