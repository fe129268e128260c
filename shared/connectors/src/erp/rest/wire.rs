//! The bodies of the contract as they are on the line. What is sent borrows; what is received owns, and is believed nothing
//! beyond its shape.

use serde::{Deserialize, Serialize};

#[derive(Serialize)]
pub(super) struct NewOrder<'a> {
    pub(super) reference: &'a str,
    pub(super) store: &'a str,
    pub(super) number: &'a str,
    pub(super) placed_at: String,
    pub(super) currency: &'a str,
    pub(super) prices_include_tax: bool,
    pub(super) customer: Customer<'a>,
    pub(super) billing: Address<'a>,
    pub(super) shipping_address: Address<'a>,
    pub(super) lines: Vec<Line<'a>>,
    pub(super) shipping: Vec<Charge<'a>>,
    pub(super) fees: Vec<Charge<'a>>,
    pub(super) discounts: Vec<Discount<'a>>,
    pub(super) totals: Totals,
    pub(super) payment: Payment<'a>,
    pub(super) backorder: bool,
    pub(super) note: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct Customer<'a> {
    pub(super) reference: Option<String>,
    pub(super) name: String,
    pub(super) company: &'a str,
    pub(super) email: &'a str,
    pub(super) phone: &'a str,
}

#[derive(Serialize)]
pub(super) struct Address<'a> {
    pub(super) name: String,
    pub(super) company: &'a str,
    pub(super) line1: &'a str,
    pub(super) line2: &'a str,
    pub(super) postcode: &'a str,
    pub(super) city: &'a str,
    pub(super) state: &'a str,
    pub(super) country: &'a str,
    pub(super) phone: &'a str,
}

#[derive(Serialize)]
pub(super) struct Line<'a> {
    pub(super) line: String,
    pub(super) sku: &'a str,
    pub(super) name: &'a str,
    pub(super) quantity: u32,
    pub(super) net: String,
    pub(super) tax: String,
}

#[derive(Serialize)]
pub(super) struct Charge<'a> {
    pub(super) line: String,
    pub(super) title: &'a str,
    pub(super) net: String,
    pub(super) tax: String,
}

#[derive(Serialize)]
pub(super) struct Discount<'a> {
    pub(super) code: &'a str,
    pub(super) amount: String,
}

#[derive(Serialize)]
pub(super) struct Totals {
    pub(super) net: String,
    pub(super) tax: String,
    pub(super) total: String,
}

#[derive(Serialize)]
pub(super) struct Payment<'a> {
    pub(super) method: &'a str,
    pub(super) state: &'static str,
    pub(super) transaction_id: Option<&'a str>,
    pub(super) paid_at: Option<String>,
}

#[derive(Serialize)]
pub(super) struct NewCreditNote<'a> {
    pub(super) reference: &'a str,
    pub(super) order: &'a str,
    pub(super) currency: &'a str,
    pub(super) lines: Vec<CreditLine>,
    pub(super) charges: Vec<CreditCharge>,
    pub(super) other: String,
    pub(super) total: String,
}

#[derive(Serialize)]
pub(super) struct CreditLine {
    pub(super) line: String,
    pub(super) quantity: u32,
    pub(super) restock: u32,
    pub(super) net: String,
    pub(super) tax: String,
}

#[derive(Serialize)]
pub(super) struct CreditCharge {
    pub(super) line: String,
    pub(super) net: String,
    pub(super) tax: String,
}

/// Of the status what shows that it is one, and who is there.
#[derive(Deserialize)]
pub(super) struct Status {
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) version: String,
    pub(super) settle_seconds: u32,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    Pending,
    Confirmed,
    Cancelled,
}

#[derive(Deserialize)]
pub(super) struct Order {
    pub(super) id: String,
    #[serde(default)]
    pub(super) number: String,
    pub(super) reference: String,
    pub(super) state: State,
    #[serde(default)]
    pub(super) confirmed_at: Option<String>,
    pub(super) total: String,
    pub(super) currency: String,
    #[serde(default)]
    pub(super) documents: Vec<Document>,
}

#[derive(Deserialize)]
pub(super) struct Document {
    pub(super) kind: String,
    pub(super) id: String,
    #[serde(default)]
    pub(super) number: String,
}

#[derive(Deserialize)]
pub(super) struct Orders {
    pub(super) orders: Vec<Order>,
}

#[derive(Deserialize)]
pub(super) struct CreditNote {
    pub(super) id: String,
    #[serde(default)]
    pub(super) number: String,
    pub(super) reference: String,
    pub(super) order: String,
    pub(super) total: String,
    pub(super) currency: String,
}

#[derive(Deserialize)]
pub(super) struct CreditNotes {
    pub(super) credit_notes: Vec<CreditNote>,
}

/// `409 duplicate_reference`.
#[derive(Deserialize)]
pub(super) struct Taken<T> {
    pub(super) existing: T,
}

/// A page of a list. `as_of` is missing where the contract has none.
#[derive(Deserialize)]
pub(super) struct Page<T> {
    #[serde(default)]
    pub(super) as_of: Option<String>,
    pub(super) items: Vec<T>,
    #[serde(default)]
    pub(super) next: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Free {
    pub(super) sku: String,
    pub(super) free: i64,
}

#[derive(Deserialize)]
pub(super) struct Shipment {
    pub(super) id: String,
    pub(super) order_reference: String,
    pub(super) shipped_at: String,
    #[serde(default)]
    pub(super) carrier: Option<String>,
    #[serde(default)]
    pub(super) tracking_number: Option<String>,
    pub(super) lines: Vec<ShipmentLine>,
}

#[derive(Deserialize)]
pub(super) struct ShipmentLine {
    pub(super) line: String,
    pub(super) quantity: u32,
}

#[derive(Deserialize)]
pub(super) struct Return {
    pub(super) id: String,
    pub(super) order_reference: String,
    pub(super) returned_at: String,
    pub(super) lines: Vec<ShipmentLine>,
    #[serde(default)]
    pub(super) credit_note: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct DayDocument {
    pub(super) kind: String,
    pub(super) id: String,
    #[serde(default)]
    pub(super) reference: Option<String>,
    pub(super) total: String,
    pub(super) currency: String,
}
