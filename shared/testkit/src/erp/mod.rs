//! A fake ERP: an HTTP server that keeps the contract of `docs/erp-rest.openapi.yaml`, and that can be told to behave as badly
//! as real ERPs were measured to behave. [`FakeErp::start`] serves it on loopback; a test holds the handle, another process
//! uses the paths below `/_fake/` (module `admin`).
//!
//! What it does not model, all in one place:
//! - one legal entity, one warehouse, no lots, kits, units of measure or price lists; it books the amounts it is given;
//! - taxes are added up, never calculated, so a wrong rate passes; no currency rates: every currency is booked as it comes;
//! - customers are stored with their order and never matched with each other;
//! - documents appear at once and have no life of their own: an invoice cannot be blocked, a payment cannot bounce;
//! - a shipment is said by hand (`/_fake/ship`), not worked out; goods that a credit note brings back are free at once, and pieces
//!   that are credited and not brought back are still to be shipped, if they were not;
//! - an amendment replaces the order; what it said before is not kept;
//! - reads always see what is committed: no replicas, no transactions that commit late with an early time;
//! - memory only: a restart is an empty ERP;
//! - no TLS: it listens on loopback.
//!
//! The wire types here are written against the contract and not shared with the connector, so that the two check each other.

mod admin;
mod books;
mod clock;
mod credits;
mod fault;
mod handler;
mod knobs;
mod op;
mod orders;
mod reply;
mod server;
mod stock;
mod totals;
mod wire;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use rust_decimal::Decimal;

pub use books::{Credited, OrderState, Shipped, Stored, TakenBack};
pub use fault::{Commit, Fault, Then};
pub use knobs::{Counts, Knobs, Scripted, Trigger};
pub use op::Op;
pub use wire::{
    CreditCharge, CreditLine, Money, NewCharge, NewCreditNote, NewLine, NewOrder, NewPayment, NewTotals, PaymentState,
};

use crate::listener::Listener;
use books::Books;
use clock::Clock;

/// What a fake ERP starts with.
#[derive(Clone, Debug)]
pub struct FakeErpConfig {
    /// Port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// The token it accepts.
    pub token: String,
    /// Units on hand, per SKU. An SKU that is not here is unknown to it.
    pub stock: BTreeMap<String, i64>,
    /// How it behaves at first.
    pub knobs: Knobs,
}

impl Default for FakeErpConfig {
    fn default() -> Self {
        Self { port: 0, token: "fake-erp-token".to_owned(), stock: BTreeMap::new(), knobs: Knobs::default() }
    }
}

/// Everything the server knows, behind one lock: like an ERP's database, it does one thing at a time.
struct State {
    token: String,
    clock: Clock,
    books: Books,
    knobs: Knobs,
    script: Vec<Scripted>,
    triggers: Vec<Trigger>,
    counts: Counts,
}

type Shared = Arc<Mutex<State>>;

/// A poisoned lock means that a test's own thread failed while it held it; the state is still whole.
fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A running fake ERP. Dropping it stops the server and closes all connections.
pub struct FakeErp {
    state: Shared,
    address: SocketAddr,
    server: Option<Listener>,
}

impl FakeErp {
    /// Starts it on the current runtime.
    ///
    /// # Errors
    /// When the port cannot be had.
    pub async fn start(config: FakeErpConfig) -> std::io::Result<Self> {
        let mut clock = Clock::default();
        let now = clock.now(config.knobs.clock_skew_ms);
        let state = State {
            token: config.token,
            clock,
            books: Books::new(config.stock, now),
            knobs: config.knobs,
            script: Vec::new(),
            triggers: Vec::new(),
            counts: Counts::default(),
        };
        let state = Arc::new(Mutex::new(state));
        let server = server::start(SocketAddr::from(([127, 0, 0, 1], config.port)), &state).await?;
        Ok(Self { address: server.address(), state, server: Some(server) })
    }

    /// Where it listens: `http://127.0.0.1:<port>`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The token it accepts.
    #[must_use]
    pub fn token(&self) -> String {
        lock(&self.state).token.clone()
    }

    /// Replaces the token: the old one is refused from now on.
    pub fn rotate_token(&self, token: impl Into<String>) {
        lock(&self.state).token = token.into();
    }

    /// Stops listening and closes every connection: connections are refused. The books stay.
    pub fn go_down(&mut self) {
        self.server = None;
    }

    /// Listens again on the same address.
    ///
    /// # Errors
    /// When the port has been taken meanwhile.
    pub async fn come_back(&mut self) -> std::io::Result<()> {
        if self.server.is_none() {
            self.server = Some(server::start(self.address, &self.state).await?);
        }
        Ok(())
    }

    /// Changes how it behaves, from the next request on.
    pub fn knobs(&self, change: impl FnOnce(&mut Knobs)) {
        change(&mut lock(&self.state).knobs);
    }

    /// Scripts the next requests: each takes the first entry that fits it and uses it up. `None` as fault means "behave".
    pub fn script(&self, entries: impl IntoIterator<Item = Scripted>) {
        lock(&self.state).script.extend(entries);
    }

    /// The next `times` requests of this kind meet this fault.
    pub fn next(&self, op: Op, times: usize, fault: Fault) {
        let entry = Scripted { op: Some(op), fault: Some(fault) };
        self.script(std::iter::repeat_n(entry, times));
    }

    /// Makes requests about one order meet a fault.
    pub fn trigger(&self, trigger: Trigger) {
        lock(&self.state).triggers.push(trigger);
    }

    /// Back to good behaviour: knobs, script and triggers as if freshly started. The books and counts stay.
    pub fn behave(&self) {
        lock(&self.state).behave();
    }

    /// Sets the units on hand of an SKU, which thereby is known.
    pub fn set_on_hand(&self, sku: &str, units: i64) {
        let mut state = lock(&self.state);
        let now = state.now();
        state.books.stock.set_on_hand(sku, units, now);
    }

    /// What is free of an SKU; `None` if it is unknown.
    #[must_use]
    pub fn free(&self, sku: &str) -> Option<i64> {
        lock(&self.state).books.stock.free(sku)
    }

    /// Ships what is still to be shipped of the order with this reference, or the given units per SKU.
    ///
    /// # Errors
    /// A text, when there is no such confirmed order or nothing of it is left to ship.
    pub fn ship(
        &self,
        reference: &str,
        units: Option<&BTreeMap<String, i64>>,
        tracking: Option<&str>,
    ) -> Result<Shipped, String> {
        let mut state = lock(&self.state);
        let now = state.now();
        state.books.ship(reference, units, tracking, now)
    }

    /// People take goods of an order back, by the order's lines.
    ///
    /// # Errors
    /// A text, when there is no such confirmed order or line.
    pub fn take_back(
        &self,
        reference: &str,
        units: BTreeMap<String, i64>,
        credit_note: Option<&str>,
    ) -> Result<TakenBack, String> {
        let mut state = lock(&self.state);
        let now = state.now();
        state.books.take_back(reference, units, credit_note, now)
    }

    /// All orders, in the order they were made.
    #[must_use]
    pub fn orders(&self) -> Vec<Stored> {
        lock(&self.state).books.orders.clone()
    }

    /// The orders with this reference. More than one is what must never happen.
    #[must_use]
    pub fn orders_with(&self, reference: &str) -> Vec<Stored> {
        let mut orders = self.orders();
        orders.retain(|order| order.new.reference == reference);
        orders
    }

    /// All credit notes.
    #[must_use]
    pub fn credit_notes(&self) -> Vec<Credited> {
        lock(&self.state).books.credits.clone()
    }

    /// The credit notes of the order with this reference.
    #[must_use]
    pub fn credit_notes_of(&self, reference: &str) -> Vec<Credited> {
        let ids: Vec<String> = self.orders_with(reference).into_iter().map(|order| order.id).collect();
        let mut credits = self.credit_notes();
        credits.retain(|credit| ids.contains(&credit.new.order));
        credits
    }

    /// What is credited in all of the order with this reference, tax included.
    #[must_use]
    pub fn credited(&self, reference: &str) -> Decimal {
        self.credit_notes_of(reference).iter().map(|credit| credit.new.total.0).sum()
    }

    /// What was asked of it so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        lock(&self.state).counts.clone()
    }

    /// Its clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        lock(&self.state).now()
    }
}

impl State {
    fn behave(&mut self) {
        self.knobs = Knobs::default();
        self.script.clear();
        self.triggers.clear();
    }

    fn now(&mut self) -> Timestamp {
        self.clock.now(self.knobs.clock_skew_ms)
    }
}
