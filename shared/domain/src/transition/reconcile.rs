//! What follows from the record as a whole. It is computed after every commit from what is recorded, never from the order of events.

use super::Transition;
use crate::event::EventKind;
use crate::facets::{ErpState, Stage};
use crate::fulfilment::Pieces;
use crate::ledger::RefundState;
use crate::store_order::StoreStatus;

impl Transition<'_> {
    pub(super) fn reconcile(&mut self) {
        // While an outcome is unknown, or the content in doubt, nobody knows what follows: not even when the question was refused, and a
        // person must see to it first.
        let doubted = self.order.stale.is_some() || self.order.hold.as_ref().is_some_and(|hold| hold.open_doubt().is_some());
        if doubted || matches!(self.order.erp.state, ErpState::Posting | ErpState::Unknown) {
            return;
        }
        match self.order.erp.state {
            ErpState::Posted => self.follow_posted(),
            _ => self.follow_unposted(),
        }
        self.settle_refunds();
        self.request_fulfilment();
        self.watch_shipments();
    }

    /// Nothing is in the ERP: cancelled if the store does not want it, alive if it does.
    pub(super) fn follow_unposted(&mut self) {
        if self.order.is_unwanted() {
            if self.order.stage != Stage::Cancelled {
                self.order.stage = Stage::Cancelled;
                self.order.hold = None;
                self.order.waiting = None;
                self.record(EventKind::Cancelled, "");
            }
        } else if matches!(self.order.stage, Stage::Cancelled | Stage::Posted | Stage::Completed) {
            let revived = self.order.stage == Stage::Cancelled;
            self.order.stage = Stage::Received;
            self.order.hold = None;
            self.order.waiting = None;
            if revived {
                self.record(EventKind::Revived, "");
            }
        }
    }

    fn follow_posted(&mut self) {
        let status = self.order.content.as_ref().map(|content| content.status.clone());
        match (self.order.stage, status) {
            (Stage::Posted, Some(StoreStatus::Completed)) => {
                self.order.stage = Stage::Completed;
                self.record(EventKind::Completed, "");
            }
            // One that was completed and is cancelled has left the house: that it was completed is remembered.
            (Stage::Completed, Some(status))
                if !(matches!(status, StoreStatus::Completed | StoreStatus::Refunded) || status.is_cancelled()) =>
            {
                self.order.stage = Stage::Posted;
            }
            _ => {}
        }
        self.order.erp.paid |= self.order.payment.is_captured();
        let vanished = self.order.erp.paid && !self.order.payment.is_captured() && !self.order.is_unwanted();
        let held_for_it = self.order.hold.as_ref().is_some_and(|hold| hold.code == "payment_vanished");
        match (vanished, held_for_it) {
            (true, false) if self.order.hold.is_none() => {
                let payment = format!("{:?}", self.order.payment).to_lowercase();
                let message = format!("the order was posted as paid, and the store now reports the payment as {payment}");
                self.hold("payment_vanished", message, None);
            }
            (false, true) => {
                self.unhold();
            }
            _ => {}
        }
    }

    /// What the ERP has not, it need not credit; what it has again, it must.
    fn settle_refunds(&mut self) {
        // Of an order that the store deleted a person decides as a whole.
        let cancelled = self.order.stage == Stage::Cancelled && self.order.erp.state == ErpState::None;
        let needless = cancelled || self.order.gone;
        let mut settled = Vec::new();
        for refund in &mut self.order.refunds {
            match refund.state {
                RefundState::Seen if needless || refund.amount.is_zero() => {
                    refund.state = RefundState::NotNeeded;
                    settled.push(refund.id);
                }
                RefundState::NotNeeded if !needless && !refund.amount.is_zero() => refund.state = RefundState::Seen,
                _ => {}
            }
        }
        for id in settled {
            self.record(EventKind::RefundSettled, format!("{id} nothing to credit"));
        }
    }

    /// Asks the warehouse for what is to leave, and again whenever that changes.
    fn request_fulfilment(&mut self) {
        let fulfilment = &self.order.fulfilment;
        if fulfilment.lines.is_empty() && fulfilment.revision == 0 {
            return;
        }
        let withdrawn = self.withdrawn();
        let first = fulfilment.revision == 0;
        let before = fulfilment.requested.clone();
        self.order.fulfilment.withdrawn = withdrawn;
        let to_ship = self.order.fulfilment.to_ship();
        if !first && before == to_ship {
            return;
        }
        let fulfilment = &mut self.order.fulfilment;
        fulfilment.requested.clone_from(&to_ship);
        fulfilment.revision = fulfilment.revision.saturating_add(1);
        let revision = fulfilment.revision;
        if to_ship.is_empty() {
            self.record(EventKind::FulfilmentWithdrawn, format!("revision {revision}"));
        } else {
            self.record(EventKind::FulfilmentRequested, super::fulfilment::pieces(&format!("revision {revision}"), &to_ship));
        }
    }

    /// Pieces that need not leave any more: all that have not when the order is cancelled or everything was paid back, else those that
    /// were refunded before they left. Pieces of a return left before; of other refunds those count first that have not left.
    fn withdrawn(&self) -> Pieces {
        let order = &self.order;
        let shipped = order.fulfilment.shipped();
        let refunded_whole = order.content.as_ref().is_some_and(|content| content.status == StoreStatus::Refunded);
        let all = order.is_unwanted() || order.erp.state != ErpState::Posted || refunded_whole;
        let mut withdrawn = Pieces::new();
        for (line, quantity) in &order.fulfilment.lines {
            let left = quantity.saturating_sub(shipped.get(line).copied().unwrap_or(0));
            let refunds = order.refunds.iter().filter(|refund| refund.counts() && refund.returned.is_none());
            let refunded = refunds.filter_map(|refund| refund.lines.get(line)).fold(0_u32, |sum, n| sum.saturating_add(*n));
            let pieces = if all { left } else { refunded.min(left) };
            if pieces > 0 {
                withdrawn.insert(*line, pieces);
            }
        }
        withdrawn
    }

    /// A person must look when more left than was ordered, or anything did of an order that is cancelled.
    fn watch_shipments(&mut self) {
        let cancelled = self.order.stage == Stage::Cancelled;
        let code = if cancelled { "shipped_after_cancellation" } else { "shipped_more_than_ordered" };
        let too_much = self.order.fulfilment.too_much(cancelled);
        let ours = ["shipped_after_cancellation", "shipped_more_than_ordered"];
        let held = self.order.hold.as_ref().map(|hold| hold.code.clone());
        if too_much.is_empty() {
            if held.is_some_and(|held| ours.contains(&held.as_str())) {
                self.unhold();
            }
        } else if held.is_none() {
            let words = too_much
                .iter()
                .map(|(line, shipped, ordered)| format!("line {line}: {shipped} shipped, {ordered} ordered"))
                .collect::<Vec<_>>()
                .join("; ");
            self.hold(code, words, None);
        }
    }
}
