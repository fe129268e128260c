//! What warehouses and ERPs send: over HTTP, signed, and as events of the bus. What is wrong is refused in words, and stored nowhere.

use proptest::prelude::*;
use serde_json::{Value, json};
use waybill_testkit::memory::samples::order;
use waybill_testkit::memory::{Manners, World};
use waybill_testkit::warehouse::sign::signature;
use waybill_workflow::dispose::Disposition;
use waybill_workflow::ports::Scope;
use waybill_workflow::steps::api::{ApiRequest, from_bus, handle};

use crate::budget::{assert_says_nothing, fuzz, runtime};
use crate::mutate::mutation;

const SECRET: &str = "berlin-secret";

/// A world in which order 16 is posted.
async fn world() -> World {
    let world = World::with_shop();
    world.receive(&world.place(&order(16, &[("SKU-A", 2), ("SKU-B", 1)]))).await;
    world.settle(Manners::default()).await;
    world.add_client("berlin", SECRET, &[Scope::Shipments, Scope::Returns, Scope::Fulfilments], "shop");
    world
}

/// Paths, the kinds of their events, and good bodies.
fn good() -> Vec<(&'static str, &'static str, Value)> {
    let at = "2026-01-01T00:00:00Z";
    let parcel = json!({
        "id": "P-1", "order": 16, "revision": 2, "carrier": "DHL", "tracking_number": "0034", "tracking_url": "https://t.example/?n=1",
        "shipped_at": at, "lines": [{"line": 1, "quantity": 1}, {"line": 2, "quantity": 1}],
    });
    let back = json!({
        "id": "R-1", "order": "shop/16", "state": "inspected", "lines": [{"line": 1, "quantity": 1, "accepted": 1, "restock": 1}],
        "amount": "11.90", "currency": "EUR", "credit_note": "GS-1",
    });
    let blocked = json!({"blocked": "damaged", "at": at});
    vec![
        ("/v1/shipments/shop", "shipment.report", parcel),
        ("/v1/returns/shop", "return.report", back),
        ("/v1/fulfilments/shop-16", "fulfilment.report", blocked),
    ]
}

#[test]
fn a_signed_request() {
    fuzz(&(prop::sample::select(good()), mutation()), |((path, _, body), mutation)| {
        runtime().block_on(async {
            let world = world().await;
            let body = mutation.apply(body.to_string().as_bytes());
            let timestamp = world.state().now.seconds();
            let request = ApiRequest {
                method: "POST".to_owned(),
                path: path.to_owned(),
                client: Some("berlin".to_owned()),
                timestamp: Some(timestamp.to_string()),
                signature: Some(signature(SECRET, timestamp, "POST", path, &body)),
                body,
            };
            let before = world.state().orders.clone();
            world.enter(None);
            let answer = handle(&world, &request).await;
            assert!(answer.status == 200 || (400..500).contains(&answer.status), "{answer:?}: {}", answer.body);
            let said: Value = serde_json::from_str(&answer.body).expect("an answer is JSON");
            if answer.status != 200 {
                assert!(said["error"]["code"].is_string() && said["error"]["message"].is_string(), "{said}");
                assert_eq!(world.state().orders, before, "{said}");
            }
        });
    });
}

#[test]
fn any_request() {
    let text = || prop::option::of(any::<String>());
    let strategy = (any::<String>(), any::<String>(), text(), text(), text(), any::<Vec<u8>>());
    fuzz(&strategy, |(method, path, client, timestamp, signature, body)| {
        runtime().block_on(async {
            let world = World::with_shop();
            let answer = handle(&world, &ApiRequest { method, path, client, timestamp, signature, body }).await;
            assert!((400..500).contains(&answer.status), "{answer:?}");
            assert!(world.state().orders.is_empty());
        });
    });
}

#[test]
fn an_event_of_the_bus() {
    let stock = ("", "stock.report", json!({"erp": "acme", "sku": "SKU-A", "free": 3, "at": "2026-01-01T00:10:00Z"}));
    let all: Vec<_> = good().into_iter().chain([stock]).collect();
    fuzz(&(prop::sample::select(all), mutation(), 1_u32..20), |((_, kind, mut body), mutation, receives)| {
        runtime().block_on(async {
            let world = world().await;
            if kind != "stock.report" {
                body["store"] = json!("shop");
            }
            if kind == "fulfilment.report" {
                body["id"] = json!("shop-16");
            }
            let event = json!({"version": "0", "source": "warehouse.berlin", "detail-type": kind, "detail": body}).to_string();
            world.enter(None);
            match from_bus(&world, &mutation.text(&event), receives).await {
                Disposition::Ack(_) => {}
                Disposition::Retry { reason, .. } | Disposition::Fail { reason } => assert_says_nothing(&reason),
            }
        });
    });
}
