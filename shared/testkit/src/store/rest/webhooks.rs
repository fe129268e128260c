//! Webhooks over REST.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::reply::{Page, Params, Reply, read};
use crate::store::config::NewWebhook;
use crate::store::state::{Inner, Shared};
use crate::store::view::gmt;
use crate::store::webhooks::{Webhook, WebhookStatus};

#[derive(Deserialize, Default)]
#[serde(default)]
struct Wanted {
    name: Option<String>,
    status: Option<String>,
    topic: Option<String>,
    delivery_url: Option<String>,
    secret: Option<String>,
}

impl Wanted {
    fn status(&self) -> Result<Option<WebhookStatus>, Reply> {
        let unknown = || Reply::invalid_param("status", "status is not one of active, paused, disabled.");
        self.status.as_deref().map(|slug| WebhookStatus::from_slug(slug).ok_or_else(unknown)).transpose()
    }
}

/// The secret is written, never read.
fn view(inner: &Inner, webhook: &Webhook) -> Value {
    let (resource, event) = webhook.topic.split_once('.').unwrap_or((&webhook.topic, ""));
    json!({
        "id": webhook.id,
        "name": webhook.name,
        "status": webhook.status.slug(),
        "topic": webhook.topic,
        "resource": resource,
        "event": event,
        "hooks": [],
        "delivery_url": webhook.delivery_url,
        "date_created": inner.site().local(webhook.created),
        "date_created_gmt": gmt(webhook.created),
        "date_modified": inner.site().local(webhook.modified),
        "date_modified_gmt": gmt(webhook.modified),
        "_links": inner.site().links("webhooks", webhook.id),
    })
}

fn show(inner: &Inner, id: u64, status: u16) -> Reply {
    match inner.webhooks.get(&id) {
        Some(webhook) => Reply::new(status, &view(inner, webhook)),
        None => Reply::error(404, "woocommerce_rest_shop_webhook_invalid_id", "Invalid ID."),
    }
}

fn known_topic(topic: &str) -> bool {
    match topic.split_once('.') {
        Some(("order" | "product" | "customer" | "coupon", event)) => {
            matches!(event, "created" | "updated" | "deleted" | "restored")
        }
        Some(("action", name)) => !name.is_empty(),
        _ => false,
    }
}

pub(super) async fn list(State(shared): State<Arc<Shared>>, params: Params) -> Result<Reply, Reply> {
    let page = Page::of(&params)?;
    let inner = shared.lock();
    let webhooks: Vec<&Webhook> = inner.webhooks.values().rev().collect();
    Ok(page.reply(&webhooks, |webhook| view(&inner, webhook)))
}

pub(super) async fn one(State(shared): State<Arc<Shared>>, Path(id): Path<u64>) -> Reply {
    show(&shared.lock(), id, 200)
}

/// The ping follows at once.
pub(super) async fn create(State(shared): State<Arc<Shared>>, body: Bytes) -> Result<Reply, Reply> {
    let wanted: Wanted = read(&body)?;
    let status = wanted.status()?.unwrap_or(WebhookStatus::Active);
    let topic = wanted.topic.unwrap_or_default();
    if !known_topic(&topic) {
        return Err(Reply::error(400, "woocommerce_rest_invalid_webhook_topic", "Webhook topic is required and must be valid."));
    }
    let delivery_url = wanted.delivery_url.unwrap_or_default();
    if !delivery_url.starts_with("http://") && !delivery_url.starts_with("https://") {
        let message = "Webhook delivery URL must be a valid URL starting with http:// or https://.";
        return Err(Reply::error(400, "woocommerce_rest_invalid_webhook_delivery_url", message));
    }
    Ok(shared.act(|inner| {
        // A webhook without a secret gets one that nobody else knows.
        let secret = wanted.secret.unwrap_or_else(|| format!("{:x}", inner.random(u64::MAX)));
        let id = inner.add_webhook(NewWebhook { topic, delivery_url, secret }, status);
        if let (Some(name), Some(webhook)) = (wanted.name, inner.webhooks.get_mut(&id)) {
            webhook.name = name;
        }
        show(inner, id, 201)
    }))
}

/// Making a disabled webhook active again leaves its failure count where it was.
pub(super) async fn update(State(shared): State<Arc<Shared>>, Path(id): Path<u64>, body: Bytes) -> Result<Reply, Reply> {
    let wanted: Wanted = read(&body)?;
    let status = wanted.status()?;
    Ok(shared.act(|inner| {
        let now = inner.now();
        if let Some(webhook) = inner.webhooks.get_mut(&id) {
            webhook.modified = now;
            webhook.status = status.unwrap_or(webhook.status);
            webhook.name = wanted.name.unwrap_or_else(|| std::mem::take(&mut webhook.name));
            webhook.secret = wanted.secret.unwrap_or_else(|| std::mem::take(&mut webhook.secret));
            webhook.delivery_url = wanted.delivery_url.unwrap_or_else(|| std::mem::take(&mut webhook.delivery_url));
        }
        show(inner, id, 200)
    }))
}

pub(super) async fn delete(State(shared): State<Arc<Shared>>, Path(id): Path<u64>) -> Reply {
    shared.act(|inner| {
        let reply = show(inner, id, 200);
        inner.webhooks.remove(&id);
        reply
    })
}
