//! Orders, invoices and payments.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::books;
use super::db::{Db, Record, float};
use super::oops::Oops;
use super::stock;

pub(super) fn new_order(db: &mut Db, values: &Record) -> Result<u64, Oops> {
    if !values.contains_key("partner_id") {
        return Err(Oops::validation("Missing required value for the field 'Customer' (partner_id)."));
    }
    let number = db.number("order");
    let id = db.insert("sale.order", Record::new());
    let partner = &values["partner_id"];
    let defaults = json!({
        "name": format!("S{number:05}"),
        "state": "draft",
        "currency_id": 1,
        "date_order": db.now,
        "partner_invoice_id": partner,
        "partner_shipping_id": partner,
    });
    db.set("sale.order", id, defaults);
    db.write("sale.order", id, values)?;
    Ok(id)
}

/// Lines of a confirmed order stay.
pub(super) fn write_order(db: &mut Db, id: u64, values: &Record) -> Result<(), Oops> {
    let removes = |command: &Value| matches!(command.get(0).and_then(Value::as_u64), Some(2 | 5));
    let commands = values.get("order_line").and_then(Value::as_array).cloned().unwrap_or_default();
    let state = db.text("sale.order", id, "state");
    if state == "sale" && commands.iter().any(removes) && !db.children("sale.order.line", "order_id", id).is_empty() {
        return Err(Oops::user("Once a sales order is confirmed, you can't remove one of its lines."));
    }
    db.write("sale.order", id, values)?;
    if state == "sale" {
        stock::follow(db, id);
    }
    Ok(())
}

pub(super) fn confirm(db: &mut Db, ids: &[u64]) -> Result<Value, Oops> {
    for id in ids {
        db.record("sale.order", *id)?;
        match db.text("sale.order", *id, "state").as_str() {
            "draft" | "sent" => {}
            "sale" if db.version <= 16 => continue,
            _ => return Err(Oops::user("Some orders are not in a state requiring confirmation.")),
        }
        let now = db.now.clone();
        db.set("sale.order", *id, json!({ "state": "sale", "date_order": now }));
        stock::follow(db, *id);
    }
    Ok(json!(true))
}

pub(super) fn cancel(db: &mut Db, ids: &[u64], without_asking: bool) -> Result<Value, Oops> {
    for id in ids {
        db.record("sale.order", *id)?;
        if db.version <= 18 && !without_asking && db.text("sale.order", *id, "state") == "sale" {
            return Ok(json!({ "type": "ir.actions.act_window", "res_model": "sale.order.cancel", "target": "new" }));
        }
        for bill in books::invoices(db, *id) {
            if db.text("account.move", bill, "state") == "draft" {
                db.set("account.move", bill, json!({ "state": "cancel" }));
            }
        }
        stock::cancel(db, *id);
        db.set("sale.order", *id, json!({ "state": "cancel" }));
    }
    Ok(json!(true))
}

/// Invoices what is to be invoiced of the orders that the wizard names.
pub(super) fn create_invoices(db: &mut Db, wizard: u64) -> Result<Value, Oops> {
    let mut made = Vec::new();
    for order in db.many("sale.advance.payment.inv", wizard, "sale_order_ids") {
        if books::invoice_status(db, order) != "to invoice" {
            return Err(Oops::user("Cannot create an invoice. No items are available to invoice."));
        }
        let bill = db.insert("account.move", Record::new());
        let order_value = |field: &str| db.kept("sale.order", order, field);
        let values = json!({
            "move_type": "out_invoice",
            "state": "draft",
            "partner_id": order_value("partner_invoice_id"),
            "journal_id": 1,
            "currency_id": order_value("currency_id"),
            "ref": order_value("client_order_ref"),
            "payment_reference": order_value("reference"),
            "invoice_origin": order_value("name"),
            // 18 has a name for a draft, 19 has none yet.
            "name": if db.version >= 19 { json!(false) } else { json!("INV/2026/00001") },
        });
        db.set("account.move", bill, values);
        for line in db.children("sale.order.line", "order_id", order) {
            let open: Decimal = db.amount("sale.order.line", line, "product_uom_qty") - books::invoiced(db, line);
            let id = db.insert("account.move.line", Record::new());
            let values = json!({
                "move_id": bill,
                "product_id": db.kept("sale.order.line", line, "product_id"),
                "quantity": float(open),
                "price_unit": db.kept("sale.order.line", line, "price_unit"),
                "tax_ids": db.many("sale.order.line", line, books::line_taxes(db)),
                "sale_line_ids": [line],
            });
            db.set("account.move.line", id, values);
        }
        made.push(bill);
    }
    let id = made.first().copied();
    Ok(json!({
        "name": "Invoices", "type": "ir.actions.act_window", "res_model": "account.move", "res_id": id, "target": "current",
    }))
}

pub(super) fn new_bill(db: &mut Db, values: &Record) -> Result<u64, Oops> {
    let id = db.insert("account.move", Record::new());
    db.set("account.move", id, json!({ "state": "draft", "currency_id": 1, "journal_id": 1 }));
    db.write("account.move", id, values)?;
    Ok(id)
}

pub(super) fn post_bills(db: &mut Db, ids: &[u64]) -> Result<Value, Oops> {
    for id in ids {
        db.record("account.move", *id)?;
        if db.text("account.move", *id, "state") != "draft" {
            let name = db.text("account.move", *id, "name");
            return Err(Oops::user(format!("The entry {name} (id {id}) must be in draft.")));
        }
        let prefix = if db.text("account.move", *id, "move_type") == "out_refund" { "RINV" } else { "INV" };
        let number = db.number(prefix);
        db.set("account.move", *id, json!({ "state": "posted", "name": format!("{prefix}/2026/{number:05}") }));
    }
    Ok(json!(false))
}

/// Pays what is open of the documents that the wizard was opened on.
pub(super) fn pay(db: &mut Db, wizard: u64, bills: &[u64]) -> Result<Value, Oops> {
    let mut made = None;
    for bill in bills {
        db.record("account.move", *bill)?;
        let open = books::residual(db, *bill);
        if db.text("account.move", *bill, "state") != "posted" || open.is_zero() {
            return Err(Oops::user(
                "You can't register a payment because there is nothing left to pay on the selected journal items.",
            ));
        }
        let is_refund = db.text("account.move", *bill, "move_type") == "out_refund";
        let number = db.number("payment");
        // Its entry in the journal takes a number of the same sequence as invoices.
        db.number("account.move");
        let memo = if db.version >= 18 { "memo" } else { "ref" };
        let id = db.insert("account.payment", Record::new());
        let values = json!({
            "name": format!("PBNK1/2026/{number:05}"),
            memo: db.kept("account.payment.register", wizard, "communication"),
            "journal_id": db.kept("account.payment.register", wizard, "journal_id"),
            "amount": float(open),
            "currency_id": 1,
            "payment_type": if is_refund { "outbound" } else { "inbound" },
            "state": "paid",
            "bill": bill,
        });
        db.set("account.payment", id, values);
        made = Some(id);
    }
    Ok(json!({ "name": "Payments", "type": "ir.actions.act_window", "res_model": "account.payment", "res_id": made }))
}
