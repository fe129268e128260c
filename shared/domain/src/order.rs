//! The order record: one small row that says everything but the content.

use serde::{Deserialize, Serialize};

use crate::event::Event;
use crate::facets::{Erp, ErpState, Hold, Payment, Stage, Stock, Waiting};
use crate::fulfilment::Fulfilment;
use crate::ids::{ContentHash, OrderKey};
use crate::ledger::{Call, Effect, Refund, RefundState};
use crate::money::{Currency, Decimal, sum};
use crate::reading::StaleReason;
use crate::shipment::Return;
use crate::store_order::{StoreOrder, StoreStatus};
use crate::time::At;

/// Events per log page.
pub const PAGE: u32 = 8;

/// What the record knows of the content, which itself is in the snapshot that `hash` names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// Names the snapshot.
    pub hash: ContentHash,
    /// Hash of what is validated, reserved and posted.
    pub goods: ContentHash,
    /// The freshness watermark: the newest `date_modified_gmt` seen with this content.
    pub modified: At,
    /// The number the customer sees.
    pub number: String,
    /// Status in the store.
    pub status: StoreStatus,
    /// Gross total.
    pub total: Decimal,
    /// Currency.
    pub currency: Currency,
}

impl Content {
    /// What the record keeps of this order.
    pub fn of(order: &StoreOrder) -> Self {
        Content {
            hash: order.content_hash(),
            goods: order.goods_hash(),
            modified: order.modified,
            number: order.number.chars().take(60).collect(),
            status: order.status.clone(),
            total: order.total,
            currency: order.currency.clone(),
        }
    }
}

/// The order record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Store and id.
    pub key: OrderKey,
    /// Counts commits; every commit is conditional on it.
    pub version: u64,
    /// The number of the newest event.
    pub seq: u32,
    /// How many of the newest events the last commit added.
    pub fresh: u32,
    /// The newest events, from a page boundary on.
    pub events: Vec<Event>,
    /// Stage.
    pub stage: Stage,
    /// First sight.
    pub received_at: At,
    /// `None` until content was seen (a hint came first).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Content>,
    /// Set while the content is in doubt and must be read from the store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stale: Option<StaleReason>,
    /// Payment.
    pub payment: Payment,
    /// Stock.
    pub stock: Stock,
    /// ERP.
    pub erp: Erp,
    /// Fulfilment.
    #[serde(default, skip_serializing_if = "Fulfilment::is_empty")]
    pub fulfilment: Fulfilment,
    /// Refunds in the store.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refunds: Vec<Refund>,
    /// Returns as they were reported.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub returns: Vec<Return>,
    /// The call that is out, after the order was posted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<Call>,
    /// The store has no such order (any more).
    #[serde(default, skip_serializing_if = "crate::blank::is_false")]
    pub gone: bool,
    /// Since when there is something to be done after posting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub busy_since: Option<At>,
    /// A person must decide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<Hold>,
    /// Goes on by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Waiting>,
    /// The version of the store's configuration the order was last judged under.
    #[serde(default)]
    pub mapping: u32,
}

impl Order {
    /// The store does not want it.
    pub fn is_unwanted(&self) -> bool {
        self.gone || self.content.as_ref().is_some_and(|content| content.status.is_cancelled())
    }

    /// The ERP is to cancel what it has. A person decides about an order that the store deleted without a word.
    pub fn wants_cancellation(&self) -> bool {
        self.erp.state == ErpState::Posted && !self.gone && self.is_unwanted() && !self.is_credited_whole()
    }

    /// The ERP has credited all that it posted: nothing is left to cancel.
    pub fn is_credited_whole(&self) -> bool {
        let credited = self.refunds.iter().filter(|refund| refund.state == RefundState::Credited);
        let credited = sum(credited.map(|refund| refund.amount));
        let total = self.content.as_ref().map(|content| content.total);
        credited.is_some_and(|credited| !credited.is_zero() && Some(credited) == total)
    }

    /// The ERP is to change what it has.
    pub fn wants_amendment(&self) -> bool {
        let wanted = self.content.as_ref().map(|content| &content.goods);
        self.erp.state == ErpState::Posted && !self.is_unwanted() && wanted.is_some() && self.erp.goods.as_ref() != wanted
    }

    /// This is being done outside right now, or nobody knows how it ended.
    pub fn is_calling(&self, effect: &Effect) -> bool {
        self.call.as_ref().is_some_and(|call| call.effect == *effect)
    }

    /// The returns that are to be refunded in the store.
    pub fn returns_to_refund(&self) -> impl Iterator<Item = &Return> {
        self.returns.iter().filter(|one| one.is_to_refund())
    }

    /// The events the last commit added.
    pub fn fresh_events(&self) -> &[Event] {
        let count = usize::try_from(self.fresh).unwrap_or(usize::MAX);
        let start = self.events.len().saturating_sub(count);
        self.events.get(start..).unwrap_or_default()
    }

    /// The log pages that the last commit completed: page number (from 0) and its events.
    pub fn full_pages(&self) -> Vec<(u32, &[Event])> {
        let first_fresh = self.seq.saturating_sub(self.fresh);
        self.events
            .chunks(usize::try_from(PAGE).unwrap_or(usize::MAX))
            .filter_map(|page| {
                let last = page.last().filter(|last| last.seq % PAGE == 0 && last.seq > first_fresh)?;
                Some(((last.seq / PAGE).saturating_sub(1), page))
            })
            .collect()
    }
}
