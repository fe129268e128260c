//! What is free, and what of it changed.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use waybill_domain::{At, Sku};
use waybill_workflow::CallError;
use waybill_workflow::ports::erp::{Availability, ErpAvailability, ErpStockChanges, Free, Page, StockChange};

use super::OdooErp;
use super::call::Call;
use super::row::{Row, readable, rows, written};
use crate::erp::scrub::Scrub;

/// SKUs per request.
const SKUS: usize = 200;
/// Articles per page of the whole list, and changes per page.
const PAGE: usize = 500;
/// Pages after which a list without end is given up.
const PAGES: usize = 1_000;

/// What a figure is made of.
const FIGURE: &[&str] = &["default_code", "free_qty", "qty_available", "outgoing_qty"];

/// Free is what is neither reserved nor wanted: confirmed orders need not be reserved (where that is done by hand, or beyond the stock).
fn figure(row: &Row<'_>) -> Option<(Sku, i64)> {
    let promised = row.amount("qty_available")?.checked_sub(row.amount("outgoing_qty")?)?;
    let free = row.amount("free_qty")?.min(promised).floor();
    Some((row.text("default_code")?.parse().ok()?, i64::try_from(free).ok()?))
}

impl OdooErp {
    /// A call for figures, in the store's warehouse.
    async fn in_warehouse(&self, call: Call) -> Result<Call, CallError> {
        let version = self.client.version().await?;
        Ok(call.within(version.in_warehouse(self.records()?.warehouse)))
    }

    async fn all_figures(&self, free: &mut BTreeMap<Sku, i64>) -> Result<Option<At>, CallError> {
        let (mut last, mut earliest) = (0, None);
        let stocked = self.client.version().await?.is_stocked();
        for _ in 0..PAGES {
            let domain = json!([stocked, ["default_code", "!=", false], ["id", ">", last]]);
            let call = Call::search("product.product", domain, FIGURE).page(PAGE);
            let about = Call::search("product.product", Value::Null, &[]);
            let (answer, as_of) = self.client.call_at(self.in_warehouse(call).await?, &Scrub::unknown()).await?;
            earliest = Some(earliest.map_or(as_of, |earliest: At| earliest.min(as_of)));
            // A number that is none of ours is no article of ours.
            let page = rows(&about, &answer, |row| Some((row.id()?, figure(row))))?;
            for (sku, figure) in page.iter().filter_map(|(_, figure)| figure.clone()) {
                smaller(free, sku, figure);
            }
            match page.iter().map(|(id, _)| *id).max() {
                Some(id) if page.len() >= PAGE && id > last => last = id,
                _ => return Ok(earliest),
            }
        }
        Err(CallError::Down { reason: "product.product.search_read: a list without end".to_owned() })
    }

    /// Figures of articles by their ids, as of one moment.
    async fn figures_of(&self, articles: &BTreeSet<u64>) -> Result<(Vec<(Sku, i64)>, Vec<String>, At), CallError> {
        let ids: Vec<u64> = articles.iter().copied().collect();
        let call = Call::search("product.product", json!([["id", "in", ids]]), FIGURE);
        let about = Call::search("product.product", Value::Null, &[]);
        let (answer, as_of) = self.client.call_at(self.in_warehouse(call).await?, &Scrub::unknown()).await?;
        let nameless = |row: &Row<'_>| row.text("default_code").is_some_and(str::is_empty);
        let (read, unreadable) = readable(&about, &answer, |row| if nameless(row) { Some(None) } else { figure(row).map(Some) })?;
        Ok((read.into_iter().flatten().collect(), unreadable, as_of))
    }
}

/// Said twice: the smaller figure promises less.
fn smaller(free: &mut BTreeMap<Sku, i64>, sku: Sku, figure: i64) {
    let known = free.entry(sku).or_insert(figure);
    *known = figure.min(*known);
}

impl ErpAvailability for OdooErp {
    async fn availability(&self, skus: &[Sku]) -> Result<Availability, CallError> {
        let mut free = BTreeMap::new();
        let mut as_of: Option<At> = None;
        if skus.is_empty() {
            as_of = self.all_figures(&mut free).await?;
        }
        for chunk in skus.chunks(SKUS) {
            let wanted: Vec<&str> = chunk.iter().map(Sku::as_str).collect();
            let domain = json!([["default_code", "in", wanted]]);
            let call = Call::search("product.product", domain, FIGURE);
            let about = Call::search("product.product", Value::Null, &[]);
            let (answer, at) = self.client.call_at(self.in_warehouse(call).await?, &Scrub::unknown()).await?;
            as_of = Some(as_of.map_or(at, |earliest| earliest.min(at)));
            for (sku, figure) in rows(&about, &answer, figure)? {
                if chunk.contains(&sku) {
                    smaller(&mut free, sku, figure);
                }
            }
        }
        let as_of = as_of.ok_or_else(|| CallError::Down { reason: "product.product: figures without a time".to_owned() })?;
        Ok(Availability { as_of, items: free.into_iter().map(|(sku, free)| Free { sku, free }).collect() })
    }
}

/// The two lists that show a change: what lies where, and (because Odoo throws away a place that became empty) what moved.
const LISTS: [(&str, char); 2] = [("stock.quant", 'q'), ("stock.move.line", 'm')];

impl ErpStockChanges for OdooErp {
    /// The figure of a change is the one at the time the page was made, and so is its time.
    async fn stock_changes_since(&self, since: At, cursor: Option<&str>) -> Result<Page<StockChange>, CallError> {
        let (list, last) = position(cursor)?;
        let Some((model, letter)) = LISTS.get(list).copied() else {
            return Ok(Page { items: Vec::new(), unreadable: Vec::new(), next: None });
        };
        let kind = if letter == 'q' { json!(["location_id.usage", "=", "internal"]) } else { json!(["state", "=", "done"]) };
        let domain = json!([["write_date", ">=", written(since)], kind, ["id", ">", last]]);
        let call = || Call::search(model, domain.clone(), &["product_id"]).page(PAGE);
        let answer = self.client.call(call(), &Scrub::unknown()).await?;
        let found = rows(&call(), &answer, |row| Some((row.id()?, row.of("product_id")?)))?;
        let articles: BTreeSet<u64> = found.iter().map(|(_, article)| *article).collect();
        let (mut items, mut unreadable) = (Vec::new(), Vec::new());
        if !articles.is_empty() {
            let (figures, unread, at) = self.figures_of(&articles).await?;
            items = figures.into_iter().map(|(sku, free)| StockChange { sku, free, at }).collect();
            unreadable = unread;
        }
        let next = match found.iter().map(|(id, _)| *id).max() {
            Some(id) if found.len() >= PAGE && id > last => Some(format!("{letter}{id}")),
            _ => LISTS.get(list.saturating_add(1)).map(|(_, letter)| format!("{letter}0")),
        };
        Ok(Page { items, unreadable, next })
    }
}

/// Which list, and the last id of it that was seen.
fn position(cursor: Option<&str>) -> Result<(usize, u64), CallError> {
    let Some(cursor) = cursor else { return Ok((0, 0)) };
    let mut rest = cursor.chars();
    let letter = rest.next();
    let list = LISTS.iter().position(|(_, known)| Some(*known) == letter);
    list.zip(rest.as_str().parse().ok())
        .ok_or_else(|| CallError::Down { reason: "stock changes: a cursor of another kind".to_owned() })
}
