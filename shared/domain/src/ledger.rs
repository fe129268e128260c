//! The business ledger of an order: its refunds, and the one call that may be out for it. Shipments and returns are in their own files.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::facets::Document;
use crate::fulfilment::Pieces;
use crate::ids::{BadId, Step, bad};
use crate::money::Decimal;
use crate::time::At;

/// What became of a refund of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefundState {
    /// Seen in the store, nothing done in the ERP.
    Seen,
    /// The ERP has a credit note for it.
    Credited,
    /// The ERP's order was cancelled or never made: there is nothing to credit.
    NotNeeded,
    /// The store deleted it before anything was done in the ERP.
    Withdrawn,
    /// A person said that it was dealt with.
    ByHand,
}

/// A refund of the order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// WooCommerce's refund id.
    pub id: u64,
    /// Gross, positive.
    pub amount: Decimal,
    /// State.
    pub state: RefundState,
    /// Pieces refunded, by line; known once the refund was read.
    #[serde(default, skip_serializing_if = "Pieces::is_empty")]
    pub lines: Pieces,
    /// Money refunded, gross, by line; known once the refund was read.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub money: BTreeMap<u64, Decimal>,
    /// Pieces of them that went back on the shelf.
    #[serde(default, skip_serializing_if = "Pieces::is_empty")]
    pub restocked: Pieces,
    /// The credit note in the ERP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Document>,
    /// The return that it was made for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returned: Option<String>,
}

impl Refund {
    /// One of which nothing but id and amount are known.
    pub fn seen(id: u64, amount: Decimal) -> Self {
        Refund {
            id,
            amount,
            state: RefundState::Seen,
            lines: Pieces::new(),
            money: BTreeMap::new(),
            restocked: Pieces::new(),
            document: None,
            returned: None,
        }
    }

    /// Whether the money was paid back, whatever was done about it.
    pub fn counts(&self) -> bool {
        self.state != RefundState::Withdrawn
    }
}

/// Something that is done outside after the order was posted, and must not be done twice.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Effect {
    /// The ERP's order is made to say what the store says now.
    Amend,
    /// The ERP's order is cancelled.
    Cancel,
    /// This refund of the store is credited in the ERP.
    Credit(u64),
    /// What this return is worth is refunded in the store.
    Refund(String),
    /// The store is told of shipments.
    Tell,
}

impl Effect {
    /// The step whose effect it is.
    pub fn step(&self) -> Step {
        match self {
            Effect::Amend | Effect::Cancel => Step::PostToErp,
            Effect::Credit(_) | Effect::Refund(_) => Step::Refund,
            Effect::Tell => Step::ShipUpdate,
        }
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Effect::Amend => f.write_str("amend"),
            Effect::Cancel => f.write_str("cancel"),
            Effect::Credit(refund) => write!(f, "credit {refund}"),
            Effect::Refund(returned) => write!(f, "refund {returned}"),
            Effect::Tell => f.write_str("tell"),
        }
    }
}

impl FromStr for Effect {
    type Err = BadId;
    fn from_str(text: &str) -> Result<Self, BadId> {
        match text.split_once(' ') {
            None if text == "amend" => Ok(Effect::Amend),
            None if text == "cancel" => Ok(Effect::Cancel),
            None if text == "tell" => Ok(Effect::Tell),
            Some(("credit", refund)) => refund.parse().map(Effect::Credit).map_err(|_| bad(text, "an effect")),
            Some(("refund", returned)) => Ok(Effect::Refund(returned.to_owned())),
            _ => Err(bad(text, "an effect")),
        }
    }
}
impl TryFrom<String> for Effect {
    type Error = BadId;
    fn try_from(text: String) -> Result<Self, BadId> {
        text.parse()
    }
}
impl From<Effect> for String {
    fn from(effect: Effect) -> String {
        effect.to_string()
    }
}

/// A call that is out, or whose outcome nobody knows. One at a time per order: whatever else changed, its outcome is learnt first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// What is being done.
    pub effect: Effect,
    /// It ended without an answer that can be trusted.
    #[serde(default, skip_serializing_if = "crate::blank::is_false")]
    pub unknown: bool,
    /// End of the lease; once unknown, when to look.
    pub until: At,
    /// How often the same call got no answer by now, tries before this one included.
    #[serde(default, skip_serializing_if = "crate::blank::is_zero")]
    pub silences: u32,
}
