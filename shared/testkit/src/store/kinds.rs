//! The kinds of order the demo and the tests place.

use rust_decimal::Decimal;

use super::catalogue::{self, cents};
use super::customers::{Address, customer};

/// What an order is to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OrderKind {
    /// Paid by card, two units of one product, shipping.
    Plain,
    /// As plain, of nobody with an account.
    Guest,
    /// A variation: two product ids, the SKU is the variation's.
    Variation,
    /// Ten per cent off.
    Coupon,
    /// A fee, and two tax rates that share one `rate_code`.
    FeeTwoRates,
    /// Prices were entered gross.
    TaxInclusive,
    /// `pending`, to be paid later.
    Unpaid,
    /// `on-hold` until the money arrives; to be paid later.
    BankTransfer,
    /// `on-hold` with a card payment that is authorised and not captured; to be captured, or voided, later.
    Authorised,
    /// `processing` without a payment date.
    CashOnDelivery,
    /// Wants 999 of a product nobody has so many of.
    ShortStock,
    /// The total is a cent more than its parts.
    WrongTotals,
    /// Two lines of the same SKU.
    SameSkuTwice,
    /// A SKU that no mapping knows.
    UnknownSku,
    /// A line without a SKU.
    NoSku,
}

impl OrderKind {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::Plain,
        Self::Guest,
        Self::Variation,
        Self::Coupon,
        Self::FeeTwoRates,
        Self::TaxInclusive,
        Self::Unpaid,
        Self::BankTransfer,
        Self::Authorised,
        Self::CashOnDelivery,
        Self::ShortStock,
        Self::WrongTotals,
        Self::SameSkuTwice,
        Self::UnknownSku,
        Self::NoSku,
    ];
}

/// An order to be placed. Start from [`NewOrder::of`] and change what the test is about.
#[derive(Debug, Clone)]
pub struct NewOrder {
    /// The first status.
    pub status: String,
    /// Whether it is paid at once (`date_paid`, and a transaction id).
    pub paid: bool,
    /// Whether the gateway has authorised the payment: a transaction id and no date.
    pub authorised: bool,
    /// 0 for a guest.
    pub customer_id: u64,
    /// Who pays, and where it goes.
    pub billing: Address,
    /// `None`: as the billing address.
    pub shipping_address: Option<Address>,
    /// Product or variation id, and units.
    pub lines: Vec<(u64, i64)>,
    /// Title and net price.
    pub shipping: Option<(String, Decimal)>,
    /// Name and net price; it bears both tax rates.
    pub fees: Vec<(String, Decimal)>,
    /// Code and per cent off every line.
    pub coupon: Option<(String, u32)>,
    /// `None`: as the store is configured.
    pub prices_include_tax: Option<bool>,
    /// Slug and title of the gateway.
    pub payment_method: (String, String),
    /// The customer's remark.
    pub note: String,
    /// Added to the total, so that it is wrong by that much.
    pub total_off_by: Decimal,
}

impl NewOrder {
    /// The order of kind `kind` from invented customer `n`.
    #[must_use]
    pub fn of(kind: OrderKind, n: u64) -> Self {
        use catalogue::{GIFT_CARD, LAMP, MUG, NO_SKU, POSTER, SHIRT_M, TEA};
        let plain = Self {
            status: "processing".to_owned(),
            paid: true,
            authorised: false,
            customer_id: 100 + n % 8,
            billing: customer(n),
            shipping_address: None,
            lines: vec![(MUG, 2)],
            shipping: Some(("Standard".to_owned(), cents(490))),
            fees: Vec::new(),
            coupon: None,
            prices_include_tax: None,
            payment_method: ("stripe".to_owned(), "Credit card".to_owned()),
            note: String::new(),
            total_off_by: Decimal::ZERO,
        };
        match kind {
            OrderKind::Plain => plain,
            OrderKind::Guest => Self { customer_id: 0, ..plain },
            OrderKind::Variation => Self { lines: vec![(SHIRT_M, 1)], ..plain },
            OrderKind::Coupon => Self { lines: vec![(MUG, 3), (TEA, 1)], coupon: Some(("welcome10".to_owned(), 10)), ..plain },
            OrderKind::FeeTwoRates => {
                Self { lines: vec![(MUG, 1), (TEA, 3)], fees: vec![("Gift wrapping".to_owned(), cents(355))], ..plain }
            }
            OrderKind::TaxInclusive => Self { lines: vec![(POSTER, 3), (TEA, 2)], prices_include_tax: Some(true), ..plain },
            OrderKind::Unpaid => Self { status: "pending".to_owned(), paid: false, ..plain },
            OrderKind::BankTransfer => Self {
                status: "on-hold".to_owned(),
                paid: false,
                payment_method: ("bacs".to_owned(), "Direct bank transfer".to_owned()),
                ..plain
            },
            OrderKind::Authorised => Self { status: "on-hold".to_owned(), paid: false, authorised: true, ..plain },
            OrderKind::CashOnDelivery => Self {
                paid: false,
                payment_method: ("cod".to_owned(), "Cash on delivery".to_owned()),
                note: "Please ring twice; the bell says “Ø”.".to_owned(),
                ..plain
            },
            OrderKind::ShortStock => Self { lines: vec![(LAMP, 999)], ..plain },
            OrderKind::WrongTotals => Self { total_off_by: cents(1), ..plain },
            OrderKind::SameSkuTwice => Self { lines: vec![(TEA, 2), (MUG, 1), (TEA, 3)], ..plain },
            OrderKind::UnknownSku => Self { lines: vec![(GIFT_CARD, 1)], ..plain },
            OrderKind::NoSku => Self { lines: vec![(MUG, 1), (NO_SKU, 1)], ..plain },
        }
    }
}
