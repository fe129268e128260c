//! Tryton's records as they are on the line, as far as they are asked for, and its way to write amounts and times. What is received is
//! believed nothing beyond its shape.

use jiff::civil;
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, de};
use serde_json::{Value, json};
use waybill_domain::At;
use waybill_domain::money::Decimal;

use crate::erp::text;

/// An amount, as Tryton reads it.
pub(super) fn decimal(amount: Decimal) -> Value {
    json!({ "__class__": "Decimal", "decimal": amount.to_string() })
}

/// The day of a moment (UTC), as Tryton reads it.
pub(super) fn date(at: At) -> Option<Value> {
    let day = jiff::Timestamp::from_millisecond(at.0).ok()?.to_zoned(TimeZone::UTC).date();
    Some(day_of(day))
}

/// A day, as Tryton reads it.
pub(super) fn day_of(day: civil::Date) -> Value {
    json!({ "__class__": "date", "year": day.year(), "month": day.month(), "day": day.day() })
}

/// A moment, as Tryton reads it: UTC without saying so.
pub(super) fn datetime(at: At) -> Option<Value> {
    let time = jiff::Timestamp::from_millisecond(at.0).ok()?.to_zoned(TimeZone::UTC).datetime();
    Some(json!({
        "__class__": "datetime", "year": time.year(), "month": time.month(), "day": time.day(), "hour": time.hour(),
        "minute": time.minute(), "second": time.second(), "microsecond": i32::from(time.millisecond()).saturating_mul(1000),
    }))
}

/// An amount that was received.
#[derive(Clone, Copy, Debug)]
pub(super) struct Amount(pub(super) Decimal);

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Wire {
            decimal: String,
        }
        let Wire { decimal } = Wire::deserialize(deserializer)?;
        // A sum of nothing is "0E-10" at times.
        let zero = || Decimal::from_scientific(&decimal).ok().filter(|amount| decimal.len() <= 40 && amount.is_zero());
        text::amount(&decimal).or_else(zero).map(Amount).ok_or_else(|| de::Error::custom("not an amount"))
    }
}

/// A moment that was received.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment(pub(super) At);

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Wire {
            year: i16,
            month: i8,
            day: i8,
            #[serde(default)]
            hour: i8,
            #[serde(default)]
            minute: i8,
            #[serde(default)]
            second: i8,
            #[serde(default)]
            microsecond: i32,
        }
        let wire = Wire::deserialize(deserializer)?;
        let nanosecond = wire.microsecond.saturating_mul(1000);
        let time = civil::DateTime::new(wire.year, wire.month, wire.day, wire.hour, wire.minute, wire.second, nanosecond)
            .and_then(|time| time.to_zoned(TimeZone::UTC))
            .map_err(|_| de::Error::custom("not a time"))?;
        Ok(Moment(At(time.timestamp().as_millisecond())))
    }
}

/// A record of which only the id is wanted.
#[derive(Clone, Copy, Deserialize)]
pub(super) struct Id {
    pub(super) id: u64,
}

/// A record with a code: a currency, a country.
#[derive(Deserialize)]
pub(super) struct Coded {
    pub(super) code: String,
}

/// The state of a sale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum SaleState {
    Draft,
    Quotation,
    /// Confirmed, and its documents are not made yet.
    Confirmed,
    /// Confirmed, with its documents.
    Processing,
    /// Confirmed, shipped and paid.
    Done,
    Cancelled,
}

/// The state of an invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum InvoiceState {
    Draft,
    Validated,
    Posted,
    Paid,
    Cancelled,
}

/// The fields of [`Sale`].
pub(super) const SALE: &[&str] = &[
    "web_id",
    "number",
    "state",
    "total_amount",
    "currency.code",
    "description",
    "invoices.number",
    "invoices.state",
    "invoices.journal",
    "invoices.account",
    "invoices.party",
    "invoices.invoice_date",
    "invoices.amount_to_pay",
    "invoices.move.create_date",
    "invoices.payment_lines.move.origin",
    "invoices.payment_lines.move.state",
    "shipments.number",
    "shipments.state",
    "shipment_returns.number",
    "shipment_returns.state",
];

/// A sale with the documents that came of it.
#[derive(Deserialize)]
pub(super) struct Sale {
    pub(super) id: u64,
    #[serde(default)]
    pub(super) web_id: Option<String>,
    #[serde(default)]
    pub(super) number: Option<String>,
    pub(super) state: SaleState,
    pub(super) total_amount: Amount,
    pub(super) currency: Coded,
    #[serde(default)]
    pub(super) description: Option<String>,
    pub(super) invoices: Vec<Invoice>,
    pub(super) shipments: Vec<Shipment>,
    pub(super) shipment_returns: Vec<Shipment>,
}

/// The fields of [`Invoice`].
pub(super) const INVOICE: &[&str] = &[
    "number",
    "state",
    "journal",
    "account",
    "party",
    "invoice_date",
    "amount_to_pay",
    "move.create_date",
    "payment_lines.move.origin",
    "payment_lines.move.state",
];

/// An invoice or a credit note.
#[derive(Deserialize)]
pub(super) struct Invoice {
    pub(super) id: u64,
    #[serde(default)]
    pub(super) number: Option<String>,
    pub(super) state: InvoiceState,
    pub(super) journal: Option<u64>,
    pub(super) account: Option<u64>,
    pub(super) party: u64,
    #[serde(default)]
    pub(super) invoice_date: Option<Value>,
    pub(super) amount_to_pay: Amount,
    /// Its entry in the books, made when it was posted.
    #[serde(default, rename = "move")]
    pub(super) entry: Option<Entry>,
    #[serde(default)]
    pub(super) payment_lines: Vec<PaymentLine>,
}

#[derive(Deserialize)]
pub(super) struct Entry {
    pub(super) create_date: Moment,
}

#[derive(Deserialize)]
pub(super) struct PaymentLine {
    #[serde(rename = "move")]
    pub(super) movement: Option<Origin>,
}

/// An entry that came of another record: `account.statement,7`.
#[derive(Deserialize)]
pub(super) struct Origin {
    #[serde(default)]
    pub(super) origin: Option<String>,
    #[serde(default)]
    pub(super) state: Option<String>,
}

/// A shipment, out or back.
#[derive(Deserialize)]
pub(super) struct Shipment {
    pub(super) id: u64,
    #[serde(default)]
    pub(super) number: Option<String>,
    pub(super) state: String,
}

/// The id in a reference to a record of this model.
pub(super) fn referred(reference: &str, model: &str) -> Option<u64> {
    let (of, id) = reference.split_once(',')?;
    (of == model).then(|| id.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_decimals_and_nothing_else() {
        let read = |text: &str| serde_json::from_value::<Amount>(json!({ "__class__": "Decimal", "decimal": text }));
        for (text, amount) in [("18.0000", "18.00"), ("-0.01", "-0.01"), ("0E-10", "0")] {
            assert_eq!(read(text).unwrap().0, amount.parse::<Decimal>().unwrap(), "{text}");
        }
        for text in ["", "1e5", "NaN", "1,5", "--1"] {
            assert!(read(text).is_err(), "{text}");
        }
        assert!(serde_json::from_value::<Amount>(json!(18.5)).is_err());
        assert_eq!(decimal("18.50".parse().unwrap()), json!({ "__class__": "Decimal", "decimal": "18.50" }));
    }

    #[test]
    fn times_are_read_as_they_are_written() {
        let at = At(1_795_404_105_449);
        let written = datetime(at).unwrap();
        assert_eq!(serde_json::from_value::<Moment>(written).unwrap().0, at);
        let impossible = json!({ "__class__": "datetime", "year": 2026, "month": 13, "day": 1 });
        assert!(serde_json::from_value::<Moment>(impossible).is_err());
    }

    #[test]
    fn a_reference_names_model_and_id() {
        assert_eq!(referred("account.statement,7", "account.statement"), Some(7));
        for other in ["account.move,7", "account.statement", "account.statement,-7", "account.statement,", ""] {
            assert_eq!(referred(other, "account.statement"), None, "{other}");
        }
    }
}
