//! What a delivery turned out to be, after its body was read and believed only as far as it deserves.

use serde::{Deserialize, Serialize};

use crate::store_order::StoreOrder;

/// Why an order's content must be read from the store again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StaleReason {
    /// A body of another content with an equal or older date.
    NotNewer,
    /// The store says it deleted or trashed it.
    Deleted,
    /// A body that does not fit its topic, or is broken.
    Unreadable,
    /// A body too large to keep.
    Oversized,
    /// An event that names the order but does not carry it.
    Named,
    /// A draft of an order that Waybill knows as placed.
    Draft,
    /// The snapshot the record names is not there.
    SnapshotMissing,
    /// A poll of the store saw a newer order.
    Polled,
    /// The store says that it does not want the order any more: nothing is undone before it was asked.
    Cancelled,
    /// A refund that is known is not among those of a delivery.
    RefundMissing,
}

impl StaleReason {
    /// The reason as a slug.
    pub fn slug(self) -> &'static str {
        match self {
            StaleReason::NotNewer => "not-newer",
            StaleReason::Deleted => "deleted",
            StaleReason::Unreadable => "unreadable",
            StaleReason::Oversized => "oversized",
            StaleReason::Named => "named",
            StaleReason::Draft => "draft",
            StaleReason::SnapshotMissing => "snapshot-missing",
            StaleReason::Polled => "polled",
            StaleReason::Cancelled => "cancelled",
            StaleReason::RefundMissing => "refund-missing",
        }
    }
}

/// A delivery, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// An order, whole.
    Order(Box<StoreOrder>),
    /// Something happened to this order; ask the store.
    Hint {
        /// WooCommerce's order id.
        order: u64,
        /// Why it is only a hint.
        reason: StaleReason,
    },
    /// Something happened to an order that the body does not name (an error object, a broken body): poll the store.
    Unnamed {
        /// WooCommerce's error code, or a slug for what was wrong.
        code: String,
    },
    /// A topic that starts no work yet (products, customers, coupons).
    Counted {
        /// The resource, such as `product`.
        resource: String,
    },
}
