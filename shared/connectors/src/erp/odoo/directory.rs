//! What a mapping may name, for people and for the check of it. Needs no mapping.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use waybill_domain::Sku;
use waybill_workflow::CallError;
use waybill_workflow::ports::erp_directory::{ErpDirectory, ErpEntry, Greeting, RecordKind};

use super::OdooErp;
use super::call::Call;
use super::row::rows;
use crate::erp::scrub::Scrub;
use crate::erp::text;

/// Most records of a kind that are listed.
const MOST: usize = 500;

/// How a kind of record is found: its model, what else must hold, and the fields beyond id and name.
fn kind(kind: RecordKind) -> Option<(&'static str, Vec<Value>, &'static [&'static str])> {
    Some(match kind {
        RecordKind::Company => ("res.company", Vec::new(), &["name"]),
        RecordKind::Warehouse => ("stock.warehouse", Vec::new(), &["name", "company_id"]),
        RecordKind::SalesJournal => ("account.journal", vec![json!(["type", "=", "sale"])], &["name", "company_id"]),
        RecordKind::PaymentJournal => ("account.journal", vec![json!(["type", "in", ["bank", "cash"]])], &["name", "company_id"]),
        RecordKind::Tax => {
            ("account.tax", vec![json!(["type_tax_use", "=", "sale"])], &["name", "company_id", "amount", "amount_type"])
        }
        RecordKind::Carrier => ("delivery.carrier", Vec::new(), &["name", "company_id"]),
        // Without a name: it would be a person's.
        RecordKind::Customer => ("res.partner", Vec::new(), &["id"]),
        RecordKind::Shop => return None,
    })
}

impl OdooErp {
    async fn entries(&self, of: RecordKind, only: Option<u64>) -> Result<Vec<ErpEntry>, CallError> {
        let Some((model, mut domain, fields)) = kind(of) else { return Ok(Vec::new()) };
        domain.extend(only.map(|id| json!(["id", "=", id])));
        let call = || Call::search(model, json!(domain), fields).page(MOST);
        let answer = match self.client.call(call(), &Scrub::unknown()).await {
            // No app for it, so none of it.
            Err(CallError::Refused { code, .. }) if code == "erp_unsupported" => return Ok(Vec::new()),
            other => other?,
        };
        let has = |field: &str| fields.contains(&field);
        rows(&call(), &answer, |row| {
            let rate = if has("amount") && row.text("amount_type")? == "percent" { Some(row.amount("amount")?) } else { None };
            Some(ErpEntry {
                id: row.id()?,
                name: if has("name") { text::short(row.text("name")?) } else { String::new() },
                company: if has("company_id") { row.named("company_id")?.map(|(id, _)| id) } else { None },
                rate,
            })
        })
    }
}

impl ErpDirectory for OdooErp {
    async fn greet(&self) -> Result<Greeting, CallError> {
        let version = self.client.greeting().await?;
        self.client.call(Call::hello(), &Scrub::unknown()).await?;
        Ok(Greeting { version })
    }

    async fn records(&self, kind: RecordKind) -> Result<Vec<ErpEntry>, CallError> {
        if kind == RecordKind::Customer {
            return Ok(Vec::new());
        }
        self.entries(kind, None).await
    }

    async fn record(&self, kind: RecordKind, id: u64) -> Result<Option<ErpEntry>, CallError> {
        Ok(self.entries(kind, Some(id)).await?.into_iter().find(|entry| entry.id == id))
    }

    async fn articles(&self, skus: &[Sku]) -> Result<BTreeSet<Sku>, CallError> {
        let wanted: Vec<&str> = skus.iter().map(Sku::as_str).collect();
        let call = || Call::search("product.product", json!([["default_code", "in", wanted]]), &["default_code"]);
        let answer = self.client.call(call(), &Scrub::unknown()).await?;
        let found = rows(&call(), &answer, |row| Some(row.text("default_code")?.parse::<Sku>().ok()))?;
        Ok(found.into_iter().flatten().collect())
    }
}
