//! Single values of WooCommerce's JSON, read leniently where PHP is vague and exactly where it matters.
//!
//! No error has any of the content in it.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr as _;

use jiff::civil::DateTime;
use jiff::tz::Offset;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use waybill_domain::At;
use waybill_domain::money::Decimal;

/// No amount of an order comes near this.
const ABSURD: i64 = 1_000_000_000_000_000;

/// A JSON value that is not a list or object.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Scalar {
    Null,
    Bool(bool),
    Integer(i128),
    /// Kept only to tell that it is there: nothing is read from a float, except a whole number.
    Float(Option<i64>),
    Text(String),
    /// A list or object.
    Nested,
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Scalar;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }
            fn visit_unit<E>(self) -> Result<Scalar, E> {
                Ok(Scalar::Null)
            }
            fn visit_bool<E>(self, value: bool) -> Result<Scalar, E> {
                Ok(Scalar::Bool(value))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Scalar, E> {
                Ok(Scalar::Integer(value.into()))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Scalar, E> {
                Ok(Scalar::Integer(value.into()))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Scalar, E> {
                // Up to 2^53 every whole number has a float of its own.
                let whole = value.fract() == 0.0 && value.abs() <= 9_007_199_254_740_992.0;
                Ok(Scalar::Float(whole.then_some(value as i64)))
            }
            fn visit_str<E>(self, value: &str) -> Result<Scalar, E> {
                Ok(Scalar::Text(value.to_owned()))
            }
            fn visit_string<E>(self, value: String) -> Result<Scalar, E> {
                Ok(Scalar::Text(value))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Scalar, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Scalar::Nested)
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Scalar, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Scalar::Nested)
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// A whole number, however it is written; nothing, `null` or an empty text is 0.
fn whole(scalar: &Scalar) -> Option<i128> {
    match scalar {
        Scalar::Integer(value) => Some(*value),
        Scalar::Float(whole) => whole.map(i128::from),
        Scalar::Null | Scalar::Bool(false) => Some(0),
        Scalar::Text(text) if text.is_empty() => Some(0),
        Scalar::Text(text) => text.parse().ok(),
        Scalar::Bool(true) | Scalar::Nested => None,
    }
}

/// An id: a whole number from 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Id(pub(super) u64);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let scalar = Scalar::deserialize(deserializer)?;
        let id = whole(&scalar).and_then(|value| u64::try_from(value).ok());
        id.map(Self).ok_or_else(|| D::Error::custom("an id is not a whole number"))
    }
}

/// A number of pieces. Whole: half a piece cannot be reserved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quantity(pub(super) i64);

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let scalar = Scalar::deserialize(deserializer)?;
        let pieces = whole(&scalar).and_then(|value| i64::try_from(value).ok());
        pieces.map(Self).ok_or_else(|| D::Error::custom("a quantity is not a whole number"))
    }
}

/// A text; `null`, nothing and `false` are empty, a number is its digits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Text(pub(super) String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Scalar::deserialize(deserializer)? {
            Scalar::Text(text) => Ok(Self(text)),
            Scalar::Null | Scalar::Bool(false) => Ok(Self::default()),
            Scalar::Integer(value) => Ok(Self(value.to_string())),
            Scalar::Float(Some(value)) => Ok(Self(value.to_string())),
            Scalar::Bool(true) | Scalar::Float(None) | Scalar::Nested => Err(D::Error::custom("a text is something else")),
        }
    }
}

/// `true`, `false`, or PHP's other ways to say so.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Flag(pub(super) bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Scalar::deserialize(deserializer)? {
            Scalar::Bool(flag) => Ok(Self(flag)),
            Scalar::Null => Ok(Self(false)),
            Scalar::Integer(value) => Ok(Self(value != 0)),
            Scalar::Text(text) => match text.as_str() {
                "" | "0" | "no" | "false" => Ok(Self(false)),
                "1" | "yes" | "true" => Ok(Self(true)),
                _ => Err(D::Error::custom("a flag is something else")),
            },
            Scalar::Float(_) | Scalar::Nested => Err(D::Error::custom("a flag is something else")),
        }
    }
}

/// An amount: a decimal as text, nothing else. A JSON number is refused, because it went through a float somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Amount(pub(super) Decimal);

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Scalar::deserialize(deserializer)? {
            Scalar::Text(text) => amount(&text).map(Self).map_err(D::Error::custom),
            _ => Err(D::Error::custom("an amount is not a text")),
        }
    }
}

/// The tax of one rate on one line: WooCommerce writes an empty text where the rate does not apply.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct TaxAmount(pub(super) Decimal);

impl<'de> Deserialize<'de> for TaxAmount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Scalar::deserialize(deserializer)? {
            Scalar::Null => Ok(Self::default()),
            Scalar::Text(text) if text.is_empty() => Ok(Self::default()),
            Scalar::Text(text) => amount(&text).map(Self).map_err(D::Error::custom),
            _ => Err(D::Error::custom("an amount is not a text")),
        }
    }
}

fn amount(text: &str) -> Result<Decimal, &'static str> {
    // The parser of `Decimal` would also take underscores and a plus.
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = digits.starts_with(|c: char| c.is_ascii_digit()) && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if !plain || text.len() > 40 {
        return Err("an amount is not a decimal");
    }
    let mut value = Decimal::from_str_exact(text).map_err(|_| "an amount is not a decimal")?;
    if value.abs() > Decimal::from(ABSURD) {
        return Err("an amount is absurdly large");
    }
    if value.is_zero() {
        value.set_sign_positive(true);
    }
    Ok(value)
}

/// A date in UTC, which WooCommerce writes without a zone. `null` and an empty text are none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Gmt(pub(super) Option<At>);

impl<'de> Deserialize<'de> for Gmt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Scalar::deserialize(deserializer)? {
            Scalar::Null => Ok(Self(None)),
            Scalar::Text(text) if text.is_empty() => Ok(Self(None)),
            Scalar::Text(text) => gmt(&text).map(|at| Self(Some(at))).ok_or_else(|| D::Error::custom("a date is not a date")),
            _ => Err(D::Error::custom("a date is not a text")),
        }
    }
}

fn gmt(text: &str) -> Option<At> {
    if text.len() > 40 {
        return None;
    }
    // A plugin may add the zone that WooCommerce leaves out.
    if let Some(at) = At::parse(text) {
        return Some(at);
    }
    let civil = DateTime::from_str(text).ok()?;
    let at = Offset::UTC.to_timestamp(civil).ok()?;
    Some(At(at.as_millisecond()))
}

/// A list. PHP writes one whose keys have a gap as an object, and an empty one sometimes as `null`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct List<T>(pub(super) Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Items<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Items<T> {
            type Value = List<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }
            fn visit_unit<E>(self) -> Result<List<T>, E> {
                Ok(List::default())
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<List<T>, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(List(items))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<List<T>, A::Error> {
                let mut items = Vec::new();
                while let Some((_, item)) = map.next_entry::<IgnoredAny, T>()? {
                    items.push(item);
                }
                Ok(List(items))
            }
        }
        deserializer.deserialize_any(Items(PhantomData))
    }
}

/// The error of a parser without any of what it parsed.
pub(super) fn without_content(error: &serde_json::Error) -> String {
    let place = format!("at line {} column {}", error.line(), error.column());
    if error.is_syntax() || error.is_eof() {
        return format!("not JSON {place}");
    }
    let text = error.to_string();
    let text = text.strip_suffix(&format!(" {place}")).unwrap_or(&text);
    // "invalid type: string "…", expected a list": only what was expected is ours.
    match text.rsplit_once(", expected ") {
        Some((_, expected)) => format!("expected {expected} {place}"),
        None => format!("{text} {place}"),
    }
}

#[cfg(test)]
mod tests {
    use serde::de::DeserializeOwned;

    use super::{Amount, Flag, Gmt, Id, List, Quantity, TaxAmount, Text, without_content};

    fn read<T: DeserializeOwned>(json: &str) -> Result<T, String> {
        serde_json::from_str(json).map_err(|error| without_content(&error))
    }

    #[test]
    fn amounts_are_decimal_texts() {
        for text in ["0.00", "74.77", "-5.00", "12", "0.123456", "999999999999999.99", "-0.00", "7."] {
            let amount = read::<Amount>(&format!("{text:?}")).expect(text).0;
            assert_eq!(amount, text.trim_start_matches("-0.00").parse().unwrap_or_default(), "{text}");
        }
        let bad = [
            "16.798",
            "5",
            "null",
            "true",
            "[]",
            "\"\"",
            "\" 1.00\"",
            "\"1,00\"",
            "\"1e3\"",
            "\"+1\"",
            "\"1_0\"",
            "\"NaN\"",
            "\"-\"",
            "\".5\"",
            "\"1.2.3\"",
            "\"9999999999999999.00\"",
            "\"0.00000000000000000000000000001\"",
            "\"١\"",
        ];
        for json in bad {
            assert!(read::<Amount>(json).is_err(), "{json}");
        }
        assert_eq!(read::<TaxAmount>("\"\""), Ok(TaxAmount::default()));
        assert!(read::<TaxAmount>("0.5").is_err());
    }

    #[test]
    fn whole_numbers_may_be_texts_or_whole_floats() {
        for json in ["16", "\"16\"", "16.0"] {
            assert_eq!(read::<Id>(json), Ok(Id(16)), "{json}");
            assert_eq!(read::<Quantity>(json), Ok(Quantity(16)), "{json}");
        }
        for json in ["null", "\"\"", "false", "0"] {
            assert_eq!(read::<Id>(json), Ok(Id(0)), "{json}");
        }
        assert_eq!(read::<Quantity>("-3"), Ok(Quantity(-3)));
        for json in ["-1", "1.5", "1e300", "\"x\"", "{}", "18446744073709551616", "true"] {
            assert!(read::<Id>(json).is_err(), "{json}");
        }
        for json in ["1.5", "9223372036854775808", "\"99999999999999999999999999999999999999999999\""] {
            assert!(read::<Quantity>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn dates_are_utc_without_a_zone() {
        let at = |json: &str| read::<Gmt>(json).map(|gmt| gmt.0.map(|at| at.0));
        assert_eq!(at("\"2026-11-23T03:38:36\""), Ok(Some(1_795_405_116_000)));
        assert_eq!(at("\"2026-11-23T03:38:36Z\""), Ok(Some(1_795_405_116_000)));
        assert_eq!(at("\"2026-11-23 03:38:36\""), Ok(Some(1_795_405_116_000)));
        assert_eq!(at("null"), Ok(None));
        for json in ["\"2026-13-01T00:00:00\"", "\"0000-00-00T00:00:00\"", "17", "\"yesterday\""] {
            assert!(at(json).is_err(), "{json}");
        }
    }

    #[test]
    fn php_lists_and_flags_and_texts() {
        for json in ["[1,2]", "{\"0\":1,\"2\":2}"] {
            assert_eq!(read::<List<Id>>(json), Ok(List(vec![Id(1), Id(2)])), "{json}");
        }
        assert_eq!(read::<List<Id>>("null"), Ok(List(vec![])));
        assert_eq!(read::<Flag>("\"yes\""), Ok(Flag(true)));
        assert_eq!(read::<Text>("10115"), Ok(Text("10115".to_owned())));
        assert_eq!(read::<Text>("null"), Ok(Text::default()));
    }

    #[test]
    fn errors_do_not_quote() {
        for json in ["\"Erika, expected Mustermann\"", "{\"a\":\"Erika\"}", "[\"Erika\"", "true"] {
            let error = read::<List<Amount>>(json).expect_err(json);
            assert!(!error.contains("Erika") && !error.contains("Mustermann"), "{error}");
        }
        assert_eq!(read::<List<Id>>("\"Erika\"").expect_err("a text"), "expected a list at line 1 column 7");
    }
}
