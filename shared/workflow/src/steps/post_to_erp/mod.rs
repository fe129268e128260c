//! post-to-erp: the posting protocol. Once the intent is committed, the order is in the ERP exactly once or a person knows why not.
//!
//! ```text
//! none ──intent committed, lease──▶ posting ──answer──▶ posted
//!   ▲                                  │ no trustworthy answer
//!   │ surely refused                   ▼
//!   └──────── not found after ───── unknown ──found by reference──▶ posted
//!             the settle time
//! ```
//! Who finds `posting` before the lease ends leaves it alone; after it, looks the reference up like `unknown`. An order that is posted and
//! differs from what the store wants now is brought in line by [`correct`].

mod correct;

use waybill_contracts::Command;
use waybill_domain::erp_order::{erp_order, reference};
use waybill_domain::shipment::pieces_to_ship;
use waybill_domain::{Change, ErpState, Finding, Order, Stage, Step, StoreConfig, StoreOrder, advance};

use super::erp_desk::{self, ErpDesk, ErpKnock};
use super::reserve::{snapshot, store};
use super::{Outcome, committed, doubted, due, written};
use crate::commit::{commit, context, settle};
use crate::error::{CallError, Failure, StepError};
use crate::ports::erp::{ErpOrders, ErpRecord, Unfinished};
use crate::ports::{Orders, Snapshots, Storefront};

/// Tries inside one invocation when the ERP is merely busy.
const BUSY_TRIES: u32 = 3;
/// The longest pause between two of them; an ERP that asks for more gets it by the line.
const BUSY_SECONDS: u32 = 2;

/// What this step needs. Of the storefront only the wire format.
pub trait Ports: Orders + Snapshots + Storefront + erp_desk::Ports {}
impl<T: Orders + Snapshots + Storefront + erp_desk::Ports> Ports for T {}

/// Runs the step for the order the command names.
///
/// # Errors
/// What kept it from its work; [`crate::dispose::dispose`] deals with it.
pub async fn run(ports: &impl Ports, command: &Command) -> Result<Outcome, Failure> {
    let Some(order) = due(ports, command, Step::PostToErp).await? else { return Ok(Outcome::NothingDue) };
    let store = store(ports, &order).await?;
    // Who must wait learns it before the content is read. A correction may need no ERP at all.
    let corrects = order.erp.state == ErpState::Posted;
    let knock = if corrects { None } else { Some(ErpKnock::at(ports, command, &order, &store).await?) };
    let seen = match snapshot(ports, &order).await? {
        Ok(seen) => seen,
        // With a call possibly out, the content is not needed to learn its outcome; without it there is nothing to send.
        Err(doubt) => return doubted(ports, command, &order, doubt).await,
    };
    if corrects && let Some(outcome) = correct::without_the_erp(ports, command, &order, &store, &seen).await? {
        return Ok(outcome);
    }
    let knock = match knock {
        Some(knock) => knock,
        None => ErpKnock::at(ports, command, &order, &store).await?,
    };
    let desk = knock.enter(ports).await?;
    let posting = Posting { ports, command, store, seen, desk };
    let result = posting.run(order).await;
    posting.desk.door.leave(ports).await;
    result
}

/// Whether there is one order, confirmed, whose posting can go on.
fn is_cut_off(found: &[ErpRecord]) -> bool {
    matches!(found, [ErpRecord { unfinished: Some(Unfinished::CutOff), .. }])
}

/// What a call that was to finish an order means: whatever it says of itself, the order stays confirmed.
fn still_confirmed(answer: Result<ErpRecord, CallError>, known: ErpRecord) -> Result<ErpRecord, CallError> {
    match answer {
        Err(CallError::Refused { code, message }) => {
            Ok(ErpRecord { unfinished: Some(Unfinished::Refused(Finding { code, message })), ..known })
        }
        Err(CallError::Busy { reason, .. } | CallError::Down { reason }) => Err(CallError::Unknown { reason }),
        answer => answer,
    }
}

struct Posting<'a, P: Ports> {
    ports: &'a P,
    command: &'a Command,
    store: StoreConfig,
    seen: StoreOrder,
    desk: ErpDesk<P::Connection>,
}

impl<P: Ports> Posting<'_, P> {
    async fn run(&self, order: Order) -> Result<Outcome, Failure> {
        match order.erp.state {
            ErpState::None => self.create(&order, Vec::new()).await,
            ErpState::Posting | ErpState::Unknown => self.look_up(order).await,
            ErpState::Posted => self.correct(order).await,
        }
    }

    /// The outcome of an earlier call is unknown: the ERP knows it by the reference.
    async fn look_up(&self, order: Order) -> Result<Outcome, Failure> {
        let reference = order.erp.reference.clone().unwrap_or_else(|| reference(&order));
        let answer = self.desk.connection.find(&reference).await;
        self.desk.door.note(&answer);
        match answer {
            Ok(found) if found.is_empty() => {
                let refused = Change::PostingRefused { why: "not found after the settle time".to_owned() };
                let then = advance(&order, vec![refused.clone()], &context(self.ports, self.command)).map_err(StepError::from)?;
                if then.stage == Stage::Reserved && self.desk.door.again(self.ports).await? {
                    return self.create(&order, vec![refused]).await;
                }
                // The store changed its mind meanwhile, or the ERP has had its share of calls: start over with what is wanted now.
                committed(commit(self.ports, &order, vec![refused], &context(self.ports, self.command)).await?)
            }
            Ok(found) if is_cut_off(&found) => self.go_on(order, found).await,
            Ok(found) => self.posted(order, found).await,
            Err(CallError::Refused { code, message }) => {
                let message = format!("the ERP was asked whether it has {reference} and refused: {message}");
                Err(StepError::Terminal { code, message }.into())
            }
            Err(error) => Err(self.desk.door.unanswered(error).into()),
        }
    }

    /// The ERP has confirmed the order, and an earlier posting was cut off before all was there: creating it again goes on from there.
    async fn go_on(&self, order: Order, found: Vec<ErpRecord>) -> Result<Outcome, Failure> {
        let known = found.first().cloned();
        let again = Change::PostingRefused { why: "confirmed in the ERP, and not finished there".to_owned() };
        let then = advance(&order, vec![again.clone()], &context(self.ports, self.command)).map_err(StepError::from)?;
        if then.stage != Stage::Reserved {
            return self.posted(order, found).await;
        }
        // On the turn it has: at a low rate there is never a second one, and without it the order would be looked up for ever.
        self.post(&order, vec![again], known).await
    }

    async fn create(&self, order: &Order, first: Vec<Change>) -> Result<Outcome, Failure> {
        self.post(order, first, None).await
    }

    /// Commits the intent, calls, commits the outcome. `known`: the ERP has confirmed the order already, and is to finish it.
    async fn post(&self, order: &Order, mut first: Vec<Change>, known: Option<ErpRecord>) -> Result<Outcome, Failure> {
        let payload = erp_order(order, &self.seen, &self.store)
            .map_err(|error| StepError::Terminal { code: "sku_unmapped".to_owned(), message: error.to_string() })?;
        let until = self.desk.lease(self.ports);
        first.push(Change::PostingStarted { erp: self.desk.config.slug.clone(), reference: payload.reference.clone(), until });
        let order = written(commit(self.ports, order, first, &context(self.ports, self.command)).await?)?;
        let mut answer = self.desk.connection.create(&payload).await;
        self.desk.door.note(&answer);
        for attempt in 1..BUSY_TRIES {
            let Err(CallError::Busy { after_seconds, .. }) = &answer else { break };
            let asked_for = after_seconds.unwrap_or(0);
            if asked_for > BUSY_SECONDS {
                break;
            }
            self.ports.pause(attempt.saturating_mul(500).max(asked_for.saturating_mul(1000))).await;
            // What cannot be asked again now goes the way of every busy call.
            if !self.desk.door.again(self.ports).await.unwrap_or(false) {
                break;
            }
            answer = self.desk.connection.create(&payload).await;
            self.desk.door.note(&answer);
        }
        let answer = match known {
            Some(record) => still_confirmed(answer, record),
            None => answer,
        };
        let refused = |why: &str| vec![Change::PostingRefused { why: why.to_owned() }];
        match answer {
            Ok(record) if is_cut_off(std::slice::from_ref(&record)) => {
                let reason = "confirmed in the ERP, and not finished there".to_owned();
                Err(StepError::Indeterminate { probe: self.desk.probe(self.ports), reason }.into())
            }
            Ok(record) => self.posted(order, vec![record]).await,
            Err(CallError::Busy { reason, .. }) => Err(Failure {
                error: StepError::Wait { endpoint: self.desk.door.endpoint.clone(), reason: reason.clone() },
                first: refused(&reason),
                about: None,
            }),
            Err(CallError::Down { reason }) => {
                let error = StepError::Wait { endpoint: self.desk.door.endpoint.clone(), reason: reason.clone() };
                Err(Failure { error, first: refused(&reason), about: None })
            }
            Err(CallError::Refused { code, message }) => {
                let first = refused(&code);
                Err(Failure { error: StepError::Terminal { code, message }, first, about: None })
            }
            Err(CallError::Unknown { reason }) => {
                Err(StepError::Indeterminate { probe: self.desk.probe(self.ports), reason }.into())
            }
        }
    }

    /// The ERP has the order: says so, whatever else happened to the record meanwhile.
    async fn posted(&self, order: Order, found: Vec<ErpRecord>) -> Result<Outcome, Failure> {
        let Some(record) = found.first() else { return Ok(Outcome::NothingDue) };
        let mut changes = vec![Change::Posted {
            confirmed_at: record.confirmed_at,
            documents: record.documents.clone(),
            to_ship: pieces_to_ship(&self.seen, &self.store.mapping),
            push: self.store.warehouse.clone(),
        }];
        changes.extend(self.doubts(&order, &found));
        let context = context(self.ports, self.command);
        let still = |order: &Order| matches!(order.erp.state, ErpState::Posting | ErpState::Unknown);
        Ok(match settle(self.ports, order, changes, &context, still).await? {
            Some(order) if order.hold.is_some() => Outcome::PostedAndHeld,
            Some(_) => Outcome::Posted,
            None => Outcome::NothingDue,
        })
    }

    /// What is wrong with what the ERP has. It is posted all the same; a person must look.
    fn doubts(&self, order: &Order, found: &[ErpRecord]) -> Option<Change> {
        if found.len() > 1 {
            let ids = found.iter().map(|record| record.id.as_str()).collect::<Vec<_>>().join(", ");
            let message =
                format!("the ERP has {} orders with this reference: {ids}; cancel all but the first there", found.len());
            return Some(Change::Held { code: "duplicate_in_erp".to_owned(), message, about: None });
        }
        let record = found.first()?;
        match &record.unfinished {
            Some(Unfinished::Refused(Finding { code, message })) => {
                let message = format!("the order is confirmed, and the ERP refuses what belongs to it: {code}: {message}");
                return Some(Change::Held { code: "erp_unfinished".to_owned(), message, about: None });
            }
            // Not wanted like this any more. What is missing is not missed where the order is cancelled next.
            Some(Unfinished::CutOff) if !order.wants_cancellation() => {
                let message =
                    "its posting was cut off, and the store has changed the order since: its invoice or payment is missing";
                return Some(Change::Held { code: "erp_unfinished".to_owned(), message: message.to_owned(), about: None });
            }
            _ => {}
        }
        if record.total != self.seen.total || record.currency != self.seen.currency {
            let message = format!(
                "the store's total is {} {}, the ERP's document {} says {} {}",
                self.seen.total, self.seen.currency, record.id, record.total, record.currency
            );
            return Some(Change::Held { code: "erp_total_differs".to_owned(), message, about: None });
        }
        None
    }
}
