//! The kinds of order that the demo places, and how each must end.

use waybill_domain::Order;
use waybill_domain::facets::{ErpState, Stage};
use waybill_testkit::store::OrderKind;

/// A kind of order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as the fake store's kinds, which are documented there")]
pub enum Kind {
    Plain,
    Guest,
    Variation,
    Coupon,
    FeeTwoRates,
    TaxInclusive,
    UnpaidThenPaid,
    ShortStock,
    WrongTotals,
}

impl Kind {
    /// All of them, in the order in which they are placed.
    pub const ALL: [Kind; 9] = [
        Kind::Plain,
        Kind::ShortStock,
        Kind::UnpaidThenPaid,
        Kind::WrongTotals,
        Kind::FeeTwoRates,
        Kind::Guest,
        Kind::TaxInclusive,
        Kind::Coupon,
        Kind::Variation,
    ];

    /// The kind of the order placed after `before` others.
    pub fn of_turn(before: usize) -> Kind {
        Kind::ALL.into_iter().cycle().nth(before % Kind::ALL.len()).unwrap_or(Kind::Plain)
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
        }
    }

    /// What the fake store calls it.
    #[must_use]
    pub fn in_store(self) -> OrderKind {
        match self {
            Kind::Plain => OrderKind::Plain,
            Kind::Guest => OrderKind::Guest,
            Kind::Variation => OrderKind::Variation,
            Kind::Coupon => OrderKind::Coupon,
            Kind::FeeTwoRates => OrderKind::FeeTwoRates,
            Kind::TaxInclusive => OrderKind::TaxInclusive,
            Kind::UnpaidThenPaid => OrderKind::Unpaid,
            Kind::ShortStock => OrderKind::ShortStock,
            Kind::WrongTotals => OrderKind::WrongTotals,
        }
    }

    /// The code it must be held with; `None` for a kind that must be posted.
    #[must_use]
    pub fn held_with(self) -> Option<&'static str> {
        match self {
            Kind::ShortStock => Some("short_stock"),
            Kind::WrongTotals => Some("total_mismatch"),
            _ => None,
        }
    }

    /// Whether nothing more will happen to the order by itself: it ended as it must, or otherwise.
    #[must_use]
    pub fn has_ended(self, order: &Order) -> bool {
        order.hold.is_some() || matches!(order.stage, Stage::Posted | Stage::Completed | Stage::Cancelled)
    }

    /// What is wrong with this end; `None` if it is the one this kind must have.
    #[must_use]
    pub fn objection(self, order: &Order) -> Option<String> {
        match (self.held_with(), &order.hold) {
            (Some(code), Some(hold)) if hold.code == code => None,
            // Several findings have one code together, and name each in the message.
            (Some(code), Some(hold)) if hold.code == "validation_failed" && hold.message.contains(code) => None,
            (Some(code), Some(hold)) => Some(format!("held with {} instead of {code}: {}", hold.code, hold.message)),
            (Some(code), None) => Some(format!("not held with {code}, but {}", stands(order))),
            (None, Some(hold)) => Some(format!("held with {}: {}", hold.code, hold.message)),
            (None, None) if order.stage == Stage::Posted && order.erp.state == ErpState::Posted => None,
            (None, None) => Some(format!("not posted, but {}", stands(order))),
        }
    }
}

fn stands(order: &Order) -> String {
    let stage = crate::orders::OrderView::brief(order).stage;
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
        change(&mut order);
        order
    }

    fn held(code: &str, message: &str) -> Order {
        order(|order| {
            order.hold = Some(Hold {
                code: code.to_owned(),
                message: message.to_owned(),
                step: Step::Validate,
                since: At(0),
                doubt: None,
            });
        })
    }

    #[test]
    fn every_kind_has_its_turn_and_its_own_name() {
        let names: Vec<&str> = (0..18).map(|turn| Kind::of_turn(turn).slug()).collect();
        assert_eq!(names[..9], names[9..]);
        let mut unique = names[..9].to_vec();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), 9);
    }

    #[test]
    fn only_the_end_that_a_kind_must_have_is_accepted() {
        let posted = order(|order| {
            order.stage = Stage::Posted;
            order.erp.state = ErpState::Posted;
        });
        assert_eq!(Kind::Plain.objection(&posted), None);
        assert_eq!(Kind::ShortStock.objection(&posted).unwrap(), "not held with short_stock, but posted");
        assert_eq!(Kind::ShortStock.objection(&held("short_stock", "")), None);
        assert_eq!(Kind::WrongTotals.objection(&held("validation_failed", "total_mismatch: the total is 1")), None);
        assert!(Kind::WrongTotals.objection(&held("validation_failed", "tax_mismatch")).is_some());
        assert!(Kind::Plain.objection(&held("stock_unknown", "MUG")).unwrap().contains("MUG"));
        let waiting = order(|order| order.waiting = Some(Waiting { on: WaitOn::Payment, since: At(0) }));
        assert_eq!(Kind::Guest.objection(&waiting).unwrap(), "not posted, but received and waiting for payment");
        assert!(!Kind::Guest.has_ended(&waiting) && Kind::Guest.has_ended(&posted));
    }
}
