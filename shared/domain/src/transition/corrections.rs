//! Calls after posting, and what they do to the ERP's order.

use std::collections::BTreeMap;

use super::{Illegal, Transition};
use crate::event::EventKind;
use crate::facets::{Document, Erp, ErpState, Stock, StockState};
use crate::fulfilment::Pieces;
use crate::ids::{ContentHash, Sku};
use crate::ledger::{Call, Effect, RefundState};
use crate::time::At;

impl Transition<'_> {
    pub(super) fn call_started(&mut self, effect: Effect, until: At, extra: BTreeMap<Sku, u32>) -> Result<(), Illegal> {
        if self.order.erp.state != ErpState::Posted || self.order.call.is_some() {
            return Err(self.illegal("a call"));
        }
        self.order.waiting = None;
        self.order.stock.extra = extra;
        self.order.fulfilment.tried |= effect == Effect::Tell;
        self.record(EventKind::Calling, effect.to_string());
        // A try that is found not to have worked ends in the commit in which the next one begins.
        let tried = self.before.call.as_ref().filter(|call| call.effect == effect);
        let silences = tried.map_or(0, |call| call.silences);
        self.order.call = Some(Call { effect, unknown: false, until, silences });
        Ok(())
    }

    pub(super) fn call_ended(&mut self, why: &str) -> Result<(), Illegal> {
        let Some(call) = self.order.call.take() else { return Err(self.illegal("the end of a call")) };
        self.order.waiting = None;
        self.order.stock.extra.clear();
        self.record(EventKind::CallEnded, format!("{}: {why}", call.effect));
        Ok(())
    }

    /// What was done needs no call any more. Done by hand, there was none.
    pub(super) fn end_call(&mut self, effect: &Effect) -> Result<(), Illegal> {
        match &self.order.call {
            Some(call) if call.effect != *effect => Err(self.illegal("the end of another call")),
            _ => {
                self.order.call = None;
                self.order.waiting = None;
                Ok(())
            }
        }
    }

    pub(super) fn amended(
        &mut self,
        goods: ContentHash,
        content: ContentHash,
        confirmed_at: At,
        documents: Vec<Document>,
        to_ship: Pieces,
        stock: BTreeMap<Sku, u32>,
    ) -> Result<(), Illegal> {
        self.end_call(&Effect::Amend)?;
        self.record(EventKind::Amended, if self.order.erp.by_hand { "by hand" } else { "" });
        let erp = &mut self.order.erp;
        (erp.goods, erp.content, erp.by_hand, erp.documents) = (Some(goods), Some(content), false, documents);
        self.order.fulfilment.lines = to_ship;
        // Addresses and articles may have changed as well: the warehouse is asked anew, whatever the pieces.
        self.order.fulfilment.requested.clear();
        if self.order.stock.state == StockState::Proven {
            self.order.stock.lines = stock;
            self.order.stock.proven_at = Some(confirmed_at);
        }
        self.order.stock.extra.clear();
        Ok(())
    }

    /// The ERP's own figure rises by it: the next pull shows that, so the ledger is not moved.
    pub(super) fn erp_cancelled(&mut self) -> Result<(), Illegal> {
        if self.order.erp.state != ErpState::Posted {
            return Err(self.illegal("a cancellation in the ERP"));
        }
        self.end_call(&Effect::Cancel)?;
        let document = self.order.erp.documents.first().map_or_else(String::new, |document| document.id.clone());
        let by_hand = self.order.erp.by_hand;
        self.record(EventKind::ErpCancelled, format!("{document}{}", if by_hand { " by hand" } else { "" }));
        if by_hand {
            // Who dealt with it knows what had left.
            self.order.fulfilment.accepted = self.order.fulfilment.shipped();
        }
        self.order.erp =
            Erp { attempt: self.order.erp.attempt, cancelled: self.order.erp.cancelled.saturating_add(1), ..Erp::NONE };
        self.order.stock = Stock::NONE;
        // Credit notes went with the order: should it come back to life, its refunds are to be credited again.
        for refund in self.order.refunds.iter_mut().filter(|refund| refund.state == RefundState::Credited) {
            (refund.state, refund.document) = (RefundState::NotNeeded, None);
        }
        Ok(())
    }
}
