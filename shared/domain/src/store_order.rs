//! An order as a store described it, already parsed and typed, not yet judged.

use serde::{Deserialize, Serialize};

use crate::facets::Payment;
use crate::ids::ContentHash;
use crate::money::{Currency, Decimal, sum};
use crate::time::At;

/// A WooCommerce order status. Any status may follow any other: there is no transition table in the store.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum StoreStatus {
    /// Awaiting payment.
    Pending,
    /// Paid (or cash on delivery), to be fulfilled.
    Processing,
    /// Awaiting payment confirmation; stock is reduced in the store.
    OnHold,
    /// Fulfilled.
    Completed,
    /// Cancelled.
    Cancelled,
    /// Everything refunded.
    Refunded,
    /// Payment failed.
    Failed,
    /// A Store API checkout that is not placed yet.
    CheckoutDraft,
    /// In the trash.
    Trash,
    /// An order screen opened in the admin, not saved yet.
    AutoDraft,
    /// A plugin's status. Treated as pending: an unknown word is no reason to ship.
    Other(String),
}

impl From<String> for StoreStatus {
    fn from(text: String) -> Self {
        match text.as_str() {
            "pending" => Self::Pending,
            "processing" => Self::Processing,
            "on-hold" => Self::OnHold,
            "completed" => Self::Completed,
            "cancelled" => Self::Cancelled,
            "refunded" => Self::Refunded,
            "failed" => Self::Failed,
            "checkout-draft" => Self::CheckoutDraft,
            "trash" => Self::Trash,
            "auto-draft" => Self::AutoDraft,
            _ => Self::Other(text.chars().take(40).collect()),
        }
    }
}

impl From<StoreStatus> for String {
    fn from(status: StoreStatus) -> String {
        status.as_str().to_owned()
    }
}

impl StoreStatus {
    /// WooCommerce's slug.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Pending => "pending",
            Self::Processing => "processing",
            Self::OnHold => "on-hold",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Refunded => "refunded",
            Self::Failed => "failed",
            Self::CheckoutDraft => "checkout-draft",
            Self::Trash => "trash",
            Self::AutoDraft => "auto-draft",
            Self::Other(text) => text,
        }
    }
    /// Not an order yet.
    pub fn is_draft(&self) -> bool {
        matches!(self, Self::CheckoutDraft | Self::AutoDraft)
    }
    /// The store no longer wants this order.
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Cancelled | Self::Trash)
    }
}

/// A postal address with contact data. Personal: never in events, logs or errors.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are WooCommerce's own names")]
pub struct Address {
    pub first_name: String,
    pub last_name: String,
    pub company: String,
    pub address_1: String,
    pub address_2: String,
    pub city: String,
    /// State or province code; many countries have none.
    pub state: String,
    pub postcode: String,
    /// ISO 3166 alpha-2.
    pub country: String,
    pub email: String,
    pub phone: String,
}

impl Address {
    /// Whether no postal part is given. WooCommerce leaves the shipping address empty when it equals the billing address.
    pub fn is_blank(&self) -> bool {
        [&self.address_1, &self.address_2, &self.city, &self.postcode, &self.country].iter().all(|part| part.trim().is_empty())
    }
}

/// A tax amount of one line at one rate. Keyed by rate id: two rates may share one code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxPart {
    /// WooCommerce's rate id.
    pub rate_id: u64,
    /// Amount.
    pub total: Decimal,
}

/// An item of the order. Amounts are for the whole line and without tax; `price` (a float in the store's JSON) is not read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// WooCommerce's line item id.
    pub id: u64,
    /// The SKU as the store has it (a variation's own), possibly empty.
    pub sku: String,
    /// The product's name.
    pub name: String,
    /// Product id.
    pub product_id: u64,
    /// Variation id, 0 if none.
    pub variation_id: u64,
    /// Pieces ordered; the store does not promise that it is positive.
    pub quantity: i64,
    /// Net before discounts.
    pub subtotal: Decimal,
    /// Tax before discounts.
    pub subtotal_tax: Decimal,
    /// Net after discounts.
    pub total: Decimal,
    /// Tax after discounts.
    pub total_tax: Decimal,
    /// The tax by rate, after discounts.
    pub taxes: Vec<TaxPart>,
    /// Refunded pieces that the store has put back into its stock so far, over all refunds (meta `_restock_refunded_items`).
    #[serde(default, skip_serializing_if = "crate::blank::is_zero")]
    pub restocked: u32,
}

/// A shipping or fee line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    /// WooCommerce's line id.
    pub id: u64,
    /// What the customer sees.
    pub title: String,
    /// Net; fees may be negative.
    pub total: Decimal,
    /// Tax.
    pub total_tax: Decimal,
    /// The tax by rate.
    pub taxes: Vec<TaxPart>,
}

/// A coupon and what it took off, net.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coupon {
    /// The code.
    pub code: String,
    /// Net discount.
    pub discount: Decimal,
    /// Tax on the discount.
    pub discount_tax: Decimal,
}

/// The tax of the whole order at one rate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxLine {
    /// WooCommerce's rate id.
    pub rate_id: u64,
    /// The rate's code, not unique.
    pub rate_code: String,
    /// The rate's label.
    pub label: String,
    /// Tax on items and fees.
    pub tax_total: Decimal,
    /// Tax on shipping.
    pub shipping_tax_total: Decimal,
}

/// A refund as `refunds[]` of an order shows it: no lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundSeen {
    /// WooCommerce's refund id.
    pub id: u64,
    /// Refunded amount, gross and positive.
    pub amount: Decimal,
}

/// An order as the store described it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreOrder {
    /// WooCommerce's id.
    pub id: u64,
    /// The number the customer sees.
    pub number: String,
    /// Status.
    pub status: StoreStatus,
    /// Currency of every amount.
    pub currency: Currency,
    /// Whether shop prices include tax. Amounts here are net plus tax either way.
    pub prices_include_tax: bool,
    /// `date_created_gmt`.
    pub created: At,
    /// `date_modified_gmt`, of one second precision.
    pub modified: At,
    /// WooCommerce's customer id, 0 for a guest.
    pub customer_id: u64,
    /// Who pays.
    pub billing: Address,
    /// Where to; blank means as `billing`.
    pub shipping: Address,
    /// The gateway's slug: `bacs`, `cod`, `stripe` …
    pub payment_method: String,
    /// The gateway's reference, possibly empty.
    pub transaction_id: String,
    /// `date_paid_gmt`.
    pub paid_at: Option<At>,
    /// Items.
    pub lines: Vec<Line>,
    /// Shipping lines.
    pub shipping_lines: Vec<Charge>,
    /// Fees.
    pub fees: Vec<Charge>,
    /// Coupons.
    pub coupons: Vec<Coupon>,
    /// Tax by rate.
    pub tax_lines: Vec<TaxLine>,
    /// Refunds so far.
    pub refunds: Vec<RefundSeen>,
    /// Net discount on items.
    pub discount_total: Decimal,
    /// Tax on the discount.
    pub discount_tax: Decimal,
    /// Net shipping.
    pub shipping_total: Decimal,
    /// Tax on shipping.
    pub shipping_tax: Decimal,
    /// Tax on items and fees.
    pub cart_tax: Decimal,
    /// All tax.
    pub total_tax: Decimal,
    /// Gross total. Refunds do not lower it.
    pub total: Decimal,
    /// What the customer wrote.
    pub customer_note: String,
}

impl StoreOrder {
    /// The hash of all that Waybill reads, apart from when it was modified: a PUT that changes nothing keeps it.
    pub fn content_hash(&self) -> ContentHash {
        let mut order = self.clone();
        order.modified = At(0);
        ContentHash::of(&serde_json::to_vec(&order).unwrap_or_default())
    }

    /// The hash of what is validated, reserved and posted: without status, payment and refunds, which move on their own.
    pub fn goods_hash(&self) -> ContentHash {
        let mut order = self.clone();
        order.modified = At(0);
        order.status = StoreStatus::Pending;
        order.transaction_id.clear();
        order.paid_at = None;
        order.refunds.clear();
        for line in &mut order.lines {
            line.restocked = 0;
        }
        ContentHash::of(&serde_json::to_vec(&order).unwrap_or_default())
    }

    /// The address goods go to.
    pub fn ship_to(&self) -> &Address {
        if self.shipping.is_blank() { &self.billing } else { &self.shipping }
    }

    /// What was refunded so far; `None` if it is too large to add up.
    pub fn refunded(&self) -> Option<Decimal> {
        sum(self.refunds.iter().map(|refund| refund.amount))
    }

    /// Whether the payment method is one of WooCommerce's own that no gateway stands behind: bank transfer, cheque, cash on delivery.
    pub fn pays_offline(&self) -> bool {
        matches!(self.payment_method.as_str(), "bacs" | "cheque" | "cod")
    }

    /// The payment facet as the store reports it. A status nobody knows counts as unpaid.
    pub fn payment(&self) -> Payment {
        let moved = matches!(self.status, StoreStatus::Processing | StoreStatus::Completed);
        let authorised = !self.pays_offline() && !self.transaction_id.trim().is_empty();
        match self.status {
            StoreStatus::Failed => Payment::Failed,
            // Cash on delivery goes to `processing` without a payment date.
            _ if moved && self.payment_method == "cod" && self.paid_at.is_none() => Payment::CashOnDelivery,
            _ if moved || self.status == StoreStatus::Refunded || self.paid_at.is_some() => self.captured(),
            StoreStatus::OnHold if authorised => Payment::Authorised,
            StoreStatus::OnHold => Payment::OnHold,
            _ if self.status.is_cancelled() && authorised => Payment::Voided,
            _ => Payment::Unpaid,
        }
    }

    fn captured(&self) -> Payment {
        match self.refunded() {
            _ if self.status == StoreStatus::Refunded => Payment::Refunded,
            Some(refunded) if refunded.is_zero() => Payment::Paid,
            Some(refunded) if refunded < self.total => Payment::PartlyRefunded,
            _ => Payment::Refunded,
        }
    }
}
