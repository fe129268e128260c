//! What people do in Tryton, by the time it was last changed: shipments, returns, stock. Lists go on behind the last id, so nothing that
//! is changed while they are read can slip through.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use waybill_domain::At;
use waybill_workflow::CallError;
use waybill_workflow::ports::erp::{ErpReturn, ErpReturns, ErpShipment, ErpShipments, ErpStockChanges, Page, StockChange};

use super::client::Call;
use super::error::Verdict;
use super::stock::{PAGE, whole};
use super::wire::{Id, InvoiceState, Moment, datetime, referred};
use super::{Desk, TrytonErp};
use crate::erp::text;

/// Shipments in one answer.
const SHIPMENTS: usize = 100;

#[derive(Deserialize)]
struct Out {
    id: u64,
    last_modified_at: Moment,
    shipping_reference: Option<String>,
    carrier: Option<Carrier>,
    outgoing_moves: Vec<Move>,
}

const OUT: &[&str] = &[
    "last_modified_at",
    "shipping_reference",
    "carrier.party.name",
    "outgoing_moves.origin",
    "outgoing_moves.internal_quantity",
    "outgoing_moves.state",
];

#[derive(Deserialize)]
struct Carrier {
    party: Named,
}

#[derive(Deserialize)]
struct Named {
    name: Option<String>,
}

#[derive(Deserialize)]
struct Back {
    id: u64,
    last_modified_at: Moment,
    incoming_moves: Vec<Move>,
}

const BACK: &[&str] = &["last_modified_at", "incoming_moves.origin", "incoming_moves.internal_quantity", "incoming_moves.state"];

#[derive(Deserialize)]
struct Move {
    origin: Option<String>,
    internal_quantity: f64,
    state: String,
}

/// The line of a sale that a move is for.
#[derive(Deserialize)]
struct Line {
    id: u64,
    sequence: Option<u64>,
    sale: LineSale,
}

#[derive(Deserialize)]
struct LineSale {
    id: u64,
    web_id: Option<String>,
    origin: Option<String>,
    invoices: Vec<Credit>,
}

#[derive(Deserialize)]
struct Credit {
    id: u64,
    state: InvoiceState,
}

const LINE: &[&str] = &["sequence", "sale.web_id", "sale.origin", "sale.invoices.state"];

#[derive(Deserialize)]
struct Original {
    id: u64,
    web_id: Option<String>,
}

/// Pieces of what left or came back, by sale and by the store's line id.
type BySale = BTreeMap<u64, (BTreeMap<u64, u32>, Vec<u64>)>;

impl Desk {
    /// A page of records of a domain, in the order of their ids, behind the one of the cursor.
    async fn behind<T: DeserializeOwned>(
        &self,
        (model, fields): (&'static str, &[&str]),
        domain: Vec<Value>,
        cursor: Option<&str>,
        size: usize,
    ) -> Result<Vec<T>, CallError> {
        let behind: u64 =
            cursor.map_or(Ok(0), str::parse).map_err(|_| CallError::Down { reason: "a cursor that is no id".to_owned() })?;
        let domain: Vec<Value> = domain.into_iter().chain([json!(["id", ">", behind])]).collect();
        let call = Call::search("list", model, fields, &Value::Array(domain)).page(size, 0);
        self.client.call(&call).await.map_err(Verdict::of_read)
    }

    /// The sale lines that these moves are for, by id.
    async fn lines_of<'a>(&self, moves: impl Iterator<Item = &'a Move>) -> Result<HashMap<u64, Line>, CallError> {
        let ids: BTreeSet<u64> = moves.filter_map(line_of).collect();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let call = || Call::search("lines", "sale.line", LINE, &json!([["id", "in", ids]]));
        let (lines, _): (Vec<Line>, _) = self.all(call).await?;
        Ok(lines.into_iter().map(|line| (line.id, line)).collect())
    }
}

fn since_of(since: At) -> Result<Value, CallError> {
    let since = datetime(since).ok_or_else(|| CallError::Down { reason: "a time that is none".to_owned() })?;
    Ok(json!(["last_modified_at", ">=", since]))
}

fn line_of(one: &Move) -> Option<u64> {
    referred(one.origin.as_deref()?, "sale.line")
}

/// Adds the pieces of moves up. Moves of no line of a sale, or of a line that the store does not have, are people's own affair.
fn by_sale<'a>(moves: impl Iterator<Item = &'a Move>, lines: &HashMap<u64, Line>) -> BySale {
    let mut sales = BySale::new();
    for one in moves.filter(|one| one.state != "cancelled") {
        let Some(line) = line_of(one).and_then(|id| lines.get(&id)) else { continue };
        let (pieces, unknown) = sales.entry(line.sale.id).or_default();
        let moved = u32::try_from(whole(one.internal_quantity)).unwrap_or(0);
        match line.sequence {
            Some(id) if moved > 0 => {
                let sum = pieces.entry(id).or_insert(0);
                *sum = sum.saturating_add(moved);
            }
            _ => unknown.push(line.id),
        }
    }
    sales
}

fn next<T>(rows: &[T], size: usize, id: impl Fn(&T) -> u64) -> Option<String> {
    rows.last().filter(|_| rows.len() >= size).map(|last| id(last).to_string())
}

/// Tryton's id of what it has one of, or, of several orders in one, an id for each.
fn id_of(id: u64, sale: u64, several: bool) -> String {
    if several { format!("{id}-{sale}") } else { id.to_string() }
}

impl ErpShipments for TrytonErp {
    async fn shipments_since(&self, since: At, cursor: Option<&str>) -> Result<Page<ErpShipment>, CallError> {
        let desk = self.archive()?;
        let domain = vec![
            since_of(since)?,
            json!(["state", "in", ["shipped", "done"]]),
            json!(["moves.origin.sale.web_shop", "=", desk.shop, "sale.line"]),
        ];
        let rows: Vec<Out> = desk.behind(("stock.shipment.out", OUT), domain, cursor, SHIPMENTS).await?;
        let lines = desk.lines_of(rows.iter().flat_map(|row| &row.outgoing_moves)).await?;
        let web_ids: HashMap<u64, &str> =
            lines.values().filter_map(|line| Some((line.sale.id, line.sale.web_id.as_deref()?))).collect();
        let (mut items, mut unreadable) = (Vec::new(), Vec::new());
        for row in &rows {
            let sales = by_sale(row.outgoing_moves.iter(), &lines);
            let several = sales.len() > 1;
            for (sale, (pieces, _)) in sales {
                let id = id_of(row.id, sale, several);
                let reference = web_ids.get(&sale).and_then(|web_id| text::id((*web_id).to_owned()));
                let Some(reference) = reference.filter(|_| !pieces.is_empty()) else {
                    unreadable.push(format!("shipment {id}: no goods of an order of the store"));
                    continue;
                };
                let carrier = row.carrier.as_ref().and_then(|carrier| carrier.party.name.as_deref()).unwrap_or_default();
                items.push(ErpShipment {
                    id,
                    reference,
                    shipped_at: row.last_modified_at.0,
                    carrier: text::short(carrier),
                    tracking: text::short(row.shipping_reference.as_deref().unwrap_or_default()),
                    lines: pieces.into_iter().collect(),
                });
            }
        }
        Ok(Page { items, unreadable, next: next(&rows, SHIPMENTS, |row| row.id) })
    }
}

impl ErpReturns for TrytonErp {
    /// A return is a sale that people made as one of another sale. Those of our own credit notes have a web id, as orders have.
    async fn returns_since(&self, since: At, cursor: Option<&str>) -> Result<Page<ErpReturn>, CallError> {
        let desk = self.archive()?;
        let domain = vec![
            since_of(since)?,
            json!(["state", "=", "done"]),
            json!(["moves.origin.sale.web_id", "=", null, "sale.line"]),
            json!(["moves.origin.sale.origin.web_shop", "=", desk.shop, "sale.line", "sale.sale"]),
        ];
        let rows: Vec<Back> = desk.behind(("stock.shipment.out.return", BACK), domain, cursor, SHIPMENTS).await?;
        let lines = desk.lines_of(rows.iter().flat_map(|row| &row.incoming_moves)).await?;
        let sales: HashMap<u64, &LineSale> =
            lines.values().filter(|line| line.sale.web_id.is_none()).map(|line| (line.sale.id, &line.sale)).collect();
        let originals = desk.originals(sales.values().filter_map(|sale| original_of(sale)).collect()).await?;
        let (mut items, mut unreadable) = (Vec::new(), Vec::new());
        for row in &rows {
            let returned = by_sale(row.incoming_moves.iter(), &lines);
            let several = returned.len() > 1;
            for (sale, (pieces, unknown)) in returned {
                let Some(back) = sales.get(&sale) else { continue };
                let id = id_of(row.id, sale, several);
                let reference = original_of(back).and_then(|id| originals.get(&id)).and_then(|web_id| text::id(web_id.clone()));
                let Some(reference) = reference.filter(|_| !pieces.is_empty() && unknown.is_empty()) else {
                    unreadable.push(format!("return {id}: goods that are of no line of an order of the store"));
                    continue;
                };
                let note = back.invoices.iter().find(|note| note.state != InvoiceState::Cancelled);
                items.push(ErpReturn {
                    id,
                    reference,
                    returned_at: row.last_modified_at.0,
                    lines: pieces.into_iter().collect(),
                    credit_note: note.map(|note| note.id.to_string()),
                });
            }
        }
        Ok(Page { items, unreadable, next: next(&rows, SHIPMENTS, |row| row.id) })
    }
}

fn original_of(sale: &LineSale) -> Option<u64> {
    referred(sale.origin.as_deref()?, "sale.sale")
}

impl Desk {
    /// The references of these sales, as far as they are of the store's shop.
    async fn originals(&self, ids: BTreeSet<u64>) -> Result<HashMap<u64, String>, CallError> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let domain = json!([["id", "in", ids], ["web_shop", "=", self.shop]]);
        let (rows, _): (Vec<Original>, _) = self.all(|| Call::search("sales", "sale.sale", &["web_id"], &domain)).await?;
        Ok(rows.into_iter().filter_map(|row| Some((row.id, row.web_id?))).collect())
    }
}

#[derive(Deserialize)]
struct Moved {
    id: u64,
    product: Id,
}

impl ErpStockChanges for TrytonErp {
    /// The articles of the moves that were made or changed since, with their figures as they are now: what happened in between is of no
    /// interest, and nobody has to add moves up.
    async fn stock_changes_since(&self, since: At, cursor: Option<&str>) -> Result<Page<StockChange>, CallError> {
        let desk = self.archive()?;
        let moves: Vec<Moved> = desk.behind(("stock.move", &["product.id"]), vec![since_of(since)?], cursor, PAGE).await?;
        let next = next(&moves, PAGE, |row| row.id);
        let articles: BTreeSet<u64> = moves.iter().map(|row| row.product.id).collect();
        if articles.is_empty() {
            return Ok(Page { items: Vec::new(), unreadable: Vec::new(), next });
        }
        let figures = desk.figures(&json!([["type", "in", ["goods", "assets"]], ["id", "in", articles]])).await?;
        let at = figures.as_of;
        let items = figures.items.into_iter().map(|item| StockChange { sku: item.sku, free: item.free, at }).collect();
        Ok(Page { items, unreadable: Vec::new(), next })
    }
}
