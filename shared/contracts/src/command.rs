//! Commands: "look at this order, your step may be due". A command carries no content: the step loads the record and decides.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use waybill_domain::{OrderKey, Step};

use crate::version::{self, Unread, Version1};

/// Why the command was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// By the relay, following a commit.
    Commit,
    /// By the sweep, because the order has not moved.
    Sweep,
    /// By the sweep, from the line before an endpoint: the order may call while the line drains.
    Line,
}

/// A message on a step's queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Command {
    /// Version of this contract.
    pub v: Version1,
    /// The step that is asked.
    #[schemars(with = "String")]
    pub step: Step,
    /// The order, `store/id`. Also the correlation id of everything about it.
    #[schemars(with = "String")]
    pub order: OrderKey,
    /// Why.
    pub origin: Origin,
    /// The number of the order's newest event when the command was sent: the cause of what the step does.
    pub seq: u32,
}

impl Command {
    /// A command of the current version.
    pub fn new(step: Step, order: OrderKey, origin: Origin, seq: u32) -> Self {
        Command { v: Version1, step, order, origin, seq }
    }

    /// The command in a message.
    ///
    /// # Errors
    /// [`Unread`]: one of a newer release waits for it; anything else is none of Waybill's.
    pub fn read(text: &str) -> Result<Self, Unread> {
        version::read(text)
    }
}
