//! validate: makes Waybill's picture of the order right (asks the store when it is in doubt), then judges it.

use waybill_contracts::Command;
use waybill_domain::next::is_due;
use waybill_domain::validate::{findings, together};
use waybill_domain::{Change, Endpoint, Finding, Limits, Order, Stage, Step, StoreConfig, StoreOrder, advance};

use super::door::Knock;
use super::leases::Settle;
use super::reserve::snapshot;
use super::{Outcome, TRIES, due};
use crate::commit::{Committed, commit, contention, context};
use crate::error::{Failure, StepError};
use crate::ports::{Circuits, Configs, Orders, Runtime, Snapshots, Storefront};

/// What this step needs.
pub trait Ports: Orders + Snapshots + Configs + Circuits + Storefront + Runtime {}
impl<T: Orders + Snapshots + Configs + Circuits + Storefront + Runtime> Ports for T {}

/// Runs the step for the order the command names.
///
/// # Errors
/// What kept it from its work; [`crate::dispose::dispose`] deals with it.
pub async fn run(ports: &impl Ports, command: &Command) -> Result<Outcome, Failure> {
    for _ in 0..TRIES {
        let Some(order) = due(ports, command, Step::Validate).await? else { return Ok(Outcome::NothingDue) };
        let (changes, outcome) = decide(ports, command, &order).await?;
        match commit(ports, &order, changes, &context(ports, command)).await? {
            Committed::Done(_) => return Ok(outcome),
            Committed::Overtaken => {}
            Committed::Short(_) => return Err(StepError::Defect { reason: "validation moved stock".to_owned() }.into()),
        }
    }
    Err(contention().into())
}

async fn decide(ports: &impl Ports, command: &Command, order: &Order) -> Result<(Vec<Change>, Outcome), StepError> {
    let Some(config) = ports.store(&order.key.store).await? else {
        let message =
            format!("there is no store {:?} in this deployment; add it with `waybill store add`", order.key.store.as_str());
        return Err(StepError::Terminal { code: "store_unknown".to_owned(), message });
    };
    if order.stale.is_some() || order.content.is_none() {
        let Some(seen) = ask(ports, command, order, &config).await? else { return Ok((vec![Change::Gone], Outcome::Done)) };
        let mut changes = vec![Change::Seen { order: Box::new(seen.clone()), asked: true }];
        // Judge it in the same commit, if what was seen is still to be judged.
        let then = advance(order, changes.clone(), &context(ports, command))?;
        let mut outcome = Outcome::Done;
        if then.stage == Stage::Received && is_due(&then, Step::Validate, ports.now()) {
            let (verdict, judged) = judge(&seen, &config);
            changes.push(verdict);
            outcome = judged;
        }
        return Ok((changes, outcome));
    }
    match snapshot(ports, order).await? {
        Ok(seen) => {
            let (verdict, outcome) = judge(&seen, &config);
            Ok((vec![verdict], outcome))
        }
        Err(doubt) => Ok((vec![doubt], Outcome::Done)),
    }
}

fn judge(seen: &StoreOrder, config: &StoreConfig) -> (Change, Outcome) {
    if let Some(Finding { code, message }) = together(&findings(seen, config)) {
        return (Change::Held { code, message, about: None }, Outcome::Held);
    }
    let payment_accepted = config.policies.accepts_payment(seen);
    let outcome = if payment_accepted { Outcome::Done } else { Outcome::Waiting };
    (Change::Validated { mapping: config.version, payment_accepted }, outcome)
}

/// Reads the order from the store and keeps what it said; `None` if the store has no such order.
async fn ask(
    ports: &impl Ports,
    command: &Command,
    order: &Order,
    config: &StoreConfig,
) -> Result<Option<StoreOrder>, StepError> {
    let there = (Endpoint::Store(order.key.store.clone()), Limits::STORE);
    let door = Knock::at(ports, there, Settle::STORE, command).await?.enter(ports).await?;
    let answer = ports.fetch(config, order.key.id).await;
    door.note(&answer);
    let answer = answer.map_err(|error| door.unanswered(error));
    door.leave(ports).await;
    let Some((seen, body)) = answer? else { return Ok(None) };
    ports.put(&order.key, &seen.content_hash(), &body).await?;
    Ok(Some(seen))
}
