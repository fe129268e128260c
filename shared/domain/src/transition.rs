//! What happened, applied to the record: one total function over [`Change`], without I/O or clock.
//!
//! A step collects changes and calls [`advance`] once: that is its commit. Everything a change implies (a hold that falls away because
//! the content changed, a line that is left, a request to the warehouse) is decided here, so that every caller gets the same answer.
//! What follows from the record as a whole, rather than from one change, is in [`reconcile`]: so it does not matter what came first.

mod content;
mod corrections;
mod fulfilment;
mod posting;
mod reconcile;
mod refunds;

use std::collections::BTreeMap;

use crate::event::{Event, EventKind};
use crate::facets::{DEAD_LETTER, Document, Erp, ErpState, Hold, Payment, Stage, Stock, WaitOn, Waiting};
use crate::fulfilment::{Fulfilment, Pieces};
use crate::ids::{ContentHash, ErpSlug, OrderKey, Sku, Step, WarehouseSlug};
use crate::ledger::{Effect, RefundState};
use crate::money::Decimal;
use crate::next::next;
use crate::order::{Order, PAGE};
use crate::reading::StaleReason;
use crate::shipment::{FulfilmentStatus, Return, Shipment};
use crate::store_order::StoreOrder;
use crate::time::At;

/// Characters of a hold's message: the row stays a row, however many findings there are.
const LONGEST_MESSAGE: usize = 2_000;
/// Characters of an event's detail.
const LONGEST_DETAIL: usize = 200;
/// Codes of which a retry would only find the same again: a person who retries means that it was dealt with. With every other code a
/// retry tries again.
const MEANS_DONE: [&str; 19] = [
    "cancelled_after_crediting",
    "cancelled_after_shipping",
    "changed_after_posting",
    "changed_after_shipping",
    "erp_cannot_cancel",
    "erp_cannot_credit",
    "erp_over_credited",
    "payment_vanished",
    "refund_deleted",
    "refund_exceeds_bought",
    "refund_exceeds_paid",
    "refund_refused",
    "refund_unclear",
    "return_exceeds_bought",
    "return_perhaps_refunded",
    "return_exceeds_paid",
    "return_exceeds_shipped",
    "shipped_after_cancellation",
    "shipped_more_than_ordered",
];

/// Whether trying again would only find the same: a person has to do something by hand, and then to say so.
pub fn means_done(code: &str) -> bool {
    MEANS_DONE.contains(&code)
}

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
        ledger: ErpSlug,
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
    /// A call that creates the order in the ERP begins, under a lease.
    PostingStarted {
        /// The ERP.
        erp: ErpSlug,
        /// The reference it will have there.
        reference: String,
        /// End of the lease.
        until: At,
    },
    /// The call that was out (to create the order, or [`Change::CallStarted`]) ended without a trustworthy answer.
    OutcomeUnknown {
        /// When to look.
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
        /// What is to be shipped, by the store's line id.
        to_ship: Pieces,
        /// The warehouse that is pushed to.
        push: Option<WarehouseSlug>,
    },
    /// A call that corrects or completes a posted order begins, under a lease.
    CallStarted {
        /// What is done.
        effect: Effect,
        /// End of the lease.
        until: At,
        /// Pieces that are taken from the ledger for an amendment beyond what the order has.
        extra: BTreeMap<Sku, u32>,
    },
    /// What was begun was surely not done.
    CallEnded {
        /// Why, in words.
        why: String,
    },
    /// The ERP's order says what the store's said when this was sent.
    Amended {
        /// What was sent: its hash as the store's goods.
        goods: ContentHash,
        /// The snapshot it was made from.
        content: ContentHash,
        /// When the ERP confirmed, by its clock.
        confirmed_at: At,
        /// Its documents.
        documents: Vec<Document>,
        /// What is to be shipped, by the store's line id.
        to_ship: Pieces,
        /// Pieces by ERP SKU.
        stock: BTreeMap<Sku, u32>,
    },
    /// The ERP's order is cancelled.
    ErpCancelled,
    /// A shipment as the warehouse reports it.
    Shipped(Shipment),
    /// What the warehouse says of being blocked.
    FulfilmentSaid(FulfilmentStatus),
    /// The warehouse was told of this revision of the request.
    Pushed(u32),
    /// The store was told of these shipments in these revisions.
    Told {
        /// Id and revision of each.
        shipments: Vec<(String, u32)>,
        /// It was asked to call the order completed.
        completed: bool,
    },
    /// A return as it is reported.
    Returned(Return),
    /// The refund for a return is in the store.
    RefundCreated {
        /// The return.
        returned: String,
        /// WooCommerce's refund id.
        refund: u64,
        /// Gross, positive.
        amount: Decimal,
        /// Pieces, by line.
        lines: Pieces,
        /// Money, gross, by line.
        money: BTreeMap<u64, Decimal>,
    },
    /// The ERP has a credit note for a refund.
    Credited {
        /// The refund.
        refund: u64,
        /// The credit note.
        document: Document,
        /// Pieces that went back on the shelf.
        restocked: Pieces,
    },
    /// Waits for an endpoint.
    Wait(WaitOn),
    /// A person must decide.
    Held {
        /// Code, listed in docs/ERRORS.md.
        code: String,
        /// In words, without personal data.
        message: String,
        /// What could not be done, where it is one of several.
        about: Option<Effect>,
    },
    /// A person says: try again.
    Retried,
    /// A person says: it was done by hand, whatever it was.
    DoneByHand,
    /// What a refund of the store is of.
    RefundRead {
        /// The refund.
        refund: u64,
        /// Pieces, by line.
        lines: Pieces,
        /// Money, gross, by line.
        money: BTreeMap<u64, Decimal>,
    },
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
        fulfilment: Fulfilment::default(),
        refunds: Vec::new(),
        returns: Vec::new(),
        call: None,
        gone: false,
        busy_since: None,
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
    let mut after = order.clone();
    after.version = after.version.saturating_add(1);
    after.fresh = 0;
    for change in changes {
        Transition { order: &mut after, before: order, context }.apply(change)?;
    }
    Transition { order: &mut after, before: order, context }.reconcile();
    leave_line(&mut after);
    let follows = matches!(after.stage, Stage::Posted | Stage::Completed | Stage::Cancelled);
    let busy = follows && !next(&after).is_empty();
    after.busy_since = busy.then(|| order.busy_since.unwrap_or(context.at));
    // Events start at a page boundary. A page is dropped when the one after it is full too, unless this commit filled it: the relay has
    // not seen it yet.
    let page = usize::try_from(PAGE).unwrap_or(usize::MAX);
    let seen = |last: &Event| last.seq <= order.seq;
    while after.events.len() >= page.saturating_mul(2) && after.events.get(page.saturating_sub(1)).is_some_and(seen) {
        after.events.drain(..page);
    }
    Ok(after)
}

/// Who has nothing to ask of an endpoint any more does not stand in its line.
fn leave_line(order: &mut Order) {
    if matches!(&order.waiting, Some(Waiting { on: WaitOn::Endpoint(_), .. })) {
        let freed = Order { waiting: None, ..order.clone() };
        if next(&freed).is_empty() {
            order.waiting = None;
        }
    }
}

struct Transition<'a> {
    order: &'a mut Order,
    /// The order before this commit.
    before: &'a Order,
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
            Change::Backordered { short } => self.backordered(&short)?,
            Change::StockReleased => self.stock_released(),
            Change::PostingStarted { erp, reference, until } => self.posting_started(erp, reference, until)?,
            Change::OutcomeUnknown { until, why } => self.outcome_unknown(until, &why)?,
            Change::PostingRefused { why } => self.posting_refused(&why)?,
            Change::Posted { confirmed_at, documents, to_ship, push } => self.posted(confirmed_at, documents, to_ship, push)?,
            Change::CallStarted { effect, until, extra } => self.call_started(effect, until, extra)?,
            Change::CallEnded { why } => self.call_ended(&why)?,
            Change::Amended { goods, content, confirmed_at, documents, to_ship, stock } => {
                self.amended(goods, content, confirmed_at, documents, to_ship, stock)?;
            }
            Change::ErpCancelled => self.erp_cancelled()?,
            Change::Shipped(shipment) => self.shipped(shipment),
            Change::FulfilmentSaid(status) => self.fulfilment_said(status),
            Change::Pushed(revision) => self.pushed(revision),
            Change::Told { shipments, completed } => self.told(&shipments, completed)?,
            Change::Returned(one) => self.returned(one),
            Change::RefundCreated { returned, refund, amount, lines, money } => {
                self.refund_created(&returned, refund, amount, (lines, money))?;
            }
            Change::RefundRead { refund, lines, money } => self.refund_read(refund, lines, money),
            Change::Credited { refund, document, restocked } => self.credited(refund, document, restocked)?,
            Change::Wait(on) => self.wait(on),
            Change::Held { code, message, about } => self.hold(&code, message, about),
            Change::Retried => self.retried(),
            Change::DoneByHand => self.done_by_hand(),
        }
        Ok(())
    }

    fn record(&mut self, kind: EventKind, detail: impl Into<String>) {
        let detail: String = detail.into();
        self.order.seq = self.order.seq.saturating_add(1);
        self.order.fresh = self.order.fresh.saturating_add(1);
        // Clocks of functions differ by a little; a story goes forward.
        let at = self.order.events.last().map_or(self.context.at, |last| last.at.max(self.context.at));
        self.order.events.push(Event {
            seq: self.order.seq,
            at,
            kind,
            step: self.context.step,
            detail: detail.chars().take(LONGEST_DETAIL).collect(),
            cause: self.context.cause.clone(),
            release: self.context.release.clone(),
            mapping: self.order.mapping,
        });
    }

    fn illegal(&self, change: &'static str) -> Illegal {
        Illegal { change, stage: self.order.stage, erp: self.order.erp.state }
    }

    fn hold(&mut self, code: &str, message: String, about: Option<Effect>) {
        self.record(EventKind::Held, code);
        self.order.waiting = None;
        let step = self.context.step;
        // A question that the store refused is not asked again before a person has seen to it.
        let doubt = if step == Step::Validate { self.order.stale.take() } else { None };
        let earlier = self.order.hold.take();
        // Held again for the same reason, it is the same hold; held for another, the first is still to be ended. Dead letters of two steps
        // are two reasons: each keeps its own step from running.
        let same =
            |earlier: &Hold| earlier.code == code && earlier.about == about && (code != DEAD_LETTER || earlier.step == step);
        let under = match earlier {
            Some(earlier) if same(&earlier) => earlier.under,
            earlier => earlier.map(Box::new),
        };
        let message = message.chars().take(LONGEST_MESSAGE).collect();
        let since = self.context.at;
        self.order.hold = Some(Hold { code: code.to_owned(), message, step, since, doubt, about, under });
    }

    /// The hold on top is over; what it covered holds on.
    fn unhold(&mut self) -> Option<Hold> {
        let hold = self.order.hold.take()?;
        self.order.hold = hold.under.as_deref().cloned();
        Some(hold)
    }

    /// What a person says by `retry`: the cause is gone, try again; or, where Waybill would only find the same again, that it was dealt
    /// with by hand (docs/ERRORS.md says which code means what).
    fn retried(&mut self) {
        self.record(EventKind::Retried, "");
        let Some(hold) = self.unhold() else { return };
        self.order.stale = self.order.stale.or(hold.doubt);
        if means_done(&hold.code) {
            self.settle_by_hand(&hold);
        }
    }

    fn done_by_hand(&mut self) {
        self.record(EventKind::Retried, "done by hand");
        if let Some(hold) = self.unhold() {
            self.settle_by_hand(&hold);
        }
    }

    fn settle_by_hand(&mut self, hold: &Hold) {
        match hold.code.as_str() {
            "payment_vanished" => self.order.erp.paid = false,
            "shipped_more_than_ordered" | "shipped_after_cancellation" => {
                self.order.fulfilment.accepted = self.order.fulfilment.shipped();
            }
            _ => {}
        }
        // Nobody need learn any more how a call about it ended.
        if hold.about.as_ref().is_some_and(|effect| self.order.is_calling(effect)) {
            self.order.call = None;
            self.order.stock.extra.clear();
        }
        match &hold.about {
            Some(Effect::Credit(id)) => {
                let deleted = hold.code == "refund_deleted";
                let state = if deleted { RefundState::Withdrawn } else { RefundState::ByHand };
                if let Some(refund) = self.order.refunds.iter_mut().find(|refund| refund.id == *id) {
                    refund.state = state;
                }
            }
            Some(Effect::Refund(id)) => {
                if let Some(one) = self.order.returns.iter_mut().find(|one| one.id == *id) {
                    one.by_hand = true;
                }
            }
            Some(Effect::Amend | Effect::Cancel) => self.order.erp.by_hand = true,
            Some(Effect::Tell) | None => {}
        }
    }

    fn wait(&mut self, on: WaitOn) {
        if self.order.waiting.as_ref().is_some_and(|waiting| waiting.on == on) {
            return;
        }
        self.record(EventKind::Waiting, on.to_string());
        self.order.waiting = Some(Waiting { on, since: self.context.at });
    }
}
