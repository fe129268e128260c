//! Fields that are worked out: totals, states of invoicing and payment, stock.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::db::{Db, float};
use super::known::{self, Kind};
use super::oops::Oops;
use super::totals::{Line, TaxRounding, Totals, totals};

/// A field's value: what is kept, or what follows from what is kept. Ids for other records.
pub(super) fn value(db: &Db, model: &str, id: u64, field: &str) -> Result<Value, Oops> {
    db.record(model, id)?;
    let known = known::field(model, field, db.version).ok_or_else(|| Oops::no_field(field, model))?;
    Ok(match (model, field, known.kind) {
        (_, "id", _) => json!(id),
        (_, _, Kind::Children(child, inverse)) => json!(db.children(child, inverse, id)),
        ("product.product", "qty_available", _) => float(stock(db, id).0),
        ("product.product", "free_qty", _) => float(stock(db, id).0 - stock(db, id).1),
        ("product.product", "outgoing_qty", _) => float(outgoing(db, id)),
        ("product.product", "virtual_available", _) => float(stock(db, id).0 - outgoing(db, id)),
        ("sale.order", "amount_untaxed", _) => float(order_totals(db, id).net),
        ("sale.order", "amount_tax", _) => float(order_totals(db, id).tax),
        ("sale.order", "amount_total", _) => float(order_totals(db, id).gross()),
        ("sale.order", "invoice_ids", _) => json!(invoices(db, id)),
        ("sale.order", "invoice_status", _) => json!(invoice_status(db, id)),
        ("sale.order", "delivery_status", _) => json!("pending"),
        ("account.move", "amount_total", _) => float(bill_totals(db, id).gross()),
        ("account.move", "amount_residual", _) => float(residual(db, id)),
        ("account.move", "payment_state", _) => json!(if is_paid(db, id) { "paid" } else { "not_paid" }),
        ("stock.picking", "products_availability", _) => {
            json!(if db.text(model, id, "state") == "confirmed" { "Not Available" } else { "Available" })
        }
        (_, _, Kind::Number) => float(db.amount(model, id, field)),
        (_, _, Kind::Many(_)) => json!(db.many(model, id, field)),
        (_, _, Kind::Whole) => match db.kept(model, id, field) {
            Value::Bool(false) => json!(0),
            value => value,
        },
        _ => db.kept(model, id, field),
    })
}

/// What a record is called by those that name it.
pub(super) fn display(db: &Db, model: &str, id: u64) -> String {
    match model {
        "product.product" => format!("[{}] {}", db.text(model, id, "default_code"), db.text(model, id, "name")),
        _ => db.text(model, id, "name"),
    }
}

/// Pieces of an article on hand, and how many of them are reserved.
pub(super) fn stock(db: &Db, product: u64) -> (Decimal, Decimal) {
    let quants = db.children("stock.quant", "product_id", product);
    let sum = |field: &str| quants.iter().map(|quant| db.amount("stock.quant", *quant, field)).sum::<Decimal>();
    (sum("quantity"), sum("reserved_quantity"))
}

fn outgoing(db: &Db, product: u64) -> Decimal {
    let moves = db.children("stock.move", "product_id", product).into_iter();
    let open = moves.filter(|id| ["confirmed", "assigned"].contains(&db.text("stock.move", *id, "state").as_str()));
    let leaving = open.filter(|id| db.one("stock.move", *id, "origin_returned_move_id").is_none());
    leaving.map(|id| db.amount("stock.move", id, "product_uom_qty")).sum()
}

pub(super) fn rounding(db: &Db) -> TaxRounding {
    let globally = db.ids("res.company").iter().any(|id| db.text("res.company", *id, "rounding") == "round_globally");
    if globally { TaxRounding::Globally } else { TaxRounding::PerLine }
}

/// The field of an order line's taxes.
pub(super) fn line_taxes(db: &Db) -> &'static str {
    if db.version >= 19 { "tax_ids" } else { "tax_id" }
}

fn order_totals(db: &Db, order: u64) -> Totals {
    let lines = db.children("sale.order.line", "order_id", order).into_iter();
    let lines: Vec<Line> = lines
        .map(|id| Line {
            amount: db.amount("sale.order.line", id, "price_unit") * db.amount("sale.order.line", id, "product_uom_qty"),
            taxes: db.many("sale.order.line", id, line_taxes(db)),
        })
        .collect();
    totals(db, &lines, rounding(db))
}

pub(super) fn bill_totals(db: &Db, bill: u64) -> Totals {
    let lines = db.children("account.move.line", "move_id", bill).into_iter();
    let lines: Vec<Line> = lines
        .map(|id| Line {
            amount: db.amount("account.move.line", id, "price_unit") * db.amount("account.move.line", id, "quantity"),
            taxes: db.many("account.move.line", id, "tax_ids"),
        })
        .collect();
    totals(db, &lines, rounding(db))
}

fn is_paid(db: &Db, bill: u64) -> bool {
    db.text("account.move", bill, "state") == "posted" && residual(db, bill).is_zero()
}

pub(super) fn residual(db: &Db, bill: u64) -> Decimal {
    let paid: Decimal = db
        .ids("account.payment")
        .into_iter()
        .filter(|payment| db.one("account.payment", *payment, "bill") == Some(bill))
        .map(|payment| db.amount("account.payment", payment, "amount"))
        .sum();
    bill_totals(db, bill).gross() - paid
}

/// The invoices that were made from an order's lines.
pub(super) fn invoices(db: &Db, order: u64) -> Vec<u64> {
    let lines = db.children("sale.order.line", "order_id", order);
    let is_of = |line: &u64| db.many("account.move.line", *line, "sale_line_ids").iter().any(|of| lines.contains(of));
    let mut bills: Vec<u64> = db
        .ids("account.move.line")
        .into_iter()
        .filter(is_of)
        .filter_map(|id| db.one("account.move.line", id, "move_id"))
        .collect();
    bills.dedup();
    bills
}

pub(super) fn invoiced(db: &Db, line: u64) -> Decimal {
    let billed = db.ids("account.move.line").into_iter().filter(|id| {
        let bill = db.one("account.move.line", *id, "move_id").unwrap_or(0);
        db.many("account.move.line", *id, "sale_line_ids").contains(&line) && db.text("account.move", bill, "state") != "cancel"
    });
    billed.map(|id| db.amount("account.move.line", id, "quantity")).sum()
}

pub(super) fn invoice_status(db: &Db, order: u64) -> &'static str {
    if db.text("sale.order", order, "state") != "sale" {
        return "no";
    }
    let lines = db.children("sale.order.line", "order_id", order);
    let open = |line: &u64| invoiced(db, *line) != db.amount("sale.order.line", *line, "product_uom_qty");
    match lines.iter().any(open) {
        true => "to invoice",
        false => "invoiced",
    }
}
