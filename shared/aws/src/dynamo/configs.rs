//! Stores, ERPs and warehouses. Functions read them from a cache that is a minute old at most; the command line writes them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use serde::de::DeserializeOwned;
use waybill_domain::{ErpConfig, ErpSlug, StoreConfig, StoreSlug, WarehouseConfig, WarehouseSlug};
use waybill_workflow::Unavailable;
use waybill_workflow::ports::Configs;

use super::row::VERSION;
use super::{Dynamo, Row, n, s};
use crate::error::unavailable;
use crate::gzip;

const PART: &str = "configuration";
const FRESH: Duration = Duration::from_secs(60);

/// What was read, and when. Absence is not kept: a store that was added a moment ago is found.
#[derive(Debug, Default)]
pub struct Cache {
    stores: Mutex<Kept<StoreConfig>>,
    erps: Mutex<Kept<ErpConfig>>,
    warehouses: Mutex<Kept<WarehouseConfig>>,
}

type Kept<T> = HashMap<String, (Instant, T)>;

/// Why a configuration was not written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PutError {
    /// Somebody changed it since it was read; read it again.
    #[error("somebody else changed this configuration meanwhile")]
    Conflict,
    /// The table did not answer well.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl Configs for Dynamo {
    async fn store(&self, slug: &StoreSlug) -> Result<Option<StoreConfig>, Unavailable> {
        self.config(&self.configs.stores, &format!("store/{slug}")).await
    }
    async fn erp(&self, slug: &ErpSlug) -> Result<Option<ErpConfig>, Unavailable> {
        self.config(&self.configs.erps, &format!("erp/{slug}")).await
    }
    async fn warehouse(&self, slug: &WarehouseSlug) -> Result<Option<WarehouseConfig>, Unavailable> {
        self.config(&self.configs.warehouses, &format!("warehouse/{slug}")).await
    }
    async fn warehouses(&self) -> Result<Vec<WarehouseConfig>, Unavailable> {
        self.all("warehouse/").await
    }
    async fn stores(&self) -> Result<Vec<StoreConfig>, Unavailable> {
        self.all("store/").await
    }
    async fn erps(&self) -> Result<Vec<ErpConfig>, Unavailable> {
        self.all("erp/").await
    }
}

impl Dynamo {
    /// Writes a store's configuration. Its `version` is the one it was read with (0 for a new store); what is returned has the next.
    ///
    /// # Errors
    /// [`PutError::Conflict`] if the row has another version.
    pub async fn put_store(&self, config: &StoreConfig) -> Result<StoreConfig, PutError> {
        let next = StoreConfig { version: config.version.saturating_add(1), ..config.clone() };
        let key = format!("store/{}", config.slug);
        self.put_config(&key, config.slug.as_str(), config.version, &config.base_url, &next).await?;
        forget(&self.configs.stores, &key);
        Ok(next)
    }

    /// Writes an ERP's configuration, as [`Dynamo::put_store`] does a store's.
    ///
    /// # Errors
    /// [`PutError::Conflict`] if the row has another version.
    pub async fn put_erp(&self, config: &ErpConfig) -> Result<ErpConfig, PutError> {
        let next = ErpConfig { version: config.version.saturating_add(1), ..config.clone() };
        let key = format!("erp/{}", config.slug);
        self.put_config(&key, config.slug.as_str(), config.version, &config.base_url, &next).await?;
        forget(&self.configs.erps, &key);
        Ok(next)
    }

    /// Writes a warehouse's configuration, as [`Dynamo::put_store`] does a store's.
    ///
    /// # Errors
    /// [`PutError::Conflict`] if the row has another version.
    pub async fn put_warehouse(&self, config: &WarehouseConfig) -> Result<WarehouseConfig, PutError> {
        let next = WarehouseConfig { version: config.version.saturating_add(1), ..config.clone() };
        let key = format!("warehouse/{}", config.slug);
        self.put_config(&key, config.slug.as_str(), config.version, &config.url, &next).await?;
        forget(&self.configs.warehouses, &key);
        Ok(next)
    }

    async fn config<T: Clone + DeserializeOwned + Send>(
        &self,
        kept: &Mutex<Kept<T>>,
        key: &str,
    ) -> Result<Option<T>, Unavailable> {
        if let Some((_, config)) =
            kept.lock().unwrap_or_else(PoisonError::into_inner).get(key).filter(|(read, _)| read.elapsed() < FRESH)
        {
            return Ok(Some(config.clone()));
        }
        let get = self.client.get_item().table_name(&self.tables.stores).key("pk", s(key));
        let row = get.send().await.map_err(|error| unavailable(PART, &error))?.item;
        let Some(config) = row.as_ref().map(read::<T>).transpose()? else {
            forget(kept, key);
            return Ok(None);
        };
        kept.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned(), (Instant::now(), config.clone()));
        Ok(Some(config))
    }

    async fn all<T: DeserializeOwned>(&self, prefix: &str) -> Result<Vec<T>, Unavailable> {
        let scan = self
            .client
            .scan()
            .table_name(&self.tables.stores)
            .filter_expression("begins_with(pk, :prefix)")
            .expression_attribute_values(":prefix", s(prefix));
        let mut rows = scan.into_paginator().items().send();
        let mut found = Vec::new();
        while let Some(row) = rows.next().await {
            let row = row.map_err(|error| unavailable(PART, &error))?;
            match read(&row) {
                Ok(config) => found.push(config),
                // The newer release looks after it.
                Err(error) => tracing::warn!(key = ?row.get("pk"), %error, "passed over"),
            }
        }
        Ok(found)
    }

    async fn put_config(
        &self,
        key: &str,
        slug: &str,
        before: u32,
        base_url: &str,
        config: &impl Serialize,
    ) -> Result<(), PutError> {
        let json = serde_json::to_vec(config).map_err(|_| Unavailable::new(PART, "it cannot be written"))?;
        let packed = gzip::pack(&json).map_err(|_| Unavailable::new(PART, "it cannot be compressed"))?;
        let put = self
            .client
            .put_item()
            .table_name(&self.tables.stores)
            .item("pk", s(key))
            // For people who look at the table; Waybill reads `config` alone.
            .item("slug", s(slug))
            .item("base_url", s(base_url))
            .item("version", n(before.saturating_add(1)))
            .item("config", AttributeValue::B(Blob::new(packed)));
        let put = match before {
            0 => put.condition_expression("attribute_not_exists(pk)"),
            before => put
                .condition_expression("#version = :before")
                .expression_attribute_names("#version", "version")
                .expression_attribute_values(":before", n(before)),
        };
        match put.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.code() == Some("ConditionalCheckFailedException") => Err(PutError::Conflict),
            Err(error) => Err(unavailable(PART, &error).into()),
        }
    }
}

/// A policy that this release does not know must not be passed over: whoever set it meant every order.
fn read<T: DeserializeOwned>(row: &Row) -> Result<T, Unavailable> {
    let unreadable = || Unavailable::new(PART, "a configuration cannot be read");
    if row.contains_key(VERSION) {
        return Err(Unavailable::newer(PART));
    }
    let packed = row.get("config").and_then(|value| value.as_b().ok()).ok_or_else(unreadable)?;
    let json = gzip::unpack(packed.as_ref()).map_err(|_| unreadable())?;
    serde_json::from_slice(&json).map_err(|_| Unavailable::newer(PART))
}

fn forget<T>(kept: &Mutex<Kept<T>>, key: &str) {
    kept.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
}
