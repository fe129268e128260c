//! An Odoo server for tests: HTTP, stateful, in both of Odoo's transports, built from exchanges with real servers. It knows exactly the
//! models, methods, arguments and fields that those show, and a list of others from Odoo's documentation ([`not_measured`]); **any request
//! beyond them is refused** in the form of that version, so that a wrong payload fails a test.
//!
//! What it does not model, all in one place:
//! - one company, one warehouse, one currency, no units of measure, lots, kits, packages, routes or price lists; invoicing by ordered pieces;
//! - rights: one user who may do everything, except what a knob forbids;
//! - accounting: an invoice and a payment have a total and a state, and no entries, periods, due dates or reconciliation;
//! - no mails, no chatter, no computed partners' addresses, no translations: every message is English;
//! - domains with `or` and `not`, sorting other than by id, paging by offset;
//! - transactions one after the other: contention is scripted, never real;
//! - prices are kept as they come, without a decimal precision of their own;
//! - `debug` of errors is invented, with personal data in it, to prove that nobody shows it;
//! - no TLS, memory only.

mod books;
mod calls;
mod db;
mod domain;
mod gate;
mod known;
mod oops;
mod orm;
mod people;
mod sales;
mod seed;
mod server;
mod stock;
mod totals;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

pub use known::{Proof, not_measured};
pub use seed::FakeOdooConfig;
pub use totals::TaxRounding;

use crate::erp::Fault;
use crate::listener::Listener;
use calls::Asked;
use db::Db;

/// How the server behaves.
#[derive(Clone, Debug, Default)]
pub struct Knobs {
    /// Milliseconds before every answer.
    pub latency_ms: u64,
    /// The database is down.
    pub no_database: bool,
    /// `/jsonrpc` is gone, as later versions announce.
    pub no_jsonrpc: bool,
    /// Calls, by model and method, that the user may not make.
    pub forbidden: Vec<(String, String)>,
    /// Calls, by model and method, that are against a rule, and what the server says then.
    pub refused: Vec<(String, String, String)>,
}

struct State {
    db: Db,
    database: String,
    key: String,
    login: String,
    knobs: Knobs,
    /// Calls that were asked for, as `sale.order.load`.
    calls: Vec<String>,
    script: Vec<Scripted>,
}

/// A fault for a call to come: the next one of this name, or the one after so many others.
enum Scripted {
    Named(String, Fault),
    After(usize, Fault),
}

impl State {
    /// Counts a call; the fault that it meets.
    fn noted(&mut self, asked: &Asked) -> Option<Fault> {
        let name = format!("{}.{}", asked.model, asked.method);
        self.calls.push(name.clone());
        let hit = self.script.iter().position(|scripted| match scripted {
            Scripted::Named(wanted, _) => *wanted == name,
            Scripted::After(others, _) => *others == 0,
        });
        for scripted in &mut self.script {
            if let Scripted::After(others, _) = scripted {
                *others = others.saturating_sub(1);
            }
        }
        match self.script.remove(hit?) {
            Scripted::Named(_, fault) | Scripted::After(_, fault) => Some(fault),
        }
    }
}

type Shared = Arc<Mutex<State>>;

/// A poisoned lock means that a test's own thread failed while it held it; the state is still whole.
fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The time as Odoo writes it.
#[allow(clippy::disallowed_methods, reason = "an ERP has a clock of its own")]
fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// A running server. Dropping it stops it and closes all connections.
pub struct FakeOdoo {
    state: Shared,
    address: SocketAddr,
    server: Option<Listener>,
}

impl FakeOdoo {
    /// Starts it on the current runtime.
    ///
    /// # Errors
    /// When the port cannot be had.
    pub async fn start(config: FakeOdooConfig) -> std::io::Result<Self> {
        let port = config.port;
        let state = Arc::new(Mutex::new(config.state()));
        let server = server::start(SocketAddr::from(([127, 0, 0, 1], port)), &state).await?;
        Ok(Self { address: server.address(), state, server: Some(server) })
    }

    /// Where it listens: `http://127.0.0.1:<port>`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Replaces the key: the old one is refused from now on.
    pub fn rotate_key(&self, key: &str) {
        key.clone_into(&mut lock(&self.state).key);
    }

    /// Stops listening and closes every connection. The books stay.
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

    /// Changes how it behaves.
    pub fn knobs(&self, change: impl FnOnce(&mut Knobs)) {
        change(&mut lock(&self.state).knobs);
    }

    /// The next `times` calls of this name, as `sale.order.load`, meet this fault.
    pub fn next(&self, call: &str, times: usize, fault: &Fault) {
        let scripted = (0..times).map(|_| Scripted::Named(call.to_owned(), fault.clone()));
        lock(&self.state).script.extend(scripted);
    }

    /// The call after so many others meets this fault, whatever it is.
    pub fn after(&self, others: usize, fault: Fault) {
        lock(&self.state).script.push(Scripted::After(others, fault));
    }

    /// Back to good behaviour. The books and calls stay.
    pub fn behave(&self) {
        let mut state = lock(&self.state);
        state.knobs = Knobs::default();
        state.script.clear();
    }

    /// What was asked of it so far, in order, as `sale.order.load`. The version and the login are not among them.
    #[must_use]
    pub fn calls(&self) -> Vec<String> {
        lock(&self.state).calls.clone()
    }

    /// Forgets what was asked of it.
    pub fn forget_calls(&self) {
        lock(&self.state).calls.clear();
    }

    /// All records of a model with all fields, as they would be read.
    #[must_use]
    pub fn rows(&self, model: &str) -> Vec<Value> {
        let state = lock(&self.state);
        let fields: Vec<String> = known::fields(model, state.db.version)
            .map(|fields| fields.map(|field| field.name.to_owned()).collect())
            .unwrap_or_default();
        let rows = orm::read(&state.db, model, &state.db.ids(model), &fields);
        rows.ok().and_then(|rows| rows.as_array().cloned()).unwrap_or_default()
    }
}
