//! A refund of the store becomes a credit note in the ERP, once.

use waybill_domain::credit::{Credit, credit, credit_reference, of_lines};
use waybill_domain::{Change, Document, Effect, Order, StoreRefund};

use super::{Ports, Work};
use crate::commit::{commit, context};
use crate::error::{Failure, StepError};
use crate::ports::erp::{ErpCredit, Erps};
use crate::steps::erp_desk::{ErpDesk, ErpKnock};
use crate::steps::{Outcome, begin, committed, conclude};

impl<P: Ports> Work<'_, P> {
    /// Credits a refund that was seen in the store; learns first how an earlier try ended.
    pub(super) async fn credit(&self, order: Order, id: u64, knock: ErpKnock) -> Result<Outcome, Failure> {
        let context = context(self.ports, self.command);
        let refunds = match self.refunds(&order).await? {
            Ok(refunds) => refunds,
            Err(doubt) if order.call.is_none() => {
                return committed(commit(self.ports, &order, vec![doubt], &context).await?);
            }
            // The store has forgotten the order; whether the ERP has the credit note is asked all the same.
            Err(_) => Vec::new(),
        };
        let refund = refunds.into_iter().find(|refund| refund.id == id);
        let credit = match &refund {
            Some(refund) => match credit(&order, &self.seen, refund) {
                Ok(credit) => Some(credit),
                // A call that is out is looked up, whatever is wrong with the refund by now.
                Err(_) if order.call.is_some() => None,
                Err(finding) => {
                    let error = StepError::Terminal { code: finding.code, message: finding.message };
                    return Err(Failure { error, first: vec![read(refund)], about: Some(Effect::Credit(id)) });
                }
            },
            None if order.call.is_some() => None,
            None => return self.missing(&order, id).await,
        };
        let desk = knock.enter(self.ports).await?;
        let crediting = Crediting { work: self, desk: &desk, refund: refund.as_ref(), credit };
        let result = match order.call {
            Some(_) => crediting.look_up(order, id).await,
            None => crediting.create(order, id, Vec::new()).await,
        };
        desk.door.leave(self.ports).await;
        result
    }

    /// The order shows a refund that is not among its refunds: it was deleted a moment ago, which the store tells nobody.
    async fn missing(&self, order: &Order, id: u64) -> Result<Outcome, Failure> {
        let context = context(self.ports, self.command);
        let change = match self.fetched(order).await? {
            Some(Change::Seen { order: seen, .. }) if seen.refunds.iter().any(|refund| refund.id == id) => {
                let message = format!("the store's order shows refund {id}, and its refunds do not");
                let error = StepError::Terminal { code: "refund_unclear".to_owned(), message };
                return Err(Failure { error, first: Vec::new(), about: Some(Effect::Credit(id)) });
            }
            Some(seen) => seen,
            None => Change::Gone,
        };
        committed(commit(self.ports, order, vec![change], &context).await?)
    }
}

/// What the refund is of, so that it is known whatever becomes of the credit note.
fn read(refund: &StoreRefund) -> Change {
    let (lines, money) = of_lines(refund);
    Change::RefundRead { refund: refund.id, lines, money }
}

struct Crediting<'a, 'b, P: Ports> {
    work: &'a Work<'b, P>,
    desk: &'a ErpDesk<<P as Erps>::Connection>,
    refund: Option<&'a StoreRefund>,
    credit: Option<Credit>,
}

impl<P: Ports> Crediting<'_, '_, P> {
    async fn look_up(&self, order: Order, id: u64) -> Result<Outcome, Failure> {
        let reference = credit_reference(&order, id);
        let answer = self.desk.connection.find_credit(&reference).await;
        self.desk.door.note(&answer);
        let found = answer.map_err(|error| self.desk.door.unanswered(error))?;
        match found.first() {
            Some(document) => self.credited(order, id, document.clone(), &found).await,
            None => {
                let ended = vec![Change::CallEnded { why: "not found after the settle time".to_owned() }];
                if self.desk.door.again(self.work.ports).await? {
                    return self.create(order, id, ended).await;
                }
                // The ERP has had its share of calls: start over.
                committed(commit(self.work.ports, &order, ended, &context(self.work.ports, self.work.command)).await?)
            }
        }
    }

    async fn create(&self, order: Order, id: u64, mut first: Vec<Change>) -> Result<Outcome, Failure> {
        let context = context(self.work.ports, self.work.command);
        let Some(credit) = &self.credit else {
            // Nothing is there and nothing can be made: what is wrong is judged anew without a call.
            return committed(commit(self.work.ports, &order, first, &context).await?);
        };
        first.extend(self.refund.map(read));
        let until = self.desk.lease(self.work.ports);
        let order = begin(self.work.ports, self.work.command, &order, first, Effect::Credit(id), until).await?;
        let answer = self.desk.connection.credit(&credit.note).await;
        self.desk.door.note(&answer);
        match answer {
            Ok(document) => self.credited(order, id, document, &[]).await,
            Err(error) => Err(self.desk.door.failed(error, Effect::Credit(id), self.desk.probe(self.work.ports))),
        }
    }

    async fn credited(&self, order: Order, id: u64, document: Document, found: &[Document]) -> Result<Outcome, Failure> {
        let restocked = self.credit.as_ref().map(|credit| credit.restocked.clone()).unwrap_or_default();
        let mut changes: Vec<Change> = self.refund.map(read).into_iter().collect();
        changes.push(Change::Credited { refund: id, document, restocked });
        if found.len() > 1 {
            let ids = found.iter().map(|note| note.id.as_str()).collect::<Vec<_>>().join(", ");
            let message =
                format!("the ERP has {} credit notes for refund {id}: {ids}; cancel all but the first there", found.len());
            changes.push(Change::Held { code: "duplicate_in_erp".to_owned(), message, about: None });
        }
        conclude(self.work.ports, self.work.command, order, changes, &Effect::Credit(id)).await
    }
}
