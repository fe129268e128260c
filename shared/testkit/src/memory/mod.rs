//! The deployment in memory: every port of the workflow on one [`World`], with a clock that only moves when told, and with the bad manners
//! that AWS, stores and ERPs may have and a quiet afternoon does not show.
//!
//! What it does not model: item size limits, throughput, IAM, the wire formats of stores and ERPs (an order's body is the JSON of
//! [`waybill_domain::StoreOrder`], a signature is the secret itself).

mod chaos;
mod claims;
mod clients;
mod connection;
mod dead_letters;
mod desk;
mod drive;
mod faults;
mod feeds;
mod ledger;
mod outside;
pub mod samples;
mod simulation;
mod tables;
mod transport;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use waybill_contracts::{Command, Fact};
use waybill_domain::{
    At, Circuit, ClientSlug, Endpoint, EntryKind, ErpConfig, ErpSlug, Event, FulfilmentOrder, Order, OrderKey, Sku, Step,
    StockRow, StoreConfig, StoreOrder, StoreSlug, WarehouseConfig, WarehouseSlug,
};
use waybill_workflow::ports::{Client, Delivery, Known, LetterId, Runtime, Spooled};

pub use chaos::{Mutation, Trouble, Weather};
pub use connection::{Health, MemoryConnection};
pub use desk::MemoryDesk;
pub use drive::{Manners, deliver};
pub use faults::{Call, Fault, FaultMode};
pub use feeds::{Feeds, Reported};
pub use outside::MemoryErp;
pub use simulation::{Deed, Errand, Simulation};

/// The deployment and what is around it. Clones are the same world.
#[derive(Clone)]
pub struct World(Arc<Mutex<State>>);

/// A message on a queue.
#[derive(Debug, Clone)]
pub struct Message {
    /// The command.
    pub command: Command,
    /// Not delivered before.
    pub visible_at: At,
    /// Deliveries so far.
    pub receives: u32,
}

/// Everything there is; tests look at it through [`World::state`].
pub struct State {
    /// The clock.
    pub now: At,
    /// Order rows.
    pub orders: BTreeMap<OrderKey, Order>,
    /// Orders whose rows a newer release wrote: they can be neither read nor written here.
    pub newer: BTreeSet<OrderKey>,
    /// Endpoints whose configurations a newer release wrote.
    pub newer_configs: BTreeSet<Endpoint>,
    /// What the stream has not given to the relay.
    pub stream: VecDeque<Order>,
    /// Snapshots by key and hash.
    pub snapshots: BTreeMap<(OrderKey, String), Vec<u8>>,
    /// Log pages.
    pub log: BTreeMap<(OrderKey, u32), Vec<Event>>,
    /// The ledger.
    pub stock: BTreeMap<(ErpSlug, Sku), StockRow>,
    /// The permanent rows: shipments, refunds, returns.
    pub ledger: BTreeMap<(OrderKey, EntryKind, String), String>,
    /// Stores.
    pub stores: BTreeMap<StoreSlug, StoreConfig>,
    /// ERPs.
    pub erps: BTreeMap<ErpSlug, ErpConfig>,
    /// Warehouses.
    pub warehouses: BTreeMap<WarehouseSlug, WarehouseConfig>,
    /// Webhook secrets.
    pub secrets: BTreeMap<StoreSlug, Vec<String>>,
    /// Clients of the API.
    pub clients: BTreeMap<ClientSlug, Client>,
    /// Clients as a function that has read them before still knows them; empty: it asks.
    pub clients_cached: BTreeMap<ClientSlug, Client>,
    /// Circuits.
    pub circuits: BTreeMap<Endpoint, Circuit>,
    claims: BTreeMap<String, claims::Row>,
    /// Queues.
    pub queues: BTreeMap<Step, VecDeque<Message>>,
    /// Messages that were received too often.
    pub dead: Vec<Command>,
    /// What is known of messages that failed, with the bodies of those that are dead.
    pub letters: BTreeMap<LetterId, (Known, String)>,
    /// Bodies that were sent back to a queue.
    pub sent_back: Vec<(String, String)>,
    /// Intake's own queue.
    pub spool: VecDeque<Spooled>,
    /// Reports on their way to the API.
    pub reports: VecDeque<Reported>,
    /// Why reports were refused.
    pub reports_dead: Vec<String>,
    /// Facts in the order of publication.
    pub facts: Vec<Fact>,
    /// What the store has.
    pub shop: BTreeMap<u64, StoreOrder>,
    /// What it has beside its orders.
    pub desk: MemoryDesk,
    /// Deliveries that the store is about to make because Waybill wrote to it.
    pub echoes: VecDeque<Delivery>,
    /// What the warehouse was told, newest last.
    pub pushes: Vec<FulfilmentOrder>,
    /// Pushes that fail as if the warehouse were down.
    pub warehouse_down: u32,
    /// What the ERP has.
    pub erp: MemoryErp,
    faults: faults::Faults,
    /// What a simulation does to calls.
    chaos: Option<chaos::Chaos>,
    /// The order rows as the index shows them, when it is stale.
    stale_index: Option<BTreeMap<OrderKey, Order>>,
    tokens: u64,
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl World {
    /// An empty world on 2026-01-01.
    pub fn new() -> Self {
        World(Arc::new(Mutex::new(State {
            now: At(1_767_225_600_000),
            orders: BTreeMap::new(),
            newer: BTreeSet::new(),
            newer_configs: BTreeSet::new(),
            stream: VecDeque::new(),
            snapshots: BTreeMap::new(),
            log: BTreeMap::new(),
            stock: BTreeMap::new(),
            ledger: BTreeMap::new(),
            stores: BTreeMap::new(),
            erps: BTreeMap::new(),
            warehouses: BTreeMap::new(),
            secrets: BTreeMap::new(),
            clients: BTreeMap::new(),
            clients_cached: BTreeMap::new(),
            circuits: BTreeMap::new(),
            claims: BTreeMap::new(),
            queues: BTreeMap::new(),
            dead: Vec::new(),
            letters: BTreeMap::new(),
            sent_back: Vec::new(),
            spool: VecDeque::new(),
            reports: VecDeque::new(),
            reports_dead: Vec::new(),
            facts: Vec::new(),
            shop: BTreeMap::new(),
            desk: MemoryDesk::default(),
            echoes: VecDeque::new(),
            pushes: Vec::new(),
            warehouse_down: 0,
            erp: MemoryErp::default(),
            faults: faults::Faults::default(),
            chaos: None,
            stale_index: None,
            tokens: 0,
        })))
    }

    /// Everything, locked.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no test thread panicked while it held the world")
    }

    /// Moves the clock.
    pub fn pass_seconds(&self, seconds: u32) {
        let mut state = self.state();
        state.now = state.now.plus_seconds(seconds);
    }

    /// From now on the index shows the orders as they are at this moment.
    pub fn freeze_index(&self) {
        let mut state = self.state();
        state.stale_index = Some(state.orders.clone());
    }

    /// The index follows again.
    pub fn thaw_index(&self) {
        self.state().stale_index = None;
    }

    /// The record of an order.
    pub fn order(&self, key: &str) -> Option<Order> {
        let key: OrderKey = key.parse().expect("a test names orders as STORE/ID");
        self.state().orders.get(&key).cloned()
    }

    /// The whole timeline of an order: log pages, then the row.
    pub fn timeline(&self, key: &OrderKey) -> Vec<Event> {
        let state = self.state();
        let pages = state.log.iter().filter(|((of, _), _)| of == key).flat_map(|(_, events)| events.clone());
        let mut by_seq: BTreeMap<u32, Event> = pages.map(|event| (event.seq, event)).collect();
        if let Some(order) = state.orders.get(key) {
            by_seq.extend(order.events.iter().map(|event| (event.seq, event.clone())));
        }
        by_seq.into_values().collect()
    }
}

impl Runtime for World {
    fn now(&self) -> At {
        let state = self.state();
        At(state.now.0 + state.skew())
    }
    fn release(&self) -> &str {
        "test"
    }
    async fn pause(&self, milliseconds: u32) {
        if self.state().chaos.is_some() {
            return self.nap(milliseconds).await;
        }
        let mut state = self.state();
        state.now = At(state.now.0 + i64::from(milliseconds));
    }
}
