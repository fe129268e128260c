//! What a store sells: the SKU of every product and variation, read through its REST API.

use reqwest::Method;
use reqwest::header::ACCEPT;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use waybill_connectors::http::Http;
use waybill_workflow::ports::StoreSecrets;

/// WooCommerce's own limit.
const PAGE: usize = 100;
/// A check is to end in seconds; a store with more products than these is looked at in part, and the report says so.
const PAGES: usize = 30;
const VARIABLE: usize = 200;
/// What is read of a product.
const FIELDS: &str = "id,sku,type";

/// The SKUs of a store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Catalogue {
    /// Of every product and variation that has one.
    pub(super) skus: Vec<String>,
    /// Names of nothing: ids of products and variations without a SKU.
    pub(super) without: Vec<u64>,
    /// Not everything was looked at.
    pub(super) cut: bool,
}

#[derive(Deserialize)]
struct Product {
    id: u64,
    /// PHP may write `null` or a number.
    #[serde(default)]
    sku: serde_json::Value,
    #[serde(default, rename = "type")]
    kind: Option<String>,
}

impl Product {
    fn sku(&self) -> Option<String> {
        let text = match &self.sku {
            serde_json::Value::String(text) => text.trim().to_owned(),
            serde_json::Value::Number(number) => number.to_string(),
            _ => String::new(),
        };
        (!text.is_empty()).then_some(text)
    }
}

/// Reads all products that can be bought and their variations.
///
/// # Errors
/// What kept it from reading, in words without content.
pub(super) async fn read(http: &Http, keys: &StoreSecrets) -> Result<Catalogue, String> {
    let mut catalogue = Catalogue::default();
    let mut variable = Vec::new();
    let whole = each(http, keys, &["products"], FIELDS, |product: Product| {
        match product.kind.as_deref() {
            // Never ordered itself; a group has no stock and no price of its own.
            Some("variable" | "variable-subscription") => variable.push(product.id),
            Some("grouped" | "external") => {}
            _ => catalogue.add(&product),
        }
    })
    .await?;
    catalogue.cut = !whole || variable.len() > VARIABLE;
    for id in variable.into_iter().take(VARIABLE) {
        let id = id.to_string();
        let whole =
            each(http, keys, &["products", &id, "variations"], FIELDS, |variation: Product| catalogue.add(&variation)).await?;
        catalogue.cut |= !whole;
    }
    catalogue.skus.sort_unstable();
    catalogue.skus.dedup();
    Ok(catalogue)
}

impl Catalogue {
    fn add(&mut self, product: &Product) {
        match product.sku() {
            Some(sku) => self.skus.push(sku),
            None => self.without.push(product.id),
        }
    }
}

/// Every item of a list; false if it was cut.
pub(super) async fn each<T: DeserializeOwned>(
    http: &Http,
    keys: &StoreSecrets,
    path: &[&str],
    fields: &str,
    mut item: impl FnMut(T),
) -> Result<bool, String> {
    let what = path.first().copied().unwrap_or_default();
    let path: Vec<&str> = ["wp-json", "wc", "v3"].iter().chain(path).copied().collect();
    for page in 1..=PAGES {
        let request = http
            .request(Method::GET, &path)
            .basic_auth(&keys.consumer_key, Some(&keys.consumer_secret))
            .header(ACCEPT, "application/json")
            .query(&[("per_page", PAGE), ("page", page)])
            .query(&[("_fields", fields), ("orderby", "id"), ("order", "asc")]);
        let answer = http.send(request).await.map_err(|failure| failure.to_string())?;
        if !answer.is_success() {
            return Err(format!("status {}", answer.status));
        }
        let items: Vec<T> = answer.json().ok_or_else(|| format!("the answer is not a list of {what}"))?;
        let full = items.len() >= PAGE;
        items.into_iter().for_each(&mut item);
        if !full {
            return Ok(true);
        }
    }
    Ok(false)
}
