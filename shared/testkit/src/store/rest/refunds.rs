//! Refunds over REST.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use rust_decimal::Decimal;
use serde::Deserialize;

use super::reply::{Page, Params, Reply, read};
use crate::store::order::{Meta, Refund};
use crate::store::refunds::{NewRefund, RefundRefused, RefundedLine};
use crate::store::state::{Inner, Shared};
use crate::store::view::RefundView;

#[derive(Deserialize)]
struct Wanted {
    amount: Decimal,
    #[serde(default)]
    reason: String,
    /// Yes unless told otherwise, which fails for good with an offline gateway.
    #[serde(default = "yes")]
    api_refund: bool,
    #[serde(default = "yes")]
    api_restock: bool,
    #[serde(default)]
    line_items: Vec<WantedLine>,
    #[serde(default)]
    meta_data: Vec<Meta>,
}

#[derive(Deserialize)]
struct WantedLine {
    id: u64,
    #[serde(default)]
    quantity: i64,
    #[serde(default)]
    refund_total: Decimal,
    #[serde(default)]
    refund_tax: Vec<WantedTax>,
}

#[derive(Deserialize)]
struct WantedTax {
    id: u64,
    refund_total: Decimal,
}

fn yes() -> bool {
    true
}

fn no_refund() -> Reply {
    Reply::error(404, "woocommerce_rest_shop_order_refund_invalid_id", "Invalid ID.")
}

fn show(inner: &Inner, order: u64, refund: u64, status: u16) -> Reply {
    let found = inner.orders.get(&order).and_then(|o| o.refunds.iter().find(|r| r.id == refund));
    match found {
        Some(refund) => Reply::new(status, &RefundView::new(refund, order, inner.site())),
        None => no_refund(),
    }
}

pub(super) async fn create(State(shared): State<Arc<Shared>>, Path(order): Path<u64>, body: Bytes) -> Result<Reply, Reply> {
    let wanted: Wanted = read(&body)?;
    if wanted.amount < Decimal::ZERO {
        let message = "Refund amount must be greater than zero.";
        return Err(Reply::misplaced_error(400, "woocommerce_rest_invalid_order_refund", message));
    }
    let line = |line: WantedLine| RefundedLine {
        id: line.id,
        quantity: line.quantity,
        total: line.refund_total,
        taxes: line.refund_tax.into_iter().map(|tax| (tax.id, tax.refund_total)).collect(),
    };
    let mut new = NewRefund {
        amount: wanted.amount,
        reason: wanted.reason,
        through_gateway: wanted.api_refund,
        restock: wanted.api_restock,
        lines: wanted.line_items.into_iter().map(line).collect(),
        meta: wanted.meta_data,
    };
    let refused = |message: &str| Reply::misplaced_error(500, "woocommerce_rest_cannot_create_order_refund", message);
    let dies = shared.lock().knobs.refunds_die_before_meta;
    if dies {
        // The reason is written with the refund, the meta data after it.
        new.meta.clear();
    }
    Ok(shared.act(|inner| match inner.refund(order, new) {
        Ok(_) if dies => Reply::error(500, "internal_server_error", "There has been a critical error on this website."),
        Ok(id) => show(inner, order, id, 201),
        Err(RefundRefused::NoOrder) => Reply::misplaced_error(404, "woocommerce_rest_invalid_order_id", "Invalid order ID."),
        Err(RefundRefused::TooMuch) => refused("Invalid refund amount."),
        Err(RefundRefused::OfflineGateway) => refused("The payment gateway for this order does not support automatic refunds."),
    }))
}

pub(super) async fn of_order(State(shared): State<Arc<Shared>>, Path(order): Path<u64>, params: Params) -> Result<Reply, Reply> {
    let page = Page::of(&params)?;
    let inner = shared.lock();
    // WooCommerce does not look whether there is such an order.
    let refunds: Vec<&Refund> = inner.orders.get(&order).into_iter().flat_map(|order| &order.refunds).collect();
    Ok(page.reply(&refunds, |refund| RefundView::new(refund, order, inner.site())))
}

pub(super) async fn all(State(shared): State<Arc<Shared>>, params: Params) -> Result<Reply, Reply> {
    let page = Page::of(&params)?;
    let inner = shared.lock();
    let mut refunds: Vec<(&Refund, u64)> =
        inner.orders.values().flat_map(|order| order.refunds.iter().map(move |r| (r, order.id))).collect();
    refunds.sort_by_key(|(refund, _)| std::cmp::Reverse(refund.id));
    Ok(page.reply(&refunds, |(refund, order)| RefundView::new(refund, *order, inner.site())))
}

pub(super) async fn one(State(shared): State<Arc<Shared>>, Path((order, refund)): Path<(u64, u64)>) -> Reply {
    show(&shared.lock(), order, refund, 200)
}

/// Silent, and the order's date stays.
pub(super) async fn delete(State(shared): State<Arc<Shared>>, Path((order, refund)): Path<(u64, u64)>) -> Reply {
    shared.act(|inner| {
        let reply = show(inner, order, refund, 200);
        inner.delete_refund(order, refund);
        reply
    })
}
