//! The fields of a report, taken out one by one by name; what is left over at the end has no meaning and is refused.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde_json::error::Category;
use serde_json::{Map, Value};
use waybill_domain::{At, OrderKey, StoreSlug};

use super::json::Distinct;
use super::{Fault, FaultKind, MAX_LINES};

/// Times outside of these years are slips: 2000-01-01 to 2100-01-01.
const TIMES: RangeInclusive<i64> = 946_684_800_000..=4_102_444_800_000;
/// A name that is not known is shown up to this length.
const MAX_NAME: usize = 64;

/// The JSON object of a report, nothing of it read yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body(Map<String, Value>);

impl Body {
    /// Reads the bytes of a body.
    ///
    /// # Errors
    /// [`FaultKind::Unreadable`] for whatever is no JSON object without doubled names.
    pub fn read(bytes: &[u8]) -> Result<Self, Fault> {
        match serde_json::from_slice::<Distinct>(bytes) {
            Ok(Distinct(Value::Object(map))) => Ok(Body(map)),
            Ok(_) => Err(Fault::unreadable("must be a JSON object")),
            Err(error) => {
                let what = if error.classify() == Category::Data { "a name stands twice in one object" } else { "no JSON" };
                Err(Fault::unreadable(format!("{what}: line {}, column {}", error.line(), error.column())))
            }
        }
    }

    /// The line ids in the order they were sent in, as far as they are some: what is read keeps lines by id, and who sent them counts them.
    pub fn sent_lines(&self) -> Vec<u64> {
        let lines = self.0.get("lines").and_then(Value::as_array).into_iter().flatten();
        lines.filter_map(|line| line.get("line").and_then(Value::as_u64)).collect()
    }

    pub(super) fn of(value: Value) -> Option<Self> {
        if let Value::Object(map) = value { Some(Body(map)) } else { None }
    }

    pub(super) fn fields(self) -> Fields {
        Fields { at: String::new(), map: self.0 }
    }

    /// Takes one field out, as text: what a bus event has besides the body of the HTTP request.
    pub(super) fn take_text(&mut self, name: &str) -> Option<String> {
        if let Some(Value::String(text)) = self.0.remove(name) { Some(text) } else { None }
    }
}

/// The fields of one object, by the place it stands at.
pub(super) struct Fields {
    at: String,
    map: Map<String, Value>,
}

impl Fields {
    /// How a field of this object is called.
    pub(super) fn path(&self, name: &str) -> String {
        if self.at.is_empty() { name.to_owned() } else { format!("{}.{name}", self.at) }
    }

    pub(super) fn invalid(&self, name: &str, message: impl Into<String>) -> Fault {
        Fault::new(FaultKind::Invalid, self.path(name), message)
    }

    pub(super) fn missing(&self, name: &str) -> Fault {
        Fault::new(FaultKind::Missing, self.path(name), "must be given")
    }

    pub(super) fn required<T>(&self, name: &str, value: Option<T>) -> Result<T, Fault> {
        value.ok_or_else(|| self.missing(name))
    }

    /// The value; `null` counts as not given.
    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.map.remove(name).filter(|value| !value.is_null())
    }

    /// The value as it is, be it `null`; `None`: not given.
    pub(super) fn peek(&self, name: &str) -> Option<&Value> {
        self.map.get(name)
    }

    /// A text of at most `most` characters without control characters and angle brackets (it is shown in shops and mails), without the
    /// blanks around it; a blank one counts as not given.
    pub(super) fn text(&mut self, name: &str, most: usize) -> Result<Option<String>, Fault> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let text = value.as_str().map(str::trim).ok_or_else(|| self.invalid(name, "must be a text"))?;
        if text.chars().count() > most {
            return Err(self.invalid(name, format!("must have at most {most} characters")));
        }
        if text.chars().any(|c| c.is_control() || matches!(c, '<' | '>')) {
            return Err(self.invalid(name, "must not have control characters, < or >"));
        }
        Ok(Some(text.to_owned()).filter(|text| !text.is_empty()))
    }

    /// An identifier: 1 to 64 of letters, digits, `.`, `_` and `-`.
    pub(super) fn id(&mut self, name: &str) -> Result<String, Fault> {
        let text = self.text(name, 64)?;
        let text = self.required(name, text)?;
        let fits = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
        if fits { Ok(text) } else { Err(self.invalid(name, "must be 1 to 64 of A-Z, a-z, 0-9, '.', '_' and '-'")) }
    }

    /// The order: WooCommerce's order id, or `store/id` of this store.
    pub(super) fn order(&mut self, name: &str, store: &StoreSlug) -> Result<OrderKey, Fault> {
        const EXPECTED: &str = "must be WooCommerce's order id as a number, or \"store/id\"";
        let value = self.take(name);
        let key = match self.required(name, value)? {
            Value::Number(id) => id.as_u64().filter(|id| *id > 0).map(|id| OrderKey { store: store.clone(), id }),
            Value::String(text) => text.parse().ok(),
            _ => None,
        };
        let key: OrderKey = key.ok_or_else(|| self.invalid(name, EXPECTED))?;
        if key.store == *store { Ok(key) } else { Err(self.invalid(name, "must be of the store that the report is for")) }
    }

    /// A whole number of this range.
    pub(super) fn whole(&mut self, name: &str, range: RangeInclusive<u32>) -> Result<Option<u32>, Fault> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let number = value.as_u64().and_then(|number| u32::try_from(number).ok()).filter(|number| range.contains(number));
        let expected = || format!("must be a whole number from {} to {}", range.start(), range.end());
        number.map(Some).ok_or_else(|| self.invalid(name, expected()))
    }

    /// True or false; false if it is not given.
    pub(super) fn flag(&mut self, name: &str) -> Result<bool, Fault> {
        match self.take(name) {
            None => Ok(false),
            Some(value) => value.as_bool().ok_or_else(|| self.invalid(name, "must be true or false")),
        }
    }

    /// A time with its offset, RFC 3339.
    pub(super) fn time(&mut self, name: &str) -> Result<Option<At>, Fault> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let time = value.as_str().and_then(At::parse).filter(|at| TIMES.contains(&at.0));
        time.map(Some).ok_or_else(|| self.invalid(name, "must be a time with its offset, such as 2026-11-23T09:00:00Z"))
    }

    /// The lines by the store's line id: each an object with a `line` of its own, and what `read` takes from it.
    pub(super) fn lines<T>(
        &mut self,
        name: &str,
        read: impl Fn(&mut Fields) -> Result<T, Fault>,
    ) -> Result<BTreeMap<u64, T>, Fault> {
        let mut lines = BTreeMap::new();
        let Some(value) = self.take(name) else { return Ok(lines) };
        let Value::Array(items) = value else { return Err(self.invalid(name, "must be a list")) };
        if items.len() > MAX_LINES {
            return Err(self.invalid(name, format!("must have at most {MAX_LINES} lines")));
        }
        for (number, item) in items.into_iter().enumerate() {
            let at = format!("{}[{number}]", self.path(name));
            let Value::Object(map) = item else { return Err(Fault::new(FaultKind::Invalid, at, "must be an object")) };
            let mut fields = Fields { at, map };
            let line = fields.take("line");
            let line = fields.required("line", line)?.as_u64().filter(|line| *line > 0);
            let line = line.ok_or_else(|| fields.invalid("line", "must be the store's line id, a whole number above 0"))?;
            let read = read(&mut fields)?;
            if lines.insert(line, read).is_some() {
                return Err(fields.invalid("line", "stands twice; add its pieces up"));
            }
            fields.end()?;
        }
        Ok(lines)
    }

    /// Refuses whatever was not taken.
    pub(super) fn end(self) -> Result<(), Fault> {
        match self.map.keys().next() {
            None => Ok(()),
            Some(name) => {
                let shown: String = name.chars().take(MAX_NAME).collect();
                Err(Fault::new(FaultKind::Unknown, self.path(&shown), "is not a field of this report"))
            }
        }
    }
}
