//! The tables. Keys and conditions: docs/DATA.md.

pub mod circuits;
pub mod configs;
pub mod dead_letters;
mod entries;
pub mod idempotency;
pub mod lanes;
mod list;
pub mod log;
pub mod orders;
pub mod packed;
pub mod row;
mod short;
pub mod snapshots;
pub mod stock;
mod transaction;

use std::collections::HashMap;
use std::sync::Arc;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;

use crate::names::Names;

/// A row as DynamoDB gives it.
pub type Row = HashMap<String, AttributeValue>;

/// Every table of a deployment. Cheap to clone: clones share the connections and the configuration cache.
#[derive(Debug, Clone)]
pub struct Dynamo {
    client: Client,
    tables: Arc<Tables>,
    configs: Arc<configs::Cache>,
}

#[derive(Debug)]
struct Tables {
    orders: String,
    snapshots: String,
    stock: String,
    stores: String,
    endpoints: String,
    idempotency: String,
    dead_letters: String,
}

impl Dynamo {
    /// The tables of this deployment.
    pub fn new(config: &SdkConfig, names: &Names) -> Self {
        Self::with_client(Client::new(config), names)
    }

    /// The tables of this deployment, through this client.
    pub fn with_client(client: Client, names: &Names) -> Self {
        let tables = Tables {
            orders: names.table("orders"),
            snapshots: names.table("snapshots"),
            stock: names.table("stock"),
            stores: names.table("stores"),
            endpoints: names.table("endpoints"),
            idempotency: names.table("idempotency"),
            dead_letters: names.table("dead-letters"),
        };
        Dynamo { client, tables: Arc::new(tables), configs: Arc::default() }
    }
}

/// A string attribute.
fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

/// A number attribute.
fn n(number: impl std::fmt::Display) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// A number of a row.
fn number<T: std::str::FromStr>(row: &Row, name: &str) -> Option<T> {
    row.get(name)?.as_n().ok()?.parse().ok()
}

/// A text of a row.
fn text<'a>(row: &'a Row, name: &str) -> Option<&'a str> {
    row.get(name)?.as_s().ok().map(String::as_str)
}
