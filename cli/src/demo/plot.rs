//! What happens to an order of a kind after it was placed, and when.

use rust_decimal::Decimal;
use waybill_domain::{Endpoint, ErpState, Order, ReturnState, WaitOn, Waiting, next};

use super::Kind;

/// The code of the hold when the ERP refuses an order at first.
pub const REFUSED: &str = "erp_period_closed";
/// What is refunded where an amount is.
pub const AMOUNT: Decimal = Decimal::from_parts(500, 0, 0, false, 2);

/// One thing that is done outside, once the record is seen to be ready for it.
#[derive(Debug, Clone, Copy)]
pub struct Scene {
    /// When.
    pub when: When,
    /// What.
    pub act: Act,
}

/// What the record must show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// It waits for the payment.
    Unpaid,
    /// It is held because the ERP refused it.
    Refused,
    /// The ERP has it, and all that follows from what happened before is done.
    AtRest,
}

/// What is done, and by whom.
#[derive(Debug, Clone, Copy)]
pub enum Act {
    /// The customer pays.
    Pay,
    /// The shop cancels.
    Cancel,
    /// The shop adds a piece to the first line.
    OnePieceMore,
    /// The shop refunds everything and puts it back on the shelf.
    RefundAll,
    /// The shop refunds a piece of the first line and puts it back on the shelf.
    RefundPiece,
    /// The shop refunds [`AMOUNT`].
    RefundAmount,
    /// The warehouse reports a shipment.
    Ship(Parcel),
    /// The warehouse reports the return of two pieces of the first line, of which it accepts one.
    Return(ReturnState),
    /// The warehouse reports that it cannot go on.
    Block,
}

/// A shipment as it is reported.
#[derive(Debug, Clone, Copy)]
pub struct Parcel {
    /// The warehouse's id.
    pub id: &'static str,
    /// Grows with every correction.
    pub revision: u32,
    /// What is in it.
    pub content: Packed,
}

/// What is in a parcel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packed {
    /// All pieces of the first line but one.
    Some,
    /// All that is still to leave.
    Rest,
    /// Nothing: it never left.
    Void,
}

const fn at_rest(act: Act) -> Scene {
    Scene { when: When::AtRest, act }
}

const fn ship(id: &'static str, revision: u32, content: Packed) -> Scene {
    at_rest(Act::Ship(Parcel { id, revision, content }))
}

impl Kind {
    /// What happens, in this order.
    #[must_use]
    pub fn plot(self) -> &'static [Scene] {
        match self {
            Kind::Plain
            | Kind::Guest
            | Kind::Variation
            | Kind::Coupon
            | Kind::FeeTwoRates
            | Kind::TaxInclusive
            | Kind::ShortStock
            | Kind::WrongTotals => &[],
            Kind::UnpaidThenPaid => const { &[Scene { when: When::Unpaid, act: Act::Pay }] },
            Kind::PartialShipment => const { &[ship("P-1", 1, Packed::Some)] },
            Kind::TwoParcels => const { &[ship("P-1", 1, Packed::Some), ship("P-2", 1, Packed::Rest)] },
            Kind::ShipmentCorrected => {
                const {
                    &[
                        ship("P-1", 1, Packed::Some),
                        ship("P-1", 2, Packed::Some),
                        ship("P-1", 3, Packed::Void),
                        ship("P-2", 1, Packed::Rest),
                    ]
                }
            }
            Kind::BlockedInWarehouse => const { &[at_rest(Act::Block)] },
            Kind::FullRefund => const { &[at_rest(Act::RefundAll)] },
            Kind::PartialRefund => const { &[at_rest(Act::RefundPiece)] },
            Kind::AmountRefund => const { &[at_rest(Act::RefundAmount)] },
            Kind::Return => {
                const {
                    &[
                        ship("P-1", 1, Packed::Rest),
                        at_rest(Act::Return(ReturnState::Announced)),
                        at_rest(Act::Return(ReturnState::Received)),
                        at_rest(Act::Return(ReturnState::Inspected)),
                    ]
                }
            }
            Kind::CancelledBeforePosting => const { &[Scene { when: When::Refused, act: Act::Cancel }] },
            Kind::AmendedBeforePosting => const { &[Scene { when: When::Refused, act: Act::OnePieceMore }] },
            Kind::CancelledAfterPosting => const { &[at_rest(Act::Cancel)] },
            Kind::AmendedAfterPosting | Kind::AmendmentRefused => const { &[at_rest(Act::OnePieceMore)] },
        }
    }
}

impl When {
    /// Whether the record shows it.
    #[must_use]
    pub fn is_met(self, order: &Order) -> bool {
        let hold = order.hold.as_ref().map(|hold| hold.code.as_str());
        match self {
            When::Unpaid => matches!(&order.waiting, Some(Waiting { on: WaitOn::Payment, .. })),
            When::Refused => hold == Some(REFUSED),
            When::AtRest => hold.is_none() && order.erp.state == ErpState::Posted && is_at_rest(order),
        }
    }
}

/// Whether nothing more happens to the order by itself.
#[must_use]
pub fn is_at_rest(order: &Order) -> bool {
    let in_a_line = matches!(
        &order.waiting,
        Some(Waiting { on: WaitOn::Endpoint(Endpoint::Erp(_) | Endpoint::Store(_) | Endpoint::Warehouse(_)), .. })
    );
    order.content.is_some() && next(order).is_empty() && !in_a_line
}

#[cfg(test)]
mod tests {
    use waybill_domain::{At, Hold, Step};

    use super::*;

    #[test]
    fn what_is_done_waits_for_what_the_record_shows() {
        let mut order = waybill_domain::transition::begin("demo/1".parse().unwrap(), At(0));
        assert!(![When::Unpaid, When::Refused, When::AtRest].into_iter().any(|when| when.is_met(&order)));
        order.waiting = Some(Waiting { on: WaitOn::Payment, since: At(0) });
        assert!(When::Unpaid.is_met(&order) && !When::AtRest.is_met(&order));
        let hold = Hold {
            code: REFUSED.to_owned(),
            message: String::new(),
            step: Step::PostToErp,
            since: At(0),
            doubt: None,
            about: None,
            under: None,
        };
        order.hold = Some(hold);
        assert!(When::Refused.is_met(&order) && !When::AtRest.is_met(&order));
    }

    #[test]
    fn only_the_kinds_that_are_refused_wait_for_it() {
        for kind in Kind::ALL {
            let waits = kind.plot().iter().any(|scene| scene.when == When::Refused);
            assert_eq!(waits, kind.is_refused_at_first(), "{}", kind.slug());
        }
    }
}
