//! Reports from the bus.

use waybill_contracts::report::{self as wire, BusEvent, Kind};
use waybill_domain::OrderKey;

use super::answer::word;
use super::as_sent;
use crate::dispose::Disposition;
use crate::error::StepError;
use crate::ports::{Orders, Runtime};
use crate::steps::Outcome;
use crate::steps::report::{Refusal, Report, report};

/// Takes an event in. One that is wrong fails until the dead-letter queue has it; one that comes too early, or while something is down,
/// comes again, later each time. Nobody sends a report a second time, so no outage and no order that waits for the ERP makes a dead letter of
/// one within a day: 15 receives are two.
pub async fn from_bus(ports: &(impl Orders + Runtime), text: &str, receives: u32) -> Disposition {
    let (key, what, sent, sender) = match read(text) {
        Ok(read) => read,
        Err(refusal) => return Disposition::Fail { reason: reason(None, &refusal) },
    };
    match report(ports, &key, what, &sender).await {
        Ok(Ok(reported)) => {
            tracing::info!(order = %key, outcome = word(reported), client = sender, "report");
            Disposition::Ack(Outcome::Done)
        }
        Ok(Err(refusal)) if refusal.code == "order_not_posted" => Disposition::wait(reason(Some(&key), &refusal), receives),
        Ok(Err(refusal)) => Disposition::Fail { reason: reason(Some(&key), &as_sent(refusal, &sent)) },
        // What it says itself of when to come again is for steps: they have the sweep behind them.
        Err(StepError::Retryable { reason, .. } | StepError::Newer { reason }) => Disposition::wait(reason, receives),
        Err(error) => Disposition::Fail { reason: error.to_string() },
    }
}

/// The order, the report, its lines as they were sent, and who sent it.
fn read(text: &str) -> Result<(OrderKey, Report, Vec<u64>, String), Refusal> {
    let mut event = BusEvent::read(text)?;
    let sent = event.body.sent_lines();
    let sender = format!("bus:{}", event.source.chars().filter(|c| c.is_ascii_graphic()).take(32).collect::<String>());
    let (key, what) = match event.kind {
        Kind::Shipment => {
            let (key, shipment) = wire::shipment(event.body, &event.store)?;
            (key, Report::Shipment(shipment))
        }
        Kind::Return => {
            let (key, returned, currency) = wire::returned(event.body, &event.store)?;
            (key, Report::Return { returned, currency })
        }
        Kind::Fulfilment => {
            let key = event.take_fulfilment()?;
            (key, Report::Fulfilment(wire::fulfilment(event.body)?))
        }
    };
    Ok((key, what, sent, sender))
}

fn reason(key: Option<&OrderKey>, refusal: &Refusal) -> String {
    let about = key.map(|key| format!(" of {key}")).unwrap_or_default();
    let field = refusal.field.as_ref().map(|field| format!("{field}: ")).unwrap_or_default();
    format!("a report{about} is refused: {}: {field}{}", refusal.code, refusal.message)
}
