//! The main way, from judgement to the ERP's document.

use std::collections::BTreeMap;

use super::{Illegal, Transition};
use crate::event::EventKind;
use crate::facets::{Document, Erp, ErpState, Stage, Stock, StockState, WaitOn};
use crate::fulfilment::{Pieces, Push};
use crate::ids::{ErpSlug, Sku, WarehouseSlug};
use crate::ledger::Effect;
use crate::time::At;

/// Tries without an answer after which a person must look: with pauses that double, about a day.
const MOST_SILENCES: u32 = 20;
/// How often the pause is doubled.
const DOUBLINGS: u32 = 6;

/// The moment to look, put off with every try that got no answer.
fn later(now: At, until: At, silences: u32) -> At {
    let pause = u32::try_from(until.since(now).div_ceil(1000)).unwrap_or(u32::MAX);
    now.plus_seconds(pause.saturating_mul(2_u32.saturating_pow(silences.min(DOUBLINGS))))
}

impl Transition<'_> {
    pub(super) fn validated(&mut self, mapping: u32, payment_accepted: bool) -> Result<(), Illegal> {
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

    pub(super) fn reserved(&mut self, ledger: ErpSlug, lines: BTreeMap<Sku, u32>) -> Result<(), Illegal> {
        if self.order.stage != Stage::Validated {
            return Err(self.illegal("reserved"));
        }
        let pieces = lines.iter().map(|(sku, quantity)| format!("{sku}×{quantity}")).take(3).collect::<Vec<_>>().join(" ");
        self.order.stage = Stage::Reserved;
        self.order.stock = Stock { state: StockState::Reserved, ledger: Some(ledger), lines, ..Stock::NONE };
        self.record(EventKind::Reserved, pieces);
        Ok(())
    }

    pub(super) fn backordered(&mut self, short: &str) -> Result<(), Illegal> {
        if self.order.stage != Stage::Validated {
            return Err(self.illegal("backordered"));
        }
        self.order.stage = Stage::Reserved;
        self.order.stock = Stock { state: StockState::Backordered, ..Stock::NONE };
        self.record(EventKind::Backordered, short);
        Ok(())
    }

    pub(super) fn stock_released(&mut self) {
        self.order.stock = Stock::NONE;
        self.record(EventKind::StockReleased, "");
    }

    pub(super) fn posting_started(&mut self, erp: ErpSlug, reference: String, until: At) -> Result<(), Illegal> {
        if self.order.stage != Stage::Reserved || self.order.erp.state != ErpState::None {
            return Err(self.illegal("posting"));
        }
        self.order.waiting = None;
        self.record(EventKind::Posting, reference.clone());
        let content = self.order.content.as_ref();
        self.order.erp = Erp {
            state: ErpState::Posting,
            reference: Some(reference),
            attempt: self.order.erp.attempt.saturating_add(1),
            silences: self.order.erp.silences,
            until: Some(until),
            slug: Some(erp),
            goods: content.map(|content| content.goods.clone()),
            content: content.map(|content| content.hash.clone()),
            paid: self.order.payment.is_captured(),
            cancelled: self.order.erp.cancelled,
            ..Erp::NONE
        };
        Ok(())
    }

    pub(super) fn outcome_unknown(&mut self, until: At, why: &str) -> Result<(), Illegal> {
        if let Some(call) = &mut self.order.call {
            let until = later(self.context.at, until, call.silences);
            (call.unknown, call.until) = (true, until);
            call.silences = call.silences.saturating_add(1);
            let (silences, effect) = (call.silences, call.effect.clone());
            self.order.waiting = None;
            self.record(EventKind::CallUnknown, format!("{effect}: {why}"));
            self.hold_when_nobody_answers(silences, Some(effect));
            return Ok(());
        }
        if !matches!(self.order.erp.state, ErpState::Posting | ErpState::Unknown) {
            return Err(self.illegal("an unknown outcome"));
        }
        self.order.waiting = None;
        self.order.erp.state = ErpState::Unknown;
        self.order.erp.until = Some(later(self.context.at, until, self.order.erp.silences));
        self.order.erp.silences = self.order.erp.silences.saturating_add(1);
        self.record(EventKind::PostingUnknown, why);
        self.hold_when_nobody_answers(self.order.erp.silences, None);
        Ok(())
    }

    /// Who answers questions and never this call, for a day, will not tomorrow.
    fn hold_when_nobody_answers(&mut self, silences: u32, about: Option<Effect>) {
        if silences >= MOST_SILENCES {
            let message = format!(
                "{silences} tries got no answer, and none of them was found to have worked; look at the other side's log"
            );
            self.hold("no_answer", message, about);
        }
    }

    pub(super) fn posting_refused(&mut self, why: &str) -> Result<(), Illegal> {
        if !matches!(self.order.erp.state, ErpState::Posting | ErpState::Unknown) {
            return Err(self.illegal("posting-refused"));
        }
        self.order.waiting = None;
        self.order.erp.state = ErpState::None;
        self.order.erp.until = None;
        self.record(EventKind::PostingRefused, why);
        // What the store wanted meanwhile was put off for the outcome; the posting is over, so it counts now.
        let wanted = self.order.content.as_ref().map(|content| &content.goods);
        if self.order.erp.goods.as_ref() != wanted {
            self.order.stage = Stage::Received;
        }
        Ok(())
    }

    pub(super) fn posted(
        &mut self,
        confirmed_at: At,
        documents: Vec<Document>,
        to_ship: Pieces,
        push: Option<WarehouseSlug>,
    ) -> Result<(), Illegal> {
        if !matches!(self.order.erp.state, ErpState::Posting | ErpState::Unknown) {
            return Err(self.illegal("posted"));
        }
        self.order.waiting = None;
        self.order.stage = Stage::Posted;
        self.order.erp.state = ErpState::Posted;
        self.order.erp.silences = 0;
        self.order.erp.until = None;
        self.order.erp.posted_at = Some(self.context.at);
        if self.order.stock.state == StockState::Reserved {
            self.order.stock.state = StockState::Proven;
            self.order.stock.proven_at = Some(confirmed_at);
        }
        let number = documents.first().map(|document| if document.number.is_empty() { &document.id } else { &document.number });
        self.record(EventKind::Posted, number.cloned().unwrap_or_default());
        self.order.erp.documents = documents;
        self.order.fulfilment.lines = to_ship;
        let told = |push: &Push| push.told;
        let told = self.order.fulfilment.push.as_ref().map_or(0, told);
        self.order.fulfilment.push = push.map(|warehouse| Push { warehouse, told });
        Ok(())
    }
}
