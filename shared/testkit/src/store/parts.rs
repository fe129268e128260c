//! What a person in the admin refunds: by line and units at the line's own price, everything that is left, or an amount alone.

use rust_decimal::{Decimal, RoundingStrategy};

use super::order::{LineTax, Meta, Order, refunded_id};
use super::refunds::{NewRefund, OFFLINE, RefundedLine};

/// Net and tax by rate of one line, item or not.
struct Whole {
    net: Decimal,
    taxes: Vec<(u64, Decimal)>,
}

impl Order {
    /// The refund of these units: through the gateway, if it can. Lines the order has not are left out.
    pub(super) fn refund_of(&self, units: &[(u64, i64)], restock: bool) -> NewRefund {
        let lines: Vec<RefundedLine> = units.iter().filter_map(|(line, units)| self.part(*line, *units)).collect();
        let amount = lines.iter().map(gross).sum();
        NewRefund { amount, through_gateway: self.gateway_refunds(), restock, lines, ..NewRefund::default() }
    }

    /// The refund of all that is left: items, shipping and fees.
    pub(super) fn refund_of_all(&self, restock: bool) -> NewRefund {
        let items = self.lines.iter().filter_map(|line| self.part(line.id, line.quantity - self.refunded_units(line.id)));
        let shipping = self.shipping.iter().map(|line| (line.id, whole(line.total.0, &line.taxes)));
        let fees = self.fees.iter().map(|line| (line.id, whole(line.total.0, &line.taxes)));
        let others = shipping.chain(fees).map(|(id, whole)| self.rest(id, 0, &whole));
        NewRefund {
            amount: self.totals.total - self.refunded(),
            through_gateway: self.gateway_refunds(),
            restock,
            lines: items.chain(others).collect(),
            ..NewRefund::default()
        }
    }

    /// Whether the order's gateway can pay back.
    pub(super) fn gateway_refunds(&self) -> bool {
        !OFFLINE.contains(&self.payment_method.as_str())
    }

    /// Units of an item line: at its price, rounded; the last units take whatever is left of the line.
    fn part(&self, id: u64, units: i64) -> Option<RefundedLine> {
        let line = self.lines.iter().find(|line| line.id == id)?;
        let whole = whole(line.total.0, &line.taxes);
        if self.refunded_units(id) + units >= line.quantity {
            return Some(self.rest(id, units, &whole));
        }
        let share = |amount: Decimal| {
            let exact = amount * Decimal::from(units) / Decimal::from(line.quantity);
            exact.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
        };
        let taxes = whole.taxes.iter().map(|(rate, tax)| (*rate, share(*tax))).collect();
        Some(RefundedLine { id, quantity: units, total: share(whole.net), taxes })
    }

    /// What is left of a line.
    fn rest(&self, id: u64, units: i64, whole: &Whole) -> RefundedLine {
        let before = self.refunded_money(id);
        let tax = |(rate, tax): &(u64, Decimal)| {
            let refunded: Decimal = before.taxes.iter().filter(|(other, _)| other == rate).map(|(_, tax)| *tax).sum();
            (*rate, *tax - refunded)
        };
        RefundedLine { id, quantity: units, total: whole.net - before.net, taxes: whole.taxes.iter().map(tax).collect() }
    }

    /// What was refunded of a line so far.
    fn refunded_money(&self, id: u64) -> Whole {
        let mut sum = Whole { net: Decimal::ZERO, taxes: Vec::new() };
        let mut add = |meta: &[Meta], net: Decimal, taxes: &[LineTax]| {
            if refunded_id(meta) == Some(id) {
                sum.net -= net;
                sum.taxes.extend(taxes.iter().map(|tax| (tax.id, -tax.total.0)));
            }
        };
        for refund in &self.refunds {
            refund.lines.iter().for_each(|line| add(&line.meta_data, line.total.0, &line.taxes));
            refund.shipping.iter().for_each(|line| add(&line.meta_data, line.total.0, &line.taxes));
            refund.fees.iter().for_each(|line| add(&line.meta_data, line.total.0, &line.taxes));
        }
        sum
    }
}

fn whole(net: Decimal, taxes: &[LineTax]) -> Whole {
    Whole { net, taxes: taxes.iter().map(|tax| (tax.id, tax.total.0)).collect() }
}

fn gross(line: &RefundedLine) -> Decimal {
    line.total + line.taxes.iter().map(|(_, tax)| *tax).sum::<Decimal>()
}
