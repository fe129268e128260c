//! Tryton or its database is away: nothing is taken for done, nothing is lost, and it goes on when they are back.

use std::time::Duration;

use waybill_workflow::CallError;
use waybill_workflow::ports::erp::{ErpAvailability, ErpOrders};

use crate::books::Books;
use crate::protocol::post;
use crate::support::{Live, order, paid, sku, start};

fn is_down<T: std::fmt::Debug>(answer: &Result<T, CallError>) -> bool {
    matches!(answer, Err(CallError::Down { .. }))
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_database_tryton_is_down() {
    let tryton = start();
    let live = Live::of(&tryton).await;
    let order = order("shop-1", 7);
    let warm = live.connect();
    assert!(warm.availability(&[sku("SKU-A")]).await.is_ok());
    tryton.stop_database().unwrap();
    // Tryton answers 503 after 30 seconds. Waybill waits for that or does not: it is an outage either way.
    let (patient, brief) =
        (live.connect_with(|config| config.timeout_seconds = 45), live.connect_with(|config| config.timeout_seconds = 3));
    let (patient, brief, found) = tokio::join!(patient.create(&order), brief.create(&order), brief.find("shop-1"));
    assert!(is_down(&patient), "{patient:?}");
    assert!(is_down(&brief), "{brief:?}");
    assert!(is_down(&found), "{found:?}");
    tryton.start_database().unwrap();
    post(&live, &order).await;
    assert_eq!(Books::of(&live, "shop-1").await, paid());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_goes_away_under_a_posting_loses_nothing() {
    let tryton = start();
    let live = Live::of(&tryton).await;
    post(&live, &order("shop-0", 7)).await;
    live.calls();
    for (nth, millis) in [(1, 150), (2, 450), (3, 900)] {
        let order = order(&format!("shop-{nth}"), 7);
        let erp = live.connect_with(|config| config.timeout_seconds = 3);
        let posting = tokio::spawn({
            let order = order.clone();
            async move { erp.create(&order).await }
        });
        tokio::time::sleep(Duration::from_millis(millis)).await;
        tryton.stop_database().unwrap();
        let answer = posting.await.unwrap();
        eprintln!("away after {} calls: {answer:?}", live.calls().len());
        assert!(!matches!(answer, Err(CallError::Refused { .. })), "{answer:?}");
        tryton.start_database().unwrap();
        post(&live, &order).await;
        assert_eq!(Books::of(&live, &order.reference).await, paid());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tryton_that_is_gone_is_down() {
    let tryton = start();
    let live = Live::of(&tryton).await;
    drop(tryton);
    let answer = live.connect().create(&order("shop-1", 7)).await;
    assert!(!matches!(answer, Ok(_) | Err(CallError::Refused { .. } | CallError::Busy { .. })), "{answer:?}");
}
