//! Dead letters: messages that failed on every attempt, kept where a person finds them.

use std::fmt;
use std::future::Future;
use std::str::FromStr;

use waybill_domain::{At, OrderKey, StoreSlug};

use crate::error::Unavailable;

/// Names a dead letter: `validate/4e1b…`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LetterId {
    /// Slug of the queue it died in: a step's, a function's or a rule's.
    pub queue: String,
    /// The id the queue gave the message. It keeps it in the dead-letter queue.
    pub message: String,
}

impl fmt::Display for LetterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.queue, self.message)
    }
}

impl FromStr for LetterId {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('/').filter(|(queue, message)| !queue.is_empty() && !message.is_empty());
        let (queue, message) = parts.ok_or_else(|| format!("{text:?} is not a dead letter: QUEUE/MESSAGE"))?;
        Ok(LetterId { queue: queue.to_owned(), message: message.to_owned() })
    }
}

/// What a function says of a message that it failed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastWords {
    /// Why, without content.
    pub error: String,
    /// The trace of the attempt.
    pub trace: Option<String>,
    /// Attempts so far.
    pub receives: u32,
    /// When.
    pub at: At,
}

/// A dead letter, without its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Which.
    pub id: LetterId,
    /// The order that it names; `None`: an orphan.
    pub order: Option<OrderKey>,
    /// The store that it names.
    pub store: Option<StoreSlug>,
    /// Why it failed, without content.
    pub error: String,
    /// The trace of the last attempt that is known.
    pub trace: Option<String>,
    /// Attempts, as far as they are known.
    pub receives: Option<u32>,
    /// When it was recorded.
    pub at: At,
    /// When its order was held for it, or found to have no use for it any more. A double of the message does not hold it again: a person
    /// may have let it go on meanwhile.
    pub judged: Option<At>,
    /// When it was sent on again.
    pub redriven: Option<At>,
}

/// What is known of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// It failed, and may yet succeed.
    Failing(LastWords),
    /// It is dead.
    Dead(DeadLetter),
}

/// Where functions leave their last words.
pub trait Failures: Sync {
    /// Keeps why a message failed, for a few days, unless it is dead already.
    fn failed(&self, id: &LetterId, words: &LastWords) -> impl Future<Output = Result<(), Unavailable>> + Send;
}

/// The dead letters.
pub trait DeadLetters: Failures {
    /// What is known of a message.
    fn known(&self, id: &LetterId) -> impl Future<Output = Result<Option<Known>, Unavailable>> + Send;
    /// Keeps a dead letter with its body; keeping it again changes nothing but `judged`. One that was redriven stays redriven.
    fn keep(&self, letter: &DeadLetter, body: &str) -> impl Future<Output = Result<(), Unavailable>> + Send;
    /// All that were not redriven, in no order.
    fn letters(&self) -> impl Future<Output = Result<Vec<DeadLetter>, Unavailable>> + Send;
    /// The body of one, as it came.
    fn body(&self, id: &LetterId) -> impl Future<Output = Result<Option<String>, Unavailable>> + Send;
    /// Notes that one was redriven; `false` if it was already, or there is none.
    fn redriven(&self, id: &LetterId, at: At) -> impl Future<Output = Result<bool, Unavailable>> + Send;
}

/// The way back for a body.
pub trait SendBack: Sync {
    /// Sends it to the queue with this slug, as it came.
    fn send_back(&self, queue: &str, body: &str) -> impl Future<Output = Result<(), Unavailable>> + Send;
}
