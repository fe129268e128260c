//! What a return is worth becomes a refund in the store, once. The store's POST is not idempotent: the refund carries the return's id, by
//! which it is found again.

use waybill_domain::credit::{of_lines, refund_of};
use waybill_domain::{Change, Effect, Order, StoreRefund};

use super::{Ports, Work};
use crate::commit::{commit, context};
use crate::error::{Failure, StepError};
use crate::steps::leases::Settle;
use crate::steps::{Outcome, begin, committed, conclude};

impl<P: Ports> Work<'_, P> {
    /// Refunds the first return that is to be refunded.
    pub(super) async fn give_back(&self, order: Order) -> Result<Outcome, Failure> {
        let Some(one) = order.returns_to_refund().next().map(|one| one.id.clone()) else { return Ok(Outcome::NothingDue) };
        self.create(order, &one, Vec::new()).await
    }

    fn through_gateway(&self) -> bool {
        self.store.policies.refund_through_gateway && !self.seen.pays_offline()
    }

    /// An earlier try ended without an answer: the store is asked for a refund that carries the return's id.
    pub(super) async fn look_for_refund(&self, order: Order, returned: &str) -> Result<Outcome, Failure> {
        let refunds = match self.refunds(&order).await? {
            Ok(refunds) => refunds,
            // The order went to the trash or is gone: then there is no refund to be found, and none to be made.
            Err(doubt) => {
                let ended = Change::CallEnded { why: "the store has no such order any more".to_owned() };
                let context = context(self.ports, self.command);
                return committed(commit(self.ports, &order, vec![ended, doubt], &context).await?);
            }
        };
        match refunds.into_iter().find(|refund| refund.returned.as_deref() == Some(returned)) {
            Some(refund) => {
                let unpaid = self.through_gateway() && !refund.paid_back;
                self.created(order, returned, refund, unpaid).await
            }
            None => {
                let ended = Change::CallEnded { why: "not found after the settle time".to_owned() };
                self.create(order, returned, vec![ended]).await
            }
        }
    }

    async fn create(&self, order: Order, returned: &str, first: Vec<Change>) -> Result<Outcome, Failure> {
        let Some(one) = order.returns.iter().find(|one| one.id == returned) else { return Ok(Outcome::NothingDue) };
        let new = match refund_of(&order, &self.seen, one, self.through_gateway()) {
            Ok(new) => new,
            Err(finding) => {
                let error = StepError::Terminal { code: finding.code, message: finding.message };
                return Err(Failure { error, first, about: Some(Effect::Refund(returned.to_owned())) });
            }
        };
        let effect = Effect::Refund(returned.to_owned());
        let order = begin(self.ports, self.command, &order, first, effect.clone(), Settle::STORE.lease(self.ports)).await?;
        let answer = self.ports.create_refund(&self.store, order.key.id, &new).await;
        self.door.note(&answer);
        match answer {
            Ok(refund) => self.created(order, returned, refund, false).await,
            Err(error) => Err(self.door.failed(error, effect, Settle::STORE.probe(self.ports))),
        }
    }

    /// The store has it. The order is read in the same breath, so that the store's own word of the refund brings no work.
    async fn created(&self, order: Order, returned: &str, refund: StoreRefund, unpaid: bool) -> Result<Outcome, Failure> {
        let (lines, money) = of_lines(&refund);
        let (id, amount) = (refund.id, refund.amount);
        let mut changes = vec![Change::RefundCreated { returned: returned.to_owned(), refund: id, amount, lines, money }];
        match self.fetched(&order).await {
            Ok(seen) => changes.extend(seen),
            // The webhook will tell.
            Err(error) => tracing::warn!(order = %order.key, %error, "the order was not read after its refund"),
        }
        if unpaid {
            let message = format!(
                "the store made refund {} over {} for return {returned} and does not say that the gateway paid it; look there",
                refund.id, refund.amount
            );
            changes.push(Change::Held { code: "refund_perhaps_unpaid".to_owned(), message, about: None });
        }
        conclude(self.ports, self.command, order, changes, &Effect::Refund(returned.to_owned())).await
    }
}
