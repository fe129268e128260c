//! Which records a domain describes.

use rust_decimal::Decimal;
use serde_json::Value;

use super::books;
use super::db::{Db, decimal};
use super::known::{self, Kind};
use super::oops::Oops;

/// The records of a model for which all conditions hold. (Only `and` is known: no request needs more.)
pub(super) fn search(db: &Db, model: &str, domain: &Value) -> Result<Vec<u64>, Oops> {
    let conditions = domain.as_array().ok_or_else(|| Oops::wrong("domain"))?;
    let mut found = Vec::new();
    for condition in conditions {
        check(db, model, condition)?;
    }
    for id in db.ids(model) {
        let mut holds = true;
        for condition in conditions {
            holds = holds && is_true(db, model, id, condition)?;
        }
        if holds {
            found.push(id);
        }
    }
    Ok(found)
}

fn parts(condition: &Value) -> Option<(&str, &str, &Value)> {
    let [field, operator, value] = condition.as_array()?.as_slice() else { return None };
    Some((field.as_str()?, operator.as_str()?, value))
}

/// The path must be one of known fields even where there is no record to try it on.
fn check(db: &Db, model: &str, condition: &Value) -> Result<(), Oops> {
    let refuse = || Oops::no_condition(model, condition);
    let (path, operator, _) = parts(condition).ok_or_else(refuse)?;
    if !["=", "!=", "in", "not in", ">=", ">", "<", "<=", "like"].contains(&operator) {
        return Err(refuse());
    }
    let mut model = model;
    let mut steps = path.split('.').peekable();
    while let Some(step) = steps.next() {
        let field = known::field(model, step, db.version).ok_or_else(refuse)?;
        if steps.peek().is_some() {
            model = match field.kind {
                Kind::One(other) | Kind::Many(other) | Kind::Children(other, _) => other,
                _ => return Err(refuse()),
            };
        }
    }
    Ok(())
}

fn is_true(db: &Db, model: &str, id: u64, condition: &Value) -> Result<bool, Oops> {
    let refuse = || Oops::no_condition(model, condition);
    let (path, operator, wanted) = parts(condition).ok_or_else(refuse)?;
    let values = walk(db, model, id, path)?;
    let any = |test: &dyn Fn(&Value) -> bool| values.iter().any(test);
    let list = || wanted.as_array().ok_or_else(refuse);
    Ok(match operator {
        "=" => any(&|value| same(value, wanted)),
        "!=" => !any(&|value| same(value, wanted)),
        "in" => {
            let list = list()?;
            any(&|value| list.iter().any(|wanted| same(value, wanted)))
        }
        "not in" => {
            let list = list()?;
            !any(&|value| list.iter().any(|wanted| same(value, wanted)))
        }
        "like" => {
            let text = wanted.as_str().ok_or_else(refuse)?.replace('%', "");
            any(&|value| value.as_str().is_some_and(|value| value.contains(&text)))
        }
        ">=" => any(&|value| compare(value, wanted) >= 0),
        ">" => any(&|value| compare(value, wanted) > 0),
        "<" => any(&|value| compare(value, wanted) < 0),
        "<=" => any(&|value| compare(value, wanted) <= 0),
        _ => return Err(refuse()),
    })
}

/// The values at the end of a path.
fn walk(db: &Db, model: &str, id: u64, path: &str) -> Result<Vec<Value>, Oops> {
    let (step, rest) = path.split_once('.').map_or((path, None), |(step, rest)| (step, Some(rest)));
    let value = books::value(db, model, id, step)?;
    let other = match known::field(model, step, db.version).map(|field| field.kind) {
        Some(Kind::One(other) | Kind::Many(other) | Kind::Children(other, _)) => Some(other),
        _ => None,
    };
    let Some(other) = other else { return Ok(vec![value]) };
    let ids: Vec<u64> = match &value {
        Value::Array(ids) => ids.iter().filter_map(Value::as_u64).collect(),
        value => value.as_u64().into_iter().collect(),
    };
    match rest {
        None if ids.is_empty() => Ok(vec![Value::Bool(false)]),
        None => Ok(ids.into_iter().map(Value::from).collect()),
        Some(rest) => {
            let mut values = Vec::new();
            for id in ids {
                values.extend(walk(db, other, id, rest)?);
            }
            Ok(values)
        }
    }
}

fn same(value: &Value, wanted: &Value) -> bool {
    match (value, wanted) {
        (Value::Number(_), Value::Number(_)) => decimal(value) == decimal(wanted),
        // Nothing is kept as `false`, and so is an empty text.
        (Value::String(text), Value::Bool(false)) => text.is_empty(),
        _ => value == wanted,
    }
}

fn compare(value: &Value, wanted: &Value) -> i8 {
    let ordering = match (value, wanted) {
        (Value::String(value), Value::String(wanted)) => value.cmp(wanted),
        (Value::Number(_), Value::Number(_)) => {
            let (value, wanted): (Decimal, Decimal) = (decimal(value), decimal(wanted));
            value.cmp(&wanted)
        }
        _ => std::cmp::Ordering::Less,
    };
    ordering as i8
}
