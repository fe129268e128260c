//! refund: until refunds are carried into the ERP, an order with one is held, so that finance learns of it.

use waybill_contracts::Command;
use waybill_domain::Step;
use waybill_domain::next::is_due;

use super::Outcome;
use crate::error::{Failure, StepError};
use crate::ports::{Orders, Runtime};

/// Runs the step for the order the command names.
///
/// # Errors
/// Always, for an order with a refund: it is held.
pub async fn run(ports: &(impl Orders + Runtime), command: &Command) -> Result<Outcome, Failure> {
    let Some(order) = ports.load(&command.order).await? else { return Ok(Outcome::NothingDue) };
    if !is_due(&order, Step::Refund, ports.now()) {
        return Ok(Outcome::NothingDue);
    }
    let refunds =
        order.refunds.iter().map(|refund| format!("{} over {}", refund.id, refund.amount)).collect::<Vec<_>>().join(", ");
    let message = format!(
        "the store refunded this order (refund {refunds}); this release does not credit it in the ERP: do so by hand, then retry the order"
    );
    Err(StepError::Terminal { code: "refund_not_automated".to_owned(), message }.into())
}
