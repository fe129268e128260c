//! The ERP's own figures coming in.

use waybill_domain::{At, StockRow};

use super::fixtures::{NOON, posted, posting, sku};
use super::stock::{figures, insist};
use super::{Names, Stores};

/// A SKU that was never pulled has no row.
pub async fn the_first_pull_makes_the_row(stores: &impl Stores) {
    let names = Names::new();
    assert_eq!(stores.stock(&names.erp, &sku("A")).await.expect("stock"), None);
    assert!(stores.pull(&names.erp, &sku("A"), -2, NOON).await.expect("pull"));
    assert_eq!(names.row(stores, "A").await, StockRow::new(-2, NOON), "a figure below zero is kept as it is");
}

/// Figures may arrive late: only a newer one counts.
pub async fn an_older_figure_changes_nothing(stores: &impl Stores) {
    let names = Names::new();
    assert!(stores.pull(&names.erp, &sku("A"), 5, NOON).await.expect("pull"));
    assert!(!stores.pull(&names.erp, &sku("A"), 9, NOON).await.expect("pull"), "the same moment");
    assert!(!stores.pull(&names.erp, &sku("A"), 9, NOON.minus_seconds(60)).await.expect("pull"), "an earlier moment");
    assert_eq!(names.row(stores, "A").await, StockRow::new(5, NOON));
    assert!(stores.pull(&names.erp, &sku("A"), 7, NOON.plus_seconds(1)).await.expect("pull"));
    assert_eq!(names.row(stores, "A").await, StockRow::new(7, NOON.plus_seconds(1)));
}

/// A figure includes what the ERP confirmed before its minute; that minute and later ones are still subtracted, and so is what is not
/// proven.
pub async fn minutes_before_the_figure_leave(stores: &impl Stores) {
    let names = Names::new();
    names.stocked(stores, 99, &[("A", 20)]).await;
    for (id, pieces, confirmed) in [(1, 1, 61), (2, 2, 125), (3, 4, 185)] {
        let order = names.validated(id);
        let reserved = names.reserved(&order, &[("A", pieces)]);
        let started = posting(&reserved);
        let done = posted(&started, NOON.plus_seconds(confirmed));
        stores.commit(None, &order).await.expect("commit");
        stores.commit(Some(&order), &reserved).await.expect("commit");
        stores.commit(Some(&reserved), &started).await.expect("commit");
        stores.commit(Some(&started), &done).await.expect("commit");
    }
    let open = names.validated(4);
    stores.commit(None, &open).await.expect("commit");
    stores.commit(Some(&open), &names.reserved(&open, &[("A", 8)])).await.expect("commit");
    assert_eq!(figures(&names.row(stores, "A").await), (5, 8, 7));
    // Free as of 12:02:10: order 1 is in it for sure, order 2 perhaps, order 3 not.
    assert!(stores.pull(&names.erp, &sku("A"), 17, NOON.plus_seconds(130)).await.expect("pull"));
    let row = names.row(stores, "A").await;
    assert_eq!(row.proven, [(NOON.plus_seconds(125).minute(), 2), (NOON.plus_seconds(185).minute(), 4)].into());
    assert_eq!((row.free, figures(&row)), (17, (3, 8, 6)));
    assert!(stores.pull(&names.erp, &sku("A"), 13, NOON.plus_seconds(240)).await.expect("pull"));
    assert_eq!(figures(&names.row(stores, "A").await), (5, 8, 0));
}

/// Orders take and prove while figures come in: what is available is always what the parts of the row say.
pub async fn pulling_while_orders_move_keeps_the_sum(stores: &impl Stores) {
    let names = Names::new();
    names.stocked(stores, 99, &[("A", 100)]).await;
    let mut tasks = tokio::task::JoinSet::new();
    for id in 1..=8_u32 {
        let order = names.validated(u64::from(id));
        stores.commit(None, &order).await.expect("first commit");
        let (stores, names) = (stores.clone(), names.clone());
        tasks.spawn(async move {
            let reserved = names.reserved(&order, &[("A", id)]);
            insist(&stores, &order, &reserved).await.expect("enough");
            let started = posting(&reserved);
            insist(&stores, &reserved, &started).await.expect("commit");
            if id % 2 == 0 {
                // Confirmed in minutes that no figure of this test reaches.
                let done = posted(&started, NOON.plus_seconds(600 + id * 60));
                insist(&stores, &started, &done).await.expect("commit");
            }
        });
    }
    // As many pulls as fit in, each of a later moment; all are of the first minute.
    let mut as_of = NOON;
    while !tasks.is_empty() {
        as_of = At(as_of.0 + 1);
        // A pull that gives up because orders kept writing is repeated by its next run.
        let _ = stores.pull(&names.erp, &sku("A"), 100, as_of).await;
        while let Some(done) = tasks.try_join_next() {
            done.expect("no panic");
        }
        tokio::task::yield_now().await;
    }
    assert!(as_of < NOON.plus_seconds(60), "the test pulled more often than a minute has milliseconds");
    assert!(stores.pull(&names.erp, &sku("A"), 90, NOON.plus_seconds(60)).await.expect("pull"));
    let row = names.row(stores, "A").await;
    assert_eq!((row.free, figures(&row)), (90, (90 - 36, 1 + 3 + 5 + 7, 2 + 4 + 6 + 8)));
}
