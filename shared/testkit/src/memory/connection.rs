//! Connections to ERPs in memory: they share their books, and each is down, or has enough, for itself.

use std::collections::{BTreeMap, BTreeSet};

use waybill_domain::{At, CreditNote, Document, ErpConfig, ErpOrder, ErpRecords, ErpSlug};
use waybill_workflow::CallError;
use waybill_workflow::ports::erp::{ErpAmend, ErpCancel, ErpCredit, ErpOrders, ErpRecord, Erps};

use super::World;

/// How each ERP fares.
#[derive(Default)]
pub struct Health {
    /// Those that are down.
    pub down: BTreeSet<ErpSlug>,
    /// Those that bear no more than so many calls in a minute, and say so.
    pub bears: BTreeMap<ErpSlug, u32>,
    /// References of orders that meet an outage whenever they come, beside others that are taken.
    pub sick: BTreeSet<String>,
    /// Every call that reached one, or found it down.
    pub calls: Vec<(ErpSlug, At)>,
    /// How many were told that it has enough.
    pub refused: u32,
}

/// A connection to one ERP.
pub struct MemoryConnection {
    world: World,
    erp: ErpSlug,
}

impl MemoryConnection {
    pub(super) fn reach(&self) -> Result<&World, CallError> {
        let state = &mut *self.world.state();
        // By its own clock, not by its caller's.
        let (now, health) = (state.now, &mut state.erp.health);
        health.calls.push((self.erp.clone(), now));
        if health.down.contains(&self.erp) {
            return Err(CallError::Down { reason: "down".to_owned() });
        }
        let lately = health.calls.iter().rev().take_while(|(_, at)| now.since(*at) < 60_000);
        let lately = lately.filter(|(erp, _)| *erp == self.erp).count();
        if health.bears.get(&self.erp).is_some_and(|most| lately > *most as usize) {
            health.refused += 1;
            return Err(CallError::Busy { after_seconds: None, reason: "too many requests".to_owned() });
        }
        Ok(&self.world)
    }
}

impl ErpOrders for MemoryConnection {
    async fn create(&self, order: &ErpOrder) -> Result<ErpRecord, CallError> {
        let world = self.reach()?;
        if world.state().erp.health.sick.contains(&order.reference) {
            return Err(CallError::Down { reason: "down".to_owned() });
        }
        world.create(order).await
    }
    async fn find(&self, reference: &str) -> Result<Vec<ErpRecord>, CallError> {
        self.reach()?.find(reference).await
    }
}

impl ErpAmend for MemoryConnection {
    async fn amend(&self, id: &str, order: &ErpOrder) -> Result<ErpRecord, CallError> {
        self.reach()?.amend(id, order).await
    }
}

impl ErpCancel for MemoryConnection {
    async fn cancel(&self, id: &str) -> Result<(), CallError> {
        self.reach()?.cancel(id).await
    }
}

impl ErpCredit for MemoryConnection {
    async fn credit(&self, note: &CreditNote) -> Result<Document, CallError> {
        self.reach()?.credit(note).await
    }
    async fn find_credit(&self, reference: &str) -> Result<Vec<Document>, CallError> {
        self.reach()?.find_credit(reference).await
    }
}

impl Erps for World {
    type Connection = MemoryConnection;
    async fn connect(&self, config: &ErpConfig, _records: Option<&ErpRecords>) -> Result<MemoryConnection, CallError> {
        Ok(MemoryConnection { world: self.clone(), erp: config.slug.clone() })
    }
}
