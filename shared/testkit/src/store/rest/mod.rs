//! The REST API, `wc/v3`.

mod fulfillments;
mod gate;
mod notes;
mod orders;
mod products;
mod refunds;
mod reply;
mod site;
mod taxes;
mod webhooks;
mod write;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, put};

use super::state::Shared;
use reply::Reply;

/// Everything the store answers.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    let api = Router::new()
        .route("/orders", get(orders::list).post(write::create))
        .route("/orders/{id}", get(orders::one).put(write::update).post(write::update).delete(write::delete))
        .route("/orders/{id}/refunds", get(refunds::of_order).post(refunds::create))
        .route("/orders/{id}/refunds/{refund}", get(refunds::one).delete(refunds::delete))
        .route("/orders/{id}/notes", get(notes::list).post(notes::create))
        .route("/orders/{id}/fulfillments", get(fulfillments::list).post(fulfillments::create))
        .route("/orders/{id}/fulfillments/{fulfillment}", put(fulfillments::update).delete(fulfillments::delete))
        .route("/refunds", get(refunds::all))
        .route("/products", get(products::list))
        .route("/products/{id}", get(products::one).put(products::update))
        .route("/products/{id}/variations", get(products::variations))
        .route("/webhooks", get(webhooks::list).post(webhooks::create))
        .route("/webhooks/{id}", get(webhooks::one).put(webhooks::update).delete(webhooks::delete))
        .route("/taxes", get(taxes::list))
        .route("/system_status", get(site::system_status))
        .fallback(no_route)
        .layer(from_fn_with_state(Arc::clone(&shared), gate::key));
    Router::new()
        .route("/wp-json/", get(site::index))
        .nest("/wp-json/wc/v3", api)
        .fallback(no_route)
        .layer(DefaultBodyLimit::max(8 * 1024 * 1024))
        .layer(from_fn_with_state(Arc::clone(&shared), gate::faults))
        .with_state(shared)
}

async fn no_route() -> Reply {
    Reply::error(404, "rest_no_route", "No route was found matching the URL and request method.")
}
