//! The knobs.

use std::time::{Duration, Instant};

use waybill_testkit::store::post::request;
use waybill_testkit::store::{Answer, FakeStoreConfig, OrderKind, RestFault};

use crate::client::{call, send};
use crate::receiver::connected;

#[tokio::test]
async fn rest_faults_are_met_as_often_as_they_are_set() {
    let (store, _receiver) = connected(FakeStoreConfig::default()).await;
    let id = store.place(OrderKind::Plain);
    let path = format!("/wp-json/wc/v3/orders/{id}");
    let config = FakeStoreConfig::default();
    let key = format!("{}:{}", config.consumer_key, config.consumer_secret);
    let cases = [
        (RestFault::Unauthorized, 401, true),
        (RestFault::Forbidden, 403, true),
        (RestFault::Status(503), 503, true),
        (RestFault::Html(500), 500, false),
        (RestFault::Html(200), 200, false),
        (RestFault::Garbage, 200, false),
        (RestFault::Truncated, 200, false),
        (RestFault::Redirect, 302, false),
    ];
    for (fault, status, json) in cases {
        store.turn(|knobs| (knobs.rest_fault, knobs.rest_fault_times) = (Some(fault), Some(1)));
        let answered = send(&store, &key, "GET", &path, "").await;
        assert_eq!(answered.status, status, "{fault:?}");
        assert_eq!(serde_json::from_slice::<serde_json::Value>(&answered.body).is_ok(), json, "{fault:?}");
        assert_eq!(call(&store, "GET", &format!("/orders/{id}"), "").await.0, 200, "{fault:?} is over");
    }
}

#[tokio::test]
async fn a_request_without_an_answer_is_done_all_the_same() {
    let (store, _receiver) = connected(FakeStoreConfig::default()).await;
    let id = store.place(OrderKind::Plain);
    let config = FakeStoreConfig::default();
    store.turn(|knobs| knobs.rest_fault = Some(RestFault::NoAnswer));
    let url = format!(
        "{}/wp-json/wc/v3/orders/{id}?consumer_key={}&consumer_secret={}",
        store.url(),
        config.consumer_key,
        config.consumer_secret
    );
    let headers = [("Content-Type", "application/json")];
    let answer = request("PUT", &url, &headers, br#"{"status":"completed"}"#, Duration::from_millis(200)).await;
    assert!(answer.is_err());
    assert!(store.order(id).is_some_and(|order| order.status == "completed"));
}

#[tokio::test]
async fn latency_and_delay_take_their_time() {
    let (store, receiver) = connected(FakeStoreConfig::default()).await;
    store.turn(|knobs| {
        knobs.rest_latency = Duration::from_millis(80);
        knobs.delivery_delay = Duration::from_millis(120);
    });
    let start = Instant::now();
    store.place(OrderKind::Plain);
    call(&store, "GET", "/orders", "").await;
    assert!(start.elapsed() >= Duration::from_millis(80));
    store.idle().await;
    assert!(start.elapsed() >= Duration::from_millis(120));
    assert_eq!(receiver.take().len(), 2);
}

#[tokio::test]
async fn deliveries_are_lost_doubled_and_missigned_in_the_given_share() {
    let (store, receiver) = connected(FakeStoreConfig::default()).await;
    store.turn(|knobs| knobs.lost_per_mille = 1000);
    store.place(OrderKind::Plain);
    store.idle().await;
    assert_eq!(receiver.take().len(), 0);
    assert_eq!((store.counts().lost, store.counts().failed), (2, 0));
    store.turn(|knobs| (knobs.lost_per_mille, knobs.doubled_per_mille) = (0, 1000));
    store.place(OrderKind::Plain);
    store.idle().await;
    assert_eq!((receiver.take().len(), store.counts().doubled), (4, 2));
    store.turn(|knobs| (knobs.doubled_per_mille, knobs.lost_per_mille) = (0, 300));
    for _ in 0..200 {
        store.place(OrderKind::Plain);
    }
    store.idle().await;
    let lost = store.deliveries().iter().filter(|d| d.answer == Answer::Lost).count();
    assert!((80..=160).contains(&lost), "about 120 of 400 and the 2 from above, but {lost}");
    assert_eq!(receiver.take().len() + lost, 402);
}

#[tokio::test]
async fn reordered_deliveries_arrive_in_another_order() {
    let config = FakeStoreConfig { parallel_deliveries: 1, ..FakeStoreConfig::default() };
    let (store, receiver) = connected(config).await;
    store.turn(|knobs| (knobs.reordered, knobs.deliveries_paused) = (true, true));
    for _ in 0..20 {
        store.place(OrderKind::Plain);
    }
    store.turn(|knobs| knobs.deliveries_paused = false);
    store.idle().await;
    let ids: Vec<u64> = receiver.take().iter().filter_map(|r| r.json()["id"].as_u64()).collect();
    assert_eq!(ids.len(), 40);
    assert!(!ids.is_sorted());
}
