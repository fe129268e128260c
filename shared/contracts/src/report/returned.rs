//! Returns, and refunds without goods: `POST /v1/returns/{store}`, or `return.report` on the bus.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use waybill_domain::money::Decimal;
use waybill_domain::{Currency, OrderKey, Return, ReturnState, ReturnedLine, StoreSlug};

use super::fields::{Body, Fields};
use super::{Fault, MAX_QUANTITY, ReportOrder};

/// No currency has more decimals.
const MAX_DECIMALS: u32 = 4;
/// Digits before the point.
const MAX_DIGITS: usize = 12;

/// How far a return has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReturnReportState {
    /// The customer is going to send it, or has.
    Announced,
    /// It arrived and was not looked at yet.
    Received,
    /// It was looked at: what was accepted is to be refunded.
    Inspected,
}

/// A return as it stands. Either `lines` or `amount` must be given, or both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReturnReport {
    /// The reporter's id of the return, unique per order.
    #[schemars(regex(pattern = "^[A-Za-z0-9._-]{1,64}$"))]
    pub id: String,
    /// The order.
    pub order: ReportOrder,
    /// How far it has come; a report of an earlier state than is known changes nothing.
    pub state: ReturnReportState,
    /// What comes back, each line once; none for a refund without goods.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[serde(default)]
    #[schemars(length(max = 500))]
    pub lines: Vec<ReturnReportLine>,
    /// Gross amount to refund as decimal text, with no more decimals than the currency has, if the reporter decided it; else what the
    /// accepted pieces cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = "^[0-9]{1,12}(\\.[0-9]{1,4})?$"))]
    pub amount: Option<String>,
    /// ISO 4217, the order's. Must be given with `amount`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = "^[A-Z]{3}$"))]
    pub currency: Option<String>,
    /// The credit note that the ERP made for it by itself: none is made again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub credit_note: Option<String>,
}

/// Pieces of one line of the order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReturnReportLine {
    /// The store's line id.
    #[schemars(range(min = 1))]
    pub line: u64,
    /// Pieces that come back.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub quantity: u32,
    /// Pieces that are accepted, at most `quantity`. Must be given once the return was inspected, and not before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 1_000_000))]
    pub accepted: Option<u32>,
    /// Accepted pieces that go back on the shelf, at most `accepted`; none if it is not given. Not before the return was inspected.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 1_000_000))]
    pub restock: Option<u32>,
}

/// Reads a return for this store, and the currency that it names.
///
/// # Errors
/// The first thing that is wrong, with its field.
pub fn returned(body: Body, store: &StoreSlug) -> Result<(OrderKey, Return, Option<Currency>), Fault> {
    let mut fields = body.fields();
    let id = fields.id("id")?;
    let order = fields.order("order", store)?;
    let state = state(&mut fields)?;
    let lines = fields.lines("lines", |line| returned_line(line, state))?;
    let currency = currency(&mut fields)?;
    let amount = amount(&mut fields, currency.as_ref())?;
    if lines.is_empty() && amount.is_none() {
        return Err(Fault { message: "must be given, or an amount".to_owned(), ..fields.missing("lines") });
    }
    let credit_note = fields.text("credit_note", 64)?;
    fields.end()?;
    Ok((order, Return { id, state, lines, amount, credit_note, refund: None, by_hand: false }, currency))
}

fn state(fields: &mut Fields) -> Result<ReturnState, Fault> {
    let value = fields.take("state");
    match fields.required("state", value)?.as_str() {
        Some("announced") => Ok(ReturnState::Announced),
        Some("received") => Ok(ReturnState::Received),
        Some("inspected") => Ok(ReturnState::Inspected),
        _ => Err(fields.invalid("state", "must be announced, received or inspected")),
    }
}

fn returned_line(line: &mut Fields, state: ReturnState) -> Result<ReturnedLine, Fault> {
    let quantity = line.whole("quantity", 1..=MAX_QUANTITY)?;
    let quantity = line.required("quantity", quantity)?;
    if state != ReturnState::Inspected {
        for name in ["accepted", "restock"] {
            if line.take(name).is_some() {
                return Err(line.invalid(name, "must not be given before the return was inspected"));
            }
        }
        return Ok(ReturnedLine { quantity, accepted: 0, restock: 0 });
    }
    let accepted = line.whole("accepted", 0..=quantity)?;
    let accepted = line.required("accepted", accepted)?;
    // What nobody spoke of does not go on sale again.
    let restock = line.whole("restock", 0..=accepted)?.unwrap_or(0);
    Ok(ReturnedLine { quantity, accepted, restock })
}

fn currency(fields: &mut Fields) -> Result<Option<Currency>, Fault> {
    let Some(value) = fields.take("currency") else { return Ok(None) };
    let code = value.as_str().filter(|code| code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase()));
    let currency = code.map(Currency::new).filter(|currency| currency.minor_units().is_some());
    currency.map(Some).ok_or_else(|| fields.invalid("currency", "must be a code of ISO 4217, such as EUR"))
}

/// Text only: a JSON number may have lost its last cent on the way.
fn amount(fields: &mut Fields, currency: Option<&Currency>) -> Result<Option<Decimal>, Fault> {
    const NAME: &str = "amount";
    let Some(value) = fields.take(NAME) else { return Ok(None) };
    let Value::String(text) = value else { return Err(fields.invalid(NAME, "must be a text, such as \"11.90\"")) };
    let currency = fields.required("currency", currency)?;
    let decimals = currency.minor_units().unwrap_or(0).min(MAX_DECIMALS);
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, "0"));
    let digits = |part: &str, most: usize| (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    let parsed = digits(whole, MAX_DIGITS) && digits(fraction, 4);
    let amount = parsed.then(|| text.parse::<Decimal>().ok()).flatten().filter(|amount| *amount > Decimal::ZERO);
    let mut amount = amount.ok_or_else(|| fields.invalid(NAME, "must be an amount above 0, such as \"11.90\""))?;
    if amount.normalize().scale() > decimals {
        return Err(fields.invalid(NAME, format!("must have at most {decimals} decimals, as {currency} has")));
    }
    amount.rescale(decimals);
    Ok(Some(amount))
}
