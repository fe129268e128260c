//! What warehouses report, and what they and the store are told.

use super::{Illegal, Transition};
use crate::event::EventKind;
use crate::fulfilment::{Block, Pieces};
use crate::ledger::Effect;
use crate::shipment::{FulfilmentStatus, Shipment};

/// `17 1×2 5×1`: what an event says of pieces.
pub(super) fn pieces(id: &str, lines: &Pieces) -> String {
    let mut words = vec![id.to_owned()];
    words.extend(lines.iter().map(|(line, quantity)| format!("{line}×{quantity}")));
    words.join(" ")
}

impl Transition<'_> {
    /// The highest revision counts, whenever it comes.
    pub(super) fn shipped(&mut self, shipment: Shipment) {
        let detail = pieces(&shipment.id, &shipment.lines);
        let id = shipment.id.clone();
        let void = shipment.void;
        // What seemed to come back without having left may have left with this one.
        if self.order.hold.as_ref().is_some_and(|hold| hold.code == "return_exceeds_shipped") {
            self.unhold();
        }
        let known = self.order.fulfilment.shipments.iter_mut().find(|known| known.id == shipment.id);
        match known {
            Some(known) if known.revision >= shipment.revision => {}
            Some(known) => {
                *known = Shipment { told: known.told, ..shipment };
                let kind = if void { EventKind::ShipmentVoided } else { EventKind::ShipmentCorrected };
                self.record(kind, if void { id } else { detail });
            }
            None => {
                self.order.fulfilment.shipments.push(Shipment { told: 0, ..shipment });
                let kind = if void { EventKind::ShipmentVoided } else { EventKind::ShipmentReported };
                self.record(kind, if void { id } else { detail });
            }
        }
    }

    pub(super) fn fulfilment_said(&mut self, status: FulfilmentStatus) {
        let fulfilment = &mut self.order.fulfilment;
        if fulfilment.heard.is_some_and(|heard| heard >= status.at) {
            return;
        }
        fulfilment.heard = Some(status.at);
        let before = fulfilment.block.take();
        fulfilment.block = status.blocked.map(|reason| Block { reason, since: status.at });
        match (before, fulfilment.block.as_ref()) {
            // Its reason is free text, which may name a person: it stays on the order.
            (_, Some(_)) => self.record(EventKind::FulfilmentBlocked, ""),
            (Some(_), None) => self.record(EventKind::FulfilmentUnblocked, ""),
            (None, None) => {}
        }
    }

    pub(super) fn pushed(&mut self, revision: u32) {
        self.order.waiting = None;
        let Some(push) = self.order.fulfilment.push.as_mut().filter(|push| push.told < revision) else { return };
        push.told = revision;
        let detail = format!("{} revision {revision}", push.warehouse);
        self.record(EventKind::FulfilmentPushed, detail);
    }

    pub(super) fn told(&mut self, shipments: &[(String, u32)], completed: bool) -> Result<(), Illegal> {
        self.end_call(&Effect::Tell)?;
        let fulfilment = &mut self.order.fulfilment;
        for (id, revision) in shipments {
            if let Some(shipment) = fulfilment.shipments.iter_mut().find(|shipment| shipment.id == *id) {
                shipment.told = shipment.told.max(*revision);
            }
        }
        fulfilment.tried = false;
        fulfilment.completed |= completed;
        let mut words: Vec<&str> = shipments.iter().map(|(id, _)| id.as_str()).collect();
        words.extend(completed.then_some("completed"));
        let detail = words.join(" ");
        self.record(EventKind::ShipmentTold, detail);
        Ok(())
    }
}
