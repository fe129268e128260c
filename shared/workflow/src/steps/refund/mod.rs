//! refund: money that goes back. A refund of the store becomes a credit note in the ERP; what a return is worth becomes a refund in the
//! store, which then becomes a credit note like any other. Each under the posting protocol: neither POST is idempotent everywhere.

mod credit;
mod give_back;

use waybill_contracts::Command;
use waybill_domain::{Change, Effect, Endpoint, Limits, Order, RefundState, Step, StoreConfig, StoreOrder, StoreRefund};

use super::door::{Door, Knock};
use super::erp_desk::{self, ErpKnock};
use super::leases::Settle;
use super::reserve::{snapshot, store};
use super::{Outcome, doubted, due};
use crate::error::{Failure, StepError};
use crate::ports::{Orders, Snapshots, StoreDesk, Storefront};

/// What this step needs.
pub trait Ports: Orders + Snapshots + Storefront + StoreDesk + erp_desk::Ports {}
impl<T: Orders + Snapshots + Storefront + StoreDesk + erp_desk::Ports> Ports for T {}

/// Runs the step for the order the command names: one refund or one return at a time, the relay brings the order back for the next.
///
/// # Errors
/// What kept it from its work; [`crate::dispose::dispose`] deals with it.
pub async fn run(ports: &impl Ports, command: &Command) -> Result<Outcome, Failure> {
    let Some(order) = due(ports, command, Step::Refund).await? else { return Ok(Outcome::NothingDue) };
    let store = store(ports, &order).await?;
    let effect = order.call.as_ref().map(|call| call.effect.clone());
    let credits = match &effect {
        Some(Effect::Refund(_)) => None,
        Some(Effect::Credit(refund)) => Some(*refund),
        _ => order.refunds.iter().find(|refund| refund.state == RefundState::Seen).map(|refund| refund.id),
    };
    // Who must wait learns it before the content is read, and before the store is asked for what the ERP cannot be told.
    let at_erp = match credits {
        Some(refund) => Some((refund, ErpKnock::at(ports, command, &order, &store).await?)),
        None => None,
    };
    let there = (Endpoint::Store(store.slug.clone()), Limits::STORE);
    let knock = Knock::at(ports, there, Settle::STORE, command).await?;
    let seen = match snapshot(ports, &order).await? {
        Ok(seen) => seen,
        Err(doubt) => return doubted(ports, command, &order, doubt).await,
    };
    let work = Work { ports, command, store, seen, door: knock.enter(ports).await? };
    let result = match (at_erp, effect) {
        (Some((refund, knock)), _) => work.credit(order, refund, knock).await,
        (None, Some(Effect::Refund(returned))) => work.look_for_refund(order, &returned).await,
        (None, _) => work.give_back(order).await,
    };
    work.door.leave(ports).await;
    result
}

struct Work<'a, P: Ports> {
    ports: &'a P,
    command: &'a Command,
    store: StoreConfig,
    seen: StoreOrder,
    /// To the store.
    door: Door,
}

impl<P: Ports> Work<'_, P> {
    /// The order's refunds as the store has them now. `Err`: the change to commit when the store has no such order any more.
    async fn refunds(&self, order: &Order) -> Result<Result<Vec<StoreRefund>, Change>, StepError> {
        let answer = self.ports.refunds(&self.store, order.key.id).await;
        self.door.note(&answer);
        let found = answer.map_err(|error| self.door.unanswered(error))?;
        Ok(found.ok_or(Change::Doubted(waybill_domain::StaleReason::Deleted)))
    }

    /// The order as the store has it now, kept, as a change to commit.
    async fn fetched(&self, order: &Order) -> Result<Option<Change>, StepError> {
        let answer = self.ports.fetch(&self.store, order.key.id).await;
        self.door.note(&answer);
        let Some((seen, body)) = answer.map_err(|error| self.door.unanswered(error))? else { return Ok(None) };
        self.ports.put(&order.key, &seen.content_hash(), &body).await?;
        Ok(Some(Change::Seen { order: Box::new(seen), asked: true }))
    }
}
