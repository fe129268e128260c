//! Creating, changing and deleting orders.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use rust_decimal::Decimal;
use serde::Deserialize;

use super::reply::{Params, Reply, read};
use crate::store::customers::Address;
use crate::store::kinds::NewOrder;
use crate::store::order::Meta;
use crate::store::state::{Inner, Shared};
use crate::store::view::OrderView;

/// Statuses a REST client may set. `checkout-draft`, `trash` and plugins' come from inside the store.
const STATUSES: [&str; 7] = ["pending", "processing", "on-hold", "completed", "cancelled", "refunded", "failed"];

#[derive(Deserialize, Default)]
#[serde(default)]
struct Wanted {
    status: Option<String>,
    set_paid: bool,
    customer_id: u64,
    billing: Option<Address>,
    shipping: Option<Address>,
    line_items: Vec<WantedLine>,
    shipping_lines: Vec<WantedShipping>,
    fee_lines: Vec<WantedFee>,
    payment_method: String,
    payment_method_title: String,
    transaction_id: Option<String>,
    customer_note: Option<String>,
    meta_data: Vec<Meta>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WantedLine {
    id: u64,
    product_id: u64,
    variation_id: u64,
    quantity: Option<i64>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WantedShipping {
    method_title: String,
    total: Decimal,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WantedFee {
    name: String,
    total: Decimal,
}

fn check_status(wanted: &Wanted) -> Result<(), Reply> {
    match wanted.status.as_deref() {
        Some(status) if !STATUSES.contains(&status) => {
            Err(Reply::invalid_param("status", &format!("status is not one of {}.", STATUSES.join(", "))))
        }
        _ => Ok(()),
    }
}

fn show(inner: &Inner, id: u64, status: u16) -> Reply {
    match inner.orders.get(&id) {
        Some(order) => Reply::new(status, &OrderView::new(order, inner.site())),
        None => Reply::no_order(),
    }
}

/// Stock is not looked at, and an `Idempotency-Key` changes nothing: asking twice makes two orders.
pub(super) async fn create(State(shared): State<Arc<Shared>>, body: Bytes) -> Result<Reply, Reply> {
    let wanted: Wanted = read(&body)?;
    check_status(&wanted)?;
    let billing = wanted.billing.unwrap_or_default();
    let new = NewOrder {
        status: match wanted.status {
            Some(status) => status,
            None if wanted.set_paid => "processing".to_owned(),
            None => "pending".to_owned(),
        },
        paid: wanted.set_paid,
        authorised: false,
        customer_id: wanted.customer_id,
        shipping_address: wanted.shipping,
        billing,
        lines: wanted
            .line_items
            .iter()
            .map(|line| {
                let id = if line.variation_id == 0 { line.product_id } else { line.variation_id };
                (id, line.quantity.unwrap_or(1))
            })
            .collect(),
        shipping: wanted.shipping_lines.into_iter().next().map(|line| (line.method_title, line.total)),
        fees: wanted.fee_lines.into_iter().map(|fee| (fee.name, fee.total)).collect(),
        coupon: None,
        prices_include_tax: None,
        payment_method: (wanted.payment_method, wanted.payment_method_title),
        note: wanted.customer_note.unwrap_or_default(),
        total_off_by: Decimal::ZERO,
    };
    let (transaction_id, meta) = (wanted.transaction_id, wanted.meta_data);
    Ok(shared.act(|inner| {
        if let Some((unknown, _)) = new.lines.iter().find(|(id, _)| !inner.products.contains_key(id)) {
            let message = format!("Product {unknown} does not exist.");
            return Reply::error(400, "woocommerce_rest_invalid_product_id", &message);
        }
        let id = inner.place(new, "rest-api");
        inner.merge_meta(id, meta);
        if let (Some(order), Some(transaction_id)) = (inner.orders.get_mut(&id), transaction_id) {
            order.transaction_id = transaction_id;
        }
        show(inner, id, 201)
    }))
}

/// Whatever it changes, and if it changes nothing: the date moves and `order.updated` fires.
pub(super) async fn update(State(shared): State<Arc<Shared>>, Path(id): Path<u64>, body: Bytes) -> Result<Reply, Reply> {
    let wanted: Wanted = read(&body)?;
    check_status(&wanted)?;
    Ok(shared.act(|inner| {
        let Some(order) = inner.orders.get_mut(&id) else {
            // Not 404, which only reading and deleting answer.
            return Reply::error(400, "woocommerce_rest_shop_order_invalid_id", "Invalid ID.");
        };
        if let Some(address) = wanted.billing {
            order.billing = address;
        }
        if let Some(address) = wanted.shipping {
            order.shipping_address = address.without_email();
        }
        if let Some(note) = wanted.customer_note {
            order.customer_note = note;
        }
        if wanted.set_paid {
            inner.pay(id);
        }
        if let (Some(order), Some(transaction_id)) = (inner.orders.get_mut(&id), wanted.transaction_id) {
            order.transaction_id = transaction_id;
        }
        inner.merge_meta(id, wanted.meta_data);
        for line in wanted.line_items {
            if let Some(quantity) = line.quantity {
                inner.change_quantity(id, line.id, quantity);
            }
        }
        match wanted.status {
            Some(status) => inner.set_status(id, &status),
            None => inner.touch(id),
        };
        show(inner, id, 200)
    }))
}

/// To the trash, or with `force=true` for good and silently.
pub(super) async fn delete(State(shared): State<Arc<Shared>>, Path(id): Path<u64>, params: Params) -> Reply {
    let force = params.get("force").is_some_and(|flag| flag == "true" || flag == "1");
    shared.act(|inner| {
        if force {
            let reply = show(inner, id, 200);
            inner.delete(id);
            reply
        } else {
            inner.trash(id);
            show(inner, id, 200)
        }
    })
}
