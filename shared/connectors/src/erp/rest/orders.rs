//! Orders: created, found, amended, cancelled.

use waybill_domain::ErpOrder;
use waybill_workflow::CallError;
use waybill_workflow::ports::erp::{ErpAmend, ErpCancel, ErpOrders, ErpRecord};

use super::client::Call;
use super::error::{Code, Verdict};
use super::transform::Found;
use super::{RestErp, transform, wire};
use crate::erp::refusals::order_cancelled;
use crate::erp::scrub::Scrub;

impl ErpOrders for RestErp {
    async fn create(&self, order: &ErpOrder) -> Result<ErpRecord, CallError> {
        let body = transform::new_order(order)?;
        let call = Call::post("order", &["v1", "orders"], &body);
        let found: wire::Order = match self.client.call(&call).await {
            Ok(created) => created,
            Err(Verdict::Said { code: Code::Duplicate, answer, .. }) => match answer.json::<wire::Taken<wire::Order>>() {
                Some(taken) => taken.existing,
                None => return Err(call.unknown("the reference is taken, and the answer does not show by what")),
            },
            Err(verdict) => return Err(verdict.of_write(&call, &Scrub::of(order))),
        };
        confirmed(&call, found, order)
    }

    /// The orders that are confirmed. One that was left pending is not among them: creating it again finishes it. When all
    /// there are have been cancelled in the ERP, that is an error: a person did that, and has to say what follows.
    async fn find(&self, reference: &str) -> Result<Vec<ErpRecord>, CallError> {
        let call = Call::read("orders", &["v1", "orders"]).query("reference", reference);
        let answer: wire::Orders = self.client.call(&call).await.map_err(|verdict| verdict.of_read(&call))?;
        let (mut live, mut cancelled) = (Vec::new(), false);
        for order in answer.orders {
            if order.reference != reference {
                return Err(call.down("the answer is about another order"));
            }
            match transform::record(order) {
                Some(Found::Live(record)) => live.push(record),
                Some(Found::Cancelled) => cancelled = true,
                Some(Found::Pending) => tracing::warn!(reference, "an order was left pending in the ERP"),
                None => return Err(call.down("an order in the answer cannot be read")),
            }
        }
        if live.is_empty() && cancelled { Err(order_cancelled()) } else { Ok(live) }
    }
}

impl ErpAmend for RestErp {
    async fn amend(&self, id: &str, order: &ErpOrder) -> Result<ErpRecord, CallError> {
        let body = transform::new_order(order)?;
        let call = Call::put("amendment", &["v1", "orders", id], &body).optional("erp_cannot_amend");
        let found: wire::Order = match self.client.call(&call).await {
            Ok(amended) => amended,
            Err(verdict) => return Err(self.failed(&call, verdict, &Scrub::of(order)).await),
        };
        if found.id != id {
            return Err(call.unknown("the answer is about another order"));
        }
        confirmed(&call, found, order)
    }
}

/// The order that an answer shows, if it is this one and holds.
fn confirmed(call: &Call<'_>, found: wire::Order, order: &ErpOrder) -> Result<ErpRecord, CallError> {
    if found.reference != order.reference {
        return Err(call.unknown("the answer is about another order"));
    }
    match transform::record(found) {
        Some(Found::Live(record)) => Ok(record),
        Some(Found::Cancelled) => Err(order_cancelled()),
        Some(Found::Pending) | None => Err(call.unknown("the answer is not a confirmed order")),
    }
}

impl ErpCancel for RestErp {
    async fn cancel(&self, id: &str) -> Result<(), CallError> {
        let body = serde_json::json!({});
        let call = Call::post("cancellation", &["v1", "orders", id, "cancel"], &body).optional("erp_cannot_cancel");
        match self.client.call::<wire::Order>(&call).await {
            Ok(order) if order.id == id && matches!(order.state, wire::State::Cancelled) => Ok(()),
            Ok(_) => Err(call.unknown("the answer is not this order, cancelled")),
            // Not what the contract says of it, and just as good.
            Err(Verdict::Said { code: Code::Cancelled, .. }) => Ok(()),
            Err(verdict) => Err(self.failed(&call, verdict, &Scrub::unknown()).await),
        }
    }
}
