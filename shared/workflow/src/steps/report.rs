//! What warehouses and ERPs report, written to the order's record. What is wrong is refused with the field that is; nothing is stored then.

use std::collections::BTreeSet;

use waybill_domain::money::Currency;
use waybill_domain::shipment::fulfilment_order;
use waybill_domain::{Change, ErpState, FulfilmentOrder, FulfilmentStatus, Order, OrderKey, Return, Shipment, Step};

use super::reserve::{content, posted};
use crate::commit::{Committed, cause, commit, contention};
use crate::error::StepError;
use crate::ports::{Configs, Orders, Runtime, Snapshots, Storefront};

/// Shipments, and returns, of one order at most: DynamoDB takes no row of more than 400 KB.
const MOST: usize = 200;

/// How often a report is tried when others write the same order: a warehouse that reports twenty parcels at once gets all of them in.
const PATIENCE: u32 = 12;
/// How far a reporter's clock may be ahead.
const AHEAD_SECONDS: u32 = 300;

/// A report that was read, about one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// A shipment, its correction, or that it is void.
    Shipment(Shipment),
    /// A return, or a refund without goods.
    Return {
        /// As reported.
        returned: Return,
        /// The currency of its amount.
        currency: Option<Currency>,
    },
    /// Whether the warehouse can go on.
    Fulfilment(FulfilmentStatus),
}

/// What became of a report that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reported {
    /// It is written.
    New,
    /// It is written, and replaces what was said before.
    Corrected,
    /// It was known.
    Known,
    /// Something newer is known.
    Older,
}

/// Why a report was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status, 4xx.
    pub status: u16,
    /// Code, listed in docs/ERRORS.md.
    pub code: &'static str,
    /// The field that is wrong.
    pub field: Option<String>,
    /// In words, without personal data.
    pub message: String,
}

fn refuse<T>(status: u16, code: &'static str, field: impl Into<String>, message: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal { status, code, field: Some(field.into()), message: message.into() })
}

/// Writes a report to the record of its order. `client` names who reported.
///
/// # Errors
/// What kept it from being written. Nothing is stored then.
pub async fn report(
    ports: &(impl Orders + Runtime),
    key: &OrderKey,
    report: Report,
    client: &str,
) -> Result<Result<Reported, Refusal>, StepError> {
    let step = match &report {
        Report::Shipment(_) | Report::Fulfilment(_) => Step::ShipUpdate,
        Report::Return { .. } => Step::Refund,
    };
    // The newest word counts: one from the future would silence all that follow.
    if let Report::Fulfilment(FulfilmentStatus { at, .. }) = &report
        && *at > ports.now().plus_seconds(AHEAD_SECONDS)
    {
        return Ok(refuse(422, "field_invalid", "at", format!("{at} is in the future; set the clock")));
    }
    for attempt in 1..=PATIENCE {
        let Some(order) = ports.load(key).await? else {
            return Ok(refuse(404, "order_unknown", "order", format!("Waybill does not know order {key}")));
        };
        let (change, reported) = match judge(&order, &report) {
            Ok((Some(change), reported)) => (change, reported),
            Ok((None, reported)) => return Ok(Ok(reported)),
            Err(refusal) => return Ok(Err(refusal)),
        };
        match commit(ports, &order, vec![change], &cause(ports, step, format!("client:{client}"))).await {
            Ok(Committed::Done(_)) => return Ok(Ok(reported)),
            Ok(Committed::Short(_)) => return Err(StepError::Defect { reason: "a report moved stock".to_owned() }),
            // Others report of the same order right now; the version gives each its own moment.
            Ok(Committed::Overtaken) => {
                let spread = u32::try_from(order.key.id.wrapping_add(u64::from(order.seq)) % 40).unwrap_or(0);
                ports.pause(attempt.saturating_mul(20).saturating_add(spread)).await;
            }
            Err(error) => return Err(error),
        }
    }
    Err(contention())
}

type Judged = Result<(Option<Change>, Reported), Refusal>;

fn judge(order: &Order, report: &Report) -> Judged {
    let known_to_erp = order.erp.state == ErpState::Posted || order.fulfilment.revision > 0;
    if !known_to_erp {
        return refuse(409, "order_not_posted", "order", format!("order {} is not posted yet; report again later", order.key));
    }
    match report {
        Report::Shipment(shipment) => judge_shipment(order, shipment),
        Report::Return { returned, currency } => judge_return(order, returned, currency.as_ref()),
        Report::Fulfilment(status) => Ok(match order.fulfilment.heard {
            Some(heard) if heard > status.at => (None, Reported::Older),
            Some(heard) if heard == status.at => (None, Reported::Known),
            _ => (Some(Change::FulfilmentSaid(status.clone())), Reported::New),
        }),
    }
}

/// Every line is one that the order ships, or did before it was amended.
fn lines_known<'a>(order: &Order, lines: impl Iterator<Item = &'a u64>) -> Result<(), Refusal> {
    let mut known: BTreeSet<u64> = order.fulfilment.lines.keys().copied().collect();
    known.extend(order.fulfilment.shipments.iter().flat_map(|shipment| shipment.lines.keys()));
    match lines.enumerate().find(|(_, line)| !known.contains(line)) {
        None => Ok(()),
        Some((index, line)) => {
            let message = format!("order {} has no line {line} that is shipped", order.key);
            refuse(422, "line_unknown", format!("lines[{index}].line"), message)
        }
    }
}

/// The record is one row, which has an end.
fn room_for<T>(list: &[T]) -> Result<(), Refusal> {
    if list.len() < MOST {
        return Ok(());
    }
    refuse(409, "too_many_reports", "id", format!("an order takes {MOST} at most; correct one that is known"))
}

fn judge_shipment(order: &Order, shipment: &Shipment) -> Judged {
    lines_known(order, shipment.lines.keys())?;
    let known = order.fulfilment.shipments.iter().find(|known| known.id == shipment.id);
    let change = || Some(Change::Shipped(shipment.clone()));
    match known {
        None => room_for(&order.fulfilment.shipments).map(|()| (change(), Reported::New)),
        Some(known) if known.revision > shipment.revision => Ok((None, Reported::Older)),
        Some(known) if known.revision < shipment.revision => Ok((change(), Reported::Corrected)),
        Some(known) if *known == (Shipment { told: known.told, ..shipment.clone() }) => Ok((None, Reported::Known)),
        Some(known) => {
            let message = format!(
                "shipment {} is known in revision {} with other content; send a correction as revision {}",
                shipment.id,
                known.revision,
                known.revision.saturating_add(1)
            );
            refuse(409, "revision_conflict", "revision", message)
        }
    }
}

fn judge_return(order: &Order, one: &Return, currency: Option<&Currency>) -> Judged {
    if order.erp.state != ErpState::Posted {
        let message = format!("order {} is cancelled: nothing of it can be credited", order.key);
        return refuse(409, "order_not_posted", "order", message);
    }
    lines_known(order, one.lines.keys())?;
    let of_order = order.content.as_ref().map(|content| &content.currency);
    if let (Some(said), Some(of_order)) = (currency, of_order)
        && said != of_order
    {
        return refuse(422, "currency_differs", "currency", format!("order {} is in {of_order}", order.key));
    }
    let known = order.returns.iter().find(|known| known.id == one.id);
    let change = || Some(Change::Returned(one.clone()));
    match known {
        None => room_for(&order.returns).map(|()| (change(), Reported::New)),
        Some(known) if known.state > one.state => Ok((None, Reported::Older)),
        Some(known) if known.state < one.state => Ok((change(), Reported::Corrected)),
        Some(known) if *known == (Return { refund: known.refund, by_hand: known.by_hand, ..one.clone() }) => {
            Ok((None, Reported::Known))
        }
        Some(_) => {
            let message =
                format!("return {} was reported in this state with other content; report what follows as a new return", one.id);
            refuse(409, "revision_conflict", "state", message)
        }
    }
}

/// What the warehouse is to ship of an order, with the address, as the ERP has the order; `None` if nothing was ever requested.
///
/// # Errors
/// What did not answer.
pub async fn fulfilment(
    ports: &(impl Orders + Snapshots + Configs + Storefront),
    key: &OrderKey,
) -> Result<Option<FulfilmentOrder>, StepError> {
    let Some(order) = ports.load(key).await?.filter(|order| order.fulfilment.revision > 0) else { return Ok(None) };
    let unreadable = || StepError::Defect { reason: format!("the content of {key} cannot be read") };
    let (store, seen) = content(ports, &order).await?.map_err(|_| unreadable())?;
    let posted = posted(ports, &order).await?.unwrap_or(Ok(seen)).map_err(|_| unreadable())?;
    Ok(Some(fulfilment_order(&order, &posted, &store.mapping, true)))
}
