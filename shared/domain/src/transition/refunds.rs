//! Returns, refunds and credit notes.

use std::collections::BTreeMap;

use super::fulfilment::pieces;
use super::{Illegal, Transition};
use crate::event::EventKind;
use crate::facets::{Document, DocumentKind};
use crate::fulfilment::Pieces;
use crate::ledger::{Effect, Refund, RefundState};
use crate::money::Decimal;
use crate::shipment::{Return, ReturnState};

impl Transition<'_> {
    /// The furthest state counts, whenever it comes; what was inspected stays as it was judged.
    pub(super) fn returned(&mut self, one: Return) {
        let known = self.order.returns.iter_mut().find(|known| known.id == one.id);
        match known {
            Some(known) if known.state >= one.state => return,
            Some(known) => *known = Return { refund: known.refund, by_hand: known.by_hand, ..one.clone() },
            None => self.order.returns.push(Return { refund: None, by_hand: false, ..one.clone() }),
        }
        let kind = match one.state {
            ReturnState::Announced => EventKind::ReturnAnnounced,
            ReturnState::Received => EventKind::ReturnReceived,
            ReturnState::Inspected if one.is_rejected() => EventKind::ReturnRejected,
            ReturnState::Inspected => EventKind::ReturnInspected,
        };
        let counted: Pieces = one
            .lines
            .iter()
            .map(|(line, pieces)| (*line, if one.state == ReturnState::Inspected { pieces.accepted } else { pieces.quantity }))
            .collect();
        self.record(kind, pieces(&one.id, &counted));
    }

    /// What a refund is of, as soon as it was read: what is refunded need not leave.
    pub(super) fn refund_read(&mut self, id: u64, lines: Pieces, money: BTreeMap<u64, Decimal>) {
        if let Some(refund) = self.order.refunds.iter_mut().find(|refund| refund.id == id) {
            (refund.lines, refund.money) = (lines, money);
        }
    }

    pub(super) fn refund_created(
        &mut self,
        returned: &str,
        refund: u64,
        amount: Decimal,
        (lines, money): (Pieces, BTreeMap<u64, Decimal>),
    ) -> Result<(), Illegal> {
        self.end_call(&Effect::Refund(returned.to_owned()))?;
        let Some(one) = self.order.returns.iter_mut().find(|one| one.id == returned) else {
            return Err(self.illegal("a refund of an unknown return"));
        };
        one.refund = Some(refund);
        let credit_note = one.credit_note.clone();
        let known = self.order.refunds.iter().position(|known| known.id == refund);
        let mut entry = match known {
            Some(index) => self.order.refunds.remove(index),
            None => Refund::seen(refund, amount),
        };
        entry.returned = Some(returned.to_owned());
        (entry.lines, entry.money) = (lines, money);
        self.record(EventKind::RefundCreated, format!("{refund} {amount} {returned}"));
        if let (Some(id), RefundState::Seen) = (credit_note, entry.state) {
            let document = Document { kind: DocumentKind::CreditNote, id, number: String::new() };
            self.record(EventKind::RefundCredited, format!("{refund} {} by the ERP itself", document.id));
            entry.state = RefundState::Credited;
            entry.document = Some(document);
        }
        self.order.refunds.push(entry);
        self.order.refunds.sort_by_key(|refund| refund.id);
        Ok(())
    }

    pub(super) fn credited(&mut self, refund: u64, document: Document, restocked: Pieces) -> Result<(), Illegal> {
        self.end_call(&Effect::Credit(refund))?;
        let Some(entry) = self.order.refunds.iter_mut().find(|entry| entry.id == refund) else {
            return Err(self.illegal("a credit note for an unknown refund"));
        };
        (entry.restocked, entry.state) = (restocked, RefundState::Credited);
        let detail = format!("{refund} {}", document.id);
        entry.document = Some(document);
        self.record(EventKind::RefundCredited, detail);
        Ok(())
    }
}
