//! Which orders changed: the poll that finds what webhooks did not say.

use std::collections::BTreeMap;

use serde::Deserialize;
use waybill_domain::store_order::StoreStatus;
use waybill_domain::{At, StoreConfig};
use waybill_workflow::CallError;

use super::client::WooCommerce;
use super::error::down;
use super::keys::RestKeys;
use super::value::{Gmt, Id, Text};

/// WooCommerce's own limit.
const PAGE: usize = 100;
/// How many orders are named at most.
const MOST: usize = 1000;
/// How many requests are made at most: every full page moves on by a second or a page.
const REQUESTS: u32 = 20;

#[derive(Deserialize)]
struct Changed {
    id: Id,
    #[serde(default)]
    status: Text,
    date_modified_gmt: Gmt,
}

/// Orders modified at or after `since`, oldest first; at most 1,000, the oldest ones.
///
/// WooCommerce's bound is exclusive and of whole seconds, so it is asked from a second earlier. Pages are taken by date, not by number: an
/// order that changes meanwhile moves to the end, and everything behind it would move up by one, over a page's edge.
pub(super) async fn modified_since<K: RestKeys>(
    woocommerce: &WooCommerce<K>,
    store: &StoreConfig,
    since: At,
) -> Result<Vec<(u64, At)>, CallError> {
    let mut found: BTreeMap<u64, (At, bool)> = BTreeMap::new();
    let (mut after, mut page) = (since.seconds().saturating_sub(1), 1_u32);
    for _ in 0..REQUESTS {
        let changed = ask(woocommerce, store, after, page).await?;
        let full = changed.len() >= PAGE;
        let mut latest = after;
        for order in changed {
            let at = order.date_modified_gmt.0.ok_or_else(|| down("an order of the list has no date"))?;
            latest = latest.max(at.seconds());
            let draft = StoreStatus::from(order.status.0).is_draft();
            found.insert(order.id.0, (at, draft));
        }
        if !full || found.len() >= MOST {
            break;
        }
        // The last second may go on behind the page's edge, so it is asked again.
        let next = latest.saturating_sub(1);
        (after, page) = if next > after { (next, 1) } else { (after, page.saturating_add(1)) };
    }
    let mut orders: Vec<(u64, At)> = found
        .into_iter()
        .filter(|(id, (at, draft))| *id > 0 && !draft && *at >= since_second(since))
        .map(|(id, (at, _))| (id, at))
        .collect();
    orders.sort_by_key(|(id, at)| (*at, *id));
    orders.truncate(MOST);
    Ok(orders)
}

/// Dates have whole seconds: what changed in the second of `since` may have changed after it.
fn since_second(since: At) -> At {
    At(since.seconds().saturating_mul(1000))
}

async fn ask<K: RestKeys>(
    woocommerce: &WooCommerce<K>,
    store: &StoreConfig,
    after_second: i64,
    page: u32,
) -> Result<Vec<Changed>, CallError> {
    let after = jiff::Timestamp::from_second(after_second).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let after = after.strftime("%Y-%m-%dT%H:%M:%S").to_string();
    let (page, per_page) = (page.to_string(), PAGE.to_string());
    let query = [
        ("modified_after", after.as_str()),
        // Without it, the date would be read in the shop's own time.
        ("dates_are_gmt", "true"),
        ("orderby", "modified"),
        ("order", "asc"),
        ("per_page", &per_page),
        ("page", &page),
        ("_fields", "id,status,date_modified_gmt"),
    ];
    let answer = woocommerce.get(store, &["orders"], &query).await?;
    answer.json().ok_or_else(|| down("the answer is not a list of orders"))
}
