//! What an ERP does to a store's orders when it misbehaves, on the real queues and functions.

use waybill_domain::facets::WaitOn;
use waybill_domain::{ErpState, Stage};
use waybill_testkit::erp::{FakeErp, FakeErpConfig, Fault, Op};
use waybill_testkit::store::{FakeStore, FakeStoreConfig, NewWebhook, OrderKind};

use crate::system::{Connected, KEYS};

const SECRET: &str = "outage-secret";

/// A store that delivers to the system, and the ERP behind it.
pub async fn shop(system: &Connected, name: &str) -> (FakeStore, FakeErp) {
    let webhooks = NewWebhook::for_orders(&system.endpoints.webhook_url(name), SECRET);
    let (consumer_key, consumer_secret) = KEYS;
    let config = FakeStoreConfig {
        webhooks,
        consumer_key: consumer_key.to_owned(),
        consumer_secret: consumer_secret.to_owned(),
        ..FakeStoreConfig::default()
    };
    let stock = config.products.iter().filter(|product| !product.sku.is_empty()).map(|product| (product.sku.clone(), 1000));
    let erp = FakeErp::start(FakeErpConfig { stock: stock.collect(), ..FakeErpConfig::default() }).await.expect("an ERP");
    let store = FakeStore::start(config).await.expect("a store");
    system.add(name, store.url(), &erp, &[SECRET]).await;
    (store, erp)
}

pub async fn an_order_whose_posting_got_no_answer_is_posted_once(system: &Connected) {
    let (store, erp) = shop(system, "silent").await;
    // Its reference is not unique, as in some real ERPs: whoever posts twice has two orders.
    erp.knobs(|knobs| knobs.unique_references = false);
    erp.next(Op::CreateOrder, 1, Fault::timeout_after_commit());
    let id = store.place(OrderKind::Plain);
    let order = system.until(&format!("silent/{id}"), "posted", |order| order.stage == Stage::Posted).await;
    assert_eq!(erp.orders_with(&format!("silent-{id}")).len(), 1, "looked up, not posted again");
    let told: Vec<&str> = order.events.iter().map(|event| event.kind.name()).collect();
    assert!(told.contains(&"order.posting-unknown"), "{told:?}");
    assert_eq!(order.erp.attempt, 1);
}

pub async fn orders_wait_out_an_erp_that_is_down(system: &Connected) {
    let (store, erp) = shop(system, "down").await;
    erp.knobs(|knobs| {
        knobs.fault = Some(Fault::no_database());
        knobs.fault_ops = vec![Op::CreateOrder, Op::FindOrders];
    });
    let mut keys = Vec::new();
    for _ in 0..3 {
        keys.push(format!("down/{}", store.place(OrderKind::Guest)));
    }
    for key in &keys {
        system
            .until(key, "wait for the ERP", |order| {
                order.waiting.as_ref().is_some_and(|waiting| matches!(waiting.on, WaitOn::Endpoint(_)))
            })
            .await;
    }
    assert!(erp.orders().is_empty());
    // It comes back. The sweep lets one order through, and when that worked, the line.
    erp.behave();
    let begun = std::time::Instant::now();
    loop {
        system.invoke("sweep").await;
        let mut posted = 0;
        for key in &keys {
            let order = system.until(key, "be there", |_| true).await;
            posted += usize::from(order.erp.state == ErpState::Posted);
        }
        if posted == keys.len() {
            break;
        }
        assert!(begun.elapsed().as_secs() < 120, "{posted} of {} orders were posted after the outage", keys.len());
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
    assert_eq!(erp.orders().len(), keys.len(), "each once");
}
