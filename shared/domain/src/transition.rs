//! What happened, applied to the record: one total function over [`Change`], without I/O or clock.
//!
//! A step collects changes and calls [`advance`] once: that is its commit. Everything a change implies (a hold that falls away because
//! the content changed, a line that is left) is decided here, so that every caller gets the same answer.

use crate::event::{Event, EventKind};
use crate::facets::{
    Document, Erp, ErpState, Fulfilment, Hold, Payment, Refund, RefundState, Stage, Stock, StockState, WaitOn, Waiting,
};
use crate::ids::{OrderKey, Sku, Step};
use crate::order::{Content, Order, PAGE};
use crate::reading::StaleReason;
use crate::store_order::{RefundSeen, StoreOrder};
use crate::time::At;
use std::collections::BTreeMap;

/// Characters of a hold's message: the row stays a row, however many findings there are.
const LONGEST_MESSAGE: usize = 2_000;
/// Characters of an event's detail.
const LONGEST_DETAIL: usize = 200;

/// Who commits, when, why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// The moment of the commit.
    pub at: At,
    /// The step that commits.
    pub step: Step,
    /// What caused it: `#4`, `delivery:…`, `person`, `sweep`.
    pub cause: String,
    /// The running release.
    pub release: String,
}

/// Something that happened to an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The store showed content: a newer delivery, or what a GET answered (`asked`). Only an answer to a question ends a doubt: a
    /// delivery may have been on its way for longer than the reason of the doubt.
    Seen {
        /// The content.
        order: Box<StoreOrder>,
        /// Whether the store was asked for it.
        asked: bool,
    },
    /// The same content with a newer date: only the watermark moves.
    Touched(At),
    /// The content is in doubt.
    Doubted(StaleReason),
    /// A GET says the order does not exist (any more).
    Gone,
    /// Judged and right. `payment_accepted` is the policy's answer to the payment facet.
    Validated {
        /// Version of the store's configuration.
        mapping: u32,
        /// Whether the order may go on with the payment as it is.
        payment_accepted: bool,
    },
    /// The order holds exactly these pieces of this ledger now.
    Reserved {
        /// The ledger.
        ledger: crate::ids::ErpSlug,
        /// Pieces by ERP SKU; empty when nothing of the order is stocked.
        lines: BTreeMap<Sku, u32>,
    },
    /// Goes on without stock.
    Backordered {
        /// What was short, in words.
        short: String,
    },
    /// Stock given back: the order is cancelled, or no longer paid.
    StockReleased,
    /// A call to the ERP begins, under a lease.
    PostingStarted {
        /// The reference it will have there.
        reference: String,
        /// End of the lease.
        until: At,
    },
    /// The call ended without a trustworthy answer.
    PostingUnknown {
        /// When to look the reference up.
        until: At,
        /// Why, in words.
        why: String,
    },
    /// The ERP surely has not got it (it refused, or was never reached, or was asked after the settle time).
    PostingRefused {
        /// Why, in words.
        why: String,
    },
    /// The ERP has it.
    Posted {
        /// When the ERP confirmed, by its clock.
        confirmed_at: At,
        /// Its documents.
        documents: Vec<Document>,
    },
    /// Waits for an endpoint.
    Wait(WaitOn),
    /// A person must decide.
    Held {
        /// Code, listed in docs/ERRORS.md.
        code: String,
        /// In words, without personal data.
        message: String,
    },
    /// A person says: try again.
    Retried,
}

/// A change that cannot happen to an order in this state: a defect of the caller, or a message that came too late.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{change} cannot happen to an order that is {stage:?} with its ERP facet {erp:?}")]
pub struct Illegal {
    change: &'static str,
    stage: Stage,
    erp: ErpState,
}

/// A record for an order seen for the first time; it has no events and version 0 until [`advance`] is called on it.
pub fn begin(key: OrderKey, at: At) -> Order {
    Order {
        key,
        version: 0,
        seq: 0,
        fresh: 0,
        events: Vec::new(),
        stage: Stage::Received,
        received_at: at,
        content: None,
        stale: None,
        payment: Payment::Unpaid,
        stock: Stock::NONE,
        erp: Erp::NONE,
        fulfilment: Fulfilment::None,
        refunds: Vec::new(),
        hold: None,
        waiting: None,
        mapping: 0,
    }
}

/// Applies what happened as one commit: the version grows by one, events are numbered on, a page that is safely in the log leaves.
///
/// # Errors
/// [`Illegal`] if a change cannot happen to the order as it is; nothing is changed then.
pub fn advance(order: &Order, changes: Vec<Change>, context: &Context) -> Result<Order, Illegal> {
    let mut next = order.clone();
    next.version = next.version.saturating_add(1);
    next.fresh = 0;
    for change in changes {
        Transition { order: &mut next, context }.apply(change)?;
    }
    // Events start at a page boundary. A page is dropped when the one after it is full too: the relay had 8 commits to move it.
    while next.events.len() >= usize::try_from(PAGE.saturating_mul(2)).unwrap_or(usize::MAX) {
        next.events.drain(..usize::try_from(PAGE).unwrap_or(0));
    }
    Ok(next)
}

struct Transition<'a> {
    order: &'a mut Order,
    context: &'a Context,
}

impl Transition<'_> {
    fn apply(mut self, change: Change) -> Result<(), Illegal> {
        match change {
            Change::Seen { order, asked } => self.seen(&order, asked),
            Change::Touched(modified) => self.touched(modified),
            Change::Doubted(reason) => self.doubted(reason),
            Change::Gone => self.gone(),
            Change::Validated { mapping, payment_accepted } => self.validated(mapping, payment_accepted)?,
            Change::Reserved { ledger, lines } => self.reserved(ledger, lines)?,
            Change::Backordered { short } => self.backordered(short)?,
            Change::StockReleased => {
                self.order.stock = Stock::NONE;
                self.record(EventKind::StockReleased, "");
            }
            Change::PostingStarted { reference, until } => self.posting_started(reference, until)?,
            Change::PostingUnknown { until, why } => self.posting_unknown(until, &why)?,
            Change::PostingRefused { why } => self.posting_refused(&why)?,
            Change::Posted { confirmed_at, documents } => self.posted(confirmed_at, documents)?,
            Change::Wait(on) => self.wait(on),
            Change::Held { code, message } => self.hold(&code, message),
            Change::Retried => self.retried(),
        }
        Ok(())
    }

    fn record(&mut self, kind: EventKind, detail: impl Into<String>) {
        self.order.seq = self.order.seq.saturating_add(1);
        self.order.fresh = self.order.fresh.saturating_add(1);
        self.order.events.push(Event {
            seq: self.order.seq,
            at: self.context.at,
            kind,
            step: self.context.step,
            detail: detail.into(),
            cause: self.context.cause.clone(),
            release: self.context.release.clone(),
            mapping: self.order.mapping,
        });
    }

    fn illegal(&self, change: &'static str) -> Illegal {
        Illegal { change, stage: self.order.stage, erp: self.order.erp.state }
    }

    fn hold(&mut self, code: &str, message: String) {
        self.record(EventKind::Held, code);
        self.order.waiting = None;
        let step = self.context.step;
        // A question that the store refused is not asked again before a person has seen to it.
        let doubt = if step == Step::Validate { self.order.stale.take() } else { None };
        let message = match self.order.hold.take() {
            Some(earlier) if earlier.code != code => format!("{message}; and still {}: {}", earlier.code, earlier.message),
            _ => message,
        };
        let message = message.chars().take(LONGEST_MESSAGE).collect();
        self.order.hold = Some(Hold { code: code.to_owned(), message, step, since: self.context.at, doubt });
    }

    fn retried(&mut self) {
        self.record(EventKind::Retried, "");
        let Some(hold) = self.order.hold.take() else { return };
        self.order.stale = self.order.stale.or(hold.doubt);
        if hold.step == Step::Refund {
            for refund in self.order.refunds.iter_mut().filter(|refund| refund.state == RefundState::Seen) {
                refund.state = RefundState::ByHand;
            }
        }
    }

    fn wait(&mut self, on: WaitOn) {
        if self.order.waiting.as_ref().is_some_and(|waiting| waiting.on == on) {
            return;
        }
        self.record(EventKind::Waiting, on.to_string());
        self.order.waiting = Some(Waiting { on, since: self.context.at });
    }

    fn seen(&mut self, seen: &StoreOrder, asked: bool) {
        let content = Content::of(seen);
        let was_stale = if asked { self.order.stale.take() } else { None };
        let before = self.order.content.replace(content.clone());
        self.order.payment = seen.payment();
        match &before {
            None => self.record(EventKind::Received, seen.status.as_str()),
            Some(before) if before.hash == content.hash => {
                // A GET of an echo: nothing to do, but the doubt is over. An order held or waiting stays so.
                if was_stale.is_some() {
                    self.record(EventKind::Confirmed, "");
                }
                self.clear_store_wait();
                return;
            }
            Some(before) => {
                let detail = if before.goods == content.goods { "status or payment" } else { "goods" };
                self.record(EventKind::Changed, detail);
            }
        }
        self.see_refunds(&seen.refunds);
        let goods_changed = before.as_ref().is_none_or(|before| before.goods != content.goods);
        match self.order.erp.state {
            ErpState::None => {
                self.order.hold = None;
                self.order.waiting = None;
                if content.status.is_cancelled() { self.cancel() } else { self.order.stage = Stage::Received }
            }
            // The outcome of the call comes first; `posted` compares what was sent with what is wanted by then.
            ErpState::Posting | ErpState::Unknown => self.clear_store_wait(),
            ErpState::Posted => {
                self.clear_store_wait();
                self.compare_with_posted(goods_changed);
            }
        }
    }

    fn see_refunds(&mut self, seen: &[RefundSeen]) {
        for refund in seen {
            if self.order.refunds.iter().any(|known| known.id == refund.id) {
                continue;
            }
            self.order.refunds.push(Refund { id: refund.id, amount: refund.amount, state: RefundState::Seen, reference: None });
            self.record(EventKind::RefundSeen, format!("{} {}", refund.id, refund.amount));
        }
    }

    /// The ERP has the order: says what of the store's present wish differs from what was posted.
    fn compare_with_posted(&mut self, goods_changed: bool) {
        let Some(content) = self.order.content.clone() else { return };
        if content.status.is_cancelled() {
            let message = format!("the store set the order to {} after it was posted", content.status.as_str());
            self.hold("cancelled_after_posting", message);
        } else if goods_changed && self.order.erp.goods.as_ref() != Some(&content.goods) {
            let message =
                "lines, addresses or amounts changed in the store after the order was posted; the ERP has the earlier ones";
            self.hold("changed_after_posting", message.to_owned());
        } else if content.status == crate::store_order::StoreStatus::Completed && self.order.stage == Stage::Posted {
            self.order.stage = Stage::Completed;
            self.record(EventKind::Completed, "");
        }
    }

    fn cancel(&mut self) {
        if self.order.stage != Stage::Cancelled {
            self.order.stage = Stage::Cancelled;
            self.record(EventKind::Cancelled, "");
        }
    }

    fn clear_store_wait(&mut self) {
        if matches!(&self.order.waiting, Some(Waiting { on: WaitOn::Endpoint(crate::ids::Endpoint::Store(_)), .. })) {
            self.order.waiting = None;
        }
    }

    fn touched(&mut self, modified: At) {
        if let Some(content) = &mut self.order.content {
            content.modified = content.modified.max(modified);
        }
    }

    fn doubted(&mut self, reason: StaleReason) {
        if self.order.stale.replace(reason).is_none() {
            self.record(EventKind::Doubted, reason.slug());
        }
    }

    fn gone(&mut self) {
        self.order.stale = None;
        self.clear_store_wait();
        match self.order.erp.state {
            ErpState::None => {
                self.order.hold = None;
                self.order.waiting = None;
                self.cancel();
            }
            ErpState::Posting | ErpState::Unknown | ErpState::Posted => {
                self.hold("deleted_in_store", "the store no longer has this order, and the ERP has it or may have it".to_owned());
            }
        }
    }

    fn validated(&mut self, mapping: u32, payment_accepted: bool) -> Result<(), Illegal> {
        if self.order.stage != Stage::Received || self.order.content.is_none() || self.order.hold.is_some() {
            return Err(self.illegal("validated"));
        }
        self.order.mapping = mapping;
        if payment_accepted {
            self.order.waiting = None;
            self.order.stage = Stage::Validated;
            self.record(EventKind::Validated, "");
        } else {
            self.wait(WaitOn::Payment);
        }
        Ok(())
    }

    fn reserved(&mut self, ledger: crate::ids::ErpSlug, lines: BTreeMap<Sku, u32>) -> Result<(), Illegal> {
        if self.order.stage != Stage::Validated {
            return Err(self.illegal("reserved"));
        }
        let pieces = lines.iter().map(|(sku, quantity)| format!("{sku}×{quantity}")).take(3).collect::<Vec<_>>().join(" ");
        self.order.stage = Stage::Reserved;
        self.order.stock = Stock { state: StockState::Reserved, ledger: Some(ledger), lines, proven_at: None };
        self.record(EventKind::Reserved, pieces);
        Ok(())
    }

    fn backordered(&mut self, short: String) -> Result<(), Illegal> {
        if self.order.stage != Stage::Validated {
            return Err(self.illegal("backordered"));
        }
        self.order.stage = Stage::Reserved;
        self.order.stock = Stock { state: StockState::Backordered, ..Stock::NONE };
        self.record(EventKind::Backordered, short.chars().take(LONGEST_DETAIL).collect::<String>());
        Ok(())
    }

    fn posting_started(&mut self, reference: String, until: At) -> Result<(), Illegal> {
        if self.order.stage != Stage::Reserved || self.order.erp.state != ErpState::None {
            return Err(self.illegal("posting"));
        }
        self.order.waiting = None;
        self.record(EventKind::Posting, reference.clone());
        self.order.erp = Erp {
            state: ErpState::Posting,
            reference: Some(reference),
            attempt: self.order.erp.attempt.saturating_add(1),
            until: Some(until),
            goods: self.order.content.as_ref().map(|content| content.goods.clone()),
            posted_at: None,
            documents: Vec::new(),
        };
        Ok(())
    }

    fn posting_unknown(&mut self, until: At, why: &str) -> Result<(), Illegal> {
        if !matches!(self.order.erp.state, ErpState::Posting | ErpState::Unknown) {
            return Err(self.illegal("posting-unknown"));
        }
        self.order.waiting = None;
        self.order.erp.state = ErpState::Unknown;
        self.order.erp.until = Some(until);
        self.record(EventKind::PostingUnknown, why.chars().take(LONGEST_DETAIL).collect::<String>());
        Ok(())
    }

    fn posting_refused(&mut self, why: &str) -> Result<(), Illegal> {
        if !matches!(self.order.erp.state, ErpState::Posting | ErpState::Unknown) {
            return Err(self.illegal("posting-refused"));
        }
        self.order.waiting = None;
        self.order.erp.state = ErpState::None;
        self.order.erp.until = None;
        self.record(EventKind::PostingRefused, why.chars().take(LONGEST_DETAIL).collect::<String>());
        // What the store wanted meanwhile was put off for the outcome; the posting is over, so it counts now.
        let Some(content) = self.order.content.clone() else { return Ok(()) };
        if content.status.is_cancelled() {
            self.cancel();
        } else if self.order.erp.goods.as_ref() != Some(&content.goods) {
            self.order.stage = Stage::Received;
        }
        Ok(())
    }

    fn posted(&mut self, confirmed_at: At, documents: Vec<Document>) -> Result<(), Illegal> {
        if !matches!(self.order.erp.state, ErpState::Posting | ErpState::Unknown) {
            return Err(self.illegal("posted"));
        }
        self.order.waiting = None;
        self.order.stage = Stage::Posted;
        self.order.erp.state = ErpState::Posted;
        self.order.erp.until = None;
        self.order.erp.posted_at = Some(self.context.at);
        if self.order.stock.state == StockState::Reserved {
            self.order.stock.state = StockState::Proven;
            self.order.stock.proven_at = Some(confirmed_at);
        }
        let number = documents.first().map(|document| if document.number.is_empty() { &document.id } else { &document.number });
        self.record(EventKind::Posted, number.cloned().unwrap_or_default());
        self.order.erp.documents = documents;
        let sent = self.order.erp.goods.clone();
        let wanted = self.order.content.as_ref().map(|content| content.goods.clone());
        self.compare_with_posted(sent != wanted);
        Ok(())
    }
}
