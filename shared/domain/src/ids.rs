//! Identifiers. Each is checked where it enters, so that a key built from one is always well formed.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Why a text is not an identifier; the message says what is expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not {expected}")]
pub struct BadId {
    text: String,
    expected: &'static str,
}

pub(crate) fn bad(text: &str, expected: &'static str) -> BadId {
    BadId { text: text.chars().take(80).collect(), expected }
}

/// Implements the text form of an identifier: `Display`, `FromStr` and serde as a plain string.
macro_rules! text_form {
    ($name:ident) => {
        impl TryFrom<String> for $name {
            type Error = BadId;
            fn try_from(text: String) -> Result<Self, BadId> {
                text.parse()
            }
        }
        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.to_string()
            }
        }
    };
}

macro_rules! slug {
    ($(#[$doc:meta])* $name:ident, $expected:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The slug as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                if is_slug(text) { Ok(Self(text.to_owned())) } else { Err(bad(text, $expected)) }
            }
        }
        text_form!($name);
    };
}

fn is_slug(text: &str) -> bool {
    (1..=32).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

slug!(
    /// The name of a store in this deployment, as it stands in the webhook's address: `shop`, `brand-b`.
    StoreSlug,
    "a store slug: 1 to 32 of a-z, 0-9 and inner hyphens"
);
slug!(
    /// The name of an ERP in this deployment: `acme`.
    ErpSlug,
    "an ERP slug: 1 to 32 of a-z, 0-9 and inner hyphens"
);

slug!(
    /// The name of a warehouse in this deployment: `berlin`.
    WarehouseSlug,
    "a warehouse slug: 1 to 32 of a-z, 0-9 and inner hyphens"
);
slug!(
    /// The name of a client of Waybill's own API: a warehouse's, or an ERP's.
    ClientSlug,
    "a client slug: 1 to 32 of a-z, 0-9 and inner hyphens"
);

/// An article number, non-empty, at most 200 bytes, no control characters. Which system's is said by the field that holds it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sku(String);

impl Sku {
    /// The article number as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl fmt::Display for Sku {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl FromStr for Sku {
    type Err = BadId;
    fn from_str(text: &str) -> Result<Self, BadId> {
        let text = text.trim();
        let fits = (1..=200).contains(&text.len()) && !text.chars().any(char::is_control);
        if fits { Ok(Self(text.to_owned())) } else { Err(bad(text, "a SKU: 1 to 200 bytes without control characters")) }
    }
}
text_form!(Sku);

/// One order of one store, everywhere written `store/id`: key of the row, group of its messages, correlation of its events.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OrderKey {
    /// The store the order was placed in.
    pub store: StoreSlug,
    /// WooCommerce's order id (not the order number, which plugins change).
    pub id: u64,
}

impl OrderKey {
    /// A number in `0..shards` that is the same for this order on every machine (FNV-1a of its text form).
    pub fn shard(&self, shards: u64) -> u64 {
        let hash = self
            .to_string()
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        hash.checked_rem(shards).unwrap_or(0)
    }
}
impl fmt::Display for OrderKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.store, self.id)
    }
}
impl FromStr for OrderKey {
    type Err = BadId;
    fn from_str(text: &str) -> Result<Self, BadId> {
        const EXPECTED: &str = "an order: STORE/ID, such as shop/1042";
        let (store, id) = text.split_once('/').ok_or_else(|| bad(text, EXPECTED))?;
        let id: u64 = id.parse().map_err(|_| bad(text, EXPECTED))?;
        if id == 0 {
            return Err(bad(text, EXPECTED));
        }
        Ok(Self { store: store.parse()?, id })
    }
}
text_form!(OrderKey);

/// A system outside Waybill that can be down: written `erp/acme`, `store/shop` or `warehouse/berlin`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Endpoint {
    /// An ERP.
    Erp(ErpSlug),
    /// A store's REST API.
    Store(StoreSlug),
    /// A warehouse that is pushed to.
    Warehouse(WarehouseSlug),
}
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Endpoint::Erp(slug) => write!(f, "erp/{slug}"),
            Endpoint::Store(slug) => write!(f, "store/{slug}"),
            Endpoint::Warehouse(slug) => write!(f, "warehouse/{slug}"),
        }
    }
}
impl FromStr for Endpoint {
    type Err = BadId;
    fn from_str(text: &str) -> Result<Self, BadId> {
        match text.split_once('/') {
            Some(("erp", slug)) => slug.parse().map(Endpoint::Erp),
            Some(("store", slug)) => slug.parse().map(Endpoint::Store),
            Some(("warehouse", slug)) => slug.parse().map(Endpoint::Warehouse),
            _ => Err(bad(text, "an endpoint: erp/SLUG, store/SLUG or warehouse/SLUG")),
        }
    }
}
text_form!(Endpoint);

/// 128 bits of a SHA-256, base64url: equal content has an equal hash.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ContentHash(String);

impl ContentHash {
    /// The hash of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let digest = Sha256::digest(bytes);
        let half = digest.get(..16).unwrap_or(&digest);
        Self(URL_SAFE_NO_PAD.encode(half))
    }
    /// The hash as text, 22 characters that are safe in a key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A step of the workflow. Its slug names the function, queue, dead-letter queue, alarm, runbook, metric dimension and test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Takes deliveries from stores.
    Intake,
    /// Makes Waybill's picture of the order right, and judges it.
    Validate,
    /// Takes stock for the order, or gives it back.
    Reserve,
    /// Creates the order in the ERP, once.
    PostToErp,
    /// Tells the store what was shipped.
    ShipUpdate,
    /// Carries refunds between store and ERP.
    Refund,
}

impl Step {
    /// Every step, in the order of the workflow.
    pub const ALL: [Step; 6] = [Step::Intake, Step::Validate, Step::Reserve, Step::PostToErp, Step::ShipUpdate, Step::Refund];

    /// The step's one name.
    pub fn slug(self) -> &'static str {
        match self {
            Step::Intake => "intake",
            Step::Validate => "validate",
            Step::Reserve => "reserve",
            Step::PostToErp => "post-to-erp",
            Step::ShipUpdate => "ship-update",
            Step::Refund => "refund",
        }
    }
}
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.slug())
    }
}
