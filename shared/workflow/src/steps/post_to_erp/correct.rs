//! Corrections: the order is posted, and the store wants something else now. Cancelling and amending may be repeated at the ERP, so an
//! unknown outcome is settled by doing it again. What was shipped, or credited, is a person's to decide.

use std::collections::BTreeMap;

use waybill_contracts::Command;
use waybill_domain::difference::difference;
use waybill_domain::erp_order::erp_order;
use waybill_domain::shipment::pieces_to_ship;
use waybill_domain::validate::{findings, together};
use waybill_domain::{
    At, Change, Document, Effect, Finding, Order, RefundState, Sku, Stage, StockState, StoreConfig, StoreOrder,
};

use super::{Ports, Posting};
use crate::commit::{Committed, commit, contention, context};
use crate::error::{CallError, Failure, StepError};
use crate::ports::erp::{ErpAmend, ErpCancel, Unfinished};
use crate::steps::reserve::{posted, short};
use crate::steps::{Outcome, committed, conclude};

fn hold(effect: Effect, code: &str, message: String) -> Failure {
    let error = StepError::Terminal { code: code.to_owned(), message };
    Failure { error, first: Vec::new(), about: Some(effect) }
}

/// What can be decided without asking the ERP: what a person did by hand is noted, what only a person may decide is held. `None`: the ERP
/// is to be called.
pub(super) async fn without_the_erp(
    ports: &impl Ports,
    command: &Command,
    order: &Order,
    store: &StoreConfig,
    seen: &StoreOrder,
) -> Result<Option<Outcome>, Failure> {
    // Whatever a call led to comes first.
    if order.call.is_some() {
        return Ok(None);
    }
    let context = context(ports, command);
    if order.erp.by_hand {
        let change = if order.wants_cancellation() {
            Change::ErpCancelled
        } else {
            let confirmed = (order.stock.proven_at.unwrap_or(context.at), order.stock.lines.clone());
            amended(store, seen, order.erp.documents.clone(), confirmed)
        };
        return committed(commit(ports, order, vec![change], &context).await?).map(Some);
    }
    let left = order.fulfilment.live().next().is_some() || order.stage == Stage::Completed;
    if order.wants_cancellation() {
        let shipped =
            order.fulfilment.shipped().iter().map(|(line, pieces)| format!("line {line}: {pieces}")).collect::<Vec<_>>();
        if left {
            let what = if shipped.is_empty() { "it was completed".to_owned() } else { shipped.join(", ") };
            let message = format!("the store cancelled the order after pieces had left: {what}");
            return Err(hold(Effect::Cancel, "cancelled_after_shipping", message));
        }
        let credited = order.refunds.iter().filter(|refund| refund.state == RefundState::Credited);
        let notes: Vec<&str> = credited.filter_map(|refund| refund.document.as_ref()).map(|note| note.id.as_str()).collect();
        if !notes.is_empty() {
            let message = format!("the store cancelled the order, and the ERP has credit notes for it: {}", notes.join(", "));
            return Err(hold(Effect::Cancel, "cancelled_after_crediting", message));
        }
        return Ok(None);
    }
    if left {
        let message = format!("pieces have left, and the store changed the order: {}", changed(ports, order, seen).await?);
        return Err(hold(Effect::Amend, "changed_after_shipping", message));
    }
    if let Some(Finding { code, message }) = together(&findings(seen, store)) {
        let message = format!("the store changed the order after it was posted, and it is not right now: {message}");
        return Err(hold(Effect::Amend, &code, message));
    }
    Ok(None)
}

/// What the ERP confirmed. By hand nothing is known but that it is so: the ledger learns of the pieces by the next pull.
fn amended(store: &StoreConfig, seen: &StoreOrder, documents: Vec<Document>, confirmed: (At, BTreeMap<Sku, u32>)) -> Change {
    Change::Amended {
        goods: seen.goods_hash(),
        content: seen.content_hash(),
        confirmed_at: confirmed.0,
        documents,
        to_ship: pieces_to_ship(seen, &store.mapping),
        stock: confirmed.1,
    }
}

/// What changed since the order was posted, in words.
async fn changed(ports: &impl Ports, order: &Order, seen: &StoreOrder) -> Result<String, StepError> {
    let posted = posted(ports, order).await?.and_then(Result::ok);
    let words = posted.map(|posted| difference(&posted, seen)).filter(|words| !words.is_empty());
    Ok(words.unwrap_or_else(|| "lines, addresses or amounts".to_owned()))
}

impl<P: Ports> Posting<'_, P> {
    /// Cancels or amends what the ERP has.
    pub(super) async fn correct(&self, order: Order) -> Result<Outcome, Failure> {
        match &order.call {
            Some(call) if call.effect == Effect::Cancel => self.cancel(order, Vec::new()).await,
            // Repeated with what the store wants by now; a cancellation needs no amendment first.
            Some(_) => {
                let ended = vec![Change::CallEnded { why: "repeated with what the store wants now".to_owned() }];
                if order.wants_cancellation() { self.cancel(order, ended).await } else { self.amend(order, ended).await }
            }
            None if order.wants_cancellation() => self.cancel(order, Vec::new()).await,
            None => self.amend(order, Vec::new()).await,
        }
    }

    async fn begin(
        &self,
        order: &Order,
        mut first: Vec<Change>,
        effect: Effect,
        extra: BTreeMap<Sku, u32>,
    ) -> Result<Order, Failure> {
        first.push(Change::CallStarted { effect, until: self.desk.lease(self.ports), extra });
        match commit(self.ports, order, first, &context(self.ports, self.command)).await? {
            Committed::Done(order) => Ok(*order),
            Committed::Overtaken => Err(contention().into()),
            Committed::Short(shortages) => match short(&shortages, &self.store).0 {
                Change::Held { code, message, .. } => {
                    Err(hold(Effect::Amend, &code, format!("the store changed the order after it was posted: {message}")))
                }
                // By policy it goes as a backorder, which takes nothing.
                _ => Err(hold(
                    Effect::Amend,
                    "short_stock",
                    "the store added pieces after posting, and too few are available".to_owned(),
                )),
            },
        }
    }

    async fn cancel(&self, order: Order, first: Vec<Change>) -> Result<Outcome, Failure> {
        let id = order.erp.documents.first().map(|document| document.id.clone()).unwrap_or_default();
        // A call that is out already is repeated as it is.
        let repeated = order.call.as_ref().is_some_and(|call| call.effect == Effect::Cancel);
        let order = if repeated { order } else { self.begin(&order, first, Effect::Cancel, BTreeMap::new()).await? };
        let answer = self.desk.connection.cancel(&id).await;
        self.desk.door.note(&answer);
        match answer {
            Ok(()) => conclude(self.ports, self.command, order, vec![Change::ErpCancelled], &Effect::Cancel).await,
            Err(error) => Err(self.desk.door.failed(error, Effect::Cancel, self.desk.probe(self.ports))),
        }
    }

    async fn amend(&self, order: Order, first: Vec<Change>) -> Result<Outcome, Failure> {
        let id = order.erp.documents.first().map(|document| document.id.clone()).unwrap_or_default();
        let payload = erp_order(&order, &self.seen, &self.store)
            .map_err(|error| StepError::Terminal { code: "sku_unmapped".to_owned(), message: error.to_string() })?;
        let extra = self.extra(&order);
        let order = self.begin(&order, first, Effect::Amend, extra).await?;
        let answer = self.desk.connection.amend(&id, &payload).await;
        self.desk.door.note(&answer);
        match answer {
            Ok(record) if record.unfinished == Some(Unfinished::CutOff) => {
                let unknown = CallError::Unknown { reason: "the amendment is not finished".to_owned() };
                Err(self.desk.door.failed(unknown, Effect::Amend, self.desk.probe(self.ports)))
            }
            Ok(record) => {
                let doubt = self.doubts(&order, std::slice::from_ref(&record));
                let held = doubt.is_some();
                let wanted = self.store.mapping.wanted(&self.seen);
                let mut changes = vec![amended(&self.store, &self.seen, record.documents, (record.confirmed_at, wanted))];
                changes.extend(doubt);
                let outcome = conclude(self.ports, self.command, order, changes, &Effect::Amend).await?;
                Ok(if held { Outcome::Held } else { outcome })
            }
            Err(CallError::Refused { code, message: _ }) if code == "erp_cannot_amend" => {
                let message = format!(
                    "the store changed the order after it was posted, and the ERP cannot amend it: {}",
                    changed(self.ports, &order, &self.seen).await?
                );
                let refused = CallError::Refused { code: "changed_after_posting".to_owned(), message };
                Err(self.desk.door.failed(refused, Effect::Amend, self.desk.probe(self.ports)))
            }
            Err(error) => Err(self.desk.door.failed(error, Effect::Amend, self.desk.probe(self.ports))),
        }
    }

    /// Pieces that the amendment needs beyond what the ERP has confirmed.
    fn extra(&self, order: &Order) -> BTreeMap<Sku, u32> {
        if order.stock.state != StockState::Proven {
            return BTreeMap::new();
        }
        let more = |(sku, wanted): (Sku, u32)| {
            let has = order.stock.lines.get(&sku).copied().unwrap_or(0);
            Some((sku, wanted.saturating_sub(has))).filter(|(_, more)| *more > 0)
        };
        self.store.mapping.wanted(&self.seen).into_iter().filter_map(more).collect()
    }
}
