//! Refunds: read with their lines, and created. A POST is not idempotent, and the store writes our meta data only after it has made the
//! refund and had the gateway pay; what it writes in the same stroke is the reason. So the return's id is in both, and either is read.

use std::collections::BTreeMap;

use reqwest::Method;
use serde::{Deserialize, Serialize};
use waybill_domain::money::Decimal;
use waybill_domain::refund::{RefundedCharge, RefundedLine};
use waybill_domain::store_order::TaxPart;
use waybill_domain::{NewRefund, StoreConfig, StoreRefund};
use waybill_workflow::CallError;

use super::client::WooCommerce;
use super::error::{NotWell, down, refused};
use super::keys::RestKeys;
use super::meta::Metas;
use super::outcome::unknown;
use super::value::{Amount, Flag, Id, List, Quantity, TaxAmount, Text};

/// Says for which return a refund was created.
const RETURNED: &str = "_waybill_return";
/// The reason of a refund, before and after the return's id. Customers may see it; nobody types it by chance.
const REASON: (&str, &str) = ("Return ", " (Waybill)");
/// Which line of the order a refund's line refunds: WooCommerce's own.
const REFUNDED_LINE: &str = "_refunded_item_id";
/// WooCommerce's own limit.
const PAGE: usize = 100;
/// How many pages are read at most.
const PAGES: u32 = 20;

#[derive(Deserialize)]
struct WireRefund {
    id: Id,
    amount: Amount,
    #[serde(default)]
    reason: Text,
    #[serde(default)]
    refunded_payment: Flag,
    #[serde(default)]
    meta_data: Metas,
    #[serde(default)]
    line_items: List<WireLine>,
    #[serde(default)]
    shipping_lines: List<WireCharge>,
    #[serde(default)]
    fee_lines: List<WireCharge>,
}

/// An item line: quantity and amounts are negative.
#[derive(Deserialize)]
struct WireLine {
    quantity: Quantity,
    total: Amount,
    total_tax: Amount,
    #[serde(default)]
    taxes: List<WireTax>,
    #[serde(default)]
    meta_data: Metas,
}

#[derive(Deserialize)]
struct WireTax {
    id: Id,
    #[serde(default)]
    total: TaxAmount,
}

/// A shipping or fee line: amounts are negative.
#[derive(Deserialize)]
struct WireCharge {
    total: Amount,
    total_tax: Amount,
    #[serde(default)]
    meta_data: Metas,
}

#[derive(Serialize)]
struct Wanted<'a> {
    amount: String,
    reason: String,
    api_refund: bool,
    api_restock: bool,
    line_items: Vec<WantedLine>,
    meta_data: [WantedMeta<'a>; 1],
}

#[derive(Serialize)]
struct WantedLine {
    id: u64,
    quantity: u32,
    refund_total: String,
    refund_tax: Vec<WantedTax>,
}

#[derive(Serialize)]
struct WantedTax {
    id: u64,
    refund_total: String,
}

#[derive(Serialize)]
struct WantedMeta<'a> {
    key: &'static str,
    value: &'a str,
}

/// The refunds of an order, oldest first; `None` if there is no such order.
pub(super) async fn list<K: RestKeys>(
    woocommerce: &WooCommerce<K>,
    store: &StoreConfig,
    order: u64,
) -> Result<Option<Vec<StoreRefund>>, CallError> {
    let (id, size) = (order.to_string(), PAGE.to_string());
    let mut found = BTreeMap::new();
    for page in 1..=PAGES {
        let query = [("per_page", size.as_str()), ("page", &page.to_string())];
        let answer = match woocommerce.get(store, &["orders", &id, "refunds"], &query).await {
            Err(NotWell::Absent) => return Ok(None),
            answer => answer?,
        };
        let refunds: Vec<serde_json::Value> = answer.json().ok_or_else(|| down("the answer is not a list of refunds"))?;
        let (full, before) = (refunds.len() >= PAGE, found.len());
        for refund in refunds {
            let refund = read(refund).ok_or_else(unreadable)?;
            found.insert(refund.id, refund);
        }
        // A store that sends the same page again and again has been read.
        if !full || found.len() == before {
            // Of an order that it does not have, WooCommerce says that it has no refunds.
            let is_there = !found.is_empty() || exists(woocommerce, store, &id).await?;
            return Ok(is_there.then(|| found.into_values().collect()));
        }
    }
    Err(refused("refund_unclear", "the order has more refunds than Waybill reads (2,000)"))
}

async fn exists<K: RestKeys>(woocommerce: &WooCommerce<K>, store: &StoreConfig, order: &str) -> Result<bool, CallError> {
    match woocommerce.get(store, &["orders", order], &[("_fields", "id")]).await {
        Ok(_) => Ok(true),
        Err(NotWell::Absent) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Creates a refund.
pub(super) async fn create<K: RestKeys>(
    woocommerce: &WooCommerce<K>,
    store: &StoreConfig,
    order: u64,
    refund: &NewRefund,
) -> Result<StoreRefund, CallError> {
    let line = |line: &RefundedLine| WantedLine {
        id: line.line,
        quantity: line.quantity,
        refund_total: line.net.to_string(),
        refund_tax: line.taxes.iter().map(|tax| WantedTax { id: tax.rate_id, refund_total: tax.total.to_string() }).collect(),
    };
    let wanted = Wanted {
        amount: refund.amount.to_string(),
        reason: format!("{}{}{}", REASON.0, refund.returned, REASON.1),
        api_refund: refund.through_gateway,
        api_restock: refund.restock,
        line_items: refund.lines.iter().map(line).collect(),
        meta_data: [WantedMeta { key: RETURNED, value: &refund.returned }],
    };
    let answer = match woocommerce.write(store, Method::POST, &["orders", &order.to_string(), "refunds"], Some(&wanted)).await {
        Err(NotWell::Absent) => {
            return Err(refused("refund_refused", "the store refuses the refund: it has no such order any more"));
        }
        answer => answer?,
    };
    let created = answer.json().and_then(read).filter(|created| created.amount == refund.amount);
    created.ok_or_else(|| unknown("the answer is not the refund"))
}

fn unreadable() -> CallError {
    let message =
        "a refund of this order cannot be read: an amount is missing, or a line does not say which line of the order it is about";
    refused("refund_unclear", message)
}

/// `None` when it is not a refund, or one whose amounts or lines are in doubt.
fn read(refund: serde_json::Value) -> Option<StoreRefund> {
    let refund: WireRefund = serde_json::from_value(refund).ok()?;
    let by_reason = || {
        let id = refund.reason.0.strip_prefix(REASON.0)?.strip_suffix(REASON.1)?;
        Some(id.to_owned()).filter(|id| !id.is_empty())
    };
    let returned = refund.meta_data.text(RETURNED).or_else(by_reason);
    let charges = refund.shipping_lines.0.iter().chain(&refund.fee_lines.0);
    Some(StoreRefund {
        id: Some(refund.id.0).filter(|id| *id > 0)?,
        amount: Some(refund.amount.0).filter(|amount| *amount >= Decimal::ZERO)?,
        lines: refund.line_items.0.iter().map(line).collect::<Option<_>>()?,
        charges: charges.map(charge).collect::<Option<_>>()?,
        returned,
        paid_back: refund.refunded_payment.0,
    })
}

fn line(line: &WireLine) -> Option<RefundedLine> {
    Some(RefundedLine {
        line: refunded(&line.meta_data)?,
        quantity: line.quantity.0.checked_neg().and_then(|pieces| u32::try_from(pieces).ok())?,
        net: positive(line.total.0)?,
        taxes: taxes(&line.taxes, positive(line.total_tax.0)?)?,
    })
}

fn charge(charge: &WireCharge) -> Option<RefundedCharge> {
    // What is refunded of a negative fee, a discount, is negative too.
    Some(RefundedCharge { charge: refunded(&charge.meta_data)?, net: -charge.total.0, tax: -charge.total_tax.0 })
}

fn refunded(meta: &Metas) -> Option<u64> {
    meta.number(REFUNDED_LINE).filter(|line| *line > 0)
}

fn positive(negative: Decimal) -> Option<Decimal> {
    Some(-negative).filter(|amount| *amount >= Decimal::ZERO)
}

/// The tax by rate, which adds up to the line's tax: WooCommerce rounds the sum, not always the parts, and the first part takes the rest.
fn taxes(parts: &List<WireTax>, total: Decimal) -> Option<Vec<TaxPart>> {
    let mut taxes: Vec<TaxPart> = parts.0.iter().map(|tax| TaxPart { rate_id: tax.id.0, total: -tax.total.0 }).collect();
    let sum = taxes.iter().try_fold(Decimal::ZERO, |sum, tax| sum.checked_add(tax.total))?;
    let rest = total.checked_sub(sum)?;
    match taxes.first_mut() {
        Some(first) => first.total = first.total.checked_add(rest)?,
        None if rest.is_zero() => {}
        None => taxes.push(TaxPart { rate_id: 0, total: rest }),
    }
    Some(taxes)
}
