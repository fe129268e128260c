//! The kinds of order that the demo places.

use waybill_testkit::store::OrderKind;

/// A kind of order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Nothing happens but the sale.
    Plain,
    /// Of a customer without an account.
    Guest,
    /// Of a variation.
    Variation,
    /// With a coupon.
    Coupon,
    /// With a fee, and two tax rates.
    FeeTwoRates,
    /// Of prices that include tax.
    TaxInclusive,
    /// Paid only when Waybill waits for it.
    UnpaidThenPaid,
    /// Wants more than there is.
    ShortStock,
    /// A cent too much.
    WrongTotals,
    /// A part has left.
    PartialShipment,
    /// All has left, in two parcels.
    TwoParcels,
    /// A parcel gets another tracking number, then turns out never to have left; another takes everything.
    ShipmentCorrected,
    /// The warehouse cannot go on.
    BlockedInWarehouse,
    /// The shop refunds everything before it left.
    FullRefund,
    /// The shop refunds one piece of a line before it left.
    PartialRefund,
    /// The shop refunds an amount that belongs to no line.
    AmountRefund,
    /// Two pieces come back, and the warehouse accepts one.
    Return,
    /// The ERP refuses it, and the customer cancels: nothing is left of it.
    CancelledBeforePosting,
    /// The customer cancels what the ERP has.
    CancelledAfterPosting,
    /// The ERP refuses it, and the customer takes one piece more.
    AmendedBeforePosting,
    /// The customer takes one piece more of what the ERP has.
    AmendedAfterPosting,
    /// The same, and the ERP changes nothing that it has: a person decides.
    AmendmentRefused,
}

impl Kind {
    /// Those of the fake ERP, in the order in which they are placed.
    pub const ALL: [Kind; 21] = [
        Kind::Plain,
        Kind::ShortStock,
        Kind::UnpaidThenPaid,
        Kind::WrongTotals,
        Kind::Return,
        Kind::PartialShipment,
        Kind::TwoParcels,
        Kind::ShipmentCorrected,
        Kind::BlockedInWarehouse,
        Kind::FullRefund,
        Kind::PartialRefund,
        Kind::AmountRefund,
        Kind::CancelledBeforePosting,
        Kind::CancelledAfterPosting,
        Kind::AmendedBeforePosting,
        Kind::AmendedAfterPosting,
        Kind::FeeTwoRates,
        Kind::Guest,
        Kind::TaxInclusive,
        Kind::Coupon,
        Kind::Variation,
    ];

    /// Those of Tryton. Nobody makes it refuse an order at first, and it amends none. The fee of which each half bears another rate is held
    /// before anything is posted: Tryton takes both rates of all of it.
    #[must_use]
    pub fn of_tryton() -> Vec<Kind> {
        let amends = |kind| if kind == Kind::AmendedAfterPosting { Kind::AmendmentRefused } else { kind };
        let is_shown = |kind: &Kind| !kind.is_refused_at_first() && *kind != Kind::FeeTwoRates;
        Kind::ALL.into_iter().filter(is_shown).map(amends).collect()
    }

    /// Its name in tables and JSON.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Kind::Plain => "plain",
            Kind::Guest => "guest",
            Kind::Variation => "variation",
            Kind::Coupon => "coupon",
            Kind::FeeTwoRates => "fee-two-rates",
            Kind::TaxInclusive => "tax-inclusive",
            Kind::UnpaidThenPaid => "unpaid-then-paid",
            Kind::ShortStock => "short-stock",
            Kind::WrongTotals => "wrong-totals",
            Kind::PartialShipment => "partial-shipment",
            Kind::TwoParcels => "two-parcels",
            Kind::ShipmentCorrected => "shipment-corrected",
            Kind::BlockedInWarehouse => "blocked-in-warehouse",
            Kind::FullRefund => "full-refund",
            Kind::PartialRefund => "partial-refund",
            Kind::AmountRefund => "amount-refund",
            Kind::Return => "return",
            Kind::CancelledBeforePosting => "cancelled-before-posting",
            Kind::CancelledAfterPosting => "cancelled-after-posting",
            Kind::AmendedBeforePosting => "amended-before-posting",
            Kind::AmendedAfterPosting => "amended-after-posting",
            Kind::AmendmentRefused => "amendment-refused",
        }
    }

    /// What is placed in the fake store.
    #[must_use]
    pub fn in_store(self) -> OrderKind {
        match self {
            Kind::Guest => OrderKind::Guest,
            Kind::Variation => OrderKind::Variation,
            // Three of one article and one of another.
            Kind::Coupon | Kind::PartialShipment | Kind::TwoParcels | Kind::ShipmentCorrected => OrderKind::Coupon,
            Kind::FeeTwoRates => OrderKind::FeeTwoRates,
            Kind::TaxInclusive => OrderKind::TaxInclusive,
            Kind::UnpaidThenPaid => OrderKind::Unpaid,
            Kind::ShortStock => OrderKind::ShortStock,
            Kind::WrongTotals => OrderKind::WrongTotals,
            // Two of one article.
            Kind::Plain
            | Kind::BlockedInWarehouse
            | Kind::FullRefund
            | Kind::PartialRefund
            | Kind::AmountRefund
            | Kind::Return
            | Kind::CancelledBeforePosting
            | Kind::CancelledAfterPosting
            | Kind::AmendedBeforePosting
            | Kind::AmendedAfterPosting
            | Kind::AmendmentRefused => OrderKind::Plain,
        }
    }

    /// Whether the ERP refuses it at first: the only way to be earlier than the functions, which post an order within a second.
    #[must_use]
    pub fn is_refused_at_first(self) -> bool {
        matches!(self, Kind::CancelledBeforePosting | Kind::AmendedBeforePosting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_own_name() {
        let mut names: Vec<&str> = Kind::ALL.iter().chain(&Kind::of_tryton()).map(|kind| kind.slug()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Kind::ALL.len() + 1);
        assert_eq!(Kind::of_tryton().len(), Kind::ALL.len() - 3);
    }
}
