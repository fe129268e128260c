//! Tables, records and relations: as much of an object-relational mapper as the requests need. It knows no business.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::{Map, Number, Value, json};

use super::known::{self, Kind};
use super::oops::Oops;

/// The fields of a record as they are kept: ids for other records, texts for times.
pub(super) type Record = Map<String, Value>;

/// All that the server keeps. A call that fails is undone by putting back a copy.
#[derive(Clone)]
pub(super) struct Db {
    pub(super) version: u64,
    /// The time of this transaction, as Odoo writes it.
    pub(super) now: String,
    tables: BTreeMap<&'static str, BTreeMap<u64, Record>>,
    next: BTreeMap<String, u64>,
}

impl Db {
    pub(super) fn new(version: u64) -> Self {
        Self { version, now: String::new(), tables: BTreeMap::new(), next: BTreeMap::new() }
    }

    /// The next number of a sequence.
    pub(super) fn number(&mut self, sequence: &str) -> u64 {
        let next = self.next.entry(sequence.to_owned()).or_default();
        *next += 1;
        *next
    }

    /// So many numbers of a sequence are taken already.
    pub(super) fn skip(&mut self, sequence: &str, numbers: u64) {
        self.next.insert(sequence.to_owned(), numbers);
    }

    pub(super) fn insert(&mut self, model: &'static str, mut record: Record) -> u64 {
        let id = self.number(model);
        for field in ["create_date", "write_date"] {
            if known::field(model, field, self.version).is_some() {
                record.insert(field.to_owned(), json!(self.now));
            }
        }
        self.tables.entry(model).or_default().insert(id, record);
        id
    }

    pub(super) fn remove(&mut self, model: &'static str, id: u64) {
        if let Some(table) = self.tables.get_mut(model) {
            table.remove(&id);
        }
    }

    pub(super) fn ids(&self, model: &str) -> Vec<u64> {
        self.tables.get(model).map(|table| table.keys().copied().collect()).unwrap_or_default()
    }

    pub(super) fn record(&self, model: &str, id: u64) -> Result<&Record, Oops> {
        self.tables.get(model).and_then(|table| table.get(&id)).ok_or_else(|| Oops::missing(model, id))
    }

    /// Sets fields as they are kept.
    pub(super) fn set(&mut self, model: &'static str, id: u64, values: Value) {
        let Some(record) = self.tables.get_mut(model).and_then(|table| table.get_mut(&id)) else { return };
        if let Value::Object(values) = values {
            record.extend(values);
        }
        if known::field(model, "write_date", self.version).is_some() {
            record.insert("write_date".to_owned(), json!(self.now));
        }
    }

    /// What is kept in a field; `false` where nothing is.
    pub(super) fn kept(&self, model: &str, id: u64, field: &str) -> Value {
        self.record(model, id).ok().and_then(|record| record.get(field).cloned()).unwrap_or(Value::Bool(false))
    }

    pub(super) fn text(&self, model: &str, id: u64, field: &str) -> String {
        self.kept(model, id, field).as_str().unwrap_or_default().to_owned()
    }

    pub(super) fn amount(&self, model: &str, id: u64, field: &str) -> Decimal {
        decimal(&self.kept(model, id, field))
    }

    pub(super) fn one(&self, model: &str, id: u64, field: &str) -> Option<u64> {
        self.kept(model, id, field).as_u64()
    }

    pub(super) fn many(&self, model: &str, id: u64, field: &str) -> Vec<u64> {
        self.kept(model, id, field).as_array().into_iter().flatten().filter_map(Value::as_u64).collect()
    }

    /// The records of `model` that name `id` in `inverse`.
    pub(super) fn children(&self, model: &str, inverse: &str, id: u64) -> Vec<u64> {
        self.ids(model).into_iter().filter(|child| self.one(model, *child, inverse) == Some(id)).collect()
    }

    /// Writes fields as a request gives them, commands for related records included.
    pub(super) fn write(&mut self, model: &'static str, id: u64, values: &Record) -> Result<(), Oops> {
        self.record(model, id)?;
        for (name, value) in values {
            let field = known::field(model, name, self.version).ok_or_else(|| Oops::no_field(name, model))?;
            match field.kind {
                Kind::Children(child, inverse) => self.command_children(child, inverse, id, value)?,
                Kind::Many(_) => {
                    let ids = replaced(value).ok_or_else(|| Oops::wrong(name))?;
                    self.set(model, id, json!({ name: ids }));
                }
                Kind::One(other) => {
                    if *value != Value::Bool(false) {
                        self.record(other, value.as_u64().ok_or_else(|| Oops::wrong(name))?)?;
                    }
                    self.set(model, id, json!({ name: value }));
                }
                Kind::Number if !value.is_number() => return Err(Oops::wrong(name)),
                Kind::Whole if !value.is_u64() => return Err(Oops::wrong(name)),
                Kind::Text if !value.is_string() => return Err(Oops::wrong(name)),
                Kind::Time if !is_time(value) => return Err(Oops::wrong(name)),
                _ => self.set(model, id, json!({ name: value })),
            }
        }
        Ok(())
    }

    pub(super) fn create(&mut self, model: &'static str, values: &Record) -> Result<u64, Oops> {
        let id = self.insert(model, Record::new());
        self.write(model, id, values)?;
        Ok(id)
    }

    fn command_children(&mut self, model: &'static str, inverse: &str, parent: u64, value: &Value) -> Result<(), Oops> {
        for command in value.as_array().ok_or_else(|| Oops::wrong(inverse))? {
            let parts = command.as_array().map(Vec::as_slice).unwrap_or_default();
            let number = |at: usize| parts.get(at).and_then(Value::as_u64);
            match (number(0), number(1), parts.get(2)) {
                (Some(0), _, Some(Value::Object(values))) => {
                    let child = self.create(model, values)?;
                    self.set(model, child, json!({ inverse: parent }));
                }
                (Some(1), Some(child), Some(Value::Object(values))) => self.write(model, child, values)?,
                (Some(2), Some(child), _) => self.remove(model, child),
                (Some(5), ..) => {
                    for child in self.children(model, inverse, parent) {
                        self.remove(model, child);
                    }
                }
                _ => return Err(Oops::wrong(inverse)),
            }
        }
        Ok(())
    }
}

/// `[[6, 0, [1, 2]]]`.
fn replaced(value: &Value) -> Option<Vec<u64>> {
    let [command] = value.as_array()?.as_slice() else { return None };
    let [six, _, ids] = command.as_array()?.as_slice() else { return None };
    (six.as_u64() == Some(6)).then_some(())?;
    ids.as_array()?.iter().map(Value::as_u64).collect()
}

/// `2026-11-23 03:55:21`.
fn is_time(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.replace(' ', "T").parse::<jiff::civil::DateTime>().is_ok())
}

/// A kept number.
pub(super) fn decimal(value: &Value) -> Decimal {
    value.as_number().and_then(|number| number.to_string().parse().ok()).unwrap_or_default()
}

/// A number as Python writes a float: `500.0`.
pub(super) fn float(amount: Decimal) -> Value {
    let mut text = amount.normalize().to_string();
    if !text.contains('.') {
        text.push_str(".0");
    }
    serde_json::from_str::<Number>(&text).map_or(Value::Null, Value::Number)
}
