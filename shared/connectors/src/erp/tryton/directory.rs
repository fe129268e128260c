//! What a mapping may name, for people and for the check of it. Needs no mapping.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};
use waybill_domain::Sku;
use waybill_domain::money::Decimal;
use waybill_workflow::CallError;
use waybill_workflow::ports::erp_directory::{ErpDirectory, ErpEntry, Greeting, RecordKind};

use super::TrytonErp;
use super::client::Call;
use super::error::Kind;
use super::wire::{Amount, Coded};
use crate::erp::text;

/// Most records of a kind that are listed.
const MOST: usize = 500;

/// How a kind of record is found: its model, what else must hold, the field with its name, and the others that are read.
struct Shape {
    model: &'static str,
    only: Value,
    name: &'static str,
    fields: &'static [&'static str],
}

fn shape(kind: RecordKind) -> Shape {
    let shape = |model, only, name, fields| Shape { model, only, name, fields };
    match kind {
        RecordKind::Company => shape("company.company", json!([]), "rec_name", &["rec_name"]),
        RecordKind::Warehouse => shape("stock.location", json!([["type", "=", "warehouse"]]), "name", &["name"]),
        RecordKind::Shop => shape("web.shop", json!([]), "name", &["name", "company"]),
        RecordKind::SalesJournal => shape("account.journal", json!([["type", "=", "revenue"]]), "name", &["name"]),
        RecordKind::PaymentJournal => shape("account.statement.journal", json!([]), "name", &["name", "company"]),
        RecordKind::Tax => shape("account.tax", json!([["parent", "=", null]]), "name", &["name", "company", "type", "rate"]),
        RecordKind::Carrier => shape("carrier", json!([]), "rec_name", &["rec_name"]),
        // Without a name: it would be a person's.
        RecordKind::Customer => shape("party.party", json!([]), "", &["id"]),
    }
}

#[derive(Deserialize)]
struct Row {
    id: u64,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    rec_name: Option<String>,
    #[serde(default)]
    company: Option<u64>,
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    rate: Option<Amount>,
}

impl Row {
    fn entry(self, shape: &Shape) -> ErpEntry {
        let name = if shape.name == "rec_name" { self.rec_name } else { self.name };
        // Tryton writes 20 % as 0.20.
        let rate = self.rate.filter(|_| self.kind.as_deref() == Some("percentage"));
        let rate = rate.and_then(|Amount(rate)| rate.checked_mul(Decimal::ONE_HUNDRED));
        ErpEntry { id: self.id, name: text::short(&name.unwrap_or_default()), company: self.company, rate }
    }
}

impl TrytonErp {
    async fn entries(&self, kind: RecordKind, only: Option<u64>) -> Result<Vec<ErpEntry>, CallError> {
        let shape = shape(kind);
        let mut domain: Vec<Value> = shape.only.as_array().cloned().unwrap_or_default();
        domain.extend(only.map(|id| json!(["id", "=", id])));
        let call = Call::search("records", shape.model, shape.fields, &json!(domain)).page(MOST, 0);
        match self.client.call::<Vec<Row>>(&call).await {
            Ok(rows) => Ok(rows.into_iter().map(|row| row.entry(&shape)).collect()),
            // A model that is not there: its module is not activated, so there is none.
            Err(verdict) if verdict.kind == Kind::Refused("erp_rejected") => Ok(Vec::new()),
            Err(verdict) => Err(verdict.of_read()),
        }
    }
}

impl ErpDirectory for TrytonErp {
    /// A user's application sees its own company at least.
    async fn greet(&self) -> Result<Greeting, CallError> {
        let call = Call::search("company", "company.company", &["id"], &json!([])).page(1, 0);
        let companies: Vec<Row> = self.client.call(&call).await.map_err(|verdict| verdict.of_read())?;
        let none = if companies.is_empty() { ", without a company" } else { "" };
        Ok(Greeting { version: format!("Tryton{none}") })
    }

    async fn records(&self, kind: RecordKind) -> Result<Vec<ErpEntry>, CallError> {
        if kind == RecordKind::Customer { Ok(Vec::new()) } else { self.entries(kind, None).await }
    }

    async fn record(&self, kind: RecordKind, id: u64) -> Result<Option<ErpEntry>, CallError> {
        Ok(self.entries(kind, Some(id)).await?.into_iter().find(|entry| entry.id == id))
    }

    async fn articles(&self, skus: &[Sku]) -> Result<BTreeSet<Sku>, CallError> {
        let wanted: Vec<&str> = skus.iter().map(Sku::as_str).collect();
        let call = Call::search("articles", "product.product", &["code"], &json!([["code", "in", wanted]]));
        let rows: Vec<Coded> = self.client.call(&call).await.map_err(|verdict| verdict.of_read())?;
        Ok(skus.iter().filter(|sku| rows.iter().any(|row| row.code == sku.as_str())).cloned().collect())
    }
}
