//! What is free of an article: `stock.report` on the bus. An ERP that can says so by itself; the others are polled, which puts the same
//! report there.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use waybill_domain::{At, Sku};

use super::Fault;
use super::fields::Body;

/// What is free of an article in the ERP that the report is from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StockReport {
    /// The ERP's article number.
    #[schemars(length(min = 1, max = 200))]
    pub sku: String,
    /// On hand minus what confirmed orders hold; may be below zero.
    pub free: i64,
    /// When that was true, by the ERP's clock, RFC 3339 with offset. An older figure than is known changes nothing.
    #[schemars(extend("format" = "date-time"))]
    pub at: String,
}

/// What is free of an article, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockLevel {
    /// The ERP's article number.
    pub sku: Sku,
    /// On hand minus what confirmed orders hold.
    pub free: i64,
    /// When that was true, by the ERP's clock.
    pub at: At,
}

/// Reads what is free of an article.
///
/// # Errors
/// The first thing that is wrong, with its field.
pub fn stock(body: Body) -> Result<StockLevel, Fault> {
    let mut fields = body.fields();
    let sku = fields.text("sku", 200)?;
    let sku = fields.required("sku", sku)?;
    let sku: Sku = sku.parse().map_err(|_| fields.invalid("sku", "must be an article number of 1 to 200 bytes"))?;
    let free = fields.take("free");
    let free = fields.required("free", free)?;
    let free = Value::as_i64(&free).ok_or_else(|| fields.invalid("free", "must be a whole number"))?;
    let at = fields.time("at")?;
    let at = fields.required("at", at)?;
    fields.end()?;
    Ok(StockLevel { sku, free, at })
}
