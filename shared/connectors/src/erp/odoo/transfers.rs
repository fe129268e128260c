//! Shipments and returns: transfers that are done, with the store's line ids.

use std::collections::BTreeMap;

use serde_json::json;
use waybill_domain::At;
use waybill_workflow::CallError;
use waybill_workflow::ports::erp::{ErpReturn, ErpReturns, ErpShipment, ErpShipments, Page};

use super::OdooErp;
use super::call::Call;
use super::lines::ROUNDING;
use super::row::{readable, rows, written};
use crate::erp::scrub::Scrub;
use crate::erp::text;

/// Transfers per page.
const PAGE: usize = 100;

/// A transfer that is done.
struct Transfer {
    id: u64,
    order: u64,
    at: At,
    carrier: String,
    tracking: String,
    origin: String,
}

/// Pieces by the store's line id.
type Pieces = BTreeMap<u64, u32>;

/// A transfer with its order's reference and its pieces by the store's line id.
type Told = (Transfer, String, Vec<(u64, u32)>);

impl OdooErp {
    async fn transfers(&self, kind: &str, since: At, cursor: Option<&str>) -> Result<Page<Told>, CallError> {
        self.records()?;
        let scrub = Scrub::unknown();
        let last: u64 = cursor
            .map_or(Ok(0), str::parse)
            .map_err(|_| CallError::Down { reason: "transfers: a cursor of another kind".to_owned() })?;
        let domain = json!([
            ["state", "=", "done"],
            ["write_date", ">=", written(since)],
            ["picking_type_code", "=", kind],
            ["sale_id", "!=", false],
            ["id", ">", last],
        ]);
        let fields = ["sale_id", "date_done", "carrier_id", "carrier_tracking_ref", "origin"];
        let call = || Call::search("stock.picking", domain.clone(), &fields).page(PAGE);
        let answer = self.client.call(call(), &scrub).await?;
        let ids = rows(&call(), &answer, |row| row.id())?;
        let (transfers, mut unreadable) = readable(&call(), &answer, |row| {
            Some(Transfer {
                id: row.id()?,
                order: row.of("sale_id")?,
                at: row.time("date_done")?,
                carrier: row.named("carrier_id")?.map_or_else(String::new, |(_, name)| text::short(name)),
                tracking: text::short(row.text("carrier_tracking_ref")?),
                origin: row.text("origin")?.to_owned(),
            })
        })?;
        let next = ids.iter().max().filter(|id| ids.len() >= PAGE && **id > last).map(u64::to_string);
        if transfers.is_empty() {
            return Ok(Page { items: Vec::new(), unreadable, next });
        }
        let mut pieces = self.pieces_of(&transfers, &scrub).await?;
        let references = self.references_of(&transfers, &scrub).await?;
        let mut told = Vec::new();
        for transfer in transfers {
            // An order that people made has no reference of ours.
            let Some(reference) = references.get(&transfer.order).filter(|reference| !reference.is_empty()) else { continue };
            match (text::id(reference.clone()), pieces.remove(&transfer.id).flatten()) {
                (Some(reference), Some(lines)) => told.push((transfer, reference, lines.into_iter().collect())),
                _ => unreadable.push(format!("stock.picking {}: its pieces are of no line", transfer.id)),
            }
        }
        Ok(Page { items: told, unreadable, next })
    }

    /// Pieces by transfer and the store's line id; `None` for a transfer of which a move cannot be read.
    async fn pieces_of(&self, transfers: &[Transfer], scrub: &Scrub) -> Result<BTreeMap<u64, Option<Pieces>>, CallError> {
        let moved = self.client.version().await?.moved();
        let ids: Vec<u64> = transfers.iter().map(|transfer| transfer.id).collect();
        let domain = json!([["picking_id", "in", ids], ["state", "=", "done"], ["sale_line_id", "!=", false]]);
        let call = || Call::search("stock.move", domain.clone(), &["picking_id", "sale_line_id", moved]);
        let answer = self.client.call(call(), scrub).await?;
        let moves = rows(&call(), &answer, |row| {
            let pieces = row.pieces(moved).and_then(|pieces| u32::try_from(pieces).ok());
            Some((row.of("picking_id")?, row.of("sale_line_id")?, pieces))
        })?;
        let mut lines: Vec<u64> = moves.iter().map(|(_, line, _)| *line).collect();
        lines.sort_unstable();
        lines.dedup();
        if lines.is_empty() {
            return Ok(BTreeMap::new());
        }
        let call = || Call::search("sale.order.line", json!([["id", "in", lines]]), &["sequence"]);
        let answer = self.client.call(call(), scrub).await?;
        let sequences: BTreeMap<u64, u64> =
            rows(&call(), &answer, |row| Some((row.id()?, row.number("sequence").unwrap_or(ROUNDING))))?.into_iter().collect();
        let mut pieces: BTreeMap<u64, Option<Pieces>> = BTreeMap::new();
        for (transfer, line, moved) in moves {
            let Some(line) = sequences.get(&line).copied().filter(|line| *line != ROUNDING) else { continue };
            let told = pieces.entry(transfer).or_insert_with(|| Some(Pieces::new()));
            match (told, moved) {
                (Some(told), Some(moved)) if moved > 0 => {
                    let sum = told.entry(line).or_insert(0);
                    *sum = sum.saturating_add(moved);
                }
                (told, None) => *told = None,
                _ => {}
            }
        }
        Ok(pieces)
    }

    async fn references_of(&self, transfers: &[Transfer], scrub: &Scrub) -> Result<BTreeMap<u64, String>, CallError> {
        let orders: Vec<u64> = transfers.iter().map(|transfer| transfer.order).collect();
        let call = || Call::search("sale.order", json!([["id", "in", orders]]), &["client_order_ref"]);
        let answer = self.client.call(call(), scrub).await?;
        Ok(rows(&call(), &answer, |row| Some((row.id()?, row.text("client_order_ref")?.to_owned())))?.into_iter().collect())
    }
}

impl ErpShipments for OdooErp {
    async fn shipments_since(&self, since: At, cursor: Option<&str>) -> Result<Page<ErpShipment>, CallError> {
        let Page { items, unreadable, next } = self.transfers("outgoing", since, cursor).await?;
        let items = items.into_iter().map(|(transfer, reference, lines)| ErpShipment {
            id: transfer.id.to_string(),
            reference,
            shipped_at: transfer.at,
            carrier: transfer.carrier,
            tracking: transfer.tracking,
            lines,
        });
        Ok(Page { items: items.collect(), unreadable, next })
    }
}

impl ErpReturns for OdooErp {
    async fn returns_since(&self, since: At, cursor: Option<&str>) -> Result<Page<ErpReturn>, CallError> {
        let Page { items, unreadable, next } = self.transfers("incoming", since, cursor).await?;
        // Those of our own credit notes have their reference as origin.
        let of_people = items.into_iter().filter(|(transfer, reference, _)| {
            !transfer.origin.strip_prefix(reference.as_str()).is_some_and(|rest| rest.starts_with("-refund-"))
        });
        let items = of_people.map(|(transfer, reference, lines)| ErpReturn {
            id: transfer.id.to_string(),
            reference,
            returned_at: transfer.at,
            lines,
            credit_note: None,
        });
        Ok(Page { items: items.collect(), unreadable, next })
    }
}
