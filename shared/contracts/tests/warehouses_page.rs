//! The examples of docs/warehouses.md are read as the reports they are meant to be.

use serde_json::{Value, json};
use waybill_contracts::report::{Body, BusEvent, fulfilment, returned, shipment};
use waybill_domain::{ReturnState, StoreSlug};

const PAGE: &str = include_str!("../../../docs/warehouses.md");

fn shop() -> StoreSlug {
    "shop".parse().unwrap()
}

/// The bodies of the calls of the shell to this path.
fn bodies(path: &str) -> Vec<Body> {
    let begin = format!("waybill_api POST {path} '");
    let calls = PAGE.split(&begin).skip(1);
    calls.map(|call| Body::read(call.split('\'').next().unwrap().as_bytes()).unwrap()).collect()
}

#[test]
fn what_is_called_over_http() {
    let shipments: Vec<_> = bodies("/v1/shipments/shop").into_iter().map(|body| shipment(body, &shop()).unwrap()).collect();
    assert_eq!(shipments.len(), 1);
    assert_eq!((shipments[0].0.to_string().as_str(), shipments[0].1.lines[&11]), ("shop/1042", 2));

    let returns: Vec<_> = bodies("/v1/returns/shop").into_iter().map(|body| returned(body, &shop()).unwrap().1).collect();
    let states: Vec<ReturnState> = returns.iter().map(|returned| returned.state).collect();
    assert_eq!(states, [ReturnState::Announced, ReturnState::Received, ReturnState::Inspected]);
    assert_eq!((returns[2].lines[&11].accepted, returns[2].lines[&11].restock), (1, 1));

    let blocked: Vec<_> = bodies("/v1/fulfilments/shop-1042").into_iter().map(|body| fulfilment(body).unwrap()).collect();
    assert_eq!(blocked.iter().map(|status| status.blocked.is_some()).collect::<Vec<_>>(), [true, false]);
    assert!(blocked[0].at < blocked[1].at);
}

#[test]
fn what_is_put_on_the_bus() {
    let entries = PAGE.split("put-events --entries '").nth(1).unwrap().split('\'').next().unwrap();
    let entry: Value = serde_json::from_str::<Value>(entries).unwrap()[0].clone();
    let detail: Value = serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap();
    let event = json!({ "source": entry["Source"], "detail-type": entry["DetailType"], "detail": detail });
    let mut event = BusEvent::read(&event.to_string()).unwrap();
    assert_eq!(event.take_store(), Ok(shop()));
    assert_eq!(shipment(event.body, &shop()).unwrap().1.id, "P-7001");
}
