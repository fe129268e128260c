//! Goods that come back with a credit note: a return transfer with our reference as its origin, by which it is found again and told from
//! those that people make. It is made before the credit note is posted, and validated after that: until then nothing is on the shelf.

use std::collections::BTreeMap;

use serde_json::json;
use waybill_domain::CreditNote;
use waybill_workflow::CallError;

use super::OdooErp;
use super::call::Call;
use super::credit_lines::OrderLine;
use super::parties::made;
use super::posting::{Seen, opened};
use super::row::rows;
use crate::erp::scrub::Scrub;

/// A move of an order's goods, out or back.
#[derive(Clone)]
struct Moved {
    id: u64,
    transfer: u64,
    article: u64,
    /// The order line in Odoo.
    line: u64,
    is_done: bool,
    pieces: i64,
    /// The move that this one brings back.
    back: Option<u64>,
}

/// Pieces of a move that are to come back.
struct Take {
    of: Moved,
    pieces: i64,
}

impl OdooErp {
    /// Makes the returns of what the credit note puts on the shelf, as far as it has left. What was never shipped cannot come back.
    pub(super) async fn prepare_return(
        &self,
        note: &CreditNote,
        seen: &Seen,
        lines: Option<Vec<OrderLine>>,
        scrub: &Scrub,
    ) -> Result<(), CallError> {
        let wanted: BTreeMap<u64, i64> =
            note.lines.iter().filter(|line| line.restock > 0).map(|line| (line.line, i64::from(line.restock))).collect();
        if wanted.is_empty() || seen.transfers.is_empty() {
            return Ok(());
        }
        let lines = match lines {
            Some(lines) => lines,
            None => self.order_lines(seen.id, scrub).await?,
        };
        let lines: BTreeMap<u64, u64> = lines.into_iter().map(|line| (line.id, line.priced.line)).collect();
        let moves = self.moves_of(&seen.transfers, scrub).await?;
        let mut ours = self.ours(&note.reference, scrub).await?;
        // A return that was made and not marked before we were cut off is one that brings back exactly this.
        if ours.is_empty()
            && let Some(orphan) = orphan(&moves, &lines, &wanted)
        {
            self.mark(orphan, &note.reference, scrub).await?;
            ours.insert(orphan, false);
        }
        for (picking, takes) in missing(&moves, &lines, wanted, &ours) {
            let back = self.make_return(picking, &takes, scrub).await?;
            self.mark(back, &note.reference, scrub).await?;
        }
        Ok(())
    }

    /// Puts the goods of a credit note's returns on the shelf.
    pub(super) async fn bring_back(&self, reference: &str, scrub: &Scrub) -> Result<(), CallError> {
        for (picking, _) in self.ours(reference, scrub).await?.into_iter().filter(|(_, is_done)| !is_done) {
            self.validate(picking, scrub).await?;
        }
        Ok(())
    }

    async fn moves_of(&self, transfers: &[u64], scrub: &Scrub) -> Result<Vec<Moved>, CallError> {
        let done = self.client.version().await?.moved();
        let fields = ["picking_id", "product_id", "sale_line_id", "state", "product_uom_qty", done, "origin_returned_move_id"];
        let call = || Call::search("stock.move", json!([["picking_id", "in", transfers], ["state", "!=", "cancel"]]), &fields);
        let answer = self.client.call(call(), scrub).await?;
        let moves = rows(&call(), &answer, |row| {
            let is_done = row.text("state")? == "done";
            let line = row.named("sale_line_id")?;
            Some(Moved {
                id: row.id()?,
                transfer: row.of("picking_id")?,
                article: row.of("product_id")?,
                line: line.map_or(0, |(id, _)| id),
                is_done,
                pieces: row.pieces(if is_done { done } else { "product_uom_qty" })?,
                back: row.named("origin_returned_move_id")?.map(|(id, _)| id),
            })
        })?;
        Ok(moves)
    }

    /// Our returns for this credit note, and whether they are done.
    async fn ours(&self, reference: &str, scrub: &Scrub) -> Result<BTreeMap<u64, bool>, CallError> {
        let domain = json!([["origin", "=", reference], ["picking_type_code", "=", "incoming"], ["state", "!=", "cancel"]]);
        let call = || Call::search("stock.picking", domain.clone(), &["state"]);
        let answer = self.client.call(call(), scrub).await?;
        Ok(rows(&call(), &answer, |row| Some((row.id()?, row.text("state")? == "done")))?.into_iter().collect())
    }

    async fn mark(&self, picking: u64, reference: &str, scrub: &Scrub) -> Result<(), CallError> {
        let values = json!({ "origin": reference });
        self.client.insist(|| Call::write("stock.picking", &[picking], values.clone()), scrub).await.map(|_| ())
    }

    /// Makes a return of a transfer; its id.
    async fn make_return(&self, picking: u64, takes: &[Take], scrub: &Scrub) -> Result<u64, CallError> {
        const WIZARD: &str = "stock.return.picking";
        let version = self.client.version().await?;
        let open = |call: Call| call.on("stock.picking", picking).with("active_id", json!(picking));
        let mut values = json!({ "picking_id": picking });
        if !version.return_lines_are_made() {
            let line =
                |take: &Take| json!([0, 0, { "product_id": take.of.article, "quantity": take.pieces, "move_id": take.of.id }]);
            values["product_return_moves"] = takes.iter().map(line).collect();
        }
        let answer = self.client.insist(|| open(Call::create(WIZARD, values.clone())), scrub).await?;
        let wizard = made(WIZARD, &answer)?;
        if version.return_lines_are_made() {
            let call = || Call::search("stock.return.picking.line", json!([["wizard_id", "in", [wizard]]]), &["move_id"]);
            let answer = self.client.call(call(), scrub).await?;
            for (line, of) in rows(&call(), &answer, |row| Some((row.id()?, row.of("move_id")?)))? {
                let Some(take) = takes.iter().find(|take| take.of.id == of) else { continue };
                let values = json!({ "quantity": take.pieces });
                self.client.insist(|| Call::write("stock.return.picking.line", &[line], values.clone()), scrub).await?;
            }
        }
        let answer = self.client.insist(|| open(Call::button(WIZARD, version.create_returns(), &[wizard])), scrub).await?;
        opened(&answer).ok_or_else(|| CallError::Unknown { reason: format!("{WIZARD}: the answer is not one transfer") })
    }

    async fn validate(&self, picking: u64, scrub: &Scrub) -> Result<(), CallError> {
        let version = self.client.version().await?;
        if version.needs_done_pieces() {
            for one in self.moves_of(&[picking], scrub).await? {
                let values = json!({ version.moved(): one.pieces });
                self.client.insist(|| Call::write("stock.move", &[one.id], values.clone()), scrub).await?;
            }
        }
        let call = || Call::button("stock.picking", "button_validate", &[picking]).with("skip_backorder", json!(true));
        self.client.insist(call, scrub).await.map(|_| ())
    }
}

/// An open return without our mark that brings back exactly what is wanted.
fn orphan(moves: &[Moved], lines: &BTreeMap<u64, u64>, wanted: &BTreeMap<u64, i64>) -> Option<u64> {
    let mut open: BTreeMap<u64, BTreeMap<u64, i64>> = BTreeMap::new();
    for back in moves.iter().filter(|one| one.back.is_some() && !one.is_done) {
        let line = lines.get(&back.line).copied().unwrap_or(0);
        let pieces = open.entry(back.transfer).or_default().entry(line).or_insert(0);
        *pieces = pieces.saturating_add(back.pieces);
    }
    open.into_iter().find(|(_, pieces)| pieces == wanted).map(|(transfer, _)| transfer)
}

/// What is still to be made, by transfer.
fn missing(
    moves: &[Moved],
    lines: &BTreeMap<u64, u64>,
    mut wanted: BTreeMap<u64, i64>,
    ours: &BTreeMap<u64, bool>,
) -> BTreeMap<u64, Vec<Take>> {
    let line_of = |one: &Moved| lines.get(&one.line).copied().unwrap_or(0);
    for one in moves.iter().filter(|one| ours.contains_key(&one.transfer)) {
        if let Some(open) = wanted.get_mut(&line_of(one)) {
            *open = open.saturating_sub(one.pieces);
        }
    }
    let mut takes: BTreeMap<u64, Vec<Take>> = BTreeMap::new();
    for one in moves.iter().filter(|one| one.back.is_none() && one.is_done) {
        let returned =
            moves.iter().filter(|other| other.back == Some(one.id)).fold(0i64, |sum, other| sum.saturating_add(other.pieces));
        let Some(open) = wanted.get_mut(&line_of(one)) else { continue };
        let pieces = one.pieces.saturating_sub(returned).min(*open);
        if pieces > 0 {
            *open = open.saturating_sub(pieces);
            takes.entry(one.transfer).or_default().push(Take { of: one.clone(), pieces });
        }
    }
    takes
}
