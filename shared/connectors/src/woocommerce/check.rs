//! Questions a person asks before a store is connected: who are you, which products, which webhooks.

use reqwest::Method;
use reqwest::header::DATE;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use waybill_domain::{At, StoreConfig};
use waybill_workflow::CallError;

use super::client::WooCommerce;
use super::error::{NotWell, down};
use super::keys::RestKeys;
use super::value::{Id, List, Scalar, Text};
use crate::http::Answer;

/// SKUs asked for at once: WooCommerce answers at most 100 products per page.
const SKUS: usize = 100;

/// What a store says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// WooCommerce's version.
    pub version: String,
    /// WordPress's version.
    pub wordpress: String,
    /// The shop's currency.
    pub currency: String,
    /// The server's clock, from the header of the answer: a whole second.
    pub clock: Option<At>,
}

/// A product or variation with a SKU that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// Its id.
    pub id: u64,
    /// Its SKU.
    pub sku: String,
    /// `simple`, `variable`, `variation`, or a plugin's.
    pub kind: String,
    /// Units on hand, if the store counts them.
    pub stock: Option<i64>,
}

/// A webhook as the store keeps it; the secret cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Its id.
    pub id: u64,
    /// Such as `order.updated`.
    pub topic: String,
    /// `active`, `paused` or `disabled`.
    pub status: String,
    /// Where it delivers to.
    pub delivery_url: String,
}

#[derive(Deserialize)]
struct Status {
    environment: Environment,
    #[serde(default)]
    settings: Settings,
}

#[derive(Deserialize)]
struct Environment {
    version: Text,
    #[serde(default)]
    wp_version: Text,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Settings {
    currency: Text,
}

#[derive(Deserialize)]
struct WireProduct {
    id: Id,
    #[serde(default)]
    sku: Text,
    #[serde(default, rename = "type")]
    kind: Text,
    #[serde(default = "nothing")]
    stock_quantity: Scalar,
}

#[derive(Deserialize)]
struct WireWebhook {
    id: Id,
    #[serde(default)]
    topic: Text,
    #[serde(default)]
    status: Text,
    #[serde(default)]
    delivery_url: Text,
}

fn nothing() -> Scalar {
    Scalar::Null
}

impl<K: RestKeys> WooCommerce<K> {
    /// What the store says about itself: proves that address and key are right.
    ///
    /// # Errors
    /// How the call ended.
    pub async fn site(&self, store: &StoreConfig) -> Result<Site, CallError> {
        let answer = self.get(store, &["system_status"], &[]).await?;
        let clock = answer.header(&DATE).and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
        let status: Status = body(&answer, "a system status")?;
        Ok(Site {
            version: status.environment.version.0,
            wordpress: status.environment.wp_version.0,
            currency: status.settings.currency.0,
            clock: clock.map(|at| At(at.timestamp().as_millisecond())),
        })
    }

    /// Whether the REST key may write: asked with a note for order 0, which no store has. WooCommerce looks at the key before that.
    ///
    /// # Errors
    /// How the call ended; `store_write_forbidden` if the key may only read.
    pub async fn may_write(&self, store: &StoreConfig) -> Result<(), CallError> {
        let note = serde_json::json!({"note": "Waybill asks whether its key may write"});
        match self.write(store, Method::POST, &["orders", "0", "notes"], Some(&note)).await {
            Ok(_) | Err(NotWell::Absent) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// The products and variations with these SKUs, in any order; SKUs the store does not have are missing from the answer. WooCommerce
    /// separates SKUs with commas, so one with a comma in it is never found.
    ///
    /// # Errors
    /// How the call ended.
    pub async fn products_by_sku(&self, store: &StoreConfig, skus: &[&str]) -> Result<Vec<Product>, CallError> {
        let mut found = Vec::new();
        for part in skus.chunks(SKUS) {
            let answer = self.get(store, &["products"], &[("sku", &part.join(",")), ("per_page", "100")]).await?;
            let products: List<WireProduct> = body(&answer, "a list of products")?;
            found.extend(products.0.into_iter().map(|product| Product {
                id: product.id.0,
                sku: product.sku.0,
                kind: product.kind.0,
                stock: match product.stock_quantity {
                    Scalar::Integer(units) => i64::try_from(units).ok(),
                    Scalar::Float(units) => units,
                    _ => None,
                },
            }));
        }
        Ok(found)
    }

    /// The first 100 webhooks.
    ///
    /// # Errors
    /// How the call ended.
    pub async fn webhooks(&self, store: &StoreConfig) -> Result<Vec<Webhook>, CallError> {
        let answer = self.get(store, &["webhooks"], &[("per_page", "100")]).await?;
        let webhooks: List<WireWebhook> = body(&answer, "a list of webhooks")?;
        let webhook = |webhook: WireWebhook| Webhook {
            id: webhook.id.0,
            topic: webhook.topic.0,
            status: webhook.status.0,
            delivery_url: webhook.delivery_url.0,
        };
        Ok(webhooks.0.into_iter().map(webhook).collect())
    }
}

fn body<T: DeserializeOwned>(answer: &Answer, what: &str) -> Result<T, CallError> {
    answer.json().ok_or_else(|| down(format!("the answer is not {what}")))
}
