//! The REST client against the fake store.

use std::time::Duration;

use waybill_connectors::woocommerce::{FixedKeys, WooCommerce};
use waybill_domain::{At, StoreConfig};
use waybill_testkit::store::{FakeStore, FakeStoreConfig, NewWebhook, OrderKind, RestFault};
use waybill_workflow::CallError;
use waybill_workflow::ports::{StoreSecrets, Storefront as _};

use crate::support::{store_config, woocommerce};

async fn store() -> (FakeStore, StoreConfig) {
    let store = FakeStore::start(FakeStoreConfig::default()).await.expect("a store");
    let config = store_config(store.url());
    (store, config)
}

fn code(error: &CallError) -> &str {
    match error {
        CallError::Refused { code, .. } => code,
        CallError::Down { .. } => "down",
        CallError::Busy { .. } => "busy",
        CallError::Unknown { .. } => "unknown",
    }
}

#[tokio::test]
async fn an_order_is_fetched_with_its_bytes() {
    let (store, config) = store().await;
    let id = store.place(OrderKind::Coupon);
    let (order, bytes) = woocommerce().fetch(&config, id).await.expect("an answer").expect("an order");
    assert_eq!(order.id, id);
    assert_eq!(Some(bytes.clone()), store.order_json(id));
    assert_eq!(woocommerce().parse(&bytes), Ok(order));
}

#[tokio::test]
async fn an_order_that_is_not_there_is_none_and_trash_is_an_order() {
    let (store, config) = store().await;
    let id = store.place(OrderKind::Plain);
    assert_eq!(woocommerce().fetch(&config, 424_242).await, Ok(None));
    store.trash(id);
    let (order, _) = woocommerce().fetch(&config, id).await.expect("an answer").expect("an order");
    assert_eq!(order.status.as_str(), "trash");
    store.delete(id);
    assert_eq!(woocommerce().fetch(&config, id).await, Ok(None));
}

#[tokio::test]
async fn every_fault_has_its_meaning() {
    let (store, config) = store().await;
    let id = store.place(OrderKind::Plain);
    let woocommerce = woocommerce();
    let cases = [
        (RestFault::Unauthorized, "store_unauthorized"),
        (RestFault::Forbidden, "store_forbidden"),
        (RestFault::Status(500), "down"),
        (RestFault::Status(503), "down"),
        (RestFault::Status(429), "busy"),
        (RestFault::Status(418), "store_refused"),
        (RestFault::Status(404), "down"),
        (RestFault::Html(403), "down"),
        (RestFault::Html(404), "down"),
        (RestFault::Html(502), "down"),
        (RestFault::Html(200), "down"),
        (RestFault::Garbage, "down"),
        (RestFault::Truncated, "down"),
        (RestFault::Redirect, "down"),
        (RestFault::Html(301), "store_moved"),
    ];
    for (fault, expected) in cases {
        store.turn(|knobs| (knobs.rest_fault, knobs.rest_fault_times) = (Some(fault), Some(1)));
        let error = woocommerce.fetch(&config, id).await.expect_err("a fault");
        assert_eq!(code(&error), expected, "{fault:?}: {error}");
        assert!(!error.to_string().contains("ck_test") && !error.to_string().contains("127.0.0.1"), "{error}");
        assert!(woocommerce.fetch(&config, id).await.is_ok(), "{fault:?} is over");
    }
    let before = store.counts().rest_requests;
    store.turn(|knobs| (knobs.rest_fault, knobs.rest_fault_times) = (Some(RestFault::Status(500)), Some(1)));
    assert!(woocommerce.fetch(&config, id).await.is_err());
    assert_eq!(store.counts().rest_requests, before + 1, "retries are the queue's work");
}

#[tokio::test]
async fn a_store_that_is_not_there_is_down() {
    let (store, config) = store().await;
    drop(store);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(code(&woocommerce().fetch(&config, 1).await.expect_err("nothing there")), "down");
}

#[tokio::test]
async fn keys_and_addresses_that_cannot_work_are_refused_in_words() {
    let (_store, config) = store().await;
    let fixed = |key: &str, secret: &str| {
        WooCommerce::new(FixedKeys(StoreSecrets {
            webhook_secrets: vec![],
            consumer_key: key.to_owned(),
            consumer_secret: secret.to_owned(),
        }))
    };
    let error = fixed("", "").fetch(&config, 1).await.expect_err("no key");
    assert_eq!(code(&error), "store_key_missing");
    let error = fixed("ck_wrong", "cs_wrong").fetch(&config, 1).await.expect_err("a wrong key");
    assert_eq!(error.to_string(), "store_unauthorized: the store does not accept the REST key or its secret");
    let plain = StoreConfig { base_url: "http://shop.example.test".to_owned(), ..config.clone() };
    assert_eq!(code(&woocommerce().fetch(&plain, 1).await.expect_err("not https")), "store_address_invalid");
    // A site without WooCommerce behind a wrong path.
    let elsewhere = StoreConfig { base_url: format!("{}/blog", config.base_url), ..config };
    assert_eq!(code(&woocommerce().fetch(&elsewhere, 1).await.expect_err("no API")), "store_api_missing");
}

#[tokio::test]
async fn changed_orders_are_listed_from_the_second_on_oldest_first() {
    let (store, config) = store().await;
    let second = |n: i64| jiff::Timestamp::from_second(1_795_424_400 + n).expect("a time");
    let at = |n: i64| store.turn(|knobs| knobs.clock_at = Some(second(n)));
    let mut ids = Vec::new();
    for n in 0..3 {
        at(n);
        ids.push(store.place(OrderKind::Plain));
    }
    let draft = store.draft(waybill_testkit::store::NewOrder::of(OrderKind::Plain, 1));
    let since = |n: i64, ms: i64| At(second(n).as_millisecond() + ms);
    let list = async |since| woocommerce().modified_since(&config, since).await.expect("a list");
    assert_eq!(list(since(1, 0)).await, [(ids[1], since(1, 0)), (ids[2], since(2, 0))]);
    assert_eq!(list(since(1, 999)).await.len(), 2, "the second of the bound is included");
    assert_eq!(list(since(3, 0)).await, []);
    at(9);
    store.touch(ids[0]);
    assert_eq!(list(since(0, 0)).await, [(ids[1], since(1, 0)), (ids[2], since(2, 0)), (ids[0], since(9, 0))]);
    assert!(list(since(0, 0)).await.iter().all(|(id, _)| *id != draft));
}

#[tokio::test]
async fn long_lists_are_read_to_their_end_even_within_one_second() {
    let (store, config) = store().await;
    let start = jiff::Timestamp::from_second(1_795_424_400).expect("a time");
    let mut expected = Vec::new();
    // 450 orders in one second, then 3 per second.
    for n in 0..600_i64 {
        let second = start.as_second() + if n < 450 { 0 } else { (n - 447) / 3 };
        store.turn(|knobs| knobs.clock_at = jiff::Timestamp::from_second(second).ok());
        expected.push((store.place(OrderKind::Guest), At(second * 1000)));
    }
    let found = woocommerce().modified_since(&config, At(start.as_millisecond())).await.expect("a list");
    assert_eq!(found, expected);
    for _ in 0..600 {
        store.place(OrderKind::Guest);
    }
    let found = woocommerce().modified_since(&config, At(start.as_millisecond())).await.expect("a list");
    assert_eq!((found.len(), &found[..600]), (1000, &expected[..]), "the oldest thousand");
}

#[tokio::test]
async fn a_store_is_checked_before_it_is_connected() {
    let (store, config) = store().await;
    store.turn(|knobs| knobs.clock_at = jiff::Timestamp::from_second(1_795_424_400).ok());
    let woocommerce = woocommerce();
    let site = woocommerce.site(&config).await.expect("an answer");
    assert_eq!((site.version.as_str(), site.currency.as_str()), ("10.5.2", "EUR"));
    assert_eq!(site.clock, Some(At(1_795_424_400_000)));
    let mut found = woocommerce.products_by_sku(&config, &["SHIRT-M", "NOBODY", "MUG-BLUE"]).await.expect("an answer");
    found.sort_by_key(|product| product.id);
    let seen: Vec<_> = found.iter().map(|product| (product.sku.as_str(), product.kind.as_str(), product.stock)).collect();
    assert_eq!(seen, [("MUG-BLUE", "simple", Some(5000)), ("SHIRT-M", "variation", Some(5000))]);
    store.add_webhook(NewWebhook {
        topic: "order.updated".to_owned(),
        delivery_url: "http://127.0.0.1:1/".to_owned(),
        secret: "s".to_owned(),
    });
    let webhooks = woocommerce.webhooks(&config).await.expect("an answer");
    assert_eq!((webhooks.len(), webhooks[0].status.as_str(), webhooks[0].topic.as_str()), (1, "active", "order.updated"));
}
