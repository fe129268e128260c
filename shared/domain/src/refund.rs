//! Refunds as the store has them, and what is asked of store and ERP about them.

use serde::{Deserialize, Serialize};

use crate::money::{Currency, Decimal};
use crate::store_order::TaxPart;

/// Pieces or money of one item line that are refunded. Amounts are positive and for all pieces together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundedLine {
    /// The order's line id.
    pub line: u64,
    /// Pieces; 0 for money only.
    pub quantity: u32,
    /// Net.
    pub net: Decimal,
    /// Tax, by rate.
    pub taxes: Vec<TaxPart>,
}

/// Money of a shipping or fee line that is refunded, positive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundedCharge {
    /// The order's shipping or fee line id.
    pub charge: u64,
    /// Net.
    pub net: Decimal,
    /// Tax.
    pub tax: Decimal,
}

/// A refund as the store's refunds endpoint shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreRefund {
    /// WooCommerce's refund id.
    pub id: u64,
    /// Gross, positive. More than the lines when a part of it is money only; an amount-only refund has no lines at all.
    pub amount: Decimal,
    /// Items.
    pub lines: Vec<RefundedLine>,
    /// Shipping and fees.
    pub charges: Vec<RefundedCharge>,
    /// The return it was created for by Waybill (meta `_waybill_return`).
    pub returned: Option<String>,
    /// The payment gateway has paid it back (`refunded_payment`). A refund that a person notes in the store has this not set.
    pub paid_back: bool,
}

/// A refund to create in the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewRefund {
    /// Gross, positive.
    pub amount: Decimal,
    /// Items.
    pub lines: Vec<RefundedLine>,
    /// Whether the store puts the pieces back into its stock.
    pub restock: bool,
    /// Whether the payment gateway is to pay the money back; offline gateways cannot.
    pub through_gateway: bool,
    /// The return it is for: by this it is found again (meta `_waybill_return`).
    pub returned: String,
}

/// A credited item line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditLine {
    /// The store's line id.
    pub line: u64,
    /// Pieces; 0 for money only.
    pub quantity: u32,
    /// How many of them go back on the shelf.
    pub restock: u32,
    /// Net.
    pub net: Decimal,
    /// Tax.
    pub tax: Decimal,
}

/// Credited shipping or fees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditCharge {
    /// The store's shipping or fee line id.
    pub charge: u64,
    /// Net.
    pub net: Decimal,
    /// Tax.
    pub tax: Decimal,
}

/// What is credited in the ERP. Lines, charges and `other` add up to `amount`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditNote {
    /// Unique and the same at every try: `<order's reference>-refund-<refund id>`.
    pub reference: String,
    /// The ERP's id of the order.
    pub order: String,
    /// Gross amount, positive.
    pub amount: Decimal,
    /// Currency.
    pub currency: Currency,
    /// Items.
    pub lines: Vec<CreditLine>,
    /// Shipping and fees.
    pub charges: Vec<CreditCharge>,
    /// Gross amount that belongs to no line: an amount-only refund, or the rest of one.
    pub other: Decimal,
}
