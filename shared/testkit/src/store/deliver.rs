//! The workers that deliver. A body is made when its delivery begins, not when its event happened.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;

use super::error_object::ErrorObject;
use super::log::{Answer, Delivery};
use super::php::json_encode;
use super::post::request;
use super::product_view::ProductView;
use super::sign::{delivery_id, signature};
use super::state::{Inner, Shared};
use super::view::{OrderView, VERSION};
use super::webhooks::{Pending, WebhookStatus};

/// How long a ping may take.
const PING_TIMEOUT: Duration = Duration::from_secs(5);

/// One worker, until its task is stopped.
pub(super) async fn work(shared: Arc<Shared>) {
    loop {
        let woken = shared.wake.notified();
        tokio::pin!(woken);
        woken.as_mut().enable();
        let (job, next_due) = {
            let mut inner = shared.lock();
            let job = take(&mut inner);
            let next_due = if job.is_none() { inner.queue.next_due() } else { None };
            (job, next_due)
        };
        match (job, next_due) {
            (Some(job), _) => run(&shared, job).await,
            (None, Some(due)) if due > Instant::now() => {
                tokio::select! {
                    () = woken => {}
                    () = tokio::time::sleep_until(due.into()) => {}
                }
            }
            (None, _) => woken.await,
        }
    }
}

enum Job {
    Ping(u64),
    /// The attempts to make: none if the store loses it, two if it doubles it.
    Deliver(Delivery, u32),
    /// The webhook is gone or not active any more.
    Nothing,
}

fn take(inner: &mut Inner) -> Option<Job> {
    if inner.knobs.deliveries_paused {
        return None;
    }
    let shuffle = inner.knobs.reordered.then(|| inner.random(1 << 31));
    let pending = inner.queue.take(Instant::now(), shuffle.and_then(|n| usize::try_from(n).ok()))?;
    Some(prepare(inner, pending))
}

fn prepare(inner: &mut Inner, pending: Pending) -> Job {
    let Some(webhook) = inner.webhooks.get(&pending.webhook_id).cloned() else {
        return Job::Nothing;
    };
    let Some(resource_id) = pending.resource_id else {
        return Job::Ping(webhook.id);
    };
    if webhook.status != WebhookStatus::Active {
        return Job::Nothing;
    }
    let body = body(inner, &webhook.topic, resource_id);
    let missigned = inner.chance(inner.knobs.missigned_per_mille);
    let secret = if missigned { "somebody else's secret" } else { &webhook.secret };
    let delivery = Delivery {
        webhook_id: webhook.id,
        delivery_id: delivery_id(webhook.id, inner.now().as_second()),
        signature: signature(secret, &body),
        topic: webhook.topic,
        resource_id,
        body,
        answer: Answer::Lost,
    };
    let attempts = if inner.chance(inner.knobs.lost_per_mille) {
        0
    } else if inner.chance(inner.knobs.doubled_per_mille) {
        2
    } else {
        1
    };
    Job::Deliver(delivery, attempts)
}

/// What a delivery about `id` says now.
fn body(inner: &Inner, topic: &str, id: u64) -> Vec<u8> {
    let (resource, event) = topic.split_once('.').unwrap_or((topic, ""));
    match (resource, event) {
        ("action", action) => json_encode(&json!({"action": action, "arg": id})),
        (_, "deleted") => json_encode(&json!({"id": id})),
        ("order", _) => match inner.orders.get(&id) {
            Some(order) => json_encode(&OrderView::new(order, inner.site())),
            None => gone("woocommerce_rest_shop_order_invalid_id"),
        },
        ("product", _) => match inner.products.get(&id) {
            Some(product) => json_encode(&ProductView::new(product, inner.variations(id), inner.site())),
            None => gone("woocommerce_rest_product_invalid_id"),
        },
        _ => json_encode(&json!([])),
    }
}

fn gone(code: &str) -> Vec<u8> {
    json_encode(&ErrorObject::new(404, code, "Invalid ID."))
}

async fn run(shared: &Shared, job: Job) {
    match job {
        Job::Nothing => {}
        Job::Ping(webhook) => ping(shared, webhook).await,
        Job::Deliver(delivery, 0) => shared.lock().log.add(delivery),
        Job::Deliver(delivery, attempts) => {
            for attempt in 0..attempts {
                send(shared, delivery.clone(), attempt > 0).await;
            }
            if shared.lock().webhooks.get(&delivery.webhook_id).is_some_and(|w| w.ping_owed) {
                ping(shared, delivery.webhook_id).await;
            }
        }
    }
    shared.lock().queue.in_flight -= 1;
    shared.progress.notify_waiters();
}

async fn send(shared: &Shared, mut delivery: Delivery, doubled: bool) {
    let (source, url, timeout) = {
        let inner = shared.lock();
        let Some(webhook) = inner.webhooks.get(&delivery.webhook_id) else { return };
        (format!("{}/", inner.url), webhook.delivery_url.clone(), inner.config.delivery_timeout)
    };
    let agent = user_agent();
    let id = delivery.webhook_id.to_string();
    let (resource, event) = delivery.topic.split_once('.').unwrap_or((&delivery.topic, ""));
    let headers = [
        ("User-Agent", agent.as_str()),
        ("Accept", "*/*"),
        ("Accept-Encoding", "deflate, gzip, br, zstd"),
        ("Content-Type", "application/json"),
        ("X-WC-Webhook-Source", &source),
        ("X-WC-Webhook-Topic", &delivery.topic),
        ("X-WC-Webhook-Resource", resource),
        ("X-WC-Webhook-Event", event),
        ("X-WC-Webhook-Signature", &delivery.signature),
        ("X-WC-Webhook-ID", &id),
        ("X-WC-Webhook-Delivery-ID", &delivery.delivery_id),
    ];
    delivery.answer = match request("POST", &url, &headers, &delivery.body, timeout).await {
        Ok(answered) => Answer::Status(answered.status),
        Err(reason) => Answer::Failed(reason),
    };
    let mut inner = shared.lock();
    let now = inner.now();
    let success = delivery.answer.is_success();
    let disabled = inner.webhooks.get_mut(&delivery.webhook_id).is_some_and(|webhook| webhook.record(success, now));
    inner.log.counts.disabled += u64::from(disabled);
    inner.log.counts.doubled += u64::from(doubled);
    inner.log.add(delivery);
}

/// The form body of a new webhook: unsigned, without any `X-WC-*` header, and without influence on its failures.
async fn ping(shared: &Shared, webhook_id: u64) {
    let Some(url) = shared.lock().webhooks.get(&webhook_id).map(|w| w.delivery_url.clone()) else { return };
    let body = format!("webhook_id={webhook_id}").into_bytes();
    let agent = user_agent();
    let headers = [
        ("User-Agent", agent.as_str()),
        ("Accept", "*/*"),
        ("Accept-Encoding", "deflate, gzip, br, zstd"),
        ("Content-Type", "application/x-www-form-urlencoded"),
    ];
    let answer = match request("POST", &url, &headers, &body, PING_TIMEOUT).await {
        Ok(answered) => Answer::Status(answered.status),
        Err(reason) => Answer::Failed(reason),
    };
    let mut inner = shared.lock();
    if answer == Answer::Status(200)
        && let Some(webhook) = inner.webhooks.get_mut(&webhook_id)
    {
        webhook.ping_owed = false;
    }
    inner.log.add(Delivery {
        webhook_id,
        topic: "ping".to_owned(),
        resource_id: webhook_id,
        delivery_id: String::new(),
        signature: String::new(),
        body,
        answer,
    });
}

fn user_agent() -> String {
    format!("WooCommerce/{VERSION} Hookshot (WordPress/6.9.1)")
}
