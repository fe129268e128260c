//! Notes on orders. One for the customer is mailed by the store at once.

use reqwest::Method;
use serde::{Deserialize, Serialize};
use waybill_domain::StoreConfig;
use waybill_workflow::CallError;

use super::client::WooCommerce;
use super::error::down;
use super::keys::RestKeys;
use super::outcome::unknown;
use super::value::{Id, Text};

#[derive(Deserialize)]
struct WireNote {
    id: Id,
    #[serde(default)]
    note: Text,
}

#[derive(Serialize)]
struct Wanted<'a> {
    note: &'a str,
    customer_note: bool,
}

/// The texts of an order's notes, all of them: WooCommerce does not page them.
pub(super) async fn list<K: RestKeys>(
    woocommerce: &WooCommerce<K>,
    store: &StoreConfig,
    order: u64,
) -> Result<Vec<String>, CallError> {
    let answer = woocommerce.get(store, &["orders", &order.to_string(), "notes"], &[]).await?;
    let notes: Vec<WireNote> = answer.json().ok_or_else(|| down("the answer is not a list of notes"))?;
    Ok(notes.into_iter().map(|note| note.note.0).collect())
}

/// Adds a note.
pub(super) async fn add<K: RestKeys>(
    woocommerce: &WooCommerce<K>,
    store: &StoreConfig,
    order: u64,
    text: &str,
    for_customer: bool,
) -> Result<(), CallError> {
    // WordPress takes one level of backslashes out of what it stores, and a note must read as it was meant to be found again.
    let wanted = Wanted { note: &text.replace('\\', "\\\\"), customer_note: for_customer };
    let answer = woocommerce.write(store, Method::POST, &["orders", &order.to_string(), "notes"], Some(&wanted)).await?;
    match answer.json::<WireNote>() {
        Some(note) if note.id.0 > 0 => Ok(()),
        _ => Err(unknown("the answer is not the note")),
    }
}
