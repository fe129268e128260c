//! One order's money, as its record knows it: paid = posted − credited + open.

use std::cmp::Ordering;

use rust_decimal::Decimal;
use serde::Serialize;
use waybill_domain::{ErpState, Order, Refund, RefundState};

/// Where the money of an order is. Gross amounts as decimal text, in the order's currency; `null` while it is not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MoneyView {
    /// What the store has of the customer: the order's total less all refunds once the payment was captured, 0 before.
    pub paid: Option<String>,
    /// The total of the ERP's order; `null` while a call is out that decides it, or what the ERP has differs from what the store wants.
    pub posted: Option<String>,
    /// The total of its credit notes.
    pub credited: String,
    /// What one side has and the other does not know: above 0 the store's (still to be posted, or to be paid back), below 0 the ERP's
    /// (still to be paid, or to be credited).
    pub open: Option<String>,
}

/// The same as numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Money {
    /// As in [`MoneyView`].
    pub paid: Option<Decimal>,
    /// As in [`MoneyView`].
    pub posted: Option<Decimal>,
    /// As in [`MoneyView`].
    pub credited: Decimal,
    /// Decimals of the currency.
    digits: u32,
}

/// Holds that say: what the ERP has is not what was sent.
const ERP_DIFFERS: [&str; 2] = ["erp_total_differs", "duplicate_in_erp"];

impl Money {
    /// An order's, by its record alone.
    #[must_use]
    pub fn of(order: &Order) -> Self {
        let sum =
            |wanted: fn(&Refund) -> bool| order.refunds.iter().filter(|refund| wanted(refund)).map(|refund| refund.amount).sum();
        let refunded: Decimal = sum(Refund::counts);
        let content = order.content.as_ref();
        let differs = order.hold.as_ref().is_some_and(|hold| ERP_DIFFERS.contains(&hold.code.as_str()));
        let paid = content.map(|content| if order.payment.is_captured() { content.total - refunded } else { Decimal::ZERO });
        let posted = match order.erp.state {
            ErpState::None => Some(Decimal::ZERO),
            ErpState::Posting | ErpState::Unknown => None,
            ErpState::Posted if differs => None,
            ErpState::Posted => {
                content.filter(|content| order.erp.goods.as_ref() == Some(&content.goods)).map(|content| content.total)
            }
        };
        let digits = content.and_then(|content| content.currency.minor_units()).unwrap_or(0);
        Money { paid, posted, credited: sum(|refund| refund.state == RefundState::Credited), digits }
    }

    /// What is open; `None` while paid or posted is not known.
    #[must_use]
    pub fn open(self) -> Option<Decimal> {
        Some(self.paid? - self.posted? + self.credited)
    }
}

impl From<Money> for MoneyView {
    fn from(money: Money) -> Self {
        let text = |amount: Decimal| {
            let mut shown = amount;
            // Never fewer: half a cent must be seen.
            shown.rescale(amount.scale().max(money.digits));
            shown.to_string()
        };
        MoneyView {
            paid: money.paid.map(text),
            posted: money.posted.map(text),
            credited: text(money.credited),
            open: money.open().map(text),
        }
    }
}

impl MoneyView {
    /// In one line; `None` while nothing is known of the order.
    #[must_use]
    pub fn line(&self, currency: &str) -> Option<String> {
        let paid = self.paid.as_ref()?;
        let credited = &self.credited;
        Some(match (&self.posted, &self.open) {
            (Some(posted), Some(open)) => {
                let whose = match open.parse::<Decimal>().unwrap_or_default().cmp(&Decimal::ZERO) {
                    Ordering::Equal => "",
                    Ordering::Greater => " (the store has it: to be posted, or paid back)",
                    Ordering::Less => " (the ERP has it: to be paid, or credited)",
                };
                format!("paid {paid} {currency} = posted {posted} − credited {credited} + open {open}{whose}")
            }
            _ => format!("paid {paid} {currency}; what is posted is not settled; credited {credited}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use waybill_domain::{At, Content, ContentHash, Currency, Payment};

    use super::*;

    fn order(change: impl FnOnce(&mut Order)) -> Order {
        let mut order = waybill_domain::transition::begin("shop/1".parse().unwrap(), At(0));
        let hash = ContentHash::of(b"content");
        order.content = Some(Content {
            hash: hash.clone(),
            goods: hash.clone(),
            modified: At(0),
            number: "1".to_owned(),
            status: "processing".to_owned().into(),
            total: "30.70".parse().unwrap(),
            currency: Currency::new("EUR"),
        });
        order.payment = Payment::Paid;
        order.erp.state = ErpState::Posted;
        order.erp.goods = Some(hash);
        change(&mut order);
        order
    }

    fn line(change: impl FnOnce(&mut Order)) -> String {
        MoneyView::from(Money::of(&order(change))).line("EUR").unwrap()
    }

    fn refund(state: RefundState) -> Refund {
        Refund { state, ..Refund::seen(2, "5.10".parse().unwrap()) }
    }

    #[test]
    fn what_is_open_is_what_one_side_does_not_know() {
        assert_eq!(line(|_| {}), "paid 30.70 EUR = posted 30.70 − credited 0.00 + open 0.00");
        let credited = line(|order| order.refunds.push(refund(RefundState::Credited)));
        assert_eq!(credited, "paid 25.60 EUR = posted 30.70 − credited 5.10 + open 0.00");
        let seen = line(|order| order.refunds.push(refund(RefundState::Seen)));
        assert_eq!(seen, "paid 25.60 EUR = posted 30.70 − credited 0.00 + open -5.10 (the ERP has it: to be paid, or credited)");
        let withdrawn = line(|order| order.refunds.push(refund(RefundState::Withdrawn)));
        assert_eq!(withdrawn, "paid 30.70 EUR = posted 30.70 − credited 0.00 + open 0.00");
        let cancelled = line(|order| order.erp.state = ErpState::None);
        assert_eq!(
            cancelled,
            "paid 30.70 EUR = posted 0.00 − credited 0.00 + open 30.70 (the store has it: to be posted, or paid back)"
        );
        let at_the_door = line(|order| order.payment = Payment::CashOnDelivery);
        assert_eq!(
            at_the_door,
            "paid 0.00 EUR = posted 30.70 − credited 0.00 + open -30.70 (the ERP has it: to be paid, or credited)"
        );
    }

    #[test]
    fn what_is_being_settled_is_not_guessed() {
        let settled = "paid 30.70 EUR; what is posted is not settled; credited 0.00";
        assert_eq!(line(|order| order.erp.state = ErpState::Unknown), settled);
        assert_eq!(line(|order| order.erp.goods = Some(ContentHash::of(b"before the change"))), settled);
        assert_eq!(MoneyView::from(Money::of(&order(|order| order.content = None))).line(""), None);
    }
}
