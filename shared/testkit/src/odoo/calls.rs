//! One call, checked against what is known and done.

use serde_json::{Value, json};

use super::db::{Db, Record};
use super::known;
use super::oops::Oops;
use super::{books, domain, orm, sales, stock};

/// A call as both transports say it.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) model: String,
    pub(super) method: String,
    /// Ids, arguments and options by name, without the context.
    pub(super) arguments: Record,
    pub(super) context: Record,
}

/// Arguments in order become arguments by name.
pub(super) fn by_name(asked: &mut Asked, positional: &[Value], version: u64) -> Result<(), Oops> {
    let method = known::method_of(&asked.model, &asked.method, version).ok_or_else(|| no_such(asked))?;
    if positional.len() > method.arguments.len() {
        return Err(Oops::no_argument(&asked.method, "too many"));
    }
    for (name, value) in method.arguments.iter().zip(positional) {
        asked.arguments.insert((*name).to_owned(), value.clone());
    }
    Ok(())
}

fn no_such(asked: &Asked) -> Oops {
    if known::model(&asked.model).is_none() { Oops::no_model(&asked.model) } else { Oops::no_method(&asked.model, &asked.method) }
}

/// Does the call, wholly or not at all.
pub(super) fn perform(db: &mut Db, asked: &Asked) -> Result<Value, Oops> {
    let before = db.clone();
    let result = work(db, asked);
    if result.is_err() {
        *db = before;
    }
    result
}

fn work(db: &mut Db, asked: &Asked) -> Result<Value, Oops> {
    if asked.method.starts_with('_') {
        let message = format!("Private methods (such as '{}.{}') cannot be called remotely.", asked.model, asked.method);
        return Err(Oops::access(message));
    }
    let model = known::model(&asked.model).ok_or_else(|| no_such(asked))?;
    let method = known::method_of(model, &asked.method, db.version).ok_or_else(|| no_such(asked))?;
    for name in asked.arguments.keys() {
        if !method.arguments.contains(&name.as_str()) && !method.options.contains(&name.as_str()) {
            return Err(Oops::no_argument(&asked.method, name));
        }
    }
    for name in method.arguments {
        if !asked.arguments.contains_key(*name) {
            return Err(Oops::no_argument(&asked.method, &format!("{name} is missing")));
        }
    }
    if let Some(key) = asked.context.keys().find(|key| !known::is_context(key)) {
        return Err(Oops::no_argument(&asked.method, &format!("context {key}")));
    }
    let ids = ids(asked.arguments.get("ids"))?;
    match (model, asked.method.as_str()) {
        ("res.users", "context_get") => Ok(json!({ "lang": "en_US", "tz": false, "uid": 2 })),
        ("ir.config_parameter", "get_param") => Ok(json!("2026-11-23 03:52:05")),
        ("sale.order", "load") => orm::load(db, model, &asked.arguments),
        ("sale.order", "action_confirm") => sales::confirm(db, &ids),
        ("sale.order", "action_cancel") => {
            sales::cancel(db, &ids, asked.context.get("disable_cancel_warning") == Some(&json!(true)))
        }
        ("sale.advance.payment.inv", "create_invoices") => each(&ids, |id| sales::create_invoices(db, id)),
        ("account.move", "action_post") => sales::post_bills(db, &ids),
        ("account.payment.register", "action_create_payments") => {
            let bills = active(asked, "account.move")?;
            each(&ids, |id| sales::pay(db, id, &bills))
        }
        ("stock.picking", "button_validate") => stock::validate(db, &ids),
        ("stock.return.picking", _) if asked.method.ends_with("create_returns") => each(&ids, |id| stock::create_returns(db, id)),
        (_, "search_read") => orm::search_read(db, model, &asked.arguments),
        (_, "read") => orm::read(db, model, &ids, &orm::texts(&asked.arguments["fields"])?),
        (_, "create") => create(db, model, asked),
        (_, "write") => write(db, model, &ids, &asked.arguments["vals"]),
        (_, "unlink") => orm::unlink(db, model, &ids),
        _ => Err(no_such(asked)),
    }
}

fn ids(value: Option<&Value>) -> Result<Vec<u64>, Oops> {
    let Some(value) = value else { return Ok(Vec::new()) };
    let list = value.as_array().ok_or_else(|| Oops::wrong("ids"))?;
    list.iter().map(|id| id.as_u64().ok_or_else(|| Oops::wrong("ids"))).collect()
}

fn each(ids: &[u64], mut work: impl FnMut(u64) -> Result<Value, Oops>) -> Result<Value, Oops> {
    ids.iter().try_fold(Value::Null, |_, id| work(*id))
}

/// The records that a wizard is opened on.
fn active(asked: &Asked, model: &str) -> Result<Vec<u64>, Oops> {
    if asked.context.get("active_model") != Some(&json!(model)) {
        return Err(Oops::user(
            "The register payment wizard should only be called on account.move or account.move.line records.",
        ));
    }
    ids(asked.context.get("active_ids"))
}

fn create(db: &mut Db, model: &'static str, asked: &Asked) -> Result<Value, Oops> {
    let list = asked.arguments["vals_list"].as_array().ok_or_else(|| Oops::wrong("vals_list"))?;
    let mut made = Vec::new();
    for values in list {
        let values = values.as_object().ok_or_else(|| Oops::wrong("vals_list"))?;
        let id = match model {
            "sale.order" => sales::new_order(db, values)?,
            "account.move" => sales::new_bill(db, values)?,
            "stock.return.picking" => stock::new_return(db, values)?,
            "account.payment.register" => {
                active(asked, "account.move")?;
                db.create(model, values)?
            }
            "ir.model.data" => external_id(db, values)?,
            _ => db.create(model, values)?,
        };
        made.push(id);
    }
    Ok(json!(made))
}

fn external_id(db: &mut Db, values: &Record) -> Result<u64, Oops> {
    let of = |field: &str| values.get(field).cloned().unwrap_or_default();
    let taken = domain::search(db, "ir.model.data", &json!([["module", "=", of("module")], ["name", "=", of("name")]]))?;
    if taken.is_empty() {
        return db.create("ir.model.data", values);
    }
    Err(Oops::validation("The operation cannot be completed: duplicate key value violates unique constraint"))
}

fn write(db: &mut Db, model: &'static str, ids: &[u64], values: &Value) -> Result<Value, Oops> {
    let values = values.as_object().ok_or_else(|| Oops::wrong("vals"))?;
    for id in ids {
        match model {
            "sale.order" => sales::write_order(db, *id, values)?,
            "account.move" if books::value(db, model, *id, "state")? == "posted" => {
                return Err(Oops::user("You cannot modify a posted entry of this journal."));
            }
            _ => db.write(model, *id, values)?,
        }
    }
    Ok(json!(true))
}
