//! Orders: created, and found again.
//!
//! The external id is unique in Odoo, our reference in `client_order_ref` is not, so the order is made by `load` with the external id. `load`
//! would add lines to those that an order has already; they are therefore written after it, all at once, so that whoever does it last and
//! however often, the order has them once.

use serde_json::{Value, json};
use waybill_domain::ErpOrder;
use waybill_workflow::CallError;
use waybill_workflow::ports::erp::{ErpOrders, ErpRecord, Unfinished};

use super::OdooErp;
use super::call::Call;
use super::error::not_loaded;
use super::lines::order_line;
use super::parties::Parties;
use super::posting::{Posting, Seen, State};
use crate::erp::checks::{self, is_paid};
use crate::erp::refusals::{order_cancelled, refused};
use crate::erp::scrub::Scrub;

/// The module of our external ids.
const MODULE: &str = "__waybill__";

impl ErpOrders for OdooErp {
    async fn create(&self, order: &ErpOrder) -> Result<ErpRecord, CallError> {
        let paid = is_paid(order.payment)?;
        self.records()?;
        let scrub = Scrub::of(order);
        let there = self.by_reference(&order.reference, &scrub).await?;
        if let Some(confirmed) = there.iter().find(|seen| seen.state == State::Confirmed) {
            return self.post(order, paid, confirmed.clone(), &scrub).await;
        }
        if !there.is_empty() && there.iter().all(|seen| seen.state == State::Cancelled) {
            return Err(order_cancelled());
        }
        let result = self.draft(order, paid, &scrub).await;
        if matches!(&result, Err(CallError::Refused { code, .. }) if code == "erp_not_found") {
            self.articles.forget();
        }
        let draft = match result? {
            seen if seen.state == State::Draft => seen.id,
            // Somebody else was quicker.
            seen if seen.state == State::Confirmed => return self.post(order, paid, seen, &scrub).await,
            _ => return Err(order_cancelled()),
        };
        let confirmed = self.confirm(draft, &scrub).await?;
        self.post(order, paid, confirmed, &scrub).await
    }

    async fn find(&self, reference: &str) -> Result<Vec<ErpRecord>, CallError> {
        self.records()?;
        let scrub = Scrub::unknown();
        let there = self.by_reference(reference, &scrub).await?;
        if !there.is_empty() && there.iter().all(|seen| seen.state == State::Cancelled) {
            return Err(order_cancelled());
        }
        let mut found = Vec::new();
        for seen in there.into_iter().filter(|seen| seen.state == State::Confirmed) {
            let paid = seen.is_paid;
            let posting = self.posting(seen, reference, &scrub).await?;
            let unfinished = posting.next(paid).map(|_| Unfinished::CutOff);
            found.push(posting.record(unfinished)?);
        }
        Ok(found)
    }
}

impl OdooErp {
    async fn by_reference(&self, reference: &str, scrub: &Scrub) -> Result<Vec<Seen>, CallError> {
        let call = || Call::search("sale.order", json!([["client_order_ref", "=", reference]]), Seen::FIELDS);
        let answer = self.client.call(call(), scrub).await?;
        let seen = super::row::rows(&call(), &answer, Seen::read)?;
        if seen.iter().any(|seen| seen.reference != reference) {
            return Err(call().unclear("the answer is about another order"));
        }
        Ok(seen)
    }

    /// The order by its id.
    pub(super) async fn order(&self, id: u64, scrub: &Scrub) -> Result<Seen, CallError> {
        let call = || Call::read("sale.order", &[id], Seen::FIELDS);
        let answer = self.client.insist(call, scrub).await?;
        let seen = super::row::rows(&call(), &answer, Seen::read)?;
        seen.into_iter().find(|seen| seen.id == id).ok_or_else(|| call().unclear("the answer is about another order"))
    }

    /// The order as a draft that comes to the store's total; or as it is, when it is no draft any more.
    async fn draft(&self, order: &ErpOrder, paid: bool, scrub: &Scrub) -> Result<Seen, CallError> {
        let lines = self.lines(order).await?;
        let parties = self.parties(order, scrub).await?;
        let id = self.load(order, paid, &parties, scrub).await?;
        let taxes = self.client.version().await?.order_line_taxes();
        let mut commands = vec![json!([5, 0, 0])];
        commands.extend(lines.iter().map(|line| json!([0, 0, order_line(line, taxes)])));
        let seen = self.write_lines(id, commands, scrub).await?;
        if seen.state != State::Draft {
            return Ok(seen);
        }
        match self.agreed(order, seen, scrub).await {
            Err(refusal @ CallError::Refused { .. }) => Err(self.remove(id, refusal, scrub).await),
            result => result,
        }
    }

    /// The order's head. The external id makes it the same order for everybody who tries at the same time.
    async fn load(&self, order: &ErpOrder, paid: bool, parties: &Parties, scrub: &Scrub) -> Result<u64, CallError> {
        let records = self.records()?;
        let mut columns = vec![
            ("id", format!("{MODULE}.{}", order.reference)),
            ("partner_id/.id", parties.customer.to_string()),
            ("client_order_ref", order.reference.clone()),
            ("partner_invoice_id/.id", parties.invoice.to_string()),
            ("partner_shipping_id/.id", parties.delivery.to_string()),
            ("company_id/.id", records.company.to_string()),
            ("warehouse_id/.id", records.warehouse.to_string()),
            ("origin", format!("WooCommerce #{}", order.number)),
        ];
        let title = order.shipping_charges.first().map_or("", |charge| charge.title.as_str());
        if let Some(carrier) = records.carrier_for(title) {
            columns.push(("carrier_id/.id", carrier.to_string()));
        }
        if !order.note.is_empty() {
            columns.push(("note", escaped(&order.note)));
        }
        if paid {
            // By this it is known of an order whether a payment belongs to it.
            let gateway = [&order.transaction_id, &order.payment_method].into_iter().find(|text| !text.is_empty());
            columns.push(("reference", gateway.map_or("paid", String::as_str).to_owned()));
        }
        let call = Call::load("sale.order", columns);
        let about = Call::load("sale.order", Vec::new());
        let answer = self.client.call(call, scrub).await?;
        if answer.get("ids") == Some(&Value::Bool(false)) {
            let messages = answer.get("messages").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            let texts: Vec<String> =
                messages.iter().filter_map(|message| message.get("message")?.as_str().map(str::to_owned)).collect();
            return Err(not_loaded(&about, &texts, scrub));
        }
        let ids = answer.get("ids").and_then(Value::as_array).filter(|ids| ids.len() == 1);
        ids.and_then(|ids| ids.first()?.as_u64()).ok_or_else(|| about.unclear("the answer is not one id"))
    }

    /// Changes the lines of an order, and reads what it is then. That it is no draft any more, and refuses, is seen by reading it.
    async fn write_lines(&self, id: u64, commands: Vec<Value>, scrub: &Scrub) -> Result<Seen, CallError> {
        let call = Call::write("sale.order", &[id], json!({ "order_line": commands }));
        let written = self.client.call(call, scrub).await;
        if let Err(error @ (CallError::Busy { .. } | CallError::Down { .. } | CallError::Unknown { .. })) = written {
            return Err(error);
        }
        let seen = self.order(id, scrub).await?;
        match written {
            Err(refusal) if seen.state == State::Draft => Err(refusal),
            _ => Ok(seen),
        }
    }

    /// The draft with the store's total, by a line for rounding where one is needed.
    async fn agreed(&self, order: &ErpOrder, seen: Seen, scrub: &Scrub) -> Result<Seen, CallError> {
        if seen.currency != order.currency {
            let message =
                format!("Odoo would sell in {}, the order is in {}: it needs a price list", seen.currency, order.currency);
            return Err(refused("erp_total_mismatch", message));
        }
        let limit = self.records()?.rounding_limit;
        let Some(difference) = checks::rounding(order.total, seen.total, limit)? else { return Ok(seen) };
        let taxes = self.client.version().await?.order_line_taxes();
        let line = order_line(&self.rounding(difference).await?, taxes);
        let seen = self.write_lines(seen.id, vec![json!([0, 0, line])], scrub).await?;
        match checks::rounding(order.total, seen.total, waybill_domain::money::Decimal::ZERO)? {
            None => Ok(seen),
            Some(_) => Err(refused("erp_total_mismatch", "the line for rounding did not make the totals agree")),
        }
    }

    /// Takes a draft away that is not to be posted. When that cannot be done it stays, as a draft.
    async fn remove(&self, id: u64, refusal: CallError, scrub: &Scrub) -> CallError {
        match self.client.insist(|| Call::button("sale.order", "unlink", &[id]), scrub).await {
            Ok(_) => refusal,
            Err(_) => match self.order(id, scrub).await {
                Ok(seen) if seen.state != State::Confirmed => refusal,
                // It is there after all, by somebody else's doing; or nobody knows.
                _ => {
                    CallError::Unknown { reason: "sale.order.unlink: a draft that should go may have been confirmed".to_owned() }
                }
            },
        }
    }

    /// Confirms a draft, which reserves its goods. What this answers is not believed (a second confirm is an error in one version and fine
    /// in another, and an error may come after the deed): the order is read.
    async fn confirm(&self, id: u64, scrub: &Scrub) -> Result<Seen, CallError> {
        let answer = self.client.insist(|| Call::button("sale.order", "action_confirm", &[id]), scrub).await;
        if let Err(unsure @ CallError::Unknown { .. }) = answer {
            return Err(unsure);
        }
        let seen = self.order(id, scrub).await.map_err(|error| Posting::unknown(&error))?;
        match (seen.state, answer) {
            (State::Confirmed, _) => Ok(seen),
            (State::Cancelled, _) => Err(order_cancelled()),
            (State::Draft, Err(error)) => Err(error),
            (State::Draft, Ok(_)) => {
                Err(CallError::Unknown { reason: "sale.order.action_confirm: it is a draft after it".to_owned() })
            }
        }
    }
}

/// The note is HTML in Odoo.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
