//! Names that no other check uses, and orders at every point of their way.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use waybill_domain::store_order::StoreStatus;
use waybill_domain::{
    At, Change, Context, Document, DocumentKind, ErpSlug, Order, OrderKey, Sku, Step, StockRow, StoreOrder, StoreSlug, advance,
    begin,
};

use super::Stores;
use crate::memory::samples;

/// When the suite's orders happen: 2026-01-01, 12:00:00 UTC.
pub(super) const NOON: At = At(1_767_268_800_000);

/// A store and an ERP of one check alone.
#[derive(Debug, Clone)]
pub struct Names {
    /// The store.
    pub store: StoreSlug,
    /// The ERP.
    pub erp: ErpSlug,
}

impl Names {
    /// Names that were not used before, not by an earlier run either: tables may outlive a run.
    pub fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let nanos = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970").as_nanos();
        let slug = format!("t{nanos:x}-{}", COUNT.fetch_add(1, Ordering::Relaxed));
        Names { store: slug.parse().expect("a slug"), erp: slug.parse().expect("a slug") }
    }

    /// An order of the store.
    pub fn key(&self, id: u64) -> OrderKey {
        OrderKey { store: self.store.clone(), id }
    }

    /// An order that was received at `at`.
    pub(super) fn received(&self, id: u64, at: At) -> Order {
        after(&begin(self.key(id), at), vec![saw(samples::order(id, &[("SKU-A", 1)]))], Step::Intake, at)
    }

    /// An order that was found right.
    pub(super) fn validated(&self, id: u64) -> Order {
        let judged = Change::Validated { mapping: 3, payment_accepted: true };
        after(&self.received(id, NOON), vec![judged], Step::Validate, NOON)
    }

    /// `order`, with these pieces reserved. The lines are sorted out by SKU, so a shop's order need not have them.
    pub(super) fn reserved(&self, order: &Order, pieces: &[(&str, u32)]) -> Order {
        let lines: BTreeMap<Sku, u32> = pieces.iter().map(|(name, quantity)| (sku(name), *quantity)).collect();
        after(order, vec![Change::Reserved { ledger: self.erp.clone(), lines }], Step::Reserve, NOON)
    }

    /// Writes the figures of the ERP as of noon, and the order, which is found right.
    pub(super) async fn stocked(&self, stores: &impl Stores, id: u64, free: &[(&str, i64)]) -> Order {
        for (name, free) in free {
            assert!(stores.pull(&self.erp, &sku(name), *free, NOON).await.expect("pull"), "the first figure of {name}");
        }
        let order = self.validated(id);
        stores.commit(None, &order).await.expect("first commit");
        order
    }

    /// Writes an order whose pieces are to be shipped: the ERP has it, nothing has left.
    pub(super) async fn shipping(&self, stores: &impl Stores, id: u64) -> Order {
        let order = self.posted(id, &[]);
        stores.commit(None, &order).await.expect("first commit");
        order
    }

    /// An order that the ERP has, with these pieces.
    pub(super) fn posted(&self, id: u64, pieces: &[(&str, u32)]) -> Order {
        posted(&posting(&self.reserved(&self.validated(id), pieces)), NOON)
    }

    /// The ledger's row.
    pub(super) async fn row(&self, stores: &impl Stores, name: &str) -> StockRow {
        stores.stock(&self.erp, &sku(name)).await.expect("stock").expect("a row")
    }
}

impl Default for Names {
    fn default() -> Self {
        Self::new()
    }
}

/// A SKU.
pub(super) fn sku(name: &str) -> Sku {
    name.parse().expect("a SKU")
}

/// `order` after these changes.
pub(super) fn after(order: &Order, changes: Vec<Change>, step: Step, at: At) -> Order {
    let cause = if order.seq == 0 { "delivery:1f2e3d4c".to_owned() } else { format!("#{}", order.seq) };
    let context = Context { at, step, cause, release: "0.1.0".to_owned() };
    advance(order, changes, &context).expect("a legal change")
}

/// What a delivery with this content changes.
pub(super) fn saw(order: StoreOrder) -> Change {
    Change::Seen { order: Box::new(order), asked: false }
}

/// `order`, reserved, with a call to the ERP under way.
pub(super) fn posting(order: &Order) -> Order {
    let started = Change::PostingStarted {
        erp: "acme".parse().expect("slug"),
        reference: order.key.to_string(),
        until: NOON.plus_seconds(120),
    };
    after(order, vec![started], Step::PostToErp, NOON)
}

/// `order`, which is being posted, confirmed by the ERP at `confirmed_at` of its clock, with a sales order, an invoice and a payment.
pub(super) fn posted(order: &Order, confirmed_at: At) -> Order {
    let document = |kind, id: &str, number: &str| Document { kind, id: id.to_owned(), number: number.to_owned() };
    let documents = vec![
        document(DocumentKind::SalesOrder, "10482", "SO-2026-00482"),
        document(DocumentKind::Invoice, "20711", "INV-2026-00711"),
        document(DocumentKind::Payment, "30655", "PAY-2026-00655"),
    ];
    after(
        order,
        vec![Change::Posted { confirmed_at, documents, to_ship: waybill_domain::Pieces::from([(1, 2), (2, 1)]), push: None }],
        Step::PostToErp,
        NOON,
    )
}

/// An order on its happy path, commit by commit: received, validated, reserved, posting, posted, completed. The store is `key`'s, the ERP
/// `acme`, the pieces by ERP SKU.
pub fn happy_path(key: &OrderKey, pieces: &[(&str, u32)]) -> Vec<Order> {
    let names = Names { store: key.store.clone(), erp: "acme".parse().expect("a slug") };
    let validated = Change::Validated { mapping: 3, payment_accepted: true };
    let received = names.received(key.id, NOON);
    let validated = after(&received, vec![validated], Step::Validate, NOON);
    let reserved = names.reserved(&validated, pieces);
    let started = posting(&reserved);
    let done = posted(&started, NOON.plus_seconds(1));
    let mut shipped = samples::order(key.id, &[("SKU-A", 1)]);
    shipped.status = StoreStatus::Completed;
    shipped.modified = NOON.plus_seconds(86_400);
    let completed = after(&done, vec![saw(shipped)], Step::Intake, NOON.plus_seconds(86_400));
    vec![received, validated, reserved, started, done, completed]
}

/// Asks until the answer is right, as an index needs that follows its table after a moment; then asserts that it is.
pub(super) async fn eventually<T: PartialEq + std::fmt::Debug, F: Future<Output = T>>(expected: T, mut ask: impl FnMut() -> F) {
    for _ in 0..100 {
        if ask().await == expected {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(ask().await, expected);
}

/// Bytes that do not compress: a linear congruential generator's.
pub(super) fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0]
    };
    (0..length).map(|_| next()).collect()
}
