//! The stage of an order and its orthogonal facets: an order can be shipped, partly refunded and posted at once.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::{BadId, ContentHash, Endpoint, ErpSlug, Sku, Step};
use crate::ledger::Effect;
use crate::reading::StaleReason;
use crate::time::At;

/// How far an order has come on its main way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Stored, not judged (or changed since it was).
    Received,
    /// Judged and found right.
    Validated,
    /// Its stock is taken, or it goes as a backorder.
    Reserved,
    /// The ERP has it.
    Posted,
    /// The store calls it completed and the ERP has it.
    Completed,
    /// The store no longer wants it.
    Cancelled,
}

/// What the store says of the payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Payment {
    /// Nothing was paid.
    Unpaid,
    /// The store waits for the money (bank transfer, cheque).
    OnHold,
    /// To be paid on delivery.
    CashOnDelivery,
    /// The gateway holds the money for the store, which has not taken it yet.
    Authorised,
    /// Paid: the money was captured.
    Paid,
    /// Paid, and a part was paid back.
    PartlyRefunded,
    /// Paid, and all of it was paid back.
    Refunded,
    /// The payment failed.
    Failed,
    /// The authorisation was given back: the order was cancelled before the money was captured.
    Voided,
}

impl Payment {
    /// The store has, or had, the money.
    pub fn is_captured(self) -> bool {
        matches!(self, Payment::Paid | Payment::PartlyRefunded | Payment::Refunded)
    }
}

/// What the order holds of the stock ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StockState {
    /// Nothing.
    None,
    /// `lines` are taken from what is available.
    Reserved,
    /// Short, and goes on by policy without taking anything.
    Backordered,
    /// Taken, and the ERP has confirmed the order, so its own figure falls by it.
    Proven,
}

/// The stock facet: with its `lines` the order row is the reservation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stock {
    /// State.
    pub state: StockState,
    /// The ledger (by ERP) the lines are taken from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ledger: Option<ErpSlug>,
    /// Pieces by ERP SKU.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lines: BTreeMap<Sku, u32>,
    /// When the ERP confirmed, by its clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proven_at: Option<At>,
    /// Pieces taken beyond `lines` for an amendment that the ERP has not confirmed yet.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub extra: BTreeMap<Sku, u32>,
}

impl Stock {
    /// Holds nothing.
    pub const NONE: Stock =
        Stock { state: StockState::None, ledger: None, lines: BTreeMap::new(), proven_at: None, extra: BTreeMap::new() };
}

/// Where the posting protocol stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErpState {
    /// Nothing was sent, or what was sent was surely refused.
    None,
    /// Somebody may be calling the ERP right now, until `until`.
    Posting,
    /// A call ended without an answer. At `until` the ERP is asked for the reference.
    Unknown,
    /// The ERP has the order.
    Posted,
}

/// What kind of paper an ERP document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum DocumentKind {
    SalesOrder,
    Invoice,
    Payment,
    Delivery,
    CreditNote,
}

/// A document in the ERP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// Kind.
    pub kind: DocumentKind,
    /// The ERP's id.
    pub id: String,
    /// The number people see.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub number: String,
}

/// The ERP facet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erp {
    /// State.
    pub state: ErpState,
    /// The reference the order has in the ERP, the same at every try.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// How often a create was started.
    #[serde(default, skip_serializing_if = "crate::blank::is_zero")]
    pub attempt: u32,
    /// How many of them got no answer.
    #[serde(default, skip_serializing_if = "crate::blank::is_zero")]
    pub silences: u32,
    /// End of the lease (`posting`) or when to look the reference up (`unknown`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<At>,
    /// The ERP that was called: corrections go there, whatever the store's configuration says by then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slug: Option<ErpSlug>,
    /// What was sent, so that a later change shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goods: Option<ContentHash>,
    /// The snapshot it was made from, so that a later change can be said in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<ContentHash>,
    /// It was sent as paid.
    #[serde(default, skip_serializing_if = "crate::blank::is_false")]
    pub paid: bool,
    /// Documents of this order that were cancelled in the ERP before the present one.
    #[serde(default, skip_serializing_if = "crate::blank::is_zero")]
    pub cancelled: u32,
    /// A person says that the ERP already agrees with the store: the next correction is noted, not made.
    #[serde(default, skip_serializing_if = "crate::blank::is_false")]
    pub by_hand: bool,
    /// When Waybill learnt that the ERP has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub posted_at: Option<At>,
    /// The ERP's documents.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<Document>,
}

impl Erp {
    /// Nothing posted.
    pub const NONE: Erp = Erp {
        state: ErpState::None,
        reference: None,
        attempt: 0,
        silences: 0,
        until: None,
        slug: None,
        goods: None,
        content: None,
        paid: false,
        cancelled: 0,
        by_hand: false,
        posted_at: None,
        documents: Vec::new(),
    };
}

/// One thing that is wrong with an order. The message names fields and figures, never personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Code, listed in docs/ERRORS.md.
    pub code: String,
    /// In words.
    pub message: String,
}

/// The code of a hold because a step's message failed on every attempt.
pub const DEAD_LETTER: &str = "dead_letter";

/// A person must decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Code, listed in docs/ERRORS.md with what may be done.
    pub code: String,
    /// In words.
    pub message: String,
    /// The step that stopped.
    pub step: Step,
    /// Since when.
    pub since: At,
    /// The doubt that could not be settled: the store was asked and refused. It comes back with the retry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubt: Option<StaleReason>,
    /// What could not be done, where it is one of several: a person who did it by hand means this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<Effect>,
    /// Why the order was held before, and still is when this is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under: Option<Box<Hold>>,
}

impl Hold {
    /// Whether this hold, or one that it covers, says that a message of this step failed on every attempt.
    pub fn is_dead_letter_of(&self, step: Step) -> bool {
        let own = self.code == DEAD_LETTER && self.step == step;
        own || self.under.as_ref().is_some_and(|under| under.is_dead_letter_of(step))
    }

    /// Whether it says only that messages failed: then all but their steps goes on.
    pub fn is_dead_letters_only(&self) -> bool {
        self.code == DEAD_LETTER && self.under.as_ref().is_none_or(|under| under.is_dead_letters_only())
    }

    /// The doubt that this hold, or one that it covers, could not settle.
    pub fn open_doubt(&self) -> Option<StaleReason> {
        self.doubt.or_else(|| self.under.as_ref().and_then(|under| under.open_doubt()))
    }

    /// Whether it follows from what is recorded, and not from a step that could not go on.
    pub fn follows_from_record(&self) -> bool {
        matches!(self.code.as_str(), "payment_vanished" | "shipped_after_cancellation" | "shipped_more_than_ordered")
    }
}

/// What an order waits for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum WaitOn {
    /// The store reporting payment.
    Payment,
    /// An endpoint: its circuit is open, or a line stands before it. An order that waits for a warehouse goes on with all else.
    Endpoint(Endpoint),
}

impl TryFrom<String> for WaitOn {
    type Error = BadId;
    fn try_from(text: String) -> Result<Self, BadId> {
        if text == "payment" { Ok(WaitOn::Payment) } else { text.parse().map(WaitOn::Endpoint) }
    }
}
impl From<WaitOn> for String {
    fn from(on: WaitOn) -> String {
        on.to_string()
    }
}
impl std::fmt::Display for WaitOn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            WaitOn::Payment => f.write_str("payment"),
            WaitOn::Endpoint(endpoint) => endpoint.fmt(f),
        }
    }
}

/// The order goes on by itself when this is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// For what.
    pub on: WaitOn,
    /// Since when.
    pub since: At,
}
