//! The tables in memory.

use std::collections::BTreeMap;

use waybill_domain::lane::lane;
use waybill_domain::stock::{MAX_SKUS, Move};
use waybill_domain::{
    At, Circuit, ContentHash, Endpoint, ErpConfig, ErpSlug, Event, Lane, Order, OrderKey, StockMoves, StoreConfig, StoreSlug,
    WarehouseConfig, WarehouseSlug, entries,
};
use waybill_workflow::Unavailable;
use waybill_workflow::ports::{
    Circuits, CommitError, Configs, Lanes, Log, Orders, Saved, Shortage, Snapshots, Waiter, WebhookSecrets,
};

use super::faults::Fate;
use super::{State, World};

impl Orders for World {
    async fn load(&self, key: &OrderKey) -> Result<Option<Order>, Unavailable> {
        self.call("orders.load", |state| match state.newer.contains(key) {
            true => Err(Unavailable::newer("orders")),
            false => Ok(state.orders.get(key).cloned()),
        })
        .await?
    }

    async fn commit(&self, before: Option<&Order>, after: &Order) -> Result<(), CommitError> {
        let fate = self.fate("orders.commit").await;
        let unavailable = || Err(Unavailable::new("orders", "injected").into());
        let result = match fate {
            Fate::Works => commit(&mut self.state(), before, after),
            Fate::Contended => Err(CommitError::Contention),
            Fate::FailsBefore | Fate::Down => unavailable(),
            Fate::FailsAfter => commit(&mut self.state(), before, after).and(unavailable()),
            Fate::Later(milliseconds) => {
                let (before, after) = (before.cloned(), after.clone());
                self.later(milliseconds, move |state| drop(commit(state, before.as_ref(), &after)));
                unavailable()
            }
        };
        self.answer("orders.commit", fate).await;
        result
    }
}

fn commit(state: &mut State, before: Option<&Order>, after: &Order) -> Result<(), CommitError> {
    if state.newer.contains(&after.key) {
        return Err(Unavailable::newer("orders").into());
    }
    let after = &state.mutated(after);
    let current = state.orders.get(&after.key);
    if state.is_conditional() && current.map(|order| order.version) != before.map(|order| order.version) {
        return Err(CommitError::Conflict(current.cloned().map(Box::new)));
    }
    let held = before.map_or(waybill_domain::Stock::NONE, |order| order.stock.clone());
    let moves = StockMoves::between(&held, &after.stock);
    let entries = entries(before, after);
    if moves.0.len() + entries.len() > MAX_SKUS {
        return Err(Unavailable::new("orders", "more actions than a transaction takes").into());
    }
    let mut rows = state.stock.clone();
    let mut short = Vec::new();
    for ((erp, sku), movement) in &moves.0 {
        let row = rows.get_mut(&(erp.clone(), sku.clone()));
        match (*movement, row) {
            (Move::Take(wanted), None) => short.push(Shortage { sku: sku.clone(), wanted, available: None }),
            (Move::Take(wanted), Some(row)) => {
                let available = row.available;
                if !row.take(wanted) {
                    short.push(Shortage { sku: sku.clone(), wanted, available: Some(available) });
                }
            }
            (Move::Give(quantity), Some(row)) => row.give(quantity),
            (Move::Prove(quantity, at), Some(row)) => row.prove(quantity, at),
            (Move::Give(_) | Move::Prove(..), None) => return Err(Unavailable::new("stock", "row missing").into()),
        }
    }
    for entry in entries.iter().filter(|entry| entry.first) {
        if state.ledger.contains_key(&(after.key.clone(), entry.kind, entry.id.clone())) {
            return Err(CommitError::Recorded(format!("{}#{}", entry.kind, entry.id)));
        }
    }
    if !short.is_empty() {
        return Err(CommitError::Short(short));
    }
    for entry in entries {
        state.ledger.insert((after.key.clone(), entry.kind, entry.id), entry.body);
    }
    state.stock = rows;
    state.orders.insert(after.key.clone(), after.clone());
    if state.is_heard() {
        state.stream.push_back(after.clone());
    }
    Ok(())
}

impl Snapshots for World {
    async fn put(&self, key: &OrderKey, hash: &ContentHash, body: &[u8]) -> Result<(), Unavailable> {
        self.call("snapshots.put", |state| {
            state.snapshots.insert((key.clone(), hash.to_string()), body.to_vec());
        })
        .await
    }
    async fn get(&self, key: &OrderKey, hash: &ContentHash) -> Result<Option<Vec<u8>>, Unavailable> {
        self.call("snapshots.get", |state| state.snapshots.get(&(key.clone(), hash.to_string())).cloned()).await
    }
}

impl Log for World {
    async fn put_page(&self, key: &OrderKey, page: u32, events: &[Event]) -> Result<(), Unavailable> {
        self.call("log.put_page", |state| {
            state.log.insert((key.clone(), page), events.to_vec());
        })
        .await
    }
}

impl Lanes for World {
    async fn oldest(&self, of: &Lane, before: At, limit: usize) -> Result<Vec<Waiter>, Unavailable> {
        self.call("lanes.oldest", |state| {
            let mut waiters: Vec<Waiter> = in_lane(state, of).filter(|waiter| waiter.since < before).collect();
            waiters.sort();
            waiters.truncate(limit);
            waiters
        })
        .await
    }
    async fn count(&self, of: &Lane) -> Result<u64, Unavailable> {
        self.call("lanes.count", |state| in_lane(state, of).count().try_into().unwrap_or(u64::MAX)).await
    }
}

fn in_lane<'a>(state: &'a State, of: &'a Lane) -> impl Iterator<Item = Waiter> + 'a {
    let rows = state.stale_index.as_ref().unwrap_or(&state.orders);
    rows.values().filter_map(move |order| {
        let (at, since) = lane(order)?;
        (at == *of).then(|| Waiter { since, key: order.key.clone() })
    })
}

/// The state, unless a newer release wrote this configuration.
fn readable(state: &State, config: Endpoint) -> Result<&State, Unavailable> {
    if state.newer_configs.contains(&config) { Err(Unavailable::newer("configuration")) } else { Ok(state) }
}

/// Those that can be read.
fn listed<T: Clone>(state: &State, all: &BTreeMap<impl Ord, T>, endpoint: impl Fn(&T) -> Endpoint) -> Vec<T> {
    all.values().filter(|config| !state.newer_configs.contains(&endpoint(config))).cloned().collect()
}

impl Configs for World {
    async fn store(&self, slug: &StoreSlug) -> Result<Option<StoreConfig>, Unavailable> {
        let read = |state: &mut State| Ok(readable(state, Endpoint::Store(slug.clone()))?.stores.get(slug).cloned());
        self.call("configs.store", read).await?
    }
    async fn erp(&self, slug: &ErpSlug) -> Result<Option<ErpConfig>, Unavailable> {
        let read = |state: &mut State| Ok(readable(state, Endpoint::Erp(slug.clone()))?.erps.get(slug).cloned());
        self.call("configs.erp", read).await?
    }
    async fn warehouse(&self, slug: &WarehouseSlug) -> Result<Option<WarehouseConfig>, Unavailable> {
        let read = |state: &mut State| Ok(readable(state, Endpoint::Warehouse(slug.clone()))?.warehouses.get(slug).cloned());
        self.call("configs.warehouse", read).await?
    }
    async fn warehouses(&self) -> Result<Vec<WarehouseConfig>, Unavailable> {
        let read = |state: &mut State| listed(state, &state.warehouses, |config| Endpoint::Warehouse(config.slug.clone()));
        self.call("configs.warehouses", read).await
    }
    async fn stores(&self) -> Result<Vec<StoreConfig>, Unavailable> {
        let read = |state: &mut State| listed(state, &state.stores, |config| Endpoint::Store(config.slug.clone()));
        self.call("configs.stores", read).await
    }
    async fn erps(&self) -> Result<Vec<ErpConfig>, Unavailable> {
        let read = |state: &mut State| listed(state, &state.erps, |config| Endpoint::Erp(config.slug.clone()));
        self.call("configs.erps", read).await
    }
}

impl Circuits for World {
    async fn circuit(&self, endpoint: &Endpoint) -> Result<Circuit, Unavailable> {
        self.call("circuits.circuit", |state| {
            state.circuits.get(endpoint).cloned().unwrap_or_else(|| Circuit::closed(endpoint.clone()))
        })
        .await
    }
    async fn save_circuit(&self, circuit: &Circuit) -> Result<Saved, Unavailable> {
        self.call("circuits.save", |state| {
            let unknown = Circuit::closed(circuit.endpoint.clone());
            let current = state.circuits.get(&circuit.endpoint).unwrap_or(&unknown);
            if state.is_conditional() && current.version + 1 != circuit.version {
                return Saved::Overtaken(Box::new(current.clone()));
            }
            let circuit = state.mutated_door(current, circuit);
            state.circuits.insert(circuit.endpoint.clone(), circuit);
            Saved::Done
        })
        .await
    }
}

impl WebhookSecrets for World {
    async fn webhook_secrets(&self, store: &StoreSlug, _fresh: bool) -> Result<Option<Vec<String>>, Unavailable> {
        self.call("secrets.webhook", |state| state.secrets.get(store).cloned()).await
    }
}
