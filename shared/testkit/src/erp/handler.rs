//! What each endpoint answers when nothing is wrong.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::State;
use super::books::OrderState;
use super::knobs::About;
use super::op::{Op, Routed};
use super::orders::Manner;
use super::reply::{Refusal, Reply};

/// A request that has been routed and read.
pub(super) struct Call {
    pub(super) routed: Routed,
    pub(super) query: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Call {
    /// What the request is about.
    pub(super) fn about(&self, state: &State) -> About {
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let text = |key: &str| body.get(key).and_then(Value::as_str).map(str::to_owned);
        let id = self.routed.id.clone().or_else(|| text("order"));
        let order = id.and_then(|id| state.books.orders.iter().find(|order| order.id == id));
        let said = [text("reference"), text("number"), self.param("reference").map(str::to_owned)];
        let of_order = order.map(|order| [order.new.reference.clone(), order.new.number.clone()]);
        About(said.into_iter().flatten().chain(of_order.into_iter().flatten()).collect())
    }

    fn param(&self, key: &str) -> Option<&str> {
        self.query.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    fn parse<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        serde_json::from_slice(&self.body).map_err(|error| Refusal::new(400, "malformed", error.to_string()))
    }

    fn time(&self, key: &str) -> Result<Timestamp, Refusal> {
        let text = self.param(key).unwrap_or_default();
        text.parse().map_err(|_| Refusal::new(400, "malformed", format!("{key} is not a time.")))
    }

    /// One page of a list, with the cursor of the next: the position, which the contract calls opaque.
    fn page(&self, items: Vec<Value>, size: usize) -> Result<(Vec<Value>, Option<String>), Refusal> {
        let from = match self.param("cursor") {
            None => 0,
            Some(cursor) => cursor
                .strip_prefix("at-")
                .and_then(|at| at.parse::<usize>().ok())
                .ok_or_else(|| Refusal::new(400, "malformed", "This is not a cursor."))?,
        };
        let size = size.max(1);
        let next = (items.len() > from + size).then(|| format!("at-{}", from + size));
        Ok((items.into_iter().skip(from).take(size).collect(), next))
    }
}

impl State {
    /// Does what was asked. `half`: stops before confirming.
    pub(super) fn work(&mut self, call: &Call, half: bool) -> Reply {
        *self.counts.done.entry(call.routed.op).or_default() += 1;
        let created = matches!(call.routed.op, Op::CreateOrder | Op::CreateCreditNote);
        match self.answer(call, half) {
            Ok(body) => Reply { status: if created { 201 } else { 200 }, body },
            Err(refusal) => refusal.into(),
        }
    }

    fn answer(&mut self, call: &Call, half: bool) -> Result<Value, Refusal> {
        let now = self.now();
        let manner = Manner { now, drift: self.knobs.booked_drift, half };
        match call.routed.op {
            Op::Status => Ok(json!({
                "name": "Fake ERP",
                "version": env!("CARGO_PKG_VERSION"),
                "time": now,
                "settle_seconds": self.knobs.settle_seconds,
                "permissions": self.permissions(),
            })),
            Op::Availability => self.availability(call, now),
            Op::StockChanges => {
                let since = call.time("since")?;
                self.stock_page(call, self.books.stock.list(Some(since)), now)
            }
            Op::CreateOrder => self.books.create(call.parse()?, &manner, self.knobs.unique_references),
            Op::FindOrders => {
                let reference = call.param("reference").ok_or_else(|| Refusal::new(400, "malformed", "No reference."))?;
                let found = self.books.orders.iter().filter(|order| order.new.reference == reference);
                Ok(json!({ "orders": found.map(|order| order.to_json()).collect::<Vec<_>>() }))
            }
            Op::AmendOrder if !self.knobs.amends => Err(Refusal::new(404, "unsupported", "Orders cannot be amended.")),
            Op::AmendOrder => self.books.amend(call.routed.id.as_deref().unwrap_or_default(), call.parse()?, &manner),
            Op::CancelOrder => self.books.cancel(call.routed.id.as_deref().unwrap_or_default(), now),
            Op::CreateCreditNote => self.books.credit(call.parse()?, now, self.knobs.unique_credit_references),
            Op::FindCreditNotes => {
                let reference = call.param("reference").ok_or_else(|| Refusal::new(400, "malformed", "No reference."))?;
                let found = self.books.credits.iter().filter(|credit| credit.new.reference == reference);
                Ok(json!({ "credit_notes": found.map(|credit| credit.to_json()).collect::<Vec<_>>() }))
            }
            Op::Shipments => self.shipments(call, now),
            Op::Returns => self.returns(call, now),
            Op::Documents => self.documents(call),
        }
    }

    fn permissions(&self) -> Vec<&'static str> {
        let mut all =
            vec!["availability", "orders", "cancel", "credit_notes", "shipments", "returns", "stock_changes", "documents"];
        if self.knobs.amends {
            all.push("amend");
        }
        all
    }

    fn availability(&self, call: &Call, now: Timestamp) -> Result<Value, Refusal> {
        let wanted: Vec<&str> = call.query.iter().filter(|(name, _)| name == "sku").map(|(_, sku)| sku.as_str()).collect();
        if wanted.len() > 100 {
            return Err(Refusal::new(400, "malformed", "More than 100 SKUs."));
        }
        let mut items = self.books.stock.list(None);
        items.retain(|(sku, _)| wanted.is_empty() || wanted.contains(sku));
        self.stock_page(call, items, now)
    }

    fn stock_page(&self, call: &Call, items: Vec<(&str, i64)>, now: Timestamp) -> Result<Value, Refusal> {
        let items = items.into_iter().map(|(sku, free)| json!({ "sku": sku, "free": free })).collect();
        let (items, next) = call.page(items, self.knobs.page_size)?;
        Ok(json!({ "as_of": now, "items": items, "next": next }))
    }

    fn shipments(&self, call: &Call, now: Timestamp) -> Result<Value, Refusal> {
        let since = call.time("since")?;
        let mut all = Vec::new();
        for order in &self.books.orders {
            for shipped in order.shipped.iter().filter(|shipped| shipped.at >= since) {
                let lines = order.new.lines.iter().filter_map(|line| {
                    let quantity = shipped.units.get(&line.line)?;
                    Some(json!({ "line": line.line, "sku": line.sku, "quantity": quantity }))
                });
                let shipment = json!({
                    "id": shipped.id,
                    "order_reference": order.new.reference,
                    "shipped_at": shipped.at,
                    "carrier": "Fake Parcel",
                    "tracking_number": shipped.tracking,
                    "lines": lines.collect::<Vec<_>>(),
                });
                all.push((shipped.at, shipment));
            }
        }
        all.sort_by_key(|(at, _)| *at);
        let (items, next) = call.page(all.into_iter().map(|(_, shipment)| shipment).collect(), self.knobs.page_size)?;
        Ok(json!({ "as_of": now, "items": items, "next": next }))
    }

    fn returns(&self, call: &Call, now: Timestamp) -> Result<Value, Refusal> {
        let since = call.time("since")?;
        let mut all = Vec::new();
        for order in &self.books.orders {
            for back in order.taken_back.iter().filter(|back| back.at >= since) {
                let lines: Vec<Value> =
                    back.units.iter().map(|(line, quantity)| json!({ "line": line, "quantity": quantity })).collect();
                let returned = json!({
                    "id": back.id,
                    "order_reference": order.new.reference,
                    "returned_at": back.at,
                    "credit_note": back.credit_note,
                    "lines": lines,
                });
                all.push((back.at, returned));
            }
        }
        all.sort_by_key(|(at, _)| *at);
        let (items, next) = call.page(all.into_iter().map(|(_, returned)| returned).collect(), self.knobs.page_size)?;
        Ok(json!({ "as_of": now, "items": items, "next": next }))
    }

    fn documents(&self, call: &Call) -> Result<Value, Refusal> {
        let day: Date = call
            .param("day")
            .and_then(|day| day.parse().ok())
            .ok_or_else(|| Refusal::new(400, "malformed", "day is not a day."))?;
        let on_day = |at: Timestamp| at.to_zoned(TimeZone::UTC).date() == day;
        let document = |kind: &str, id: &str, reference: &str, total: String, currency: &str, at: Timestamp| {
            json!({
                "kind": kind, "id": id, "reference": reference, "total": total, "currency": currency, "created_at": at,
            })
        };
        let mut items = Vec::new();
        for order in &self.books.orders {
            if !on_day(order.created_at) || order.state == OrderState::Cancelled {
                continue;
            }
            for (kind, id) in order.documents() {
                let total = order.total.to_string();
                items.push(document(kind, &id, &order.new.reference, total, &order.new.currency, order.created_at));
            }
        }
        for credit in self.books.credits.iter().filter(|credit| on_day(credit.created_at)) {
            let new = &credit.new;
            let total = new.total.0.to_string();
            items.push(document("credit_note", &credit.id, &new.reference, total, &new.currency, credit.created_at));
        }
        let (items, next) = call.page(items, self.knobs.page_size)?;
        Ok(json!({ "items": items, "next": next }))
    }
}
