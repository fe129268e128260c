//! Reading orders.

use std::sync::Arc;

use axum::extract::{Path, State};
use jiff::{Timestamp, civil::DateTime, tz::Offset};

use super::reply::{Page, Params, Reply};
use crate::store::order::Order;
use crate::store::state::Shared;
use crate::store::view::OrderView;

pub(super) async fn one(State(shared): State<Arc<Shared>>, Path(id): Path<u64>) -> Reply {
    let inner = shared.lock();
    match inner.orders.get(&id) {
        Some(order) => Reply::ok(&OrderView::new(order, inner.site())),
        None => Reply::no_order(),
    }
}

/// `status` (`any`: all but the trash), `include`, `modified_after`, `orderby`, `order`, `page`, `per_page`.
pub(super) async fn list(State(shared): State<Arc<Shared>>, params: Params) -> Result<Reply, Reply> {
    let page = Page::of(&params)?;
    let inner = shared.lock();
    let after = modified_after(&params, inner.config.utc_offset_seconds)?;
    let mut orders: Vec<&Order> = inner.modified_after(after).filter(|order| wanted(order, &params)).collect();
    match params.get("orderby").map_or("date", String::as_str) {
        "id" => orders.sort_by_key(|order| order.id),
        "modified" => orders.sort_by_key(|order| (order.modified, order.id)),
        "date" => orders.sort_by_key(|order| (order.created, order.id)),
        _ => return Err(Reply::invalid_param("orderby", "orderby is not one of date, id, modified.")),
    }
    if params.get("order").is_none_or(|order| order != "asc") {
        orders.reverse();
    }
    Ok(page.reply(&orders, |order| OrderView::new(order, inner.site())))
}

fn wanted(order: &Order, params: &Params) -> bool {
    let status = match params.get("status").map_or("any", String::as_str) {
        "any" => order.status != "trash",
        list => list.split(',').any(|status| status == order.status),
    };
    let included = params.get("include").is_none_or(|ids| ids.split(',').any(|id| id.parse() == Ok(order.id)));
    status && included
}

/// Exclusive, whole seconds, in the shop's own time unless `dates_are_gmt=true`.
fn modified_after(params: &Params, utc_offset_seconds: i32) -> Result<Timestamp, Reply> {
    let Some(text) = params.get("modified_after") else { return Ok(Timestamp::MIN) };
    let gmt = params.get("dates_are_gmt").is_some_and(|flag| flag == "true" || flag == "1");
    let offset = if gmt { Offset::UTC } else { Offset::from_seconds(utc_offset_seconds).unwrap_or(Offset::UTC) };
    text.get(..19)
        .and_then(|text| text.parse::<DateTime>().ok())
        .and_then(|at| offset.to_timestamp(at).ok())
        .ok_or_else(|| Reply::invalid_param("modified_after", "Invalid date."))
}
