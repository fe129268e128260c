//! What the store says about itself.

use std::sync::Arc;

use axum::extract::State;
use serde_json::json;

use super::reply::Reply;
use crate::store::state::Shared;
use crate::store::view::VERSION;

/// Open to everybody: name, zone and namespaces.
pub(super) async fn index(State(shared): State<Arc<Shared>>) -> Reply {
    let inner = shared.lock();
    Reply::ok(&json!({
        "name": "Test shop",
        "description": "",
        "url": inner.url,
        "home": inner.url,
        "gmt_offset": inner.config.utc_offset_seconds / 3600,
        "timezone_string": "",
        "namespaces": ["wp/v2", "wc/v3"],
    }))
}

pub(super) async fn system_status(State(shared): State<Arc<Shared>>) -> Reply {
    let inner = shared.lock();
    Reply::ok(&json!({
        "environment": {
            "home_url": inner.url,
            "site_url": inner.url,
            "version": VERSION,
            "wp_version": "6.9.1",
            "wp_cron": true,
            "php_version": "8.2.36",
            "default_timezone": "UTC",
        },
        "settings": {
            "api_enabled": true,
            "force_ssl": false,
            "currency": inner.config.currency,
            "number_of_decimals": 2,
        },
    }))
}
