//! How an order of a kind must end: in Waybill's record, in the store, in the ERP and in the warehouse.

use rust_decimal::Decimal;
use waybill_domain::{ErpState, FulfilmentState, Order, Payment, Stage};

use super::Kind;
use super::plot::AMOUNT;
use crate::orders::OrderView;

/// What must be true at the end.
#[derive(Debug, Clone, Copy)]
pub struct End {
    /// The code it is held with.
    pub hold: Option<&'static str>,
    /// How far it has come.
    pub stage: Stage,
    /// The payment, as the store reports it.
    pub payment: Payment,
    /// What the warehouse has done.
    pub fulfilment: FulfilmentState,
    /// How often the warehouse was asked: once, and again whenever what is to leave changed.
    pub requests: u32,
    /// Pieces that are to leave in all; `None`: as many as the store's order has.
    pub to_leave: Option<u32>,
    /// Shipments that left: as many fulfillments and tracking numbers are in the store.
    pub parcels: usize,
    /// Status in the store.
    pub status: &'static str,
    /// Notes that the customer was mailed.
    pub notes: usize,
    /// The ERP has a document that is not cancelled.
    pub in_erp: bool,
    /// Documents that are cancelled in the ERP.
    pub cancelled: usize,
    /// Pieces that the shop added after the ERP had the order, and that the ERP does not take.
    pub too_late: i64,
    /// How often the ERP's document was amended.
    pub amendments: u32,
    /// Its one credit note.
    pub credit: Option<Credit>,
}

/// A credit note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Credit {
    /// Pieces.
    pub pieces: i64,
    /// How many of them went back on the shelf, in the store and in the ERP.
    pub restocked: i64,
    /// Gross amount that belongs to no line.
    pub other: Decimal,
}

/// Posted, and the warehouse was asked.
const SOLD: End = End {
    hold: None,
    stage: Stage::Posted,
    payment: Payment::Paid,
    fulfilment: FulfilmentState::Requested,
    requests: 1,
    to_leave: None,
    parcels: 0,
    status: "processing",
    notes: 0,
    in_erp: true,
    cancelled: 0,
    too_late: 0,
    amendments: 0,
    credit: None,
};

/// All of it left, in one parcel.
const SHIPPED: End =
    End { stage: Stage::Completed, fulfilment: FulfilmentState::Shipped, parcels: 1, status: "completed", notes: 1, ..SOLD };

/// Never posted.
const UNPOSTED: End = End { fulfilment: FulfilmentState::None, requests: 0, to_leave: Some(0), in_erp: false, ..SOLD };

impl Kind {
    /// How it must end.
    #[must_use]
    pub fn end(self) -> End {
        let pieces = |pieces, restocked| Some(Credit { pieces, restocked, other: Decimal::ZERO });
        match self {
            Kind::Plain
            | Kind::Guest
            | Kind::Variation
            | Kind::Coupon
            | Kind::FeeTwoRates
            | Kind::TaxInclusive
            | Kind::UnpaidThenPaid
            | Kind::AmendedBeforePosting => SOLD,
            Kind::ShortStock => End { hold: Some("short_stock"), stage: Stage::Validated, ..UNPOSTED },
            Kind::WrongTotals => End { hold: Some("total_mismatch"), stage: Stage::Received, ..UNPOSTED },
            Kind::PartialShipment => End { fulfilment: FulfilmentState::PartlyShipped, parcels: 1, notes: 1, ..SOLD },
            Kind::TwoParcels => End { parcels: 2, notes: 2, ..SHIPPED },
            // Of the parcel that never left the customer heard twice, of the other once.
            Kind::ShipmentCorrected => End { notes: 3, ..SHIPPED },
            Kind::BlockedInWarehouse => End { fulfilment: FulfilmentState::Blocked, ..SOLD },
            Kind::FullRefund => End {
                payment: Payment::Refunded,
                fulfilment: FulfilmentState::Withdrawn,
                requests: 2,
                to_leave: Some(0),
                status: "refunded",
                credit: pieces(2, 2),
                ..SOLD
            },
            Kind::PartialRefund => {
                End { payment: Payment::PartlyRefunded, requests: 2, to_leave: Some(1), credit: pieces(1, 1), ..SOLD }
            }
            Kind::AmountRefund => {
                let credit = Some(Credit { pieces: 0, restocked: 0, other: AMOUNT });
                End { payment: Payment::PartlyRefunded, credit, ..SOLD }
            }
            Kind::Return => End { payment: Payment::PartlyRefunded, credit: pieces(1, 1), ..SHIPPED },
            Kind::CancelledBeforePosting => End { stage: Stage::Cancelled, status: "cancelled", ..UNPOSTED },
            Kind::CancelledAfterPosting => End {
                stage: Stage::Cancelled,
                fulfilment: FulfilmentState::Withdrawn,
                requests: 2,
                cancelled: 1,
                status: "cancelled",
                ..UNPOSTED
            },
            Kind::AmendedAfterPosting => End { requests: 2, amendments: 1, ..SOLD },
            Kind::AmendmentRefused => End { hold: Some("changed_after_posting"), too_late: 1, ..SOLD },
        }
    }

    /// What is wrong with this record; `None` if it is as it must be at the end.
    #[must_use]
    pub fn objection(self, order: &Order) -> Option<String> {
        let end = self.end();
        match (end.hold, &order.hold) {
            (Some(code), Some(hold)) if hold.code == code => {}
            // Several findings have one code together, and name each in the message.
            (Some(code), Some(hold)) if hold.code == "validation_failed" && hold.message.contains(code) => {}
            (Some(code), Some(hold)) => return Some(format!("held with {} instead of {code}: {}", hold.code, hold.message)),
            (Some(code), None) => return Some(format!("not held with {code}, but {}", stands(order))),
            (None, Some(hold)) => return Some(format!("held with {}: {}", hold.code, hold.message)),
            (None, None) => {}
        }
        let fulfilment = &order.fulfilment;
        let unsaid = fulfilment.shipments.iter().filter(|shipment| shipment.told < shipment.revision).count();
        let posted = order.erp.state == ErpState::Posted;
        if end.stage != order.stage {
            return Some(format!("not {}, but {}", slug(&end.stage), stands(order)));
        }
        let wrong = [
            differs("payment", &slug(&end.payment), &slug(&order.payment)),
            differs("fulfilment", &slug(&end.fulfilment), &slug(&fulfilment.state())),
            differs("the count of requests to the warehouse", &end.requests, &fulfilment.revision),
            differs("the count of parcels in the record", &end.parcels, &fulfilment.live().count()),
            differs("the count of shipments that the store does not know", &0, &unsaid),
            differs("posted, by the record,", &end.in_erp, &posted),
            differs(
                "the count of cancelled documents in the record",
                &end.cancelled.to_string(),
                &order.erp.cancelled.to_string(),
            ),
        ];
        wrong.into_iter().flatten().next()
    }
}

fn slug(state: &impl serde::Serialize) -> String {
    serde_json::to_value(state).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// `WHAT is THIS, not THAT`, if it is not as wanted.
pub(super) fn differs<T: PartialEq + std::fmt::Display>(what: &str, wanted: &T, found: &T) -> Option<String> {
    (wanted != found).then(|| format!("{what} is {found}, not {wanted}"))
}

fn stands(order: &Order) -> String {
    let stage = OrderView::brief(order).stage;
    match &order.waiting {
        Some(waiting) => format!("{stage} and waiting for {}", waiting.on),
        None => stage,
    }
}

#[cfg(test)]
mod tests {
    use waybill_domain::{At, Hold, Step, WaitOn, Waiting};

    use super::*;

    fn order(change: impl FnOnce(&mut Order)) -> Order {
        let mut order = waybill_domain::transition::begin("demo/1".parse().unwrap(), At(0));
        order.payment = Payment::Paid;
        change(&mut order);
        order
    }

    fn held(code: &str, message: &str) -> Order {
        order(|order| {
            let (code, message) = (code.to_owned(), message.to_owned());
            order.hold = Some(Hold { code, message, step: Step::Validate, since: At(0), doubt: None, about: None, under: None });
        })
    }

    #[test]
    fn only_the_end_that_a_kind_must_have_is_accepted() {
        let posted = order(|order| {
            order.stage = Stage::Posted;
            order.erp.state = ErpState::Posted;
            order.fulfilment.lines.insert(1, 2);
            order.fulfilment.revision = 1;
        });
        assert_eq!(Kind::Plain.objection(&posted), None);
        assert_eq!(Kind::ShortStock.objection(&posted).unwrap(), "not held with short_stock, but posted");
        let short = Order { stage: Stage::Validated, ..held("short_stock", "") };
        assert_eq!(Kind::ShortStock.objection(&short), None);
        assert_eq!(Kind::WrongTotals.objection(&held("validation_failed", "total_mismatch: the total is 1")), None);
        assert!(Kind::WrongTotals.objection(&held("validation_failed", "tax_mismatch")).is_some());
        assert!(Kind::Plain.objection(&held("stock_unknown", "MUG")).unwrap().contains("MUG"));
        let waiting = order(|order| order.waiting = Some(Waiting { on: WaitOn::Payment, since: At(0) }));
        assert_eq!(Kind::Guest.objection(&waiting).unwrap(), "not posted, but received and waiting for payment");
        assert_eq!(Kind::TwoParcels.objection(&posted).unwrap(), "not completed, but posted");
        assert_eq!(Kind::BlockedInWarehouse.objection(&posted).unwrap(), "fulfilment is requested, not blocked");
        assert_eq!(Kind::AmendedAfterPosting.objection(&posted).unwrap(), "the count of requests to the warehouse is 1, not 2");
    }
}
