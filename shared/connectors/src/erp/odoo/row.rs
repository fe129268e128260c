//! Reads records out of answers. Odoo writes `false` where there is nothing, `[id, name]` for a record that another one names, and times
//! in UTC without saying so. Whatever is not like that is `None`.

use serde_json::{Map, Number, Value};
use waybill_domain::money::Decimal;
use waybill_domain::{At, Currency};
use waybill_workflow::CallError;

use super::call::Call;
use crate::erp::text;

/// Most records that are believed in one answer.
const MOST: usize = 20_000;

/// A record of an answer.
pub(super) struct Row<'a>(&'a Map<String, Value>);

/// The records of an answer, each read by `read`.
///
/// # Errors
/// When one of them cannot be read: none is left out here.
pub(super) fn rows<T>(call: &Call, value: &Value, read: impl Fn(&Row<'_>) -> Option<T>) -> Result<Vec<T>, CallError> {
    let list =
        value.as_array().filter(|list| list.len() <= MOST).ok_or_else(|| call.unclear("the answer is no list of records"))?;
    let read: Option<Vec<T>> = list.iter().map(|row| read(&Row(row.as_object()?))).collect();
    read.ok_or_else(|| call.unclear("a record of the answer cannot be read"))
}

/// The records of an answer that can be read, and what is to be said of the others.
///
/// # Errors
/// When it is no list.
pub(super) fn readable<T>(
    call: &Call,
    value: &Value,
    read: impl Fn(&Row<'_>) -> Option<T>,
) -> Result<(Vec<T>, Vec<String>), CallError> {
    let list =
        value.as_array().filter(|list| list.len() <= MOST).ok_or_else(|| call.unclear("the answer is no list of records"))?;
    let (mut items, mut unreadable) = (Vec::new(), Vec::new());
    for row in list {
        let row = row.as_object().map(Row);
        match row.as_ref().and_then(&read) {
            Some(item) => items.push(item),
            None => {
                let id = row.and_then(|row| row.id()).map_or("without an id".to_owned(), |id| id.to_string());
                unreadable.push(format!("{} {id}", call.model));
            }
        }
    }
    Ok((items, unreadable))
}

impl Row<'_> {
    pub(super) fn id(&self) -> Option<u64> {
        self.number("id")
    }

    pub(super) fn number(&self, field: &str) -> Option<u64> {
        self.0.get(field)?.as_u64()
    }

    pub(super) fn flag(&self, field: &str) -> Option<bool> {
        self.0.get(field)?.as_bool()
    }

    /// A text; empty where there is none.
    pub(super) fn text(&self, field: &str) -> Option<&str> {
        match self.0.get(field)? {
            Value::String(text) => Some(text),
            Value::Bool(false) => Some(""),
            _ => None,
        }
    }

    /// The record that this one names; `Some(None)` where it names none.
    pub(super) fn named(&self, field: &str) -> Option<Option<(u64, &str)>> {
        match self.0.get(field)? {
            Value::Bool(false) => Some(None),
            Value::Array(pair) => match pair.as_slice() {
                [id, name] => Some(Some((id.as_u64()?, name.as_str().unwrap_or_default()))),
                _ => None,
            },
            _ => None,
        }
    }

    /// The id of a record that this one must name.
    pub(super) fn of(&self, field: &str) -> Option<u64> {
        self.named(field)?.map(|(id, _)| id)
    }

    pub(super) fn ids(&self, field: &str) -> Option<Vec<u64>> {
        self.0.get(field)?.as_array()?.iter().map(Value::as_u64).collect()
    }

    pub(super) fn amount(&self, field: &str) -> Option<Decimal> {
        match self.0.get(field)? {
            Value::Number(number) => decimal(number),
            _ => None,
        }
    }

    /// Whole pieces; a part of one is none.
    pub(super) fn pieces(&self, field: &str) -> Option<i64> {
        i64::try_from(self.amount(field)?.floor()).ok()
    }

    pub(super) fn currency(&self) -> Option<Currency> {
        let (_, code) = self.named("currency_id")??;
        Some(Currency::new(code))
    }

    pub(super) fn time(&self, field: &str) -> Option<At> {
        time(self.text(field)?)
    }
}

/// A number as it is written: amounts are never computed with as floats.
fn decimal(number: &Number) -> Option<Decimal> {
    let exact: Decimal = number.to_string().parse().ok()?;
    // What floats leave behind, as in 20.700000000000003.
    let rounded = exact.round_dp(6).normalize();
    text::amount(&rounded.to_string())
}

/// An amount as a JSON number.
pub(super) fn number(amount: Decimal) -> Value {
    serde_json::from_str::<Number>(&amount.normalize().to_string()).map_or(Value::Null, Value::Number)
}

fn time(text: &str) -> Option<At> {
    let (day, time) = text.split_once(' ')?;
    At::parse(&format!("{day}T{time}Z"))
}

/// A time as a domain takes it. Whole seconds, the earlier one.
pub(super) fn written(at: At) -> String {
    At(at.seconds().saturating_mul(1000)).to_string().chars().take(19).map(|c| if c == 'T' { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row(value: &Value) -> Row<'_> {
        Row(value.as_object().unwrap())
    }

    #[test]
    fn amounts_are_what_is_written_and_floats_residue_is_dropped() {
        let value = json!({ "a": 58.08, "b": 20.700000000000003, "c": -0.0, "d": 1e20, "e": "1.0", "f": 7, "g": 999.0, "h": 1.9, "i": -0.5 });
        let amount = |field: &str| row(&value).amount(field).map(|amount| amount.to_string());
        assert_eq!(amount("a").as_deref(), Some("58.08"));
        assert_eq!(amount("b").as_deref(), Some("20.7"));
        assert_eq!(amount("c").as_deref(), Some("0"));
        assert_eq!(amount("d"), None);
        assert_eq!(amount("e"), None);
        assert_eq!(amount("f").as_deref(), Some("7"));
        assert_eq!(
            ["g", "h", "i"].map(|field| row(&value).pieces(field)),
            [Some(999), Some(1), Some(-1)],
            "a part of a piece is none"
        );
        assert_eq!(number("18.50".parse().unwrap()), json!(18.5));
        assert_eq!(number("-0.01".parse().unwrap()), json!(-0.01));
    }

    #[test]
    fn times_are_utc() {
        let value = json!({ "at": "2026-11-23 03:55:21", "no": false, "odd": "yesterday" });
        let at = row(&value).time("at").unwrap();
        assert_eq!(at.to_string(), "2026-11-23T03:55:21.000Z");
        assert_eq!(written(At(at.0 + 999)), "2026-11-23 03:55:21");
        assert_eq!(row(&value).time("no"), None);
        assert_eq!(row(&value).time("odd"), None);
    }

    #[test]
    fn records_that_are_named() {
        let value = json!({ "a": [7, "Ada"], "b": false, "c": 7, "d": [7], "e": [-1, "x"], "m": [1, 2], "n": [1, "2"] });
        assert_eq!(row(&value).named("a"), Some(Some((7, "Ada"))));
        assert_eq!(row(&value).named("b"), Some(None));
        for field in ["c", "d", "e", "missing"] {
            assert_eq!(row(&value).named(field), None, "{field}");
        }
        assert_eq!(row(&value).ids("m"), Some(vec![1, 2]));
        assert_eq!(row(&value).ids("n"), None);
    }
}
