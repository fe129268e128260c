//! Shipments: `POST /v1/shipments/{store}`, or `shipment.report` on the bus.

use schemars::JsonSchema;
use serde::Serialize;
use waybill_domain::{At, OrderKey, Shipment, StoreSlug};

use super::fields::{Body, Fields};
use super::{Fault, MAX_QUANTITY, ReportOrder};

/// The highest revision; nobody corrects a parcel more often.
const MAX_REVISION: u32 = 1_000_000;
const MAX_CARRIER: usize = 64;
const MAX_TRACKING: usize = 128;
const MAX_URL: usize = 500;

/// A shipment that left, a correction of one, or the news that it did not leave after all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShipmentReport {
    /// The reporter's id of the shipment, unique per order.
    #[schemars(regex(pattern = "^[A-Za-z0-9._-]{1,64}$"))]
    pub id: String,
    /// The order.
    pub order: ReportOrder,
    /// Grows with every correction; the highest counts, in whatever order they arrive. 1 if it is not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub revision: Option<u32>,
    /// Carrier, such as `DHL`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub carrier: Option<String>,
    /// Tracking number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub tracking_number: Option<String>,
    /// Where the customer can follow it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 500), regex(pattern = "^[hH][tT][tT][pP][sS]?://[!-~]+$"))]
    pub tracking_url: Option<String>,
    /// When it left, RFC 3339 with offset. Must be given unless `void`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub shipped_at: Option<String>,
    /// What is in it, each line once. Must be given unless `void`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 500))]
    #[serde(default)]
    pub lines: Vec<ShipmentReportLine>,
    /// It never left after all; needs a higher `revision` than the shipment it takes back.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[serde(default)]
    pub void: bool,
}

/// Pieces of one line of the order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShipmentReportLine {
    /// The store's line id.
    #[schemars(range(min = 1))]
    pub line: u64,
    /// Pieces.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub quantity: u32,
}

/// Reads a shipment for this store.
///
/// # Errors
/// The first thing that is wrong, with its field.
pub fn shipment(body: Body, store: &StoreSlug) -> Result<(OrderKey, Shipment), Fault> {
    let mut fields = body.fields();
    let id = fields.id("id")?;
    let order = fields.order("order", store)?;
    let revision = fields.whole("revision", 1..=MAX_REVISION)?.unwrap_or(1);
    let void = fields.flag("void")?;
    let shipped_at = match fields.time("shipped_at")? {
        Some(at) => at,
        // What never left has no time, and the same report must read the same at every try: so it is not the time of arrival.
        None if void => At(0),
        None => return Err(fields.missing("shipped_at")),
    };
    let lines = fields.lines("lines", |line| {
        let quantity = line.whole("quantity", 1..=MAX_QUANTITY)?;
        line.required("quantity", quantity)
    })?;
    if lines.is_empty() && !void {
        return Err(fields.missing("lines"));
    }
    let shipment = Shipment {
        id,
        revision,
        carrier: fields.text("carrier", MAX_CARRIER)?.unwrap_or_default(),
        tracking: fields.text("tracking_number", MAX_TRACKING)?.unwrap_or_default(),
        tracking_url: tracking_url(&mut fields)?,
        shipped_at,
        lines,
        void,
        told: 0,
    };
    fields.end()?;
    Ok((order, shipment))
}

/// An address that can be put before a customer: http or https, a host, and nothing that is not allowed in an address.
fn tracking_url(fields: &mut Fields) -> Result<String, Fault> {
    const NAME: &str = "tracking_url";
    let Some(url) = fields.text(NAME, MAX_URL)? else { return Ok(String::new()) };
    let lower = url.to_ascii_lowercase();
    let Some(rest) = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://")) else {
        return Err(fields.invalid(NAME, "must begin with https:// or http://"));
    };
    if !url.bytes().all(|b| b.is_ascii_graphic() && !br#""'\^`{|}"#.contains(&b)) {
        return Err(fields.invalid(NAME, "must be an address in ASCII; encode other characters as %XX"));
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.split(':').next().unwrap_or_default();
    if host.is_empty() || authority.contains('@') {
        return Err(fields.invalid(NAME, "must name a host, and no user"));
    }
    Ok(url)
}
