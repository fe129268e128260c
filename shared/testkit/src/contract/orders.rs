//! The record and its condition.

use waybill_domain::{Change, StaleReason, Step, WaitOn};
use waybill_workflow::ports::CommitError;

use super::fixtures::{NOON, after, posted, posting, saw};
use super::{Names, Stores};

/// An order that was never seen has no row; the first commit makes it, and there is only one first commit.
pub async fn the_first_commit_needs_an_absent_row(stores: &impl Stores) {
    let names = Names::new();
    let order = names.received(1, NOON);
    assert_eq!(stores.load(&order.key).await.expect("load"), None);
    stores.commit(None, &order).await.expect("first commit");
    assert_eq!(stores.load(&order.key).await.expect("load"), Some(order.clone()));
    let other = names.received(1, NOON.plus_seconds(1));
    let refused = stores.commit(None, &other).await.expect_err("there is a row");
    assert_eq!(refused, CommitError::Conflict(Some(Box::new(order.clone()))));
    assert_eq!(stores.load(&order.key).await.expect("load"), Some(order));
}

/// Whoever is not the first after a version gets the row that was faster, and changes nothing.
pub async fn a_conflict_carries_the_row(stores: &impl Stores) {
    let names = Names::new();
    let first = names.received(1, NOON);
    stores.commit(None, &first).await.expect("first commit");
    let second = after(&first, vec![Change::Doubted(StaleReason::NotNewer)], Step::Intake, NOON);
    stores.commit(Some(&first), &second).await.expect("second commit");
    let late = after(&first, vec![Change::Wait(WaitOn::Payment)], Step::Validate, NOON);
    let refused = stores.commit(Some(&first), &late).await.expect_err("somebody was faster");
    assert_eq!(refused, CommitError::Conflict(Some(Box::new(second.clone()))));
    assert_eq!(stores.load(&first.key).await.expect("load"), Some(second));
}

/// A row that is not there is not the one the commit is about.
pub async fn a_commit_without_its_row_is_a_conflict(stores: &impl Stores) {
    let names = Names::new();
    let first = names.received(1, NOON);
    let second = after(&first, vec![Change::Wait(WaitOn::Payment)], Step::Validate, NOON);
    assert_eq!(stores.commit(Some(&first), &second).await, Err(CommitError::Conflict(None)));
    assert_eq!(stores.load(&first.key).await.expect("load"), None);
}

/// Every facet survives: decimals with their digits, documents, a hold with its words, a wait, a doubt, refunds.
pub async fn a_record_comes_back_as_it_was(stores: &impl Stores) {
    let names = Names::new();
    let mut seen = crate::memory::samples::order(1, &[("SKU-A", 1)]);
    seen.refunds = vec![waybill_domain::store_order::RefundSeen { id: 9, amount: "10.50".parse().expect("decimal") }];
    let mut order = names.validated(1);
    stores.commit(None, &order).await.expect("first commit");
    let mut go = async |next: waybill_domain::Order| {
        stores.commit(Some(&order), &next).await.expect("commit");
        let read = stores.load(&next.key).await.expect("load").expect("a row");
        assert_eq!(read, next);
        let text = |order: &waybill_domain::Order| order.content.as_ref().map(|content| content.total.to_string());
        assert_eq!(text(&read), text(&next), "the digits after the point are those that were written");
        order = next;
    };
    let reserved = names.reserved(&names.validated(1), &[]);
    go(reserved.clone()).await;
    let started = posting(&reserved);
    go(started.clone()).await;
    let done = posted(&started, NOON);
    go(done.clone()).await;
    let refunded = after(&done, vec![saw(seen)], Step::Intake, NOON);
    assert_eq!(refunded.refunds.len(), 1);
    go(refunded.clone()).await;
    let held = Change::Held {
        code: "erp_total_differs".to_owned(),
        message: "17.85 in the store, 17.86 in the ERP".to_owned(),
        about: None,
    };
    let held = after(&refunded, vec![held, Change::Doubted(StaleReason::Polled)], Step::PostToErp, NOON);
    go(held.clone()).await;
    let waits = Change::Wait(WaitOn::Endpoint("store/shop".parse().expect("endpoint")));
    go(after(&held, vec![Change::Retried, waits], Step::Validate, NOON)).await;
}

/// Sixteen commits after the same version: one wins, the others see a conflict or contention.
pub async fn one_of_many_commits_wins(stores: &impl Stores) {
    let names = Names::new();
    let first = names.received(1, NOON);
    stores.commit(None, &first).await.expect("first commit");
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..16 {
        let next = after(&first, vec![Change::Doubted(StaleReason::Named)], Step::Intake, NOON.plus_seconds(number));
        let (stores, first) = (stores.clone(), first.clone());
        tasks.spawn(async move {
            let result = stores.commit(Some(&first), &next).await;
            (next, result)
        });
    }
    let mut winners = Vec::new();
    while let Some(done) = tasks.join_next().await {
        match done.expect("no panic") {
            (next, Ok(())) => winners.push(next),
            (_, Err(CommitError::Conflict(Some(_)) | CommitError::Contention)) => {}
            (_, Err(other)) => panic!("{other:?}"),
        }
    }
    assert_eq!(winners.len(), 1);
    assert_eq!(stores.load(&first.key).await.expect("load"), winners.pop());
}
