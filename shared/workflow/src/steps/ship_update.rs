//! ship-update: until shipments are told to the store, an order that reaches this step is held.

use waybill_contracts::Command;

use super::Outcome;
use crate::error::{Failure, StepError};
use crate::ports::{Orders, Runtime};

/// Runs the step for the order the command names. Nothing in this release asks for it; whoever does (a person, a later release's
/// message) finds the order held rather than the message gone.
///
/// # Errors
/// Always, for an order that exists and is not held: it is held.
pub async fn run(ports: &(impl Orders + Runtime), command: &Command) -> Result<Outcome, Failure> {
    match ports.load(&command.order).await? {
        Some(order) if order.hold.is_none() => {
            let message = "a shipment was reported; this release does not tell the store".to_owned();
            Err(StepError::Terminal { code: "shipment_not_automated".to_owned(), message }.into())
        }
        _ => Ok(Outcome::NothingDue),
    }
}
