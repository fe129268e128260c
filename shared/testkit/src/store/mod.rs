//! A WooCommerce store as an HTTP server on 127.0.0.1, for tests and the demo.
//!
//! It behaves as WooCommerce 10.5 was seen to behave where that matters to somebody who listens to its webhooks and calls
//! its REST API: deliveries are signed over the raw bytes, carry the order as it stands when they are sent, coalesce,
//! share delivery ids, are never repeated, and stop for good at the seventh failure in a row; a new webhook pings
//! unsigned; a PUT that changes nothing comes back as `order.updated`; a vanished order is delivered as a signed error
//! object; refunds and notes are not idempotent, and a refund that is refused is a 500; dates have whole seconds. [`Knobs`] make it slow, broken or forgetful.
//!
//! # What it does not model
//! - TLS. A real store takes the key and secret as a basic-auth login over HTTPS only and answers 401 over plain HTTP;
//!   the fake takes them over HTTP because it listens on the loopback interface alone. OAuth 1.0a is not offered.
//! - Users and rights: there is one key, which may do everything.
//! - Action Scheduler's own rhythm: a real delivery follows its event by seconds, or by hours when the queue starves;
//!   here it follows at once, or after [`Knobs::delivery_delay`].
//! - What becomes of a pending delivery of a webhook that is disabled meanwhile: the fake drops it.
//! - Tax by address: two rates, chosen by the product's tax class alone. Compound rates, negative fees, currencies with
//!   other than two decimals, and settings that round at the subtotal are left out.
//! - Fees as WooCommerce taxes them: here half of every fee bears each of the two rates, to have a line with two.
//! - Coupons other than a percentage off every line; carts, customers, batch endpoints, HEAD and OPTIONS.
//! - Mails other than for customer notes, refunds, completed orders and fulfillments; the gateways behind payments and refunds.
//! - The shop-page fields of a product (texts, pictures, categories), and `Link` headers.
//! - A zone in `modified_after`, and `_fields`: both are ignored.

mod actions;
mod after_sale;
pub mod catalogue;
mod config;
pub mod customers;
mod deliver;
mod edits;
mod error_object;
mod fulfillments;
mod kinds;
mod links;
mod log;
mod notes;
pub mod order;
mod parts;
pub mod php;
pub mod post;
mod product_view;
mod refunds;
mod rest;
pub mod sign;
mod state;
mod totals;
mod view;
mod webhooks;

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::AbortHandle;

pub use config::{FakeStoreConfig, Knobs, NewWebhook, RestFault};
pub use fulfillments::Fulfillment;
pub use kinds::{NewOrder, OrderKind};
pub use log::{Answer, Counts, Delivery};
pub use notes::{Mail, MailAbout};
pub use order::{Note, Order};
pub use refunds::{NewRefund, RefundRefused, RefundedLine};
pub use webhooks::{Webhook, WebhookStatus};

use state::Shared;

/// A running store. It stops when this is dropped.
pub struct FakeStore {
    shared: Arc<Shared>,
    url: String,
    tasks: Vec<AbortHandle>,
}

impl Drop for FakeStore {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl FakeStore {
    /// Starts a store. It needs a Tokio runtime.
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn start(config: FakeStoreConfig) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, config.port)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let workers = config.parallel_deliveries.max(1);
        let site = config.site_url.clone().unwrap_or_else(|| url.clone());
        let shared = Arc::new(Shared::new(config, site));
        let app = rest::router(Arc::clone(&shared));
        let mut tasks = vec![
            tokio::spawn(async move {
                // Ends only when the task is stopped: accept errors are retried inside.
                let _ = axum::serve(listener, app).await;
            })
            .abort_handle(),
        ];
        for _ in 0..workers {
            tasks.push(tokio::spawn(deliver::work(Arc::clone(&shared))).abort_handle());
        }
        Ok(Self { shared, url, tasks })
    }

    /// `http://127.0.0.1:<port>`, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Turns knobs: `store.turn(|k| k.deliveries_paused = true)`.
    pub fn turn(&self, change: impl FnOnce(&mut Knobs)) {
        self.shared.act(|inner| change(&mut inner.knobs));
    }

    /// Adds a webhook, which pings at once. Returns its id.
    pub fn add_webhook(&self, webhook: NewWebhook) -> u64 {
        self.shared.act(|inner| inner.add_webhook(webhook, WebhookStatus::Active))
    }

    /// Switches a disabled or paused webhook on again. Its failure count stays as it is.
    pub fn enable_webhook(&self, id: u64) -> bool {
        self.shared.act(|inner| inner.webhooks.get_mut(&id).map(|webhook| webhook.status = WebhookStatus::Active).is_some())
    }

    /// All webhooks, by id.
    #[must_use]
    pub fn webhooks(&self) -> Vec<Webhook> {
        self.shared.lock().webhooks.values().cloned().collect()
    }

    /// Places an order of this kind, from the next invented customer. Returns its id.
    pub fn place(&self, kind: OrderKind) -> u64 {
        self.shared.act(|inner| {
            let n = inner.orders.len() as u64;
            inner.place(NewOrder::of(kind, n), "checkout")
        })
    }

    /// Places this order. Lines of products the store does not have are left out. Returns its id.
    pub fn place_order(&self, order: NewOrder) -> u64 {
        self.shared.act(|inner| inner.place(order, "checkout"))
    }

    /// Begins a checkout through the Store API: the order is a `checkout-draft`, and is delivered as such.
    pub fn draft(&self, order: NewOrder) -> u64 {
        self.shared.act(|inner| inner.draft(order))
    }

    /// Ends a checkout begun with [`FakeStore::draft`]. False if there is none.
    pub fn finish_draft(&self, id: u64) -> bool {
        self.shared.act(|inner| inner.finish_draft(id))
    }

    /// A whole Store API checkout: the draft is delivered before the order is placed. Deliveries must not be paused.
    pub async fn checkout(&self, order: NewOrder) -> u64 {
        let id = self.draft(order);
        self.idle().await;
        self.finish_draft(id);
        id
    }

    /// The gateway reports the payment: `processing`, with date and transaction id. False if there is no such order.
    pub fn pay(&self, id: u64) -> bool {
        self.shared.act(|inner| inner.pay(id))
    }

    /// Sets any status, a plugin's too. False if there is no such order.
    pub fn set_status(&self, id: u64, status: &str) -> bool {
        self.shared.act(|inner| inner.set_status(id, status))
    }

    /// Saves an order without a change. False if there is no such order.
    pub fn touch(&self, id: u64) -> bool {
        self.shared.act(|inner| inner.touch(id))
    }

    /// Changes an order as a plugin might, silently: no date moves, nothing is delivered. False if there is no such order.
    pub fn edit(&self, id: u64, change: impl FnOnce(&mut Order)) -> bool {
        self.shared.act(|inner| inner.orders.get_mut(&id).map(change).is_some())
    }

    /// Moves an order to the trash. False if there is no such order.
    pub fn trash(&self, id: u64) -> bool {
        self.shared.act(|inner| inner.trash(id))
    }

    /// Deletes an order for good, silently. False if there is no such order.
    pub fn delete(&self, id: u64) -> bool {
        self.shared.act(|inner| inner.delete(id))
    }

    /// Makes a refund. Returns its id.
    ///
    /// # Errors
    /// Why the store refuses it.
    pub fn refund(&self, order: u64, refund: NewRefund) -> Result<u64, RefundRefused> {
        self.shared.act(|inner| inner.refund(order, refund))
    }

    /// An order as it stands.
    #[must_use]
    pub fn order(&self, id: u64) -> Option<Order> {
        self.shared.lock().orders.get(&id).cloned()
    }

    /// The ids of all orders, trashed ones included, in the order they were placed.
    #[must_use]
    pub fn order_ids(&self) -> Vec<u64> {
        self.shared.lock().orders.keys().copied().collect()
    }

    /// Units on hand of a product or variation; `None` if it is unknown or not counted.
    #[must_use]
    pub fn stock(&self, product: u64) -> Option<i64> {
        self.shared.lock().products.get(&product).and_then(|p| p.stock)
    }

    /// An order as the REST API and deliveries write it.
    #[must_use]
    pub fn order_json(&self, id: u64) -> Option<Vec<u8>> {
        let inner = self.shared.lock();
        inner.orders.get(&id).map(|order| php::json_encode(&view::OrderView::new(order, inner.site())))
    }

    /// The newest attempts to deliver, oldest first.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.shared.lock().log.deliveries()
    }

    /// Counts since the start.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.shared.lock().log.counts
    }

    /// How many deliveries have not begun.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.shared.lock().queue.len()
    }

    /// Waits until nothing is pending or on its way. Never ends while deliveries are paused and something is pending.
    pub async fn idle(&self) {
        loop {
            let progress = self.shared.progress.notified();
            tokio::pin!(progress);
            progress.as_mut().enable();
            if self.shared.lock().queue.is_idle() {
                return;
            }
            progress.await;
        }
    }
}
