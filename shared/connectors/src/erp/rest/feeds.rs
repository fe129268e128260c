//! The lists: stock, shipments, returns, documents. An item that cannot be read is left out and named: the page goes on without it.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::Value;
use waybill_domain::money::Currency;
use waybill_domain::{At, Sku};
use waybill_workflow::CallError;
use waybill_workflow::ports::erp::{
    Availability, DayDocument, ErpAvailability, ErpDocuments, ErpReturn, ErpReturns, ErpShipment, ErpShipments, ErpStockChanges,
    Free, Page, StockChange,
};

use super::client::Call;
use super::{RestErp, transform, wire};
use crate::erp::scrub::Scrub;
use crate::erp::text;

/// SKUs in one question: the contract's limit.
const SKUS: usize = 100;
/// Pages after which a list without end is given up.
const PAGES: usize = 1_000;
/// Longest cursor that is believed, in bytes.
const LONGEST_CURSOR: usize = 512;

impl RestErp {
    async fn page<T: DeserializeOwned>(&self, call: &Call<'_>) -> Result<wire::Page<T>, CallError> {
        let page: wire::Page<T> = self.client.call(call).await.map_err(|verdict| verdict.of_read(call))?;
        Ok(wire::Page { next: believed(page.next, call)?, ..page })
    }

    async fn list<T: DeserializeOwned, U>(
        &self,
        call: Call<'_>,
        cursor: Option<&str>,
        read: impl Fn(T, Option<At>) -> Option<U>,
    ) -> Result<Page<U>, CallError> {
        let call = with_cursor(call.optional("erp_cannot_list"), cursor);
        let page: wire::Page<Value> = match self.client.call(&call).await {
            Ok(page) => page,
            Err(verdict) => return Err(self.failed(&call, verdict, &Scrub::unknown()).await),
        };
        let next = believed(page.next, &call)?;
        let as_of = page.as_of.as_deref().and_then(At::parse);
        let (mut items, mut unreadable) = (Vec::new(), Vec::new());
        for item in page.items {
            let named = name(&item);
            match serde_json::from_value(item).ok().and_then(|item| read(item, as_of)) {
                Some(item) => items.push(item),
                None => unreadable.push(call.reason(&format!("{named} cannot be read"))),
            }
        }
        Ok(Page { items, unreadable, next })
    }

    /// Adds the figures of one question to `free`, page by page; the earliest time of the pages.
    async fn figures(&self, skus: &[Sku], free: &mut BTreeMap<Sku, i64>) -> Result<Option<At>, CallError> {
        let (mut cursor, mut earliest) = (None, None);
        for _ in 0..PAGES {
            let mut call = with_cursor(Call::read("availability", &["v1", "availability"]), cursor.as_deref());
            for sku in skus {
                call = call.query("sku", sku.as_str());
            }
            let page: wire::Page<wire::Free> = self.page(&call).await?;
            let as_of = page.as_of.as_deref().and_then(At::parse).ok_or_else(|| call.down("figures without a time"))?;
            earliest = Some(earliest.map_or(as_of, |earliest: At| earliest.min(as_of)));
            for item in page.items {
                let sku: Sku = item.sku.parse().map_err(|_| call.down("an article number cannot be read"))?;
                if skus.is_empty() || skus.contains(&sku) {
                    // Said twice: the smaller figure promises less.
                    let figure = free.entry(sku).or_insert(item.free);
                    *figure = item.free.min(*figure);
                }
            }
            match page.next {
                None => return Ok(earliest),
                next => cursor = next,
            }
        }
        Err(CallError::Down { reason: "GET availability: a list without end".to_owned() })
    }
}

/// How an item that cannot be read is called in logs: by its id, if that is one, and by nothing else of it.
fn name(item: &Value) -> String {
    let id = item.get("id").or_else(|| item.get("sku")).and_then(Value::as_str);
    let id = id.filter(|id| id.len() <= 64 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-/".contains(&b)));
    id.map_or_else(|| "an item without an id".to_owned(), |id| format!("item {id}"))
}

fn believed(cursor: Option<String>, call: &Call<'_>) -> Result<Option<String>, CallError> {
    match cursor {
        Some(next) if next.is_empty() || next.len() > LONGEST_CURSOR => Err(call.down("a cursor that is empty or too long")),
        other => Ok(other),
    }
}

fn with_cursor<'a>(call: Call<'a>, cursor: Option<&str>) -> Call<'a> {
    match cursor {
        Some(cursor) => call.query("cursor", cursor),
        None => call,
    }
}

impl ErpAvailability for RestErp {
    /// `as_of` is the earliest of all pages. A figure taken later than it is said to be counts orders twice that were confirmed in
    /// between, which promises too little for a moment, and never too much.
    async fn availability(&self, skus: &[Sku]) -> Result<Availability, CallError> {
        let mut free = BTreeMap::new();
        let mut as_of: Option<At> = None;
        let questions: Vec<&[Sku]> = if skus.is_empty() { vec![&[]] } else { skus.chunks(SKUS).collect() };
        for question in questions {
            let earliest = self.figures(question, &mut free).await?;
            as_of = as_of.into_iter().chain(earliest).min();
        }
        let as_of = as_of.ok_or_else(|| CallError::Down { reason: "GET availability: figures without a time".to_owned() })?;
        Ok(Availability { as_of, items: free.into_iter().map(|(sku, free)| Free { sku, free }).collect() })
    }
}

impl ErpStockChanges for RestErp {
    /// The figure of a change is the one at the time the page was made, and so is its time.
    async fn stock_changes_since(&self, since: At, cursor: Option<&str>) -> Result<Page<StockChange>, CallError> {
        let call = Call::read("stock changes", &["v1", "stock-changes"]).query("since", since.to_string());
        let read =
            |item: wire::Free, as_of: Option<At>| Some(StockChange { sku: item.sku.parse().ok()?, free: item.free, at: as_of? });
        self.list(call, cursor, read).await
    }
}

impl ErpShipments for RestErp {
    async fn shipments_since(&self, since: At, cursor: Option<&str>) -> Result<Page<ErpShipment>, CallError> {
        let call = Call::read("shipments", &["v1", "shipments"]).query("since", since.to_string());
        self.list(call, cursor, |item, _| shipment(item)).await
    }
}

fn shipment(item: wire::Shipment) -> Option<ErpShipment> {
    let lines = item.lines.into_iter().map(|line| Some((line.line.parse().ok()?, line.quantity)));
    Some(ErpShipment {
        id: text::id(item.id)?,
        reference: text::id(item.order_reference)?,
        shipped_at: At::parse(&item.shipped_at)?,
        carrier: text::short(&item.carrier.unwrap_or_default()),
        tracking: text::short(&item.tracking_number.unwrap_or_default()),
        lines: lines.collect::<Option<_>>()?,
    })
}

impl ErpReturns for RestErp {
    async fn returns_since(&self, since: At, cursor: Option<&str>) -> Result<Page<ErpReturn>, CallError> {
        let call = Call::read("returns", &["v1", "returns"]).query("since", since.to_string());
        self.list(call, cursor, |item, _| returned(item)).await
    }
}

fn returned(item: wire::Return) -> Option<ErpReturn> {
    let lines = item.lines.into_iter().map(|line| Some((line.line.parse().ok()?, line.quantity)));
    Some(ErpReturn {
        id: text::id(item.id)?,
        reference: text::id(item.order_reference)?,
        returned_at: At::parse(&item.returned_at)?,
        lines: lines.collect::<Option<_>>()?,
        credit_note: item.credit_note.map(|note| text::id(note).ok_or(())).transpose().ok()?,
    })
}

impl ErpDocuments for RestErp {
    async fn documents_of(&self, day: &str, cursor: Option<&str>) -> Result<Page<DayDocument>, CallError> {
        let call = Call::read("documents", &["v1", "documents"]).query("day", day);
        self.list(call, cursor, |item, _| document(item)).await
    }
}

fn document(item: wire::DayDocument) -> Option<DayDocument> {
    Some(DayDocument {
        kind: transform::kind(&item.kind)?,
        id: text::id(item.id)?,
        reference: item.reference,
        total: text::amount(&item.total)?,
        currency: Currency::new(&item.currency),
    })
}
