//! dead-letters: keeps every message that failed on every attempt, and holds the order that it names, so that nothing ends where nobody
//! looks. A dead letter is a bug or a long outage, never an order that waits or is held.

use waybill_contracts::Command;
use waybill_domain::next::has_use_for;
use waybill_domain::{Change, DEAD_LETTER, Order, OrderKey, StoreSlug};

use super::TRIES;
use crate::commit::{Committed, commit, contention, context};
use crate::error::{StepError, Unavailable};
use crate::ports::{DeadLetter, DeadLetters, Known, LetterId, Orders, Runtime};

/// Characters of an error that are kept.
const LONGEST_ERROR: usize = 1_000;
/// Seconds after which a letter is let go without a hold, if its order cannot be read or written: else it would lie in the dead-letter
/// queue until that forgets it. Receives do not tell how long: a queue may go on counting where the one before stopped.
const PATIENCE: u32 = 1_800;
/// What is said where nobody left a word.
const CUT_OFF: &str = "the function left no word: it was cut off (timeout, memory, killed), or its word could not be kept";

/// What the function needs.
pub trait Ports: DeadLetters + Orders + Runtime {}
impl<T: DeadLetters + Orders + Runtime> Ports for T {}

/// A message as it came from a dead-letter queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrived {
    /// Which.
    pub id: LetterId,
    /// If it is a command.
    pub command: Option<Command>,
    /// The order that it names: a command, a report or a fact. Only a command holds it.
    pub order: Option<OrderKey>,
    /// The store that it names.
    pub store: Option<StoreSlug>,
    /// What it says itself of why it failed.
    pub error: Option<String>,
    /// The trace that it says it belongs to.
    pub trace: Option<String>,
    /// Attempts, if it says how many.
    pub receives: Option<u32>,
    /// As it came.
    pub body: String,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The letter.
    pub letter: DeadLetter,
    /// It holds its order now.
    pub holds: bool,
}

/// Keeps the letter and holds its order. `None`: it was sent on again meanwhile, and this is a double.
///
/// # Errors
/// What did not answer: the message comes again, and nothing is done twice.
pub async fn run(ports: &impl Ports, arrived: &Arrived) -> Result<Option<Kept>, StepError> {
    let known = ports.known(&arrived.id).await?;
    if matches!(&known, Some(Known::Dead(letter)) if letter.redriven.is_some()) {
        return Ok(None);
    }
    let order = match &arrived.order {
        Some(order) => ports.load(order).await.map(|order| order.is_some()),
        None => Ok(false),
    };
    let letter = match known {
        Some(Known::Dead(letter)) => letter,
        Some(Known::Failing(words)) => DeadLetter {
            error: words.error,
            trace: words.trace.or_else(|| arrived.trace.clone()),
            receives: Some(words.receives),
            ..letter(arrived, &order, ports)
        },
        None => letter(arrived, &order, ports),
    };
    ports.keep(&letter, &arrived.body).await?;
    let held = match (&arrived.command, order) {
        (_, Err(error)) => Err(error.into()),
        (Some(command), Ok(true)) if letter.judged.is_none() => judge(ports, command, &letter, &arrived.body).await,
        (_, Ok(_)) => Ok(false),
    };
    match held {
        Ok(holds) => Ok(Some(Kept { letter, holds })),
        Err(error) if letter.at.plus_seconds(PATIENCE) <= ports.now() => {
            tracing::error!(letter = %letter.id, %error, "kept, but its order cannot be held");
            Ok(Some(Kept { letter, holds: false }))
        }
        Err(error) => Err(error),
    }
}

/// The letter as the message tells it. Who names an order that does not exist names none; one that cannot be read may well exist.
fn letter(arrived: &Arrived, exists: &Result<bool, Unavailable>, ports: &impl Runtime) -> DeadLetter {
    let named = arrived.order.clone();
    let error = arrived.error.clone().unwrap_or_else(|| CUT_OFF.to_owned());
    DeadLetter {
        id: arrived.id.clone(),
        store: arrived.store.clone().or_else(|| named.as_ref().map(|order| order.store.clone())),
        order: named.filter(|_| !matches!(exists, Ok(false))),
        error: error.chars().take(LONGEST_ERROR).collect(),
        trace: arrived.trace.clone(),
        receives: arrived.receives,
        at: ports.now(),
        judged: None,
        redriven: None,
    }
}

/// Holds the order if it is to be, and notes that this was decided. Who is cut off in between finds the order held.
async fn judge(ports: &impl Ports, command: &Command, letter: &DeadLetter, body: &str) -> Result<bool, StepError> {
    let holds = hold(ports, command, letter).await?;
    ports.keep(&DeadLetter { judged: Some(ports.now()), ..letter.clone() }, body).await?;
    Ok(holds)
}

/// Holds the order with the step, if the order still has use for the step: else somebody else did the work, and nobody need look.
async fn hold(ports: &impl Ports, command: &Command, letter: &DeadLetter) -> Result<bool, StepError> {
    // A command that lay in another step's queue says nothing about its order.
    if command.step.slug() != letter.id.queue {
        return Ok(false);
    }
    for attempt in 1..=TRIES {
        let wanted = |order: &Order| has_use_for(order, command.step);
        let Some(order) = ports.load(&command.order).await?.filter(wanted) else { return Ok(false) };
        let change = Change::Held { code: DEAD_LETTER.to_owned(), message: message(letter), about: None };
        match commit(ports, &order, vec![change], &context(ports, command)).await? {
            Committed::Done(_) => return Ok(true),
            Committed::Overtaken | Committed::Short(_) => ports.pause(attempt.saturating_mul(100)).await,
        }
    }
    Err(contention())
}

fn message(letter: &DeadLetter) -> String {
    let trace = letter.trace.as_ref().map(|trace| format!("trace {trace}, ")).unwrap_or_default();
    format!("{} ({trace}dead letter {})", letter.error, letter.id)
}
