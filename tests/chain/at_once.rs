//! Much at once: one delivery a hundred times, one delivery id for many orders, and a secret that changes under way.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;
use reqwest::StatusCode;
use waybill_cli::stores::{self, NewSecrets, NewStore};
use waybill_testkit::store::OrderKind;

use crate::faults::{SECRET, Shop};
use crate::system::Connected;

pub async fn a_hundred_identical_deliveries_make_one_document(system: &Connected) {
    let shop = Shop::open(system, "identical").await;
    let id = shop.place();
    let statuses = join_all((0..100).map(|_| shop.deliver(system, id))).await;
    assert_eq!(statuses, vec![Some(StatusCode::OK); 100]);
    shop.arrive(system).await;
}

/// WooCommerce makes the id of the webhook and the second, so orders of one second share it.
pub async fn orders_that_share_a_delivery_id_all_arrive(system: &Connected) {
    let shop = Shop::open(system, "one-second").await;
    let ids: Vec<u64> = (0..20).map(|_| shop.place()).collect();
    let bodies: Vec<Vec<u8>> = ids.iter().map(|id| shop.store.order_json(*id).expect("placed")).collect();
    let deliveries = bodies.iter().map(|body| system.deliver(&shop.name, "order.created", SECRET, "9f3c1d", body));
    assert_eq!(join_all(deliveries).await, vec![Some(StatusCode::OK); 20]);
    shop.taken.lock().expect("nobody panicked").extend(ids);
    shop.arrive(system).await;
}

/// As `docs/CLI.md` says: the new secret beside the old one, then the store's webhooks, then the new one alone. Orders come in all the time.
pub async fn secrets_rotate_without_a_refused_delivery(system: &Connected) {
    let shop = Shop::open(system, "rotating").await;
    let slug = shop.name.parse().expect("a slug");
    // What the store signs with at the moment.
    let signing = std::sync::Mutex::new(SECRET.to_owned());
    let over = std::sync::atomic::AtomicBool::new(false);
    let delivering = async {
        let mut statuses = Vec::new();
        while !over.load(std::sync::atomic::Ordering::Relaxed) {
            let id = shop.store.place(OrderKind::Guest);
            let body = shop.store.order_json(id).expect("placed");
            let secret = signing.lock().expect("nobody panicked").clone();
            let at_once = ["order.created", "order.updated"].map(|topic| system.deliver(&shop.name, topic, &secret, "1", &body));
            statuses.extend(join_all(at_once).await);
            shop.taken.lock().expect("nobody panicked").insert(id);
        }
        statuses
    };
    let rotating = async {
        for round in 1..=2 {
            let webhook = vec![format!("secret-{round}")];
            let both = NewSecrets { webhook: webhook.clone(), keep_webhook: true, ..NewSecrets::default() };
            stores::add(&system.deployment, &slug, &NewStore::default(), &both).await.expect("both are accepted");
            signing.lock().expect("nobody panicked").clone_from(&webhook[0]);
            // Deliveries that were signed before have arrived by then.
            tokio::time::sleep(Duration::from_secs(3)).await;
            let alone = NewSecrets { webhook, ..NewSecrets::default() };
            stores::add(&system.deployment, &slug, &NewStore::default(), &alone).await.expect("the old one is forgotten");
        }
        over.store(true, std::sync::atomic::Ordering::Relaxed);
    };
    let (statuses, ()) = tokio::join!(delivering, rotating);
    let distinct: BTreeSet<_> = statuses.iter().flatten().copied().collect();
    assert_eq!((distinct, statuses.contains(&None)), (BTreeSet::from([StatusCode::OK]), false), "of {}", statuses.len());
    assert!(statuses.len() > 20, "only {} deliveries", statuses.len());
    shop.arrive(system).await;
}
