//! The contract's bodies as the ERP reads them. Strict where the contract is: what does not fit is `malformed`.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// An amount: a decimal string, nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Money(pub Decimal);

impl TryFrom<String> for Money {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        const NOT_MONEY: &str = "not an amount";
        let digits = text.strip_prefix('-').unwrap_or(&text);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let is_digits =
            |part: &str, most: usize| (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        if !is_digits(whole, 12) || !is_digits(fraction, 6) {
            return Err(NOT_MONEY);
        }
        text.parse().map(Self).map_err(|_| NOT_MONEY)
    }
}

impl From<Money> for String {
    fn from(money: Money) -> Self {
        money.0.to_string()
    }
}

/// A line of an order. Of its descriptive fields only those the fake has a use for are read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "named and described in the contract")]
pub struct NewLine {
    pub line: String,
    pub sku: String,
    #[serde(default)]
    pub name: String,
    pub quantity: i64,
    pub net: Money,
    pub tax: Money,
}

/// Shipping or a fee.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "named and described in the contract")]
pub struct NewCharge {
    pub line: String,
    pub title: String,
    pub net: Money,
    pub tax: Money,
}

/// The sums of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "named and described in the contract")]
pub struct NewTotals {
    pub net: Money,
    pub tax: Money,
    pub total: Money,
}

/// How the order was paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "named and described in the contract")]
pub struct NewPayment {
    pub method: String,
    pub state: PaymentState,
    #[serde(default)]
    pub transaction_id: Option<String>,
    #[serde(default)]
    pub paid_at: Option<jiff::Timestamp>,
}

/// Whether the customer has paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "named and described in the contract")]
pub enum PaymentState {
    Paid,
    OnAccount,
}

/// An order to be created. Customer and addresses are kept as they came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "named and described in the contract")]
pub struct NewOrder {
    pub reference: String,
    pub store: String,
    pub number: String,
    pub placed_at: jiff::Timestamp,
    pub currency: String,
    pub prices_include_tax: bool,
    pub customer: serde_json::Map<String, serde_json::Value>,
    pub billing: serde_json::Map<String, serde_json::Value>,
    pub shipping_address: serde_json::Map<String, serde_json::Value>,
    pub lines: Vec<NewLine>,
    pub shipping: Vec<NewCharge>,
    pub fees: Vec<NewCharge>,
    pub totals: NewTotals,
    pub payment: NewPayment,
    pub backorder: bool,
    #[serde(default)]
    pub note: Option<String>,
}

/// A line of a credit note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "named and described in the contract")]
pub struct CreditLine {
    pub line: String,
    pub quantity: i64,
    pub restock: i64,
    pub net: Money,
    pub tax: Money,
}

/// Shipping or a fee of a credit note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "named and described in the contract")]
pub struct CreditCharge {
    pub line: String,
    pub net: Money,
    pub tax: Money,
}

/// A credit note to be created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "named and described in the contract")]
pub struct NewCreditNote {
    pub reference: String,
    pub order: String,
    pub currency: String,
    pub lines: Vec<CreditLine>,
    pub charges: Vec<CreditCharge>,
    pub other: Money,
    pub total: Money,
}
