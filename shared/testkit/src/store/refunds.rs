//! Refunds: not idempotent, generous with quantities, and able to fail for good with status 500.

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::order::{Line, LineTax, Meta, Money, Refund};
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
    /// The line of the order.
    pub id: u64,
    /// Units; not compared with what was ordered.
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
const OFFLINE: [&str; 4] = ["bacs", "cod", "cheque", ""];

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
        let ordered = order.lines.clone();
        let mut lines = Vec::new();
        let mut restocked = Vec::new();
        for part in new.lines {
            let Some(line) = ordered.iter().find(|line| line.id == part.id) else { continue };
            let product = if line.variation_id == 0 { line.product_id } else { line.variation_id };
            restocked.push((product, part.quantity));
            let (row, meta) = (self.row(), self.row());
            lines.push(negative(row, meta, line, &part));
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
            },
        );
        if new.restock {
            for (product, units) in restocked {
                self.change_stock(product, units);
            }
        }
        if fully && let Some(order) = self.orders.get_mut(&order_id) {
            "refunded".clone_into(&mut order.status);
        }
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
            },
        );
        self.fire("action.woocommerce_order_refunded", order_id);
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

fn negative(row: u64, meta: u64, line: &Line, part: &RefundedLine) -> Line {
    let tax: Decimal = part.taxes.iter().map(|(_, tax)| *tax).sum();
    let by_rate = |(id, tax): &(u64, Decimal)| LineTax { id: *id, total: Money(-*tax), subtotal: Some(Money(-*tax)) };
    Line {
        id: row,
        quantity: -part.quantity,
        subtotal: Money(-part.total),
        subtotal_tax: Money(-tax),
        total: Money(-part.total),
        total_tax: Money(-tax),
        taxes: part.taxes.iter().map(by_rate).collect(),
        meta_data: vec![Meta {
            id: meta,
            key: "_refunded_item_id".to_owned(),
            value: line.id.to_string().into(),
            display_key: Some("_refunded_item_id".to_owned()),
            display_value: Some(line.id.to_string()),
        }],
        ..line.clone()
    }
}
