//! A fake warehouse: an HTTP server that is pushed to by the contract of `docs/warehouse-push.openapi.yaml`, and that can be told to
//! misbehave; and [`WarehouseClient`], the half that reports to Waybill's own API.
//!
//! It keeps the newest revision of every fulfilment and ships nothing by itself: a test or the demo decides what left the house and
//! reports it. Memory only, no TLS, loopback.
//!
//! Signature and bodies are written against the contract and not shared with the connector, so that the two check each other.

mod client;
mod fault;
mod receive;
mod server;
pub mod sign;

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use client::{Answered, WarehouseClient};
pub use fault::{Fault, Then};
pub use receive::{Pushed, PushedLine};

use crate::listener::Listener;

/// Where pushes are taken, below its address.
const PATH: &str = "/waybill/fulfilments";

/// What a fake warehouse starts with.
#[derive(Clone, Debug)]
pub struct FakeWarehouseConfig {
    /// Port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// The client's name it expects in pushes: its own, in the deployment.
    pub slug: String,
    /// Secrets it accepts signatures with.
    pub secrets: Vec<String>,
}

impl Default for FakeWarehouseConfig {
    fn default() -> Self {
        Self { port: 0, slug: "berlin".to_owned(), secrets: vec!["fake-warehouse-secret".to_owned()] }
    }
}

/// What was asked of it so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests to the path of pushes.
    pub requests: u64,
    /// Of those, the ones that met a fault.
    pub faults: u64,
    /// Whose client, time or signature was wrong.
    pub unsigned: u64,
    /// Whose body is not the contract's, or says something else than was said before with the same revision.
    pub malformed: u64,
    /// A revision that is newer than all before.
    pub taken: u64,
    /// The newest revision, again.
    pub repeated: u64,
    /// A revision that had been overtaken.
    pub older: u64,
}

struct State {
    slug: String,
    secrets: Vec<String>,
    standing: Option<Fault>,
    script: VecDeque<Fault>,
    fulfilments: BTreeMap<String, Pushed>,
    counts: Counts,
}

type Shared = Arc<Mutex<State>>;

/// A poisoned lock means that a test's own thread failed while it held it; the state is still whole.
fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A running fake warehouse. Dropping it stops the server and closes all connections.
pub struct FakeWarehouse {
    state: Shared,
    address: SocketAddr,
    server: Option<Listener>,
}

impl FakeWarehouse {
    /// Starts it on the current runtime.
    ///
    /// # Errors
    /// When the port cannot be had.
    pub async fn start(config: FakeWarehouseConfig) -> std::io::Result<Self> {
        let state = Arc::new(Mutex::new(State {
            slug: config.slug,
            secrets: config.secrets,
            standing: None,
            script: VecDeque::new(),
            fulfilments: BTreeMap::new(),
            counts: Counts::default(),
        }));
        let server = server::start(SocketAddr::from(([127, 0, 0, 1], config.port)), &state).await?;
        Ok(Self { address: server.address(), state, server: Some(server) })
    }

    /// Where it is pushed to, whole: what `waybill warehouse add --url` takes.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}{PATH}", self.address)
    }

    /// The secrets it accepts from now on.
    pub fn set_secrets(&self, secrets: &[&str]) {
        lock(&self.state).secrets = secrets.iter().map(|&secret| secret.to_owned()).collect();
    }

    /// The next `times` pushes meet this fault.
    pub fn next(&self, times: usize, fault: &Fault) {
        lock(&self.state).script.extend(std::iter::repeat_n(fault.clone(), times));
    }

    /// All pushes meet this fault, until [`FakeWarehouse::behave`].
    pub fn always(&self, fault: Fault) {
        lock(&self.state).standing = Some(fault);
    }

    /// Back to good behaviour. What it was told stays.
    pub fn behave(&self) {
        let mut state = lock(&self.state);
        state.standing = None;
        state.script.clear();
    }

    /// Stops listening and closes every connection: connections are refused.
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

    /// A fulfilment by its id, at the newest revision it was told.
    #[must_use]
    pub fn fulfilment(&self, id: &str) -> Option<Pushed> {
        lock(&self.state).fulfilments.get(id).cloned()
    }

    /// All fulfilments it was told of.
    #[must_use]
    pub fn fulfilments(&self) -> Vec<Pushed> {
        lock(&self.state).fulfilments.values().cloned().collect()
    }

    /// What was asked of it so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        lock(&self.state).counts
    }
}
