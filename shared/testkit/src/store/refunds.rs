//! Refunds: not idempotent, generous with quantities, and able to fail for good with status 500.

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::notes::MailAbout;
use super::order::{FeeLine, Line, LineTax, Meta, Money, Refund, ShippingLine};
use super::state::Inner;

/// A refund that is asked for.
#[derive(Debug, Clone, Default)]
pub struct NewRefund {
    /// Positive; zero is allowed, as in WooCommerce.
    pub amount: Decimal,
    /// Or empty.
    pub reason: String,
    /// Whether the gateway is to pay it back. Its API says yes unless told otherwise.
    pub through_gateway: bool,
    /// Whether the units return to stock.
    pub restock: bool,
    /// Lines; none for an amount alone.
    pub lines: Vec<RefundedLine>,
    /// The caller's own reference goes here.
    pub meta: Vec<Meta>,
}

/// Part of a line that is refunded.
#[derive(Debug, Clone, Default)]
pub struct RefundedLine {
    /// The line of the order: an item, shipping or a fee.
    pub id: u64,
    /// Units; not compared with what was ordered. Items only.
    pub quantity: i64,
    /// Net.
    pub total: Decimal,
    /// Tax by rate id.
    pub taxes: Vec<(u64, Decimal)>,
}

/// Why there is no refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundRefused {
    /// 404.
    NoOrder,
    /// 500, for good: more than what is left.
    TooMuch,
    /// 500, for good: the gateway cannot pay back.
    OfflineGateway,
}

/// Gateways without a refund API.
pub(super) const OFFLINE: [&str; 4] = ["bacs", "cod", "cheque", ""];

impl Inner {
    /// Makes a refund: `order.updated` and `action.woocommerce_order_refunded`. Asking twice makes two.
    pub(super) fn refund(&mut self, order_id: u64, new: NewRefund) -> Result<u64, RefundRefused> {
        let now = self.now();
        let order = self.orders.get(&order_id).ok_or(RefundRefused::NoOrder)?;
        let left = order.totals.total - order.refunded();
        if new.amount < Decimal::ZERO || new.amount > left {
            return Err(RefundRefused::TooMuch);
        }
        if new.through_gateway && OFFLINE.contains(&order.payment_method.as_str()) {
            return Err(RefundRefused::OfflineGateway);
        }
        let ordered = order.clone();
        let (mut lines, mut shipping, mut fees) = (Vec::new(), Vec::new(), Vec::new());
        for part in &new.lines {
            let (row, meta) = (self.row(), self.row());
            if let Some(line) = ordered.lines.iter().find(|line| line.id == part.id) {
                lines.push(negative(row, meta, line, part));
            } else if let Some(line) = ordered.shipping.iter().find(|line| line.id == part.id) {
                shipping.push(negative_shipping(row, meta, line, part));
            } else if let Some(line) = ordered.fees.iter().find(|line| line.id == part.id) {
                fees.push(negative_fee(row, meta, line, part));
            }
        }
        let mut meta = new.meta;
        for row in &mut meta {
            row.id = self.row();
        }
        let fully = new.amount == left;
        let id = self.add_refund(
            order_id,
            Refund {
                id: 0,
                created: now,
                amount: new.amount,
                reason: new.reason,
                refunded_payment: new.through_gateway,
                meta,
                lines,
                shipping,
                fees,
            },
        );
        if new.restock {
            for part in &new.lines {
                self.restock(order_id, part.id, part.quantity);
            }
        }
        if fully && let Some(order) = self.orders.get_mut(&order_id) {
            let before = std::mem::replace(&mut order.status, "refunded".to_owned());
            self.note_status(order_id, &before, "refunded");
        }
        self.mail(order_id, MailAbout::Refunded);
        self.fire("order.updated", order_id);
        self.fire("action.woocommerce_order_refunded", order_id);
        Ok(id)
    }

    /// The automatic refund of whatever is left when an order is set to `refunded`: no lines, no tax.
    pub(super) fn refund_rest(&mut self, order_id: u64, rest: Decimal, now: Timestamp) {
        self.add_refund(
            order_id,
            Refund {
                id: 0,
                created: now,
                amount: rest,
                reason: "Order fully refunded.".to_owned(),
                refunded_payment: false,
                meta: Vec::new(),
                lines: Vec::new(),
                shipping: Vec::new(),
                fees: Vec::new(),
            },
        );
        self.mail(order_id, MailAbout::Refunded);
        self.fire("action.woocommerce_order_refunded", order_id);
    }

    /// Puts units of a line back, if the store had taken any off for it, and keeps count of them in the line.
    fn restock(&mut self, order_id: u64, line: u64, units: i64) {
        let row = self.row();
        let Some(order) = self.orders.get_mut(&order_id) else { return };
        let Some(line) = order.lines.iter_mut().find(|l| l.id == line) else { return };
        let (product, reduced) = (line.sold_id(), line.counted("_reduced_stock"));
        let is_counted = self.products.get(&product).is_some_and(|product| product.stock.is_some());
        if reduced == 0 || units == 0 || !is_counted {
            return;
        }
        line.count("_reduced_stock", reduced - units, row);
        line.count("_restock_refunded_items", line.counted("_restock_refunded_items") + units, row);
        self.change_stock(product, units);
    }

    fn add_refund(&mut self, order_id: u64, refund: Refund) -> u64 {
        let id = self.id();
        if let Some(order) = self.orders.get_mut(&order_id) {
            order.modified = refund.created;
            order.refunds.insert(0, Refund { id, ..refund });
        }
        id
    }

    /// Deletes a refund: silent, and the order's date stays.
    pub(super) fn delete_refund(&mut self, order_id: u64, refund_id: u64) -> bool {
        let Some(order) = self.orders.get_mut(&order_id) else { return false };
        let before = order.refunds.len();
        order.refunds.retain(|refund| refund.id != refund_id);
        order.refunds.len() < before
    }
}

fn refunded_item(row: u64, id: u64) -> Vec<Meta> {
    let shown = id.to_string();
    let key = "_refunded_item_id".to_owned();
    vec![Meta { id: row, display_key: Some(key.clone()), key, value: shown.clone().into(), display_value: Some(shown) }]
}

fn negative_taxes(part: &RefundedLine, subtotals: bool) -> (Vec<LineTax>, Money) {
    let by_rate = |(id, tax): &(u64, Decimal)| {
        let tax = Money(-*tax);
        LineTax { id: *id, total: tax, subtotal: subtotals.then_some(tax) }
    };
    (part.taxes.iter().map(by_rate).collect(), Money(-part.taxes.iter().map(|(_, tax)| *tax).sum::<Decimal>()))
}

fn negative(row: u64, meta: u64, line: &Line, part: &RefundedLine) -> Line {
    let (taxes, total_tax) = negative_taxes(part, true);
    Line {
        id: row,
        quantity: -part.quantity,
        subtotal: Money(-part.total),
        subtotal_tax: total_tax,
        total: Money(-part.total),
        total_tax,
        taxes,
        meta_data: refunded_item(meta, line.id),
        ..line.clone()
    }
}

fn negative_shipping(row: u64, meta: u64, line: &ShippingLine, part: &RefundedLine) -> ShippingLine {
    let (taxes, total_tax) = negative_taxes(part, false);
    let meta_data = refunded_item(meta, line.id);
    ShippingLine { id: row, total: Money(-part.total), total_tax, taxes, meta_data, ..line.clone() }
}

fn negative_fee(row: u64, meta: u64, line: &FeeLine, part: &RefundedLine) -> FeeLine {
    let (taxes, total_tax) = negative_taxes(part, true);
    let meta_data = refunded_item(meta, line.id);
    FeeLine { id: row, amount: Money(-part.total), total: Money(-part.total), total_tax, taxes, meta_data, ..line.clone() }
}
