//! Notes over REST. They are not paged.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::reply::{Params, Reply, read};
use crate::store::order::Note;
use crate::store::state::{Inner, Shared};
use crate::store::view::gmt;

#[derive(Deserialize)]
struct Wanted {
    note: String,
    #[serde(default)]
    customer_note: bool,
}

fn view(inner: &Inner, order: u64, note: &Note) -> Value {
    json!({
        "id": note.id,
        "author": "WooCommerce",
        "date_created": inner.site().local(note.created),
        "date_created_gmt": gmt(note.created),
        "note": note.text,
        "customer_note": note.for_customer,
        "_links": inner.site().links(&format!("orders/{order}/notes"), note.id),
    })
}

fn no_order() -> Reply {
    Reply::error(404, "woocommerce_rest_order_invalid_id", "Invalid order ID.")
}

/// `type`: `any`, `customer` or `internal`.
pub(super) async fn list(State(shared): State<Arc<Shared>>, Path(order): Path<u64>, params: Params) -> Result<Reply, Reply> {
    let inner = shared.lock();
    let found = inner.orders.get(&order).ok_or_else(no_order)?;
    let wanted = |note: &&Note| match params.get("type").map(String::as_str) {
        Some("customer") => note.for_customer,
        Some("internal") => !note.for_customer,
        _ => true,
    };
    let notes: Vec<Value> = found.notes.iter().filter(wanted).map(|note| view(&inner, order, note)).collect();
    Ok(Reply::ok(&notes))
}

/// Asking twice makes two, and mails twice.
pub(super) async fn create(State(shared): State<Arc<Shared>>, Path(order): Path<u64>, body: Bytes) -> Result<Reply, Reply> {
    let wanted: Wanted = read(&body)?;
    shared.act(|inner| {
        inner.add_note(order, &wanted.note, wanted.customer_note).ok_or_else(no_order)?;
        let newest = inner.orders.get(&order).and_then(|order| order.notes.first()).ok_or_else(no_order)?;
        Ok(Reply::new(201, &view(inner, order, newest)))
    })
}
