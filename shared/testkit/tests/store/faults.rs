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
        (RestFault::Busy(503, 600), 503, false),
        (RestFault::HtmlAfterWork(500), 500, false),
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
async fn what_fails_after_the_work_has_done_it_and_reads_may_be_spared() {
    let (store, _receiver) = connected(FakeStoreConfig::default()).await;
    let id = store.place(OrderKind::Plain);
    let config = FakeStoreConfig::default();
    let query = format!("consumer_key={}&consumer_secret={}", config.consumer_key, config.consumer_secret);
    let url = format!("{}/wp-json/wc/v3/orders/{id}/notes?{query}", store.url());
    let headers = [("Content-Type", "application/json")];
    let cases =
        [(RestFault::CutAfterWork, 1), (RestFault::HtmlAfterWork(502), 2), (RestFault::Cut, 2), (RestFault::Busy(503, 9), 2)];
    for (fault, notes) in cases {
        store.turn(|knobs| {
            (knobs.rest_fault, knobs.rest_fault_times) = (Some(fault), Some(1));
            knobs.rest_fault_spares_reads = true;
        });
        assert_eq!(call(&store, "GET", &format!("/orders/{id}"), "").await.0, 200, "{fault:?} spares reads");
        let answer = request("POST", &url, &headers, br#"{"note":"Hello"}"#, Duration::from_secs(5)).await;
        match fault {
            RestFault::Busy(status, _) => {
                let answer = answer.expect("an answer");
                assert_eq!((answer.status, answer.header("retry-after")), (status, Some("9")));
            }
            RestFault::HtmlAfterWork(status) => assert_eq!(answer.expect("an answer").status, status),
            _ => assert!(answer.is_err(), "{fault:?}: {answer:?}"),
        }
        assert_eq!(store.notes(id).len(), notes, "{fault:?}");
    }
}

#[tokio::test]
async fn a_key_that_may_only_read_writes_nothing() {
    let (store, _receiver) = connected(FakeStoreConfig::default()).await;
    let id = store.place(OrderKind::Plain);
    store.turn(|knobs| knobs.key_reads_only = true);
    let path = format!("/orders/{id}/notes");
    let (status, error) = call(&store, "POST", &path, r#"{"note":"Hello"}"#).await;
    assert_eq!((status, &error["code"]), (401, &"woocommerce_rest_authentication_error".into()));
    assert_eq!(call(&store, "GET", &path, "").await, (200, serde_json::json!([])));
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
