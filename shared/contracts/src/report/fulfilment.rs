//! What stops a fulfilment: `POST /v1/fulfilments/{id}`, or `fulfilment.report` on the bus.

use schemars::JsonSchema;
use serde::Serialize;
use waybill_domain::FulfilmentStatus;

use super::Fault;
use super::fields::Body;

const MAX_REASON: usize = 200;

/// Whether the warehouse can go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FulfilmentReport {
    /// Why it cannot, in its own words and without personal data; `null`: it can. Must be given.
    #[schemars(required, length(max = 200), extend("type" = ["string", "null"]))]
    pub blocked: Option<String>,
    /// Since when, by the warehouse's clock, RFC 3339 with offset; an older word than the last changes nothing.
    #[schemars(extend("format" = "date-time"))]
    pub at: String,
}

/// Reads what stops a fulfilment.
///
/// # Errors
/// The first thing that is wrong, with its field.
pub fn fulfilment(body: Body) -> Result<FulfilmentStatus, Fault> {
    const BLOCKED: &str = "blocked";
    let mut fields = body.fields();
    // Left out, it may have been forgotten: only `null` says that all is well.
    let free = fields.peek(BLOCKED).ok_or_else(|| fields.missing(BLOCKED))?.is_null();
    let blocked = fields.text(BLOCKED, MAX_REASON)?;
    if blocked.is_none() && !free {
        return Err(fields.invalid(BLOCKED, "must say why, or be null"));
    }
    let at = fields.time("at")?;
    let at = fields.required("at", at)?;
    fields.end()?;
    Ok(FulfilmentStatus { blocked, at })
}
