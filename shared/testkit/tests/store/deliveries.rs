//! What arrives, when, and signed with what.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use waybill_testkit::store::{FakeStoreConfig, NewOrder, NewRefund, NewWebhook, OrderKind};

use crate::receiver::{Received, SECRET, connected};

fn assert_signed(received: &Received, key: &str) {
    let signature = STANDARD.decode(received.header("x-wc-webhook-signature")).expect("base64");
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("a key");
    mac.update(&received.body);
    mac.verify_slice(&signature).expect("signed over the raw bytes");
}

fn topics(received: &[Received]) -> Vec<&str> {
    let mut topics: Vec<&str> = received.iter().map(Received::topic).collect();
    topics.sort_unstable();
    topics
}

#[tokio::test]
async fn an_order_comes_as_created_and_updated_signed_over_its_bytes() {
    let (store, receiver) = connected(FakeStoreConfig::default()).await;
    let id = store.place_order(NewOrder::of(OrderKind::Plain, 1));
    store.idle().await;
    let received = receiver.take();
    assert_eq!(topics(&received), ["order.created", "order.updated"]);
    assert_eq!(received[0].body, received[1].body);
    for delivery in &received {
        assert_signed(delivery, SECRET);
        assert!(delivery.body.is_ascii(), "PHP escapes everything else");
        let text = String::from_utf8_lossy(&delivery.body).into_owned();
        assert!(text.contains(r"\u0141ukasz") && text.contains(r"http:\/\/"), "{text}");
        assert_eq!(delivery.json()["id"], id);
        assert_eq!(delivery.header("x-wc-webhook-source"), format!("{}/", store.url()));
        assert_eq!(delivery.header("x-wc-webhook-resource"), "order");
        assert_eq!(delivery.header("content-type"), "application/json");
        assert_eq!(delivery.header("x-wc-webhook-delivery-id").len(), 32);
    }
    // Written again the body differs, so a signature over anything but the raw bytes is worthless.
    assert_ne!(serde_json::to_vec(&received[0].json()).expect("JSON"), received[0].body);
}

#[tokio::test]
async fn the_secret_is_decoded_before_use() {
    let (store, receiver) = connected(FakeStoreConfig::default()).await;
    store.add_webhook(NewWebhook {
        topic: "order.created".to_owned(),
        delivery_url: format!("{}/entities", receiver.url),
        secret: "tea &amp; &quot;cake&#039;".to_owned(),
    });
    store.place(OrderKind::Plain);
    store.idle().await;
    let received = receiver.take();
    let fourth = received.iter().find(|r| r.header("x-wc-webhook-id") == "4").expect("the fourth webhook");
    assert_signed(fourth, "tea & \"cake'");
}

#[tokio::test]
async fn pending_deliveries_coalesce_and_carry_the_latest_state() {
    let (store, receiver) = connected(FakeStoreConfig::default()).await;
    store.turn(|knobs| knobs.deliveries_paused = true);
    let id = store.place(OrderKind::Unpaid);
    for status in ["on-hold", "failed", "pending", "my-plugin-status"] {
        store.set_status(id, status);
    }
    assert_eq!((store.pending(), store.counts().coalesced), (2, 4));
    store.turn(|knobs| knobs.deliveries_paused = false);
    store.idle().await;
    let received = receiver.take();
    assert_eq!(topics(&received), ["order.created", "order.updated"]);
    assert!(received.iter().all(|r| r.json()["status"] == "my-plugin-status"));
}

#[tokio::test]
async fn deliveries_of_one_webhook_share_an_id_within_a_second() {
    let (store, receiver) = connected(FakeStoreConfig::default()).await;
    for _ in 0..40 {
        store.place(OrderKind::Plain);
    }
    store.idle().await;
    let received = receiver.take();
    let ids: std::collections::BTreeSet<_> = received.iter().map(|r| r.header("x-wc-webhook-delivery-id").to_owned()).collect();
    assert_eq!(received.len(), 80);
    assert!(ids.len() < 20, "80 deliveries carried {} ids", ids.len());
}

#[tokio::test]
async fn a_change_without_content_comes_back_as_an_update() {
    let (store, receiver) = connected(FakeStoreConfig::default()).await;
    let id = store.place(OrderKind::Plain);
    store.idle().await;
    let before = receiver.take()[0].json();
    store.turn(|knobs| knobs.clock_ahead_seconds = 5);
    store.touch(id);
    store.idle().await;
    let received = receiver.take();
    assert_eq!(topics(&received), ["order.updated"]);
    let mut after = received[0].json();
    assert_ne!(after["date_modified_gmt"], before["date_modified_gmt"]);
    for date in ["date_modified", "date_modified_gmt"] {
        after[date] = before[date].clone();
    }
    assert_eq!(after, before);
}

#[tokio::test]
async fn an_order_that_is_gone_is_delivered_as_a_signed_error_object() {
    let (store, receiver) = connected(FakeStoreConfig::default()).await;
    store.turn(|knobs| knobs.deliveries_paused = true);
    let id = store.place(OrderKind::Plain);
    assert!(store.delete(id));
    store.turn(|knobs| knobs.deliveries_paused = false);
    store.idle().await;
    let received = receiver.take();
    assert_eq!(topics(&received), ["order.created", "order.updated"]);
    for delivery in &received {
        assert_signed(delivery, SECRET);
        let expected = r#"{"code":"woocommerce_rest_shop_order_invalid_id","message":"Invalid ID.","data":{"status":404}}"#;
        assert_eq!(serde_json::from_str::<serde_json::Value>(expected).expect("JSON"), delivery.json());
    }
}

#[tokio::test]
async fn trash_says_only_the_id_and_leaving_it_says_nothing() {
    let (store, receiver) = connected(FakeStoreConfig::default()).await;
    let id = store.place(OrderKind::Plain);
    store.idle().await;
    receiver.take();
    store.trash(id);
    store.idle().await;
    let received = receiver.take();
    assert_eq!(topics(&received), ["order.deleted"]);
    assert_eq!(received[0].body, format!("{{\"id\":{id}}}").into_bytes());
    store.set_status(id, "processing");
    store.delete(id);
    store.idle().await;
    assert_eq!(receiver.take().len(), 0, "leaving the trash and deleting for good are silent");
}

#[tokio::test]
async fn a_checkout_sends_a_draft_first() {
    let (store, receiver) = connected(FakeStoreConfig::default()).await;
    let id = store.checkout(NewOrder::of(OrderKind::Plain, 0)).await;
    store.idle().await;
    let received = receiver.take();
    assert_eq!(topics(&received), ["order.created", "order.updated", "order.updated"]);
    assert_eq!(received[0].topic(), "order.updated");
    assert_eq!(received[0].json()["status"], "checkout-draft");
    assert!(received[0].json()["date_paid_gmt"].is_null());
    assert!(received[1..].iter().all(|r| r.json()["status"] == "processing" && r.json()["id"] == id));
    assert!(!received[2].json()["date_paid_gmt"].is_null());
}

#[tokio::test]
async fn a_refund_names_the_order_and_moves_stock() {
    let (store, receiver) = connected(FakeStoreConfig::default()).await;
    for topic in ["action.woocommerce_order_refunded", "product.updated"] {
        let delivery_url = receiver.url.clone();
        store.add_webhook(NewWebhook { topic: topic.to_owned(), delivery_url, secret: SECRET.to_owned() });
    }
    let id = store.place(OrderKind::Plain);
    store.idle().await;
    assert!(receiver.take().iter().any(|r| r.topic() == "product.updated" && r.json()["stock_quantity"] == 4998));
    let total = store.order(id).expect("the order").totals.total;
    store.refund(id, NewRefund { amount: total, ..NewRefund::default() }).expect("a refund");
    store.idle().await;
    let received = receiver.take();
    assert_eq!(topics(&received), ["action.woocommerce_order_refunded", "order.updated"]);
    let action = received.iter().find(|r| r.topic().starts_with("action")).expect("the action");
    assert_eq!(action.json(), serde_json::json!({"action": "woocommerce_order_refunded", "arg": id}));
    let update = received.iter().find(|r| r.topic() == "order.updated").expect("the update").json();
    assert_eq!(update["status"], "refunded");
    assert_eq!(update["refunds"][0]["total"], format!("-{total:.2}"));
    assert_eq!(update["total"], format!("{total:.2}"), "the total never changes");
}
