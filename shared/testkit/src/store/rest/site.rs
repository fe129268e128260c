//! What the store says about itself, and its fulfilments feature.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::reply::{Reply, read};
use crate::store::order::Meta;
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

fn feature_off() -> Reply {
    Reply::error(404, "rest_no_route", "No route was found matching the URL and request method.")
}

/// Tracking is only here; an order shows no more than `_fulfillment_status`.
pub(super) async fn fulfillments(State(shared): State<Arc<Shared>>, Path(id): Path<u64>) -> Reply {
    let inner = shared.lock();
    if !inner.config.fulfillments {
        return feature_off();
    }
    match inner.orders.contains_key(&id) {
        true => Reply::ok(&json!({"fulfillments": inner.fulfillments.get(&id).cloned().unwrap_or_default()})),
        false => Reply::no_order(),
    }
}

/// 201; the order's status stays.
pub(super) async fn fulfill(State(shared): State<Arc<Shared>>, Path(id): Path<u64>, body: Bytes) -> Result<Reply, Reply> {
    let mut wanted: Value = read(&body)?;
    Ok(shared.act(|inner| {
        if !inner.config.fulfillments {
            return feature_off();
        }
        if !inner.orders.contains_key(&id) {
            return Reply::no_order();
        }
        let Some(fields) = wanted.as_object_mut() else {
            return Reply::error(400, "rest_invalid_json", "Invalid JSON body passed.");
        };
        let fulfillment = inner.id();
        fields.insert("id".to_owned(), fulfillment.into());
        fields.insert("entity_id".to_owned(), id.to_string().into());
        inner.fulfillments.entry(id).or_default().push(wanted.clone());
        let status = Meta {
            id: 0,
            key: "_fulfillment_status".to_owned(),
            value: "fulfilled".into(),
            display_key: None,
            display_value: None,
        };
        inner.merge_meta(id, vec![status]);
        inner.touch(id);
        Reply::new(201, &json!({"fulfillment": wanted}))
    }))
}
