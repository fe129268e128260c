//! What the fake store sells, and the tax rates it charges.

use jiff::Timestamp;
use rust_decimal::Decimal;

/// The tax class of a product, with the one rate the fake charges for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaxClass {
    /// 19 %, rate 1.
    Standard,
    /// 7 %, rate 2.
    Reduced,
}

impl TaxClass {
    /// Both, in the order of their rates.
    pub const ALL: [Self; 2] = [Self::Standard, Self::Reduced];

    /// As the REST API writes it.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Standard => "",
            Self::Reduced => "reduced-rate",
        }
    }

    /// `rate_id`, the only key of a rate: both have the same `rate_code`.
    #[must_use]
    pub fn rate_id(self) -> u64 {
        match self {
            Self::Standard => 1,
            Self::Reduced => 2,
        }
    }

    /// Percent, as an integer.
    #[must_use]
    pub fn percent(self) -> u32 {
        match self {
            Self::Standard => 19,
            Self::Reduced => 7,
        }
    }

    /// The rate as a factor, such as 0.19.
    #[must_use]
    pub fn factor(self) -> Decimal {
        Decimal::new(i64::from(self.percent()), 2)
    }
}

/// `rate_code` of every rate: WooCommerce derives it from country, name and priority, so two rates easily share one.
pub const RATE_CODE: &str = "DE-MWST-1";

/// An amount from cents.
pub(super) fn cents(n: i64) -> Decimal {
    Decimal::new(n, 2)
}

/// A product or variation.
#[derive(Debug, Clone)]
pub struct Product {
    /// Its id; a variation has one of its own.
    pub id: u64,
    /// The variable product a variation belongs to, or 0.
    pub parent_id: u64,
    /// `simple`, `variable` or `variation`.
    pub kind: &'static str,
    /// May be empty: the store does not ask for one.
    pub sku: String,
    /// As shown, with the variation's attribute.
    pub name: String,
    /// A variation's attribute and value, such as `("Size", "M")`.
    pub attribute: Option<(String, String)>,
    /// The name of the variable product.
    pub parent_name: Option<String>,
    /// Net or gross, as the order's `prices_include_tax` says.
    pub price: Decimal,
    /// What tax it bears.
    pub tax_class: TaxClass,
    /// Units on hand; may be negative, because REST orders ignore it. `None`: the store does not count them.
    pub stock: Option<i64>,
    /// When it last changed.
    pub modified: Timestamp,
}

impl Product {
    fn simple(id: u64, sku: &str, name: &str, price: Decimal, tax_class: TaxClass, stock: i64) -> Self {
        Self {
            id,
            parent_id: 0,
            kind: "simple",
            sku: sku.to_owned(),
            name: name.to_owned(),
            attribute: None,
            parent_name: None,
            price,
            tax_class,
            stock: Some(stock),
            modified: Timestamp::UNIX_EPOCH,
        }
    }

    fn shirt(id: u64, size: &str, stock: i64) -> Self {
        Self {
            parent_id: SHIRT,
            kind: "variation",
            attribute: Some(("Size".to_owned(), size.to_owned())),
            parent_name: Some("T-Shirt Höhenweg".to_owned()),
            ..Self::simple(
                id,
                &format!("SHIRT-{size}"),
                &format!("T-Shirt Höhenweg - {size}"),
                cents(2400),
                TaxClass::Standard,
                stock,
            )
        }
    }
}

/// Product ids of the demo catalogue.
pub const MUG: u64 = 10;
/// Reduced rate.
pub const TEA: u64 = 11;
/// The variable product of [`SHIRT_M`]; never ordered itself.
pub const SHIRT: u64 = 12;
/// A variation of [`SHIRT`].
pub const SHIRT_M: u64 = 14;
/// Its price does not divide evenly: the float in `line_items[].price` shows it.
pub const POSTER: u64 = 15;
/// The one to be short of.
pub const LAMP: u64 = 16;
/// Its SKU is in no mapping.
pub const GIFT_CARD: u64 = 17;
/// Has no SKU at all.
pub const NO_SKU: u64 = 18;

/// The demo catalogue: SKUs `MUG-BLUE`, `TEA-EARL`, `SHIRT-S`, `SHIRT-M`, `POSTER-A2`, `LAMP-DESK`, `GIFT-50`, and one product without.
#[must_use]
pub fn demo() -> Vec<Product> {
    use TaxClass::{Reduced, Standard};
    vec![
        Product::simple(MUG, "MUG-BLUE", "Mug, blue", cents(1290), Standard, 5000),
        Product::simple(TEA, "TEA-EARL", "Tea Earl Grey, 100 g", cents(645), Reduced, 5000),
        Product {
            kind: "variable",
            stock: None,
            ..Product::simple(SHIRT, "SHIRT", "T-Shirt Höhenweg", cents(2400), Standard, 0)
        },
        Product::shirt(13, "S", 5000),
        Product::shirt(SHIRT_M, "M", 5000),
        Product::simple(POSTER, "POSTER-A2", "Poster Zürich / Limmat, A2", cents(1999), Standard, 5000),
        Product::simple(LAMP, "LAMP-DESK", "Desk lamp", cents(8900), Standard, 20),
        Product::simple(GIFT_CARD, "GIFT-50", "Gift card 50 €", cents(5000), Standard, 5000),
        Product::simple(NO_SKU, "", "Sticker", cents(150), Standard, 5000),
    ]
}
