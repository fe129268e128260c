//! What the store says of the order.

use super::Transition;
use crate::event::EventKind;
use crate::facets::{ErpState, Hold, Stage, WaitOn, Waiting};
use crate::ids::{Endpoint, Step};
use crate::ledger::{Effect, Refund, RefundState};
use crate::order::Content;
use crate::reading::StaleReason;
use crate::store_order::{RefundSeen, StoreOrder};
use crate::time::At;

/// Holds of post-to-erp that are about what the ERP has. Its others are about what the store wanted: when it wants something else, it is
/// decided anew.
const ABOUT_THE_ERP: [&str; 3] = ["duplicate_in_erp", "erp_total_differs", "erp_unfinished"];

/// Refunds that one commit learns of: each is a row of the ledger, and a transaction takes a hundred.
const MOST_NEWS: usize = 60;

impl Transition<'_> {
    pub(super) fn seen(&mut self, seen: &StoreOrder, asked: bool) {
        self.take_content(seen, asked);
        // Now, so that the order can be judged in the same commit.
        if self.order.erp.state == ErpState::None && self.order.stale.is_none() {
            self.follow_unposted();
        }
    }

    fn take_content(&mut self, seen: &StoreOrder, asked: bool) {
        let content = Content::of(seen);
        let was_stale = if asked { self.order.stale.take() } else { None };
        let was_gone = std::mem::take(&mut self.order.gone);
        let before = self.order.content.replace(content.clone());
        self.order.payment = seen.payment();
        match &before {
            None => self.record(EventKind::Received, seen.status.as_str()),
            Some(before) if before.hash == content.hash => {
                // A GET of an echo: nothing to do, but the doubt is over. An order held or waiting stays so.
                if was_stale.is_some() {
                    self.record(EventKind::Confirmed, "");
                }
                if was_gone {
                    self.lift_hold();
                }
                self.see_refunds(&seen.refunds, asked);
                self.clear_store_wait();
                return;
            }
            Some(before) => {
                let detail = if before.goods == content.goods { "status or payment" } else { "goods" };
                self.record(EventKind::Changed, detail);
            }
        }
        self.see_refunds(&seen.refunds, asked);
        if !asked && content.status.is_cancelled() {
            self.doubted(StaleReason::Cancelled);
        }
        match self.order.erp.state {
            ErpState::None => {
                let hold = self.order.hold.take();
                // Only an answer to a question ends a doubt: a delivery may have been on its way for longer.
                if !asked {
                    self.order.stale = self.order.stale.or(hold.and_then(|hold| hold.open_doubt()));
                }
                self.order.waiting = None;
                if self.order.stage != Stage::Cancelled {
                    self.order.stage = Stage::Received;
                }
            }
            // The outcome of the call comes first; what was sent is compared with what is wanted by then.
            ErpState::Posting | ErpState::Unknown => self.clear_store_wait(),
            ErpState::Posted => {
                self.clear_store_wait();
                self.lift_hold();
            }
        }
    }

    fn lift_hold(&mut self) {
        let about_content = |hold: &Hold| {
            let code = hold.code.as_str();
            code == "deleted_in_store" || (hold.step == Step::PostToErp && !ABOUT_THE_ERP.contains(&code))
        };
        while self.order.hold.as_ref().is_some_and(about_content) {
            self.unhold();
        }
        self.order.erp.by_hand = false;
    }

    fn see_refunds(&mut self, seen: &[RefundSeen], asked: bool) {
        let mut news: usize = 0;
        for refund in seen {
            if news >= MOST_NEWS {
                // Asked again, the store tells of the next ones.
                self.doubted(StaleReason::RefundMissing);
                break;
            }
            match self.order.refunds.iter_mut().find(|known| known.id == refund.id) {
                None => self.order.refunds.push(Refund::seen(refund.id, refund.amount)),
                Some(known) if known.state == RefundState::Withdrawn => known.state = RefundState::Seen,
                Some(_) => continue,
            }
            news = news.saturating_add(1);
            self.record(EventKind::RefundSeen, format!("{} {}", refund.id, refund.amount));
        }
        let is_seen = |id: u64| seen.iter().any(|refund| refund.id == id);
        let missing = self.order.refunds.iter().filter(|refund| refund.counts() && !is_seen(refund.id));
        let missing: Vec<u64> = missing.map(|refund| refund.id).collect();
        if missing.is_empty() {
            return;
        }
        // A delivery may be older than the refund, whatever its date says.
        if !asked {
            self.doubted(StaleReason::RefundMissing);
            return;
        }
        for id in missing {
            self.refund_deleted(id);
        }
    }

    /// The store deleted a refund, which it does without a word.
    pub(super) fn refund_deleted(&mut self, id: u64) {
        let about = Some(Effect::Credit(id));
        if self.order.hold.as_ref().is_some_and(|hold| hold.about == about && hold.code != "refund_deleted") {
            self.unhold();
        }
        let crediting = self.order.is_calling(&Effect::Credit(id));
        let Some(refund) = self.order.refunds.iter_mut().find(|refund| refund.id == id) else { return };
        match refund.state {
            // Whether the ERP has a credit note for it is learnt first.
            RefundState::Seen if crediting => self.doubted(StaleReason::RefundMissing),
            RefundState::Seen | RefundState::NotNeeded => {
                refund.state = RefundState::Withdrawn;
                self.record(EventKind::RefundSettled, format!("{id} deleted in the store"));
            }
            RefundState::Credited => {
                let document = refund.document.as_ref().map_or("-", |document| document.id.as_str());
                let message = format!(
                    "the store deleted refund {id} over {}, for which the ERP has the credit note {document}",
                    refund.amount
                );
                if self.order.hold.as_ref().is_none_or(|hold| hold.about != about) {
                    self.hold("refund_deleted", message, about);
                }
            }
            RefundState::Withdrawn | RefundState::ByHand => {}
        }
    }

    pub(super) fn clear_store_wait(&mut self) {
        if matches!(&self.order.waiting, Some(Waiting { on: WaitOn::Endpoint(Endpoint::Store(_)), .. })) {
            self.order.waiting = None;
        }
    }

    pub(super) fn touched(&mut self, modified: At) {
        if let Some(content) = &mut self.order.content {
            content.modified = content.modified.max(modified);
        }
    }

    pub(super) fn doubted(&mut self, reason: StaleReason) {
        if self.order.stale.replace(reason).is_none() {
            self.record(EventKind::Doubted, reason.slug());
        }
    }

    pub(super) fn gone(&mut self) {
        self.order.stale = None;
        let was_gone = std::mem::replace(&mut self.order.gone, true);
        self.clear_store_wait();
        match self.order.erp.state {
            ErpState::None => {
                self.order.hold = None;
                self.order.waiting = None;
            }
            ErpState::Posting | ErpState::Unknown | ErpState::Posted if !was_gone => {
                let message = "the store no longer has this order, and the ERP has it or may have it".to_owned();
                self.hold("deleted_in_store", message, None);
            }
            ErpState::Posting | ErpState::Unknown | ErpState::Posted => {}
        }
    }
}
