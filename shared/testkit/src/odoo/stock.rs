//! Transfers: what an order reserves, what leaves, what comes back.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::books;
use super::db::{Db, Record, float};
use super::oops::Oops;

/// Brings the transfers of a confirmed order in line with its lines: what is wanted beyond them becomes a move, and is reserved as far as
/// there is stock.
pub(super) fn follow(db: &mut Db, order: u64) {
    let mut wanted = Vec::new();
    for line in db.children("sale.order.line", "order_id", order) {
        let product = db.one("sale.order.line", line, "product_id").unwrap_or(0);
        if db.children("stock.quant", "product_id", product).is_empty() {
            continue;
        }
        let moves = db.children("stock.move", "sale_line_id", line).into_iter();
        let moved: Decimal = moves
            .filter(|id| db.text("stock.move", *id, "state") != "cancel")
            .filter(|id| db.one("stock.move", *id, "origin_returned_move_id").is_none())
            .map(|id| db.amount("stock.move", id, "product_uom_qty"))
            .sum();
        let missing = db.amount("sale.order.line", line, "product_uom_qty") - moved;
        if missing > Decimal::ZERO {
            wanted.push((line, product, missing));
        }
    }
    if wanted.is_empty() {
        return;
    }
    let open = db.children("stock.picking", "sale_id", order).into_iter().find(|id| {
        ["confirmed", "assigned"].contains(&db.text("stock.picking", *id, "state").as_str())
            && db.text("stock.picking", *id, "picking_type_code") == "outgoing"
    });
    let picking = open.unwrap_or_else(|| new_picking(db, order, "outgoing"));
    for (line, product, pieces) in wanted {
        let id = db.insert("stock.move", Record::new());
        let values = json!({
            "picking_id": picking, "product_id": product, "product_uom_qty": float(pieces), "sale_line_id": line, "state": "confirmed",
        });
        db.set("stock.move", id, values);
    }
    reserve(db, picking);
}

fn new_picking(db: &mut Db, order: u64, kind: &str) -> u64 {
    let (prefix, number) = (if kind == "outgoing" { "OUT" } else { "IN" }, db.number(kind));
    let id = db.insert("stock.picking", Record::new());
    let values = json!({
        "name": format!("WH/{prefix}/{number:05}"),
        "state": "confirmed",
        "sale_id": order,
        "origin": db.kept("sale.order", order, "name"),
        "carrier_id": db.kept("sale.order", order, "carrier_id"),
        "scheduled_date": db.now,
        "picking_type_code": kind,
    });
    db.set("stock.picking", id, values);
    id
}

fn reserve(db: &mut Db, picking: u64) {
    let mut some = false;
    for id in db.children("stock.move", "picking_id", picking) {
        let product = db.one("stock.move", id, "product_id").unwrap_or(0);
        let (on_hand, reserved) = books::stock(db, product);
        let missing = db.amount("stock.move", id, "product_uom_qty") - db.amount("stock.move", id, "reserved");
        let takes = missing.min(on_hand - reserved).max(Decimal::ZERO);
        hold(db, product, takes);
        let has = db.amount("stock.move", id, "reserved") + takes;
        some = some || has > Decimal::ZERO;
        let state = if has.is_zero() { "confirmed" } else { "assigned" };
        db.set("stock.move", id, json!({ "reserved": float(has), "state": state }));
        if db.version >= 17 {
            db.set("stock.move", id, json!({ "quantity": float(has) }));
        }
    }
    db.set("stock.picking", picking, json!({ "state": if some { "assigned" } else { "confirmed" } }));
}

fn quant(db: &Db, product: u64) -> Option<u64> {
    db.children("stock.quant", "product_id", product).first().copied()
}

/// Reserves pieces, or with a negative number lets them go.
fn hold(db: &mut Db, product: u64, pieces: Decimal) {
    if let Some(quant) = quant(db, product).filter(|_| !pieces.is_zero()) {
        let reserved = db.amount("stock.quant", quant, "reserved_quantity") + pieces;
        db.set("stock.quant", quant, json!({ "reserved_quantity": float(reserved) }));
    }
}

/// Lets everything of an order go that has not left.
pub(super) fn cancel(db: &mut Db, order: u64) {
    for picking in db.children("stock.picking", "sale_id", order) {
        if db.text("stock.picking", picking, "state") == "done" {
            continue;
        }
        for id in db.children("stock.move", "picking_id", picking) {
            let product = db.one("stock.move", id, "product_id").unwrap_or(0);
            hold(db, product, -db.amount("stock.move", id, "reserved"));
            db.set("stock.move", id, json!({ "state": "cancel", "reserved": 0.0 }));
        }
        db.set("stock.picking", picking, json!({ "state": "cancel" }));
    }
}

/// Validates transfers. What is not there stays for a later one.
pub(super) fn validate(db: &mut Db, ids: &[u64]) -> Result<Value, Oops> {
    for picking in ids {
        db.record("stock.picking", *picking)?;
        let state = db.text("stock.picking", *picking, "state");
        if state == "done" || state == "cancel" {
            return Err(Oops::user("You cannot validate a transfer that is done or cancelled."));
        }
        let returns = db.text("stock.picking", *picking, "picking_type_code") == "incoming";
        let moves = db.children("stock.move", "picking_id", *picking);
        let field = if db.version >= 17 { "quantity" } else { "quantity_done" };
        let done: Vec<(u64, Decimal)> = moves.iter().map(|id| (*id, db.amount("stock.move", *id, field))).collect();
        if done.iter().all(|(_, pieces)| pieces.is_zero()) {
            return Err(Oops::user("You cannot validate a transfer if no quantities are reserved nor done."));
        }
        let mut rest = Vec::new();
        for (id, pieces) in done {
            let wanted = db.amount("stock.move", id, "product_uom_qty");
            let product = db.one("stock.move", id, "product_id").unwrap_or(0);
            if pieces < wanted {
                rest.push((id, product, wanted - pieces));
            }
            if pieces.is_zero() {
                continue;
            }
            if !returns {
                hold(db, product, -db.amount("stock.move", id, "reserved"));
            }
            if let Some(quant) = quant(db, product) {
                let change = if returns { pieces } else { -pieces };
                let on_hand = db.amount("stock.quant", quant, "quantity") + change;
                db.set("stock.quant", quant, json!({ "quantity": float(on_hand) }));
            }
            db.set(
                "stock.move",
                id,
                json!({ "state": "done", "done": float(pieces), "product_uom_qty": float(pieces), "reserved": 0.0 }),
            );
            let line = db.insert("stock.move.line", Record::new());
            let (from, to) = if returns { (2, 5) } else { (5, 2) };
            let values = json!({
                "product_id": product, "quantity": float(pieces), "state": "done", "location_id": from, "location_dest_id": to,
            });
            db.set("stock.move.line", line, values);
        }
        let now = db.now.clone();
        db.set("stock.picking", *picking, json!({ "state": "done", "date_done": now }));
        if !returns && !rest.is_empty() {
            let order = db.one("stock.picking", *picking, "sale_id").unwrap_or(0);
            let backorder = new_picking(db, order, "outgoing");
            for (id, product, pieces) in rest {
                let later = db.insert("stock.move", Record::new());
                let line = db.kept("stock.move", id, "sale_line_id");
                let values = json!({
                    "picking_id": backorder, "product_id": product, "product_uom_qty": float(pieces), "sale_line_id": line, "state": "confirmed",
                });
                db.set("stock.move", later, values);
                if db.text("stock.move", id, "state") != "done" {
                    db.remove("stock.move", id);
                }
            }
            reserve(db, backorder);
        }
    }
    Ok(json!(true))
}

/// A wizard for the return of a transfer. From 18 on it has its lines, without pieces; before, it takes those it is given.
pub(super) fn new_return(db: &mut Db, values: &Record) -> Result<u64, Oops> {
    let id = db.create("stock.return.picking", values)?;
    let picking =
        db.one("stock.return.picking", id, "picking_id").ok_or_else(|| Oops::validation("You may only return a transfer."))?;
    if db.text("stock.picking", picking, "state") != "done" {
        return Err(Oops::user("You may only return Done pickings."));
    }
    if db.version >= 18 && db.children("stock.return.picking.line", "wizard_id", id).is_empty() {
        for of in db.children("stock.move", "picking_id", picking) {
            let line = db.insert("stock.return.picking.line", Record::new());
            let product = db.kept("stock.move", of, "product_id");
            let values = json!({ "wizard_id": id, "product_id": product, "quantity": 0.0, "move_id": of });
            db.set("stock.return.picking.line", line, values);
        }
    }
    Ok(id)
}

pub(super) fn create_returns(db: &mut Db, wizard: u64) -> Result<Value, Oops> {
    let picking = db.one("stock.return.picking", wizard, "picking_id").unwrap_or(0);
    let lines = db.children("stock.return.picking.line", "wizard_id", wizard).into_iter();
    let lines: Vec<(u64, Decimal)> = lines
        .filter_map(|line| {
            let of = db.one("stock.return.picking.line", line, "move_id")?;
            Some((of, db.amount("stock.return.picking.line", line, "quantity"))).filter(|(_, pieces)| *pieces > Decimal::ZERO)
        })
        .collect();
    if lines.is_empty() {
        return Err(Oops::user("Please specify at least one non-zero quantity."));
    }
    let order = db.one("stock.picking", picking, "sale_id").unwrap_or(0);
    let name = db.text("stock.picking", picking, "name");
    let back = new_picking(db, order, "incoming");
    db.set("stock.picking", back, json!({ "origin": format!("Return of {name}"), "state": "assigned" }));
    for (of, pieces) in lines {
        let id = db.insert("stock.move", Record::new());
        let values = json!({
            "picking_id": back,
            "product_id": db.kept("stock.move", of, "product_id"),
            "product_uom_qty": float(pieces),
            "sale_line_id": db.kept("stock.move", of, "sale_line_id"),
            "origin_returned_move_id": of,
            "state": "assigned",
        });
        db.set("stock.move", id, values);
        if db.version >= 17 {
            db.set("stock.move", id, json!({ "quantity": float(pieces) }));
        }
    }
    Ok(json!({ "name": "Returned Picking", "res_model": "stock.picking", "res_id": back, "type": "ir.actions.act_window" }))
}
