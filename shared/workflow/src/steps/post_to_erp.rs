//! post-to-erp: the posting protocol. Once the intent is committed, the order is in the ERP exactly once or a person knows why not.
//!
//! ```text
//! none ──intent committed, lease──▶ posting ──answer──▶ posted
//!   ▲                                  │ no trustworthy answer
//!   │ surely refused                   ▼
//!   └──────── not found after ───── unknown ──found by reference──▶ posted
//!             the settle time
//! ```
//! Who finds `posting` before the lease ends leaves it alone; after it, looks the reference up like `unknown`.

use waybill_contracts::{Command, Origin};
use waybill_domain::erp_order::{erp_order, reference};
use waybill_domain::next::{is_due, is_due_from_line};
use waybill_domain::{
    Admission, Change, Circuit, ContentHash, Endpoint, ErpConfig, ErpState, Order, Stage, Step, StoreConfig, StoreOrder, advance,
};

use super::reserve::content;
use super::{Outcome, TRIES};
use crate::commit::{Committed, commit, contention, context};
use crate::error::{CallError, Failure, StepError};
use crate::ports::erp::{ErpOrders, ErpRecord, Erps};
use crate::ports::{Circuits, Claim, Configs, Idempotency, Orders, Runtime, Snapshots, Storefront};

/// The function's own timeout: part of every lease.
const FUNCTION_SECONDS: u32 = 60;
/// Tries inside one invocation when the ERP is merely busy.
const BUSY_TRIES: u32 = 3;
/// The longest pause between two of them; an ERP that asks for more gets it by the line.
const BUSY_SECONDS: u32 = 2;

/// What this step needs. Of the storefront only the wire format.
pub trait Ports: Orders + Snapshots + Configs + Circuits + Idempotency + Storefront + Erps + Runtime {}
impl<T: Orders + Snapshots + Configs + Circuits + Idempotency + Storefront + Erps + Runtime> Ports for T {}

/// Runs the step for the order the command names.
///
/// # Errors
/// What kept it from its work; [`crate::dispose::dispose`] deals with it.
pub async fn run(ports: &impl Ports, command: &Command) -> Result<Outcome, Failure> {
    let Some(order) = ports.load(&command.order).await? else { return Ok(Outcome::NothingDue) };
    let from_line = command.origin == Origin::Line;
    let due = if from_line { is_due_from_line } else { is_due };
    if !due(&order, Step::PostToErp, ports.now()) {
        return Ok(Outcome::NothingDue);
    }
    let (store, seen) = match content(ports, &order).await? {
        Ok(content) => content,
        // With a call possibly out, the content is not needed to learn its outcome; without it there is nothing to send.
        Err(doubt) => return doubted(ports, command, &order, doubt).await,
    };
    let Some(config) = ports.erp(&store.erp).await? else {
        let message = format!("there is no ERP {:?} in this deployment; add it with `waybill erp add`", store.erp.as_str());
        return Err(StepError::Terminal { code: "erp_unknown".to_owned(), message }.into());
    };
    let endpoint = Endpoint::Erp(config.slug.clone());
    let circuit = ports.circuit(&endpoint).await?;
    if circuit.admit(&order.key, from_line) == Admission::Wait {
        return Err(StepError::Wait { endpoint, reason: "a line stands before the ERP".to_owned() }.into());
    }
    let connection = ports.connect(&config).await.map_err(|error| match error {
        CallError::Refused { code, message } => StepError::Terminal { code, message },
        other => StepError::Retryable { after_seconds: 5, endpoint: Some(endpoint.clone()), reason: other.to_string() },
    })?;
    let Some((slot, token)) = slot(ports, &config).await? else {
        let reason = format!("all {} slots of the ERP are taken", config.slots);
        return Err(StepError::Retryable { after_seconds: 3, endpoint: Some(endpoint), reason }.into());
    };
    let posting = Posting { ports, command, store, seen, config, endpoint, circuit, connection };
    let result = posting.run(order).await;
    // If giving the slot back fails it ends by its lease; the result counts.
    if let Err(error) = ports.give_back(&slot, &token).await {
        tracing::warn!(slot, %error, "the slot was not given back; its lease will end");
    }
    result
}

async fn doubted(ports: &impl Ports, command: &Command, order: &Order, doubt: Change) -> Result<Outcome, Failure> {
    match commit(ports, order, vec![doubt], &context(ports, command)).await? {
        Committed::Done(_) => Ok(Outcome::Done),
        Committed::Overtaken | Committed::Short(_) => Err(contention().into()),
    }
}

/// One of the ERP's slots, with the token that gives it back; `None` when all are taken.
async fn slot(ports: &impl Ports, config: &ErpConfig) -> Result<Option<(String, String)>, StepError> {
    let now = ports.now();
    let until = now.plus_seconds(FUNCTION_SECONDS.saturating_add(config.timeout_seconds));
    for number in 0..config.slots.max(1) {
        let key = format!("slot/{}/{number}", config.slug);
        if let Claim::Fresh(token) = ports.claim(&key, &ContentHash::of(b"slot"), now, until).await? {
            return Ok(Some((key, token)));
        }
    }
    Ok(None)
}

struct Posting<'a, P: Ports> {
    ports: &'a P,
    command: &'a Command,
    store: StoreConfig,
    seen: StoreOrder,
    config: ErpConfig,
    endpoint: Endpoint,
    circuit: Circuit,
    connection: P::Connection,
}

impl<P: Ports> Posting<'_, P> {
    async fn run(&self, order: Order) -> Result<Outcome, Failure> {
        match order.erp.state {
            ErpState::None => self.create(&order, Vec::new()).await,
            ErpState::Posting | ErpState::Unknown => self.look_up(order).await,
            ErpState::Posted => Ok(Outcome::NothingDue),
        }
    }

    /// The outcome of an earlier call is unknown: the ERP knows it by the reference.
    async fn look_up(&self, order: Order) -> Result<Outcome, Failure> {
        let reference = order.erp.reference.clone().unwrap_or_else(|| reference(&order));
        let answer = self.connection.find(&reference).await;
        self.note(&answer).await;
        match answer {
            Ok(found) if found.is_empty() => {
                let refused = Change::PostingRefused { why: "not found after the settle time".to_owned() };
                let then = advance(&order, vec![refused.clone()], &context(self.ports, self.command)).map_err(StepError::from)?;
                if then.stage == Stage::Reserved {
                    return self.create(&order, vec![refused]).await;
                }
                // The store changed its mind meanwhile: start over with what it wants now.
                match commit(self.ports, &order, vec![refused], &context(self.ports, self.command)).await? {
                    Committed::Done(_) => Ok(Outcome::Done),
                    Committed::Overtaken | Committed::Short(_) => Err(contention().into()),
                }
            }
            Ok(found) => self.posted(order, found).await,
            Err(CallError::Busy { after_seconds, reason }) => Err(StepError::Retryable {
                after_seconds: after_seconds.unwrap_or(5),
                endpoint: Some(self.endpoint.clone()),
                reason,
            }
            .into()),
            Err(CallError::Down { reason } | CallError::Unknown { reason }) => {
                Err(StepError::Wait { endpoint: self.endpoint.clone(), reason }.into())
            }
            Err(CallError::Refused { code, message }) => {
                let message = format!("the ERP was asked whether it has {reference} and refused: {message}");
                Err(StepError::Terminal { code, message }.into())
            }
        }
    }

    /// Commits the intent, calls, commits the outcome.
    async fn create(&self, order: &Order, mut first: Vec<Change>) -> Result<Outcome, Failure> {
        let payload = erp_order(order, &self.seen, &self.store)
            .map_err(|error| StepError::Terminal { code: "sku_unmapped".to_owned(), message: error.to_string() })?;
        let lease = FUNCTION_SECONDS.saturating_add(self.config.settle_seconds);
        let until = self.ports.now().plus_seconds(lease);
        first.push(Change::PostingStarted { reference: payload.reference.clone(), until });
        let order = match commit(self.ports, order, first, &context(self.ports, self.command)).await? {
            Committed::Done(order) => *order,
            Committed::Overtaken | Committed::Short(_) => return Err(contention().into()),
        };
        let mut answer = self.connection.create(&payload).await;
        for attempt in 1..BUSY_TRIES {
            let Err(CallError::Busy { after_seconds, .. }) = &answer else { break };
            let asked_for = after_seconds.unwrap_or(0);
            if asked_for > BUSY_SECONDS {
                break;
            }
            self.ports.pause(attempt.saturating_mul(500).max(asked_for.saturating_mul(1000))).await;
            answer = self.connection.create(&payload).await;
        }
        self.note(&answer).await;
        let refused = |why: &str| vec![Change::PostingRefused { why: why.to_owned() }];
        match answer {
            Ok(record) => self.posted(order, vec![record]).await,
            Err(CallError::Busy { reason, .. }) => Err(Failure {
                error: StepError::Wait { endpoint: self.endpoint.clone(), reason: reason.clone() },
                first: refused(&reason),
            }),
            Err(CallError::Down { reason }) => {
                let error = StepError::Wait { endpoint: self.endpoint.clone(), reason: reason.clone() };
                Err(Failure { error, first: refused(&reason) })
            }
            Err(CallError::Refused { code, message }) => {
                let first = refused(&code);
                Err(Failure { error: StepError::Terminal { code, message }, first })
            }
            Err(CallError::Unknown { reason }) => {
                let probe = self.ports.now().plus_seconds(self.config.settle_seconds);
                Err(StepError::Indeterminate { probe, reason }.into())
            }
        }
    }

    /// The ERP has the order: says so, whatever else happened to the record meanwhile.
    async fn posted(&self, mut order: Order, found: Vec<ErpRecord>) -> Result<Outcome, Failure> {
        let Some(record) = found.first() else { return Ok(Outcome::NothingDue) };
        let mut changes = vec![Change::Posted { confirmed_at: record.confirmed_at, documents: record.documents.clone() }];
        changes.extend(self.doubts(&found));
        for attempt in 1..=TRIES {
            match commit(self.ports, &order, changes.clone(), &context(self.ports, self.command)).await {
                Ok(Committed::Done(order)) => {
                    return Ok(if order.hold.is_some() { Outcome::PostedAndHeld } else { Outcome::Posted });
                }
                Ok(Committed::Overtaken | Committed::Short(_)) | Err(StepError::Retryable { .. }) => {
                    self.ports.pause(attempt.saturating_mul(100)).await;
                }
                Err(error) => return Err(error.into()),
            }
            match self.ports.load(&order.key).await? {
                Some(fresh) if matches!(fresh.erp.state, ErpState::Posting | ErpState::Unknown) => order = fresh,
                _ => return Ok(Outcome::NothingDue),
            }
        }
        // The ERP has it and the record still says `posting`: when the lease ends, the look-up finds it.
        Err(contention().into())
    }

    /// What is wrong with what the ERP has. It is posted all the same; a person must look.
    fn doubts(&self, found: &[ErpRecord]) -> Option<Change> {
        if found.len() > 1 {
            let ids = found.iter().map(|record| record.id.as_str()).collect::<Vec<_>>().join(", ");
            let message =
                format!("the ERP has {} orders with this reference: {ids}; cancel all but the first there", found.len());
            return Some(Change::Held { code: "duplicate_in_erp".to_owned(), message });
        }
        let record = found.first()?;
        if record.total != self.seen.total || record.currency != self.seen.currency {
            let message = format!(
                "the store's total is {} {}, the ERP's document {} says {} {}",
                self.seen.total, self.seen.currency, record.id, record.total, record.currency
            );
            return Some(Change::Held { code: "erp_total_differs".to_owned(), message });
        }
        None
    }

    /// Tells the circuit how the call ended. An ERP that refuses, or is busy, is up. If the circuit cannot be told, the outcome of the call
    /// matters more: the next call tells it.
    async fn note<T: Sync>(&self, answer: &Result<T, CallError>) {
        let told = match answer {
            Err(CallError::Down { .. } | CallError::Unknown { .. }) => match self.ports.circuit(&self.endpoint).await {
                Ok(circuit) => self.ports.save_circuit(&circuit.failed(self.ports.now())).await,
                Err(error) => Err(error),
            },
            Ok(_) | Err(CallError::Busy { .. } | CallError::Refused { .. }) => match self.circuit.succeeded() {
                Some(healthy) => self.ports.save_circuit(&healthy).await,
                None => Ok(true),
            },
        };
        if let Err(error) = told {
            tracing::warn!(endpoint = %self.endpoint, %error, "the circuit was not told how a call ended");
        }
    }
}
