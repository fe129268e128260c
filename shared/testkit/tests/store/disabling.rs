//! Pings, failures, and the seventh failure in a row.

use waybill_testkit::store::{Answer, FakeStore, FakeStoreConfig, NewWebhook, OrderKind, Webhook, WebhookStatus};

use crate::receiver::{Receiver, connected};

/// A store with the one webhook `order.created`, which makes one delivery per order.
async fn one_webhook(receiver: &Receiver) -> FakeStore {
    let webhooks =
        vec![NewWebhook { topic: "order.created".to_owned(), delivery_url: receiver.url.clone(), secret: "s".to_owned() }];
    FakeStore::start(FakeStoreConfig { webhooks, ..FakeStoreConfig::default() }).await.expect("a store")
}

fn webhook(store: &FakeStore) -> Webhook {
    store.webhooks().remove(0)
}

#[tokio::test]
async fn a_new_webhook_pings_unsigned_until_it_is_answered_with_200() {
    let receiver = Receiver::start().await;
    receiver.answer(204);
    let store = one_webhook(&receiver).await;
    store.idle().await;
    let received = receiver.take_all();
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].body, b"webhook_id=1");
    assert_eq!(received[0].header("content-type"), "application/x-www-form-urlencoded");
    assert!(received[0].headers.keys().all(|name| !name.starts_with("x-wc-")));

    // 204 is a success for a delivery, but not for a ping.
    store.place(OrderKind::Plain);
    store.idle().await;
    assert_eq!(receiver.take_all().len(), 2, "the delivery, and the ping again");
    assert_eq!(webhook(&store).failure_count, 0);

    receiver.answer(200);
    store.place(OrderKind::Plain);
    store.idle().await;
    assert_eq!(receiver.take_all().len(), 2);
    store.place(OrderKind::Plain);
    store.idle().await;
    assert_eq!(receiver.take_all().len(), 1, "the ping was answered");
    assert_eq!(store.counts().pings, 3);
}

#[tokio::test]
async fn the_seventh_failure_in_a_row_disables_and_enabling_forgives_nothing() {
    let receiver = Receiver::start().await;
    let store = one_webhook(&receiver).await;
    store.idle().await;
    for status in [500, 401, 404, 303, 503, 400] {
        receiver.answer(status);
        store.place(OrderKind::Plain);
        store.idle().await;
    }
    assert_eq!((webhook(&store).failure_count, webhook(&store).status), (6, WebhookStatus::Active));
    store.place(OrderKind::Plain);
    store.idle().await;
    assert_eq!((webhook(&store).failure_count, webhook(&store).status), (6, WebhookStatus::Disabled));
    assert_eq!(store.counts().failed, 7);
    receiver.take_all();

    // Nothing was repeated, and nothing comes any more.
    receiver.answer(200);
    store.place(OrderKind::Plain);
    store.idle().await;
    assert_eq!(receiver.take_all().len(), 0);

    // One more failure is enough once it is enabled; one success resets the count.
    assert!(store.enable_webhook(1));
    receiver.answer(500);
    store.place(OrderKind::Plain);
    store.idle().await;
    assert_eq!((webhook(&store).status, store.counts().disabled), (WebhookStatus::Disabled, 2));
    assert!(store.enable_webhook(1));
    receiver.answer(302);
    store.place(OrderKind::Plain);
    store.idle().await;
    assert_eq!((webhook(&store).failure_count, webhook(&store).status), (0, WebhookStatus::Active));
}

#[tokio::test]
async fn no_answer_in_time_is_a_failure() {
    let (store, _receiver) =
        connected(FakeStoreConfig { delivery_timeout: std::time::Duration::from_millis(100), ..FakeStoreConfig::default() })
            .await;
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    store.add_webhook(NewWebhook {
        topic: "order.created".to_owned(),
        delivery_url: format!("http://{}/", silent.local_addr().expect("an address")),
        secret: "s".to_owned(),
    });
    store.place(OrderKind::Plain);
    // The ping to the silent receiver has 5 s, so this waits for the delivery alone.
    let failed = loop {
        if let Some(failed) = store.deliveries().into_iter().find(|d| d.webhook_id == 4 && d.topic != "ping") {
            break failed;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    assert!(matches!(failed.answer, Answer::Failed(_)), "{:?}", failed.answer);
    assert_eq!(store.webhooks().pop().expect("the webhook").failure_count, 1);
}
