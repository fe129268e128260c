//! The methods that every model has, and `load`.

use serde_json::{Value, json};

use super::books;
use super::db::{Db, Record};
use super::domain;
use super::known::{self, Kind};
use super::oops::Oops;

/// A record's fields as they are read: `[id, name]` for another record, `false` for nothing.
pub(super) fn read(db: &Db, model: &str, ids: &[u64], fields: &[String]) -> Result<Value, Oops> {
    let rows = ids.iter().map(|id| {
        let mut row = json!({ "id": id });
        for field in fields {
            let value = books::value(db, model, *id, field)?;
            let kind = known::field(model, field, db.version).map(|field| field.kind);
            row[field] = match (kind, value.as_u64()) {
                (Some(Kind::One(other)), Some(of)) => json!([of, books::display(db, other, of)]),
                (Some(Kind::Whole), Some(unit)) if field == "uom_id" => json!([unit, "Units"]),
                _ => value,
            };
        }
        Ok(row)
    });
    rows.collect::<Result<Vec<Value>, Oops>>().map(Value::Array)
}

pub(super) fn texts(value: &Value) -> Result<Vec<String>, Oops> {
    let list = value.as_array().ok_or_else(|| Oops::wrong("fields"))?;
    list.iter().map(|text| text.as_str().map(str::to_owned).ok_or_else(|| Oops::wrong("fields"))).collect()
}

pub(super) fn search_read(db: &Db, model: &str, asked: &Record) -> Result<Value, Oops> {
    let nothing = json!([]);
    let mut ids = domain::search(db, model, asked.get("domain").unwrap_or(&nothing))?;
    match asked.get("order") {
        None => {}
        Some(order) if order == "id" => ids.sort_unstable(),
        Some(_) => return Err(Oops::wrong("order")),
    }
    if let Some(limit) = asked.get("limit") {
        ids.truncate(usize::try_from(limit.as_u64().ok_or_else(|| Oops::wrong("limit"))?).unwrap_or(usize::MAX));
    }
    let fields = texts(asked.get("fields").unwrap_or(&nothing))?;
    for field in &fields {
        known::field(model, field, db.version).ok_or_else(|| Oops::no_field(field, model))?;
    }
    read(db, model, &ids, &fields)
}

pub(super) fn unlink(db: &mut Db, model: &'static str, ids: &[u64]) -> Result<Value, Oops> {
    for id in ids {
        let state = books::value(db, model, *id, "state").unwrap_or(Value::Bool(false));
        let may_go = state == "draft" || (model == "sale.order" && state == "cancel");
        if !may_go {
            return Err(Oops::user("You can not delete a confirmed document. You must first cancel it."));
        }
        for (child, inverse) in [("sale.order.line", "order_id"), ("account.move.line", "move_id")] {
            for line in db.children(child, inverse, *id).into_iter().filter(|_| is_parent(model, child)) {
                db.remove(child, line);
            }
        }
        let names = db.ids("ir.model.data").into_iter().filter(|data| {
            db.text("ir.model.data", *data, "model") == model && db.one("ir.model.data", *data, "res_id") == Some(*id)
        });
        for name in names.collect::<Vec<_>>() {
            db.remove("ir.model.data", name);
        }
        db.remove(model, *id);
    }
    Ok(json!(true))
}

fn is_parent(model: &str, child: &str) -> bool {
    child.strip_suffix(".line") == Some(model)
}

/// One record by its external id, made or changed. Errors are messages inside a good answer.
pub(super) fn load(db: &mut Db, model: &'static str, asked: &Record) -> Result<Value, Oops> {
    let nothing = json!([]);
    let fields = texts(asked.get("fields").unwrap_or(&nothing))?;
    let rows = asked.get("data").and_then(Value::as_array).ok_or_else(|| Oops::wrong("data"))?;
    let mut ids = Vec::new();
    for row in rows {
        let row = texts(row)?;
        if row.len() != fields.len() {
            return Err(Oops::wrong("data"));
        }
        match load_row(db, model, &fields, &row) {
            Ok(id) => ids.push(id),
            Err(message) => return Ok(not_loaded(&message)),
        }
    }
    Ok(json!({ "ids": ids, "messages": [], "nextrow": 0 }))
}

/// The answer of a `load` that did nothing.
pub(super) fn not_loaded(message: &str) -> Value {
    let message = json!({ "rows": { "from": 0, "to": 0 }, "record": 0, "type": "error", "message": message });
    json!({ "ids": false, "messages": [message], "nextrow": 0 })
}

fn load_row(db: &mut Db, model: &'static str, fields: &[String], row: &[String]) -> Result<u64, String> {
    let (mut name, mut values, mut lines) = (None, Record::new(), Record::new());
    for (field, text) in fields.iter().zip(row) {
        if field == "id" {
            name = Some(text.clone());
        } else if let Some(field) = field.strip_prefix("order_line/") {
            let (field, value) = column(db, "sale.order.line", field, text)?;
            lines.insert(field, value);
        } else {
            let (field, value) = column(db, model, field, text)?;
            values.insert(field, value);
        }
    }
    if !lines.is_empty() {
        values.insert("order_line".to_owned(), json!([[0, 0, lines]]));
    }
    let name = name.ok_or("an external id is missing")?;
    let (module, name) = name.split_once('.').ok_or("an external id has a module")?;
    let there = db
        .ids("ir.model.data")
        .into_iter()
        .find(|data| db.text("ir.model.data", *data, "module") == module && db.text("ir.model.data", *data, "name") == name);
    let done = match there.and_then(|data| db.one("ir.model.data", data, "res_id")) {
        Some(id) => db.write(model, id, &values).map(|()| id),
        None => super::sales::new_order(db, &values).inspect(|id| {
            let data = json!({ "module": module, "name": name, "model": model, "res_id": id });
            db.insert("ir.model.data", data.as_object().cloned().unwrap_or_default());
        }),
    };
    done.map_err(|oops| oops.message().to_owned())
}

/// A column of `load`: everything is text, and `/.id` names a record by its number.
fn column(db: &Db, model: &str, column: &str, text: &str) -> Result<(String, Value), String> {
    let unknown = || format!("Column {column} not found");
    let (field, by_id) = column.strip_suffix("/.id").map_or((column, false), |field| (field, true));
    let known = known::field(model, field, db.version).ok_or_else(unknown)?;
    let value = match (known.kind, by_id) {
        (Kind::One(other), true) => {
            let id: u64 = text.parse().map_err(|_| unknown())?;
            db.record(other, id).map_err(|_| format!("No matching record found for database id '{text}' in field '{field}'"))?;
            json!(id)
        }
        (Kind::Text | Kind::Time, false) => json!(text),
        (Kind::Number | Kind::Whole, false) => serde_json::from_str(text).map_err(|_| unknown())?,
        _ => return Err(unknown()),
    };
    Ok((field.to_owned(), value))
}
