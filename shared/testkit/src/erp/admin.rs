//! The paths below `/_fake/`, by which another process drives the fake. They need no token: it listens on loopback only.
//!
//! | request | body | does |
//! |---|---|---|
//! | `GET /_fake/knobs` | | shows the knobs |
//! | `PATCH /_fake/knobs` | some of them | changes those: `{"fault":"no_database"}`, `{"fault":null}` |
//! | `POST /_fake/script` | list of [`Scripted`] | scripts the next requests |
//! | `POST /_fake/triggers` | [`Trigger`] | a fault for one order |
//! | `POST /_fake/behave` | | back to good behaviour |
//! | `POST /_fake/stock` | `{"sku","on_hand"}` | sets what is on hand |
//! | `POST /_fake/ship` | `{"reference","units"?,"tracking"?}` | ships an order, or some of it |
//! | `POST /_fake/take-back` | `{"reference","units","credit_note"?}` | takes goods of an order back, by line |
//! | `GET /_fake/orders`, `/_fake/credit-notes`, `/_fake/counts` | | shows the books |

use std::collections::BTreeMap;

use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Counts, Credited, Knobs, Scripted, Shared, Shipped, Stored, TakenBack, Trigger, lock};

pub(super) fn router(state: Shared) -> Router {
    Router::new()
        .route("/_fake/knobs", get(knobs).patch(change))
        .route("/_fake/script", post(script))
        .route("/_fake/triggers", post(trigger))
        .route("/_fake/behave", post(behave))
        .route("/_fake/stock", post(stock))
        .route("/_fake/ship", post(ship))
        .route("/_fake/take-back", post(take_back))
        .route("/_fake/orders", get(orders))
        .route("/_fake/credit-notes", get(credit_notes))
        .route("/_fake/counts", get(counts))
        .with_state(state)
}

async fn knobs(Extract(state): Extract<Shared>) -> Json<Knobs> {
    Json(lock(&state).knobs.clone())
}

async fn change(
    Extract(state): Extract<Shared>,
    Json(changes): Json<Map<String, Value>>,
) -> Result<Json<Knobs>, (StatusCode, String)> {
    let wrong = |error: serde_json::Error| (StatusCode::UNPROCESSABLE_ENTITY, error.to_string());
    let mut state = lock(&state);
    let mut all = serde_json::to_value(&state.knobs).map_err(wrong)?;
    if let Some(all) = all.as_object_mut() {
        all.extend(changes);
    }
    state.knobs = serde_json::from_value(all).map_err(wrong)?;
    Ok(Json(state.knobs.clone()))
}

async fn script(Extract(state): Extract<Shared>, Json(entries): Json<Vec<Scripted>>) -> StatusCode {
    lock(&state).script.extend(entries);
    StatusCode::NO_CONTENT
}

async fn trigger(Extract(state): Extract<Shared>, Json(trigger): Json<Trigger>) -> StatusCode {
    lock(&state).triggers.push(trigger);
    StatusCode::NO_CONTENT
}

async fn behave(Extract(state): Extract<Shared>) -> StatusCode {
    lock(&state).behave();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OnHand {
    sku: String,
    on_hand: i64,
}

async fn stock(Extract(state): Extract<Shared>, Json(OnHand { sku, on_hand }): Json<OnHand>) -> Json<Value> {
    let mut state = lock(&state);
    let now = state.now();
    state.books.stock.set_on_hand(&sku, on_hand, now);
    Json(json!({ "sku": sku, "free": state.books.stock.free(&sku) }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ToShip {
    reference: String,
    #[serde(default)]
    units: Option<BTreeMap<String, i64>>,
    #[serde(default)]
    tracking: Option<String>,
}

async fn ship(Extract(state): Extract<Shared>, Json(wanted): Json<ToShip>) -> Result<Json<Shipped>, (StatusCode, String)> {
    let mut state = lock(&state);
    let now = state.now();
    let shipped = state.books.ship(&wanted.reference, wanted.units.as_ref(), wanted.tracking.as_deref(), now);
    shipped.map(Json).map_err(|text| (StatusCode::CONFLICT, text))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ToTakeBack {
    reference: String,
    units: BTreeMap<String, i64>,
    #[serde(default)]
    credit_note: Option<String>,
}

async fn take_back(
    Extract(state): Extract<Shared>,
    Json(wanted): Json<ToTakeBack>,
) -> Result<Json<TakenBack>, (StatusCode, String)> {
    let mut state = lock(&state);
    let now = state.now();
    let taken = state.books.take_back(&wanted.reference, wanted.units, wanted.credit_note.as_deref(), now);
    taken.map(Json).map_err(|text| (StatusCode::CONFLICT, text))
}

async fn orders(Extract(state): Extract<Shared>) -> Json<Vec<Stored>> {
    Json(lock(&state).books.orders.clone())
}

async fn credit_notes(Extract(state): Extract<Shared>) -> Json<Vec<Credited>> {
    Json(lock(&state).books.credits.clone())
}

async fn counts(Extract(state): Extract<Shared>) -> Json<Counts> {
    Json(lock(&state).counts.clone())
}
