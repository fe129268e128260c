//! Fulfillments: a feature of WooCommerce that is off in many stores, whose endpoint then does not exist. The store mails nothing about
//! ours: `notify_customer` stays off, the customer's note says it.

use reqwest::Method;
use serde::{Deserialize, Serialize};
use waybill_domain::{Shipment, StoreConfig};
use waybill_workflow::CallError;
use waybill_workflow::ports::StoreFulfillment;

use super::client::WooCommerce;
use super::error::{NotWell, down};
use super::keys::RestKeys;
use super::meta::Metas;
use super::outcome::unknown;
use super::value::{Id, List, Text};

const SHIPMENT: &str = "_waybill_shipment";
const REVISION: &str = "_waybill_revision";

#[derive(Deserialize)]
struct WireFulfillment {
    id: Id,
    #[serde(default)]
    date_deleted: Option<Text>,
    #[serde(default)]
    meta_data: Metas,
}

/// A list, or one in an object, as the first versions of the feature answered.
#[derive(Deserialize)]
#[serde(untagged)]
enum Several {
    Named { fulfillments: List<WireFulfillment> },
    Bare(Vec<WireFulfillment>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Single {
    Named { fulfillment: WireFulfillment },
    Bare(WireFulfillment),
}

#[derive(Serialize)]
struct Wanted<'a> {
    status: &'static str,
    is_fulfilled: bool,
    /// All there is: a PUT removes the keys that are not named.
    meta_data: Vec<Meta<'a>>,
}

#[derive(Serialize)]
struct Meta<'a> {
    key: &'static str,
    value: MetaValue<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum MetaValue<'a> {
    Items(Vec<Item>),
    Text(&'a str),
    Own(String),
}

/// WooCommerce takes whole numbers here and nothing else.
#[derive(Serialize)]
struct Item {
    item_id: u64,
    qty: u32,
}

/// The fulfillments of an order; `None` if the store has the feature off.
pub(super) async fn list<K: RestKeys>(
    woocommerce: &WooCommerce<K>,
    store: &StoreConfig,
    order: u64,
) -> Result<Option<Vec<StoreFulfillment>>, CallError> {
    let id = order.to_string();
    let answer = match woocommerce.get(store, &["orders", &id, "fulfillments"], &[]).await {
        Err(NotWell::NoRoute) => {
            // While the plugin is being updated no endpoint exists at all, which says nothing about the feature.
            woocommerce.get(store, &["orders", &id], &[("_fields", "id")]).await?;
            return Ok(None);
        }
        answer => answer?,
    };
    let found = match answer.json().ok_or_else(|| down("the answer is not a list of fulfillments"))? {
        Several::Named { fulfillments } => fulfillments.0,
        Several::Bare(fulfillments) => fulfillments,
    };
    let live = found.into_iter().filter(|one| one.id.0 > 0 && one.date_deleted.as_ref().is_none_or(|date| date.0.is_empty()));
    let known = live.map(|one| StoreFulfillment {
        id: one.id.0,
        shipment: one.meta_data.text(SHIPMENT),
        revision: one.meta_data.count(REVISION).unwrap_or(0),
    });
    Ok(Some(known.collect()))
}

/// Makes a shipment visible, or takes it away if it is void; one without pieces cannot be shown either.
pub(super) async fn put<K: RestKeys>(
    woocommerce: &WooCommerce<K>,
    store: &StoreConfig,
    order: u64,
    known: Option<u64>,
    shipment: &Shipment,
) -> Result<(), CallError> {
    let (id, known) = (order.to_string(), known.map(|known| known.to_string()));
    let gone = shipment.void || shipment.lines.values().all(|pieces| *pieces == 0);
    let Some(known) = known else {
        return if gone {
            Ok(())
        } else {
            show(woocommerce, store, Method::POST, &["orders", &id, "fulfillments"], shipment).await
        };
    };
    let path = ["orders", &id, "fulfillments", &known];
    if !gone {
        return show(woocommerce, store, Method::PUT, &path, shipment).await;
    }
    match woocommerce.write(store, Method::DELETE, &path, None::<&()>).await {
        Err(NotWell::Absent) => Ok(()),
        Err(error) => Err(error.into()),
        // WooCommerce answers with a sentence in an object.
        Ok(answer) if answer.json::<serde_json::Map<_, _>>().is_some() => Ok(()),
        Ok(_) => Err(unknown("the answer does not say that the fulfillment was deleted")),
    }
}

async fn show<K: RestKeys>(
    woocommerce: &WooCommerce<K>,
    store: &StoreConfig,
    method: Method,
    path: &[&str],
    shipment: &Shipment,
) -> Result<(), CallError> {
    let answer = woocommerce.write(store, method, path, Some(&wanted(shipment))).await?;
    let shown = match answer.json() {
        Some(Single::Named { fulfillment } | Single::Bare(fulfillment)) => fulfillment.id.0,
        None => 0,
    };
    if shown > 0 { Ok(()) } else { Err(unknown("the answer is not the fulfillment")) }
}

fn wanted(shipment: &Shipment) -> Wanted<'_> {
    let pieces = shipment.lines.iter().filter(|(_, pieces)| **pieces > 0);
    let items = pieces.map(|(line, pieces)| Item { item_id: *line, qty: *pieces }).collect();
    let mut meta_data = vec![
        Meta { key: "_items", value: MetaValue::Items(items) },
        Meta { key: SHIPMENT, value: MetaValue::Text(&shipment.id) },
        Meta { key: REVISION, value: MetaValue::Own(shipment.revision.to_string()) },
    ];
    let texts = [
        ("_tracking_number", shipment.tracking.as_str()),
        ("_tracking_url", &shipment.tracking_url),
        ("_provider_name", &shipment.carrier),
    ];
    let filled = texts.into_iter().filter(|(_, text)| !text.is_empty());
    meta_data.extend(filled.map(|(key, text)| Meta { key, value: MetaValue::Text(text) }));
    if !shipment.carrier.is_empty() {
        meta_data.push(Meta { key: "_shipment_provider", value: MetaValue::Own(provider(&shipment.carrier)) });
    }
    Wanted { status: "fulfilled", is_fulfilled: true, meta_data }
}

/// WooCommerce knows its carriers by lower-case names such as `dhl` and `royal-mail`.
fn provider(carrier: &str) -> String {
    let letter = |c: char| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    carrier.chars().map(letter).collect()
}
