//! Reports from the bus.

use waybill_contracts::report::{self as wire, BusEvent, Kind, StockLevel};
use waybill_domain::{ErpSlug, OrderKey};

use super::answer::word;
use super::as_sent;
use crate::dispose::Disposition;
use crate::error::StepError;
use crate::ports::{Configs, Orders, Runtime, StockLedger};
use crate::steps::Outcome;
use crate::steps::report::{Refusal, Report, report};

/// What a report from the bus needs.
pub trait BusPorts: Orders + Configs + StockLedger + Runtime {}
impl<T: Orders + Configs + StockLedger + Runtime> BusPorts for T {}

/// A report as it was read.
enum Read {
    /// About an order, with its lines as they were sent.
    Order(OrderKey, Report, Vec<u64>),
    /// About an article.
    Stock(ErpSlug, StockLevel),
}

/// Takes an event in. One that is wrong fails until the dead-letter queue has it; one that comes too early, or while something is down,
/// comes again, later each time. Nobody sends a report a second time, so no outage and no order that waits for the ERP makes a dead letter of
/// one within a day: 15 receives are two.
pub async fn from_bus(ports: &impl BusPorts, text: &str, receives: u32) -> Disposition {
    match read(text) {
        Ok((Read::Order(key, what, sent), sender)) => about_order(ports, &key, what, &sent, &sender, receives).await,
        Ok((Read::Stock(erp, level), sender)) => about_stock(ports, &erp, &level, &sender, receives).await,
        Err(refusal) => Disposition::Fail { reason: reason(None, &refusal) },
    }
}

async fn about_order(
    ports: &impl BusPorts,
    key: &OrderKey,
    what: Report,
    sent: &[u64],
    sender: &str,
    receives: u32,
) -> Disposition {
    match report(ports, key, what, sender).await {
        Ok(Ok(reported)) => {
            tracing::info!(order = %key, outcome = word(reported), client = sender, "report");
            Disposition::Ack(Outcome::Done)
        }
        Ok(Err(refusal)) if refusal.code == "order_not_posted" => Disposition::wait(reason(Some(key), &refusal), receives),
        Ok(Err(refusal)) => Disposition::Fail { reason: reason(Some(key), &as_sent(refusal, sent)) },
        // What it says itself of when to come again is for steps: they have the sweep behind them.
        Err(StepError::Retryable { reason, .. } | StepError::Newer { reason }) => Disposition::wait(reason, receives),
        Err(error) => Disposition::Fail { reason: error.to_string() },
    }
}

/// By the rule of `waybill stock pull`: an older figure than the ledger has changes nothing.
async fn about_stock(ports: &impl BusPorts, erp: &ErpSlug, level: &StockLevel, sender: &str, receives: u32) -> Disposition {
    let taken = match ports.erp(erp).await {
        Ok(None) => return Disposition::Fail { reason: format!("a report is refused: erp_unknown: there is no ERP {erp}") },
        Ok(Some(_)) => ports.pull(erp, &level.sku, level.free, level.at).await,
        Err(error) => Err(error),
    };
    match taken {
        Ok(taken) => {
            tracing::info!(%erp, sku = %level.sku, outcome = if taken { "new" } else { "older" }, client = sender, "report");
            Disposition::Ack(Outcome::Done)
        }
        Err(error) => Disposition::wait(error.to_string(), receives),
    }
}

/// The report, and who sent it.
fn read(text: &str) -> Result<(Read, String), Refusal> {
    let mut event = BusEvent::read(text)?;
    let sent = event.body.sent_lines();
    let sender = format!("bus:{}", event.source.chars().filter(|c| c.is_ascii_graphic()).take(32).collect::<String>());
    let read = match event.kind {
        Kind::Shipment => {
            let store = event.take_store()?;
            let (key, shipment) = wire::shipment(event.body, &store)?;
            Read::Order(key, Report::Shipment(shipment), sent)
        }
        Kind::Return => {
            let store = event.take_store()?;
            let (key, returned, currency) = wire::returned(event.body, &store)?;
            Read::Order(key, Report::Return { returned, currency }, sent)
        }
        Kind::Fulfilment => {
            let store = event.take_store()?;
            let key = event.take_fulfilment(&store)?;
            Read::Order(key, Report::Fulfilment(wire::fulfilment(event.body)?), sent)
        }
        Kind::Stock => {
            let erp = event.take_erp()?;
            Read::Stock(erp, wire::stock(event.body)?)
        }
    };
    Ok((read, sender))
}

fn reason(key: Option<&OrderKey>, refusal: &Refusal) -> String {
    let about = key.map(|key| format!(" of {key}")).unwrap_or_default();
    let field = refusal.field.as_ref().map(|field| format!("{field}: ")).unwrap_or_default();
    format!("a report{about} is refused: {}: {field}{}", refusal.code, refusal.message)
}
