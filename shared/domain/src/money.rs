//! Currency and amounts. Amounts are decimals read from text; there is no float anywhere.

use std::fmt;

pub use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// The sum of amounts; `None` if they are too large to add up.
pub fn sum(amounts: impl IntoIterator<Item = Decimal>) -> Option<Decimal> {
    amounts.into_iter().try_fold(Decimal::ZERO, Decimal::checked_add)
}

/// An ISO 4217 code as a system wrote it, upper case. Unknown codes can be carried, and are found by validation.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Currency(String);

impl Currency {
    /// Takes a code as written.
    pub fn new(code: &str) -> Self {
        Self(code.trim().chars().take(12).collect::<String>().to_ascii_uppercase())
    }
    /// The code.
    pub fn code(&self) -> &str {
        &self.0
    }
    /// How many decimals the currency has (EUR 2, JPY 0, KWD 3); `None` for a code that ISO 4217 does not know or gives none.
    pub fn minor_units(&self) -> Option<u32> {
        let currency = iso_currency::Currency::from_code(&self.0)?;
        currency.exponent().map(u32::from)
    }
}
impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
