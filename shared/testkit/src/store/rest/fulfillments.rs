//! Fulfillments over REST: a feature that is off in many stores, whose endpoints then do not exist.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::no_route;
use super::reply::{Params, Reply, read};
use crate::store::fulfillments::{self, Fulfillment};
use crate::store::notes::MailAbout;
use crate::store::order::Meta;
use crate::store::state::{Inner, Shared};

#[derive(Deserialize)]
struct Wanted {
    #[serde(default = "unfulfilled")]
    status: String,
    #[serde(default)]
    is_fulfilled: bool,
    meta_data: Vec<Meta>,
}

fn unfulfilled() -> String {
    "unfulfilled".to_owned()
}

impl From<Wanted> for fulfillments::Wanted {
    fn from(wanted: Wanted) -> Self {
        Self { status: wanted.status, is_fulfilled: wanted.is_fulfilled, meta: wanted.meta_data }
    }
}

fn view(order: u64, one: &Fulfillment) -> Value {
    let date = |at: jiff::Timestamp| at.strftime("%Y-%m-%d %H:%M:%S").to_string();
    json!({
        "id": one.id,
        "fulfillment_id": one.id,
        "entity_type": "WC_Order",
        "entity_id": order.to_string(),
        "status": one.status,
        "is_fulfilled": one.is_fulfilled,
        "date_updated": date(one.updated),
        "date_deleted": one.deleted.map(date),
        "meta_data": one.meta,
    })
}

/// Whether the feature is on and the order is there.
async fn check(shared: &Shared, order: u64) -> Result<(), Reply> {
    let (on, known) = {
        let inner = shared.lock();
        (inner.config.fulfillments, inner.orders.contains_key(&order))
    };
    match (on, known) {
        (true, true) => Ok(()),
        (true, false) => Err(Reply::error(404, "woocommerce_rest_order_invalid_id", "Invalid order ID.")),
        (false, _) => Err(no_route().await),
    }
}

/// The code of these errors is the number of a PHP exception: 0.
fn refused(message: &str) -> Reply {
    Reply::new(400, &json!({"code": 0, "message": message, "data": {"status": 400}}))
}

fn notify(inner: &mut Inner, order: u64, params: &Params) {
    if params.get("notify_customer").is_some_and(|flag| flag == "true" || flag == "1") {
        inner.mail(order, MailAbout::Fulfillment);
    }
}

fn put(shared: &Shared, order: u64, known: Option<u64>, params: &Params, wanted: Wanted) -> Result<Fulfillment, Reply> {
    shared.act(|inner| {
        let made = inner.put_fulfillment(order, known, wanted.into()).map_err(refused)?;
        notify(inner, order, params);
        Ok(made)
    })
}

pub(super) async fn list(State(shared): State<Arc<Shared>>, Path(order): Path<u64>) -> Result<Reply, Reply> {
    check(&shared, order).await?;
    let inner = shared.lock();
    let shown: Vec<Value> = inner.live_fulfillments(order).map(|one| view(order, one)).collect();
    Ok(Reply::ok(&shown))
}

/// Asking twice makes two.
pub(super) async fn create(
    State(shared): State<Arc<Shared>>,
    Path(order): Path<u64>,
    params: Params,
    body: Bytes,
) -> Result<Reply, Reply> {
    check(&shared, order).await?;
    Ok(Reply::new(201, &view(order, &put(&shared, order, None, &params, read(&body)?)?)))
}

pub(super) async fn update(
    State(shared): State<Arc<Shared>>,
    Path((order, id)): Path<(u64, u64)>,
    params: Params,
    body: Bytes,
) -> Result<Reply, Reply> {
    check(&shared, order).await?;
    Ok(Reply::ok(&view(order, &put(&shared, order, Some(id), &params, read(&body)?)?)))
}

pub(super) async fn delete(
    State(shared): State<Arc<Shared>>,
    Path((order, id)): Path<(u64, u64)>,
    params: Params,
) -> Result<Reply, Reply> {
    check(&shared, order).await?;
    shared.act(|inner| {
        inner.delete_fulfillment(order, id).map_err(refused)?;
        notify(inner, order, &params);
        Ok(Reply::ok(&json!({"message": "Fulfillment deleted successfully."})))
    })
}
