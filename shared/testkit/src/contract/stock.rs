//! Stock that moves with a commit.

use std::collections::BTreeMap;

use waybill_domain::{At, Change, ContentHash, Effect, Order, Pieces, Sku, Step, StockRow};
use waybill_workflow::ports::{CommitError, Shortage};

use super::fixtures::{NOON, after, posted, posting, saw, sku};
use super::{Names, Stores};

/// The figures of a row: available, unproven, proven.
pub(super) fn figures(row: &StockRow) -> (i64, i64, i64) {
    (row.available, row.unproven, row.proven.values().sum())
}

/// Commits, trying again while others write the same rows.
pub(super) async fn insist(stores: &impl Stores, before: &Order, next: &Order) -> Result<(), CommitError> {
    for _ in 0..200 {
        match stores.commit(Some(before), next).await {
            Err(CommitError::Contention) => tokio::time::sleep(std::time::Duration::from_millis(5)).await,
            other => return other,
        }
    }
    Err(CommitError::Contention)
}

/// Pieces that are taken are no longer available, and not yet proven.
pub async fn taking_moves_pieces_to_unproven(stores: &impl Stores) {
    let names = Names::new();
    let order = names.stocked(stores, 1, &[("A", 10), ("B", 3)]).await;
    let reserved = names.reserved(&order, &[("A", 4), ("B", 3)]);
    stores.commit(Some(&order), &reserved).await.expect("enough");
    assert_eq!(stores.load(&order.key).await.expect("load"), Some(reserved));
    assert_eq!(figures(&names.row(stores, "A").await), (6, 4, 0));
    assert_eq!(figures(&names.row(stores, "B").await), (0, 3, 0));
}

/// One SKU too few: nothing moves, the order stays, and every short SKU is named.
pub async fn all_or_none(stores: &impl Stores) {
    let names = Names::new();
    let order = names.stocked(stores, 1, &[("A", 10), ("B", 3), ("C", 0)]).await;
    let short = |name: &str, wanted, available| Shortage { sku: sku(name), wanted, available: Some(available) };
    let refused = stores.commit(Some(&order), &names.reserved(&order, &[("A", 5), ("B", 4), ("C", 1)])).await;
    assert_eq!(refused, Err(CommitError::Short(vec![short("B", 4, 3), short("C", 1, 0)])));
    assert_eq!(stores.load(&order.key).await.expect("load"), Some(order));
    assert_eq!(figures(&names.row(stores, "A").await), (10, 0, 0));
    assert_eq!(figures(&names.row(stores, "B").await), (3, 0, 0));
}

/// A SKU the ledger has never heard of is short, not zero and not a guess.
pub async fn an_unknown_sku_is_short(stores: &impl Stores) {
    let names = Names::new();
    let order = names.stocked(stores, 1, &[("A", 10)]).await;
    let refused = stores.commit(Some(&order), &names.reserved(&order, &[("A", 1), ("NEW", 1)])).await;
    assert_eq!(refused, Err(CommitError::Short(vec![Shortage { sku: sku("NEW"), wanted: 1, available: None }])));
    assert_eq!(figures(&names.row(stores, "A").await), (10, 0, 0));
}

/// Who is late learns that first: what was short may be short no longer for the order as it is now.
pub async fn a_conflict_outweighs_a_shortage(stores: &impl Stores) {
    let names = Names::new();
    let order = names.stocked(stores, 1, &[("A", 2)]).await;
    let other = after(&order, vec![Change::Doubted(waybill_domain::StaleReason::Polled)], Step::Intake, NOON);
    stores.commit(Some(&order), &other).await.expect("commit");
    let refused = stores.commit(Some(&order), &names.reserved(&order, &[("A", 5)])).await;
    assert_eq!(refused, Err(CommitError::Conflict(Some(Box::new(other)))));
    assert_eq!(figures(&names.row(stores, "A").await), (2, 0, 0));
}

/// An order that holds pieces and now wants others: more of one, less of another, none of a third, some of a fourth.
pub async fn a_changed_order_moves_the_difference(stores: &impl Stores) {
    let names = Names::new();
    let order = names.stocked(stores, 1, &[("A", 10), ("B", 10), ("C", 10), ("D", 10)]).await;
    let reserved = names.reserved(&order, &[("A", 2), ("B", 5), ("C", 1)]);
    stores.commit(Some(&order), &reserved).await.expect("enough");
    let changed = crate::memory::samples::order(1, &[("SKU-A", 2)]);
    let judged = Change::Validated { mapping: 3, payment_accepted: true };
    let again = after(&reserved, vec![saw(changed), judged], Step::Validate, NOON);
    assert_eq!(again.stock, reserved.stock, "a change of the content gives nothing back");
    stores.commit(Some(&reserved), &again).await.expect("commit");
    let other = names.reserved(&again, &[("A", 3), ("B", 1), ("D", 4)]);
    stores.commit(Some(&again), &other).await.expect("enough");
    for (name, expected) in [("A", (7, 3, 0)), ("B", (9, 1, 0)), ("C", (10, 0, 0)), ("D", (6, 4, 0))] {
        assert_eq!(figures(&names.row(stores, name).await), expected, "{name}");
    }
}

/// What an order gives back is available again; giving back is bound to the version, so it cannot happen twice.
pub async fn a_cancelled_order_gives_back(stores: &impl Stores) {
    let names = Names::new();
    let order = names.stocked(stores, 1, &[("A", 10)]).await;
    let reserved = names.reserved(&order, &[("A", 4)]);
    stores.commit(Some(&order), &reserved).await.expect("enough");
    let released = after(&reserved, vec![Change::StockReleased], Step::Reserve, NOON);
    stores.commit(Some(&reserved), &released).await.expect("commit");
    let again = stores.commit(Some(&reserved), &released).await;
    assert!(matches!(again, Err(CommitError::Conflict(Some(_)))), "{again:?}");
    assert_eq!(figures(&names.row(stores, "A").await), (10, 0, 0));
}

/// A confirmed order's pieces leave `unproven` for the minute of the ERP's clock; what is available stays.
pub async fn posting_proves(stores: &impl Stores) {
    let names = Names::new();
    let mut minutes = Vec::new();
    names.stocked(stores, 99, &[("A", 10), ("B", 10)]).await;
    for (id, seconds) in [(1, 61), (2, 62), (3, 130)] {
        let order = names.validated(id);
        stores.commit(None, &order).await.expect("first commit");
        let confirmed_at = NOON.plus_seconds(seconds);
        let mut before = order;
        for next in [
            names.reserved(&before, &[("A", 2), ("B", 1)]),
            posting(&names.reserved(&before, &[("A", 2), ("B", 1)])),
            posted(&posting(&names.reserved(&before, &[("A", 2), ("B", 1)])), confirmed_at),
        ] {
            stores.commit(Some(&before), &next).await.expect("commit");
            before = next;
        }
        minutes.push(confirmed_at.minute());
    }
    let row = names.row(stores, "A").await;
    assert_eq!(figures(&row), (4, 0, 6));
    assert_eq!(row.proven, [(minutes[0], 4), (minutes[2], 2)].into());
    assert_eq!(figures(&names.row(stores, "B").await), (7, 0, 3));
}

/// Sixteen orders want ten pieces of two SKUs at once: ten get them, six are told that it was too little, nothing is lost or sold twice.
pub async fn parallel_takers_never_oversell(stores: &impl Stores) {
    let names = Names::new();
    names.stocked(stores, 99, &[("A", 10), ("B", 10)]).await;
    let mut takers = tokio::task::JoinSet::new();
    for id in 1..=16 {
        let order = names.validated(id);
        stores.commit(None, &order).await.expect("first commit");
        let (stores, reserved) = (stores.clone(), names.reserved(&order, &[("A", 1), ("B", 1)]));
        takers.spawn(async move { insist(&stores, &order, &reserved).await });
    }
    let (mut taken, mut short) = (0, 0);
    while let Some(done) = takers.join_next().await {
        match done.expect("no panic") {
            Ok(()) => taken += 1,
            Err(CommitError::Short(skus)) => {
                assert_eq!(skus.iter().map(|shortage| shortage.available).collect::<Vec<_>>(), [Some(0), Some(0)]);
                short += 1;
            }
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!((taken, short), (10, 6));
    assert_eq!(figures(&names.row(stores, "A").await), (0, 10, 0));
    assert_eq!(figures(&names.row(stores, "B").await), (0, 10, 0));
}

/// Pieces by SKU.
fn skus(pieces: &[(&str, u32)]) -> BTreeMap<Sku, u32> {
    pieces.iter().map(|(name, quantity)| (sku(name), *quantity)).collect()
}

/// `order`, with an amendment under way that needs these pieces more.
fn amending(order: &Order, extra: &[(&str, u32)]) -> Order {
    let started = Change::CallStarted { effect: Effect::Amend, until: NOON.plus_seconds(60), extra: skus(extra) };
    after(order, vec![started], Step::PostToErp, NOON)
}

/// `order`, whose amendment to these pieces the ERP confirmed.
fn amended(order: &Order, confirmed_at: At, stock: &[(&str, u32)]) -> Order {
    let change = Change::Amended {
        goods: ContentHash::of(b"goods"),
        content: ContentHash::of(b"content"),
        confirmed_at,
        documents: order.erp.documents.clone(),
        to_ship: Pieces::from([(1, 3)]),
        stock: skus(stock),
    };
    after(order, vec![change], Step::PostToErp, NOON)
}

/// What an amendment needs beyond what the ERP confirmed is taken when it begins. If it ends without effect it is given back; if the ERP
/// confirms, it is proven. Pieces that the order needs no more are the ERP's to free: the next pull shows them.
pub async fn an_amendment_takes_first_and_proves_or_gives_back(stores: &impl Stores) {
    let names = Names::new();
    let mut order = names.stocked(stores, 1, &[("A", 10), ("B", 10)]).await;
    let mut go = async |next: Order, a, b| {
        stores.commit(Some(&order), &next).await.expect("commit");
        assert_eq!(stores.load(&next.key).await.expect("load").as_ref(), Some(&next));
        assert_eq!((figures(&names.row(stores, "A").await), figures(&names.row(stores, "B").await)), (a, b));
        order = next.clone();
        next
    };
    let reserved = go(names.reserved(&names.validated(1), &[("A", 2)]), (8, 2, 0), (10, 0, 0)).await;
    let started = go(posting(&reserved), (8, 2, 0), (10, 0, 0)).await;
    let done = go(posted(&started, NOON.plus_seconds(61)), (8, 0, 2), (10, 0, 0)).await;
    let begun = go(amending(&done, &[("A", 1), ("B", 4)]), (7, 1, 2), (6, 4, 0)).await;
    let ended = Change::CallEnded { why: "refused".to_owned() };
    let ended = go(after(&begun, vec![ended], Step::PostToErp, NOON), (8, 0, 2), (10, 0, 0)).await;
    let begun = go(amending(&ended, &[("A", 1), ("B", 4)]), (7, 1, 2), (6, 4, 0)).await;
    let confirmed_at = NOON.plus_seconds(125);
    let more = go(amended(&begun, confirmed_at, &[("A", 3), ("B", 4)]), (7, 0, 3), (6, 0, 4)).await;
    let minutes = [(NOON.plus_seconds(61).minute(), 2), (confirmed_at.minute(), 1)];
    assert_eq!(names.row(stores, "A").await.proven, minutes.into());
    let begun = go(amending(&more, &[]), (7, 0, 3), (6, 0, 4)).await;
    let fewer = go(amended(&begun, NOON.plus_seconds(200), &[("A", 1)]), (7, 0, 3), (6, 0, 4)).await;
    assert_eq!(fewer.stock.lines, skus(&[("A", 1)]));
}

/// Too little for an amendment: nothing is taken, and the call does not begin.
pub async fn an_amendment_that_is_short_takes_nothing(stores: &impl Stores) {
    let names = Names::new();
    let order = names.stocked(stores, 1, &[("A", 3), ("B", 10)]).await;
    let reserved = names.reserved(&order, &[("A", 2)]);
    let started = posting(&reserved);
    let done = posted(&started, NOON);
    for (before, next) in [(&order, &reserved), (&reserved, &started), (&started, &done)] {
        stores.commit(Some(before), next).await.expect("commit");
    }
    let refused = stores.commit(Some(&done), &amending(&done, &[("A", 2), ("B", 1)])).await;
    assert_eq!(refused, Err(CommitError::Short(vec![Shortage { sku: sku("A"), wanted: 2, available: Some(1) }])));
    assert_eq!(stores.load(&done.key).await.expect("load"), Some(done));
    assert_eq!(figures(&names.row(stores, "A").await), (1, 0, 2));
    assert_eq!(figures(&names.row(stores, "B").await), (10, 0, 0));
}
