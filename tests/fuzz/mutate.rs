//! Changes of JSON that keep its structure, and of bytes that do not.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::budget::PERSONAL;

/// What happens to a text.
#[derive(Debug, Clone)]
pub enum Mutation {
    /// Values of its JSON are replaced (`None`: removed), each counted through the tree by a share of its size.
    Values(Vec<(f64, Option<Value>)>),
    /// A value stands twice, under its own name or in its own list.
    Doubled(f64),
    /// It ends here.
    Cut(f64),
    /// A byte is another one.
    Byte(f64, u8),
    /// It is something else altogether.
    Bytes(Vec<u8>),
    /// A value is so many lists in one another.
    Deep(f64, usize),
}

/// Any change; most keep what is around it.
pub fn mutation() -> impl Strategy<Value = Mutation> {
    let at = || 0.0_f64..1.0;
    prop_oneof![
        12 => prop::collection::vec((at(), prop::option::weighted(0.8, leaf())), 1..4).prop_map(Mutation::Values),
        2 => at().prop_map(Mutation::Doubled),
        2 => at().prop_map(Mutation::Cut),
        2 => (at(), any::<u8>()).prop_map(|(at, byte)| Mutation::Byte(at, byte)),
        1 => prop::collection::vec(any::<u8>(), 0..200).prop_map(Mutation::Bytes),
        1 => (at(), 1_usize..20_000).prop_map(|(at, deep)| Mutation::Deep(at, deep)),
    ]
}

/// Any value, and those that have hurt programs before.
fn leaf() -> impl Strategy<Value = Value> {
    let odd = [
        json!(null),
        json!([]),
        json!({}),
        json!([[]]),
        json!(""),
        json!(" "),
        json!("0"),
        json!("-1"),
        json!("1e400"),
        json!("NaN"),
        json!(-1),
        json!(0.1),
        json!(u64::MAX),
        json!(i64::MIN),
        json!("79228162514264337593543950335"),
        json!("-79228162514264337593543950335"),
        json!("0.0000000000000000000000000001"),
        json!("9223372036854775807"),
        json!("18446744073709551615"),
        json!("\u{0}"),
        json!("\u{202e}"),
        json!("0001-01-01T00:00:00"),
        json!("9999-12-31T23:59:60"),
        json!("2026-02-30T00:00:00Z"),
        json!({"S": "x"}),
        json!({"N": "-1"}),
        json!({"N": "1e40"}),
        json!({"NULL": true}),
        json!({"L": []}),
        json!({"M": {}}),
        json!({"B": "AA=="}),
        json!("="),
        json!("x".repeat(70_000)),
    ];
    prop_oneof![
        6 => prop::sample::select(odd.to_vec()),
        1 => any::<bool>().prop_map(Value::from),
        2 => any::<i64>().prop_map(Value::from),
        2 => any::<i64>().prop_map(|number| json!({ "N": number.to_string() })),
        1 => any::<u64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        2 => any::<String>().prop_map(Value::from),
        2 => Just(Value::from(format!("{PERSONAL} <erika@example.test>"))),
        2 => "-?[0-9]{0,30}\\.?[0-9]{0,30}".prop_map(Value::from),
    ]
}

impl Mutation {
    /// The text after it.
    pub fn apply(&self, text: &[u8]) -> Vec<u8> {
        let place = |share: f64, length: usize| ((share * length as f64) as usize).min(length.saturating_sub(1));
        match self {
            Mutation::Bytes(bytes) => bytes.clone(),
            Mutation::Cut(share) => text[..place(*share, text.len())].to_vec(),
            Mutation::Byte(share, byte) => {
                let mut bytes = text.to_vec();
                if let Some(changed) = bytes.get_mut(place(*share, text.len())) {
                    *changed = *byte;
                }
                bytes
            }
            Mutation::Values(changes) => with_json(text, |json| {
                for (share, with) in changes {
                    let nth = place(*share, count(json));
                    change(json, nth, &mut |slot| slot.put(with.clone()));
                }
            }),
            Mutation::Doubled(share) => with_json(text, |json| {
                let nth = place(*share, count(json));
                change(json, nth, &mut |slot| slot.double());
            }),
            Mutation::Deep(share, deep) => {
                let marked = with_json(text, |json| {
                    let nth = place(*share, count(json));
                    change(json, nth, &mut |slot| slot.put(Some(json!("<deep>"))));
                });
                let text = String::from_utf8_lossy(&marked).into_owned();
                text.replace("\"<deep>\"", &format!("{}{}", "[".repeat(*deep), "]".repeat(*deep))).into_bytes()
            }
        }
    }

    /// As [`Mutation::apply`], for what is text.
    pub fn text(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.apply(text.as_bytes())).into_owned()
    }

    /// As [`Mutation::apply`], as JSON if it still is.
    pub fn json(&self, value: &Value) -> Option<Value> {
        serde_json::from_slice(&self.apply(value.to_string().as_bytes())).ok()
    }
}

fn with_json(text: &[u8], change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let Ok(mut json) = serde_json::from_slice::<Value>(text) else { return text.to_vec() };
    change(&mut json);
    json.to_string().into_bytes()
}

/// The values in a value, itself not counted.
fn count(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(|item| 1 + count(item)).sum(),
        Value::Object(fields) => fields.values().map(|field| 1 + count(field)).sum(),
        _ => 0,
    }
}

/// A value where it stands.
enum Slot<'a> {
    Item(&'a mut Vec<Value>, usize),
    Field(&'a mut Map<String, Value>, String),
}

impl Slot<'_> {
    fn put(self, with: Option<Value>) {
        match (self, with) {
            (Slot::Item(items, at), Some(with)) => items[at] = with,
            (Slot::Item(items, at), None) => drop(items.remove(at)),
            (Slot::Field(fields, name), Some(with)) => drop(fields.insert(name, with)),
            (Slot::Field(fields, name), None) => drop(fields.remove(&name)),
        }
    }

    fn double(self) {
        match self {
            Slot::Item(items, at) => items.push(items[at].clone()),
            Slot::Field(fields, name) => {
                let both = json!([fields[&name], fields[&name]]);
                fields.insert(name, both);
            }
        }
    }
}

/// Gives the `nth` value, counted as [`count`] does, to `to`.
fn change(value: &mut Value, mut nth: usize, to: &mut dyn FnMut(Slot<'_>)) {
    match value {
        Value::Array(items) => {
            for at in 0..items.len() {
                let inside = count(&items[at]);
                match nth {
                    0 => return to(Slot::Item(items, at)),
                    within if within <= inside => return change(&mut items[at], within - 1, to),
                    beyond => nth = beyond - inside - 1,
                }
            }
        }
        Value::Object(fields) => {
            let names: Vec<String> = fields.keys().cloned().collect();
            for name in names {
                let inside = count(&fields[&name]);
                match nth {
                    0 => return to(Slot::Field(fields, name)),
                    within if within <= inside => return change(&mut fields[&name], within - 1, to),
                    beyond => nth = beyond - inside - 1,
                }
            }
        }
        _ => {}
    }
}

#[test]
fn every_value_is_reached_once() {
    let value = json!({"a": [1, {"b": 2}], "c": {}, "d": [[3]]});
    assert_eq!(count(&value), 8);
    let changed: Vec<String> = (0..8)
        .map(|nth| {
            let mut value = value.clone();
            change(&mut value, nth, &mut |slot| slot.put(Some(json!("!"))));
            value.to_string()
        })
        .collect();
    let mut unique = changed.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), 8, "{changed:#?}");
    assert!(changed.contains(&r#"{"a":[1,{"b":"!"}],"c":{},"d":[[3]]}"#.to_owned()), "{changed:#?}");
}
