//! An ERP that tells nothing by itself: what its people do reaches the store and the ledger by the poll, the bus and the API's queue.

use std::time::{Duration, Instant};

use waybill_cli::erps::{self, NewErp};
use waybill_domain::{ErpSlug, Feed, Order, Stage};
use waybill_workflow::ports::StockLedger;

use crate::outages::shop;
use crate::system::Connected;
use crate::way_back::{is_credited, posted};

/// Longer than a function knows an old configuration.
const PATIENCE: Duration = Duration::from_secs(120);

pub async fn an_erp_that_tells_nothing_by_itself_is_polled(system: &Connected) {
    let (store, erp) = shop(system, "asked").await;
    let slug: ErpSlug = "asked".parse().expect("a slug");
    let new = NewErp { polls: Some(Feed::ALL.into()), poll_seconds: Some(1), ..NewErp::default() };
    erps::add(&system.deployment, &slug, &new, None).await.expect("the ERP is to be polled");
    let (id, key, line) = posted(system, &store, "asked").await;
    let reference = format!("asked-{id}");

    erp.ship(&reference, None, Some("00340434161094000002")).expect("it is posted");
    let order = polled_until(system, &key, "completed", |order| order.stage == Stage::Completed).await;
    let shipments: Vec<_> = order.fulfilment.shipments.iter().map(|one| (one.id.as_str(), one.revision)).collect();
    assert_eq!(shipments, [("asked-sh-1", 1)]);
    assert_eq!(store.order(id).expect("placed").status, "completed");

    let free = erp.free("MUG-BLUE").expect("it is sold");
    erp.take_back(&reference, [(line.to_string(), 1)].into(), None).expect("it was shipped");
    polled_until(system, &key, "a credit note", is_credited).await;
    assert_eq!(erp.free("MUG-BLUE"), Some(free + 1), "people put it on the shelf, and the credit note did not do it again");
    assert_eq!(store.order(id).expect("placed").refunds.len(), 1);

    let sku = "MUG-BLUE".parse().expect("a SKU");
    let begun = Instant::now();
    loop {
        let row = system.deployment.dynamo.stock(&slug, &sku).await.expect("the ledger answers").expect("it was pulled");
        if row.free == free + 1 {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "the ledger has {} free, not {}", row.free, free + 1);
        system.invoke("erp-poll").await;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

async fn polled_until(system: &Connected, key: &str, what: &str, ready: impl Fn(&Order) -> bool) -> Order {
    let begun = Instant::now();
    loop {
        if let Some(order) = system.order(key).await.filter(&ready) {
            return order;
        }
        assert!(begun.elapsed() < PATIENCE, "{key} did not come to {what}");
        system.invoke("erp-poll").await;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
