//! What shipment-tracking plugins read from an order: the meta `_wc_shipment_tracking_items` of WooCommerce Shipment Tracking and Advanced
//! Shipment Tracking. Whatever others wrote there stays.

use serde::Serialize;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use waybill_domain::store_order::StoreStatus;
use waybill_domain::{Shipment, StoreConfig, StoreOrder};
use waybill_workflow::CallError;

use super::client::WooCommerce;
use super::error::NotWell;
use super::keys::RestKeys;
use super::meta::{Metas, items};

const KEY: &str = "_wc_shipment_tracking_items";
/// By this our items are known: `waybill` in hexadecimal. The plugins' own endpoint finds ids of at most 32 hexadecimal digits.
const OURS: &str = "77617962696c6c";
/// Digits of the shipment's hash behind it.
const HASH_DIGITS: usize = 18;

#[derive(serde::Deserialize)]
struct WithMeta {
    #[serde(default)]
    meta_data: Metas,
}

#[derive(Serialize)]
struct Wanted {
    #[serde(skip_serializing_if = "Option::is_none")]
    meta_data: Option<[Value; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
}

/// Shows the shipments and completes the order if asked to. A store where all is as wanted is not written to: every write moves the
/// order's date and comes back as a webhook.
pub(super) async fn show<K: RestKeys>(
    woocommerce: &WooCommerce<K>,
    store: &StoreConfig,
    order: u64,
    shipments: &[Shipment],
    complete: bool,
) -> Result<(StoreOrder, Vec<u8>), CallError> {
    let (seen, bytes) = woocommerce.order(store, order).await?.ok_or(NotWell::Absent)?;
    let meta_data = merged(&bytes, shipments).map(|items| [json!({"key": KEY, "value": items})]);
    let status = (complete && may_complete(&seen.status)).then_some("completed");
    if meta_data.is_none() && status.is_none() {
        return Ok((seen, bytes));
    }
    woocommerce.change_order(store, order, &Wanted { meta_data, status }).await
}

/// An order that was cancelled, refunded or trashed meanwhile stays so.
fn may_complete(status: &StoreStatus) -> bool {
    match status {
        StoreStatus::Processing | StoreStatus::OnHold | StoreStatus::Pending | StoreStatus::Other(_) => true,
        StoreStatus::Completed
        | StoreStatus::Cancelled
        | StoreStatus::Refunded
        | StoreStatus::Failed
        | StoreStatus::Trash
        | StoreStatus::CheckoutDraft
        | StoreStatus::AutoDraft => false,
    }
}

/// What is to stand there; `None` if it does already, or if there is something that no plugin of the two wrote.
fn merged(body: &[u8], shipments: &[Shipment]) -> Option<Vec<Value>> {
    let order: WithMeta = serde_json::from_slice(body).ok()?;
    let present: Vec<Value> = match order.meta_data.get(KEY) {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::String(text)) if text.is_empty() => Vec::new(),
        Some(list @ (Value::Array(_) | Value::Object(_))) => items(list).cloned().collect(),
        Some(_) => return None,
    };
    let mut wanted: Vec<Value> = present.iter().filter(|item| !is_ours(item)).cloned().collect();
    let shown = shipments.iter().filter(|shipment| !shipment.void && !shipment.tracking.is_empty());
    wanted.extend(shown.map(|shipment| Value::Object(item(shipment))));
    (wanted != present).then_some(wanted)
}

fn is_ours(item: &Value) -> bool {
    item.get("tracking_id").and_then(Value::as_str).is_some_and(|id| id.starts_with(OURS))
}

fn item(shipment: &Shipment) -> Map<String, Value> {
    // Shown as the carrier's name; with an empty one the plugins would look for the number in a list of theirs.
    let carrier = if shipment.carrier.is_empty() { "Carrier" } else { &shipment.carrier };
    // The plugin takes the link for a format of `sprintf`, in which a lone `%` is an error on the customer's page.
    let link = shipment.tracking_url.replace('%', "%%");
    let texts = [
        ("tracking_provider", String::new()),
        ("custom_tracking_provider", carrier.to_owned()),
        ("custom_tracking_link", link),
        ("tracking_number", shipment.tracking.clone()),
        ("date_shipped", shipment.shipped_at.seconds().to_string()),
        ("tracking_id", tracking_id(&shipment.id)),
    ];
    texts.into_iter().map(|(key, text)| (key.to_owned(), Value::String(text))).collect()
}

fn tracking_id(shipment: &str) -> String {
    let hash: String = Sha256::digest(shipment.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{OURS}{}", hash.get(..HASH_DIGITS).unwrap_or_default())
}
