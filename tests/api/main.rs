//! The API for clients on the deployment in memory: whatever is wrong with a request is said, by its field, and nothing is stored.

mod bus;
mod document;
mod openapi;
mod outages;
mod refused;
mod taken;

use serde_json::{Value, json};
use waybill_testkit::memory::samples::order;
use waybill_testkit::memory::{Manners, World};
use waybill_testkit::warehouse::sign::signature;
use waybill_workflow::ports::Scope;
use waybill_workflow::steps::api::{ApiAnswer, ApiRequest, handle};

const SECRET: &str = "berlin-secret";
const SHIPMENTS: &str = "/v1/shipments/shop";
const RETURNS: &str = "/v1/returns/shop";
const FULFILMENT: &str = "/v1/fulfilments/shop-16";

/// A world in which order 16 (two pieces on line 1, one on line 2) is posted and 17 is received, and `berlin` may do everything for `shop`.
async fn world() -> World {
    let world = World::with_shop();
    world.receive(&world.place(&order(16, &[("SKU-A", 2), ("SKU-B", 1)]))).await;
    world.settle(Manners::default()).await;
    world.receive(&world.place(&order(17, &[("SKU-A", 1)]))).await;
    world.add_client("berlin", SECRET, &[Scope::Shipments, Scope::Returns, Scope::Fulfilments], "shop");
    world
}

/// A request as `berlin` signs it now.
fn signed(world: &World, method: &str, path: &str, body: &[u8]) -> ApiRequest {
    signed_by(world, "berlin", SECRET, 0, (method, path, body))
}

/// A request as this client signs it with this secret, so many seconds from now.
fn signed_by(world: &World, client: &str, secret: &str, seconds: i64, (method, path, body): (&str, &str, &[u8])) -> ApiRequest {
    let timestamp = world.state().now.seconds() + seconds;
    ApiRequest {
        method: method.to_owned(),
        path: path.to_owned(),
        client: Some(client.to_owned()),
        timestamp: Some(timestamp.to_string()),
        signature: Some(signature(secret, timestamp, method, path, body)),
        body: body.to_vec(),
    }
}

/// A report as `berlin` signs it now.
fn post(world: &World, path: &str, body: &Value) -> ApiRequest {
    signed(world, "POST", path, body.to_string().as_bytes())
}

async fn answer(world: &World, request: &ApiRequest) -> (u16, Value) {
    world.enter(None);
    let answer = handle(world, request).await;
    let body = body(&answer);
    document::assert_answer(&request.method, &request.path, answer.status, &body);
    (answer.status, body)
}

fn body(answer: &ApiAnswer) -> Value {
    serde_json::from_str(&answer.body).expect("an answer is JSON")
}

/// Status, code and field of a refusal.
async fn refusal(world: &World, request: &ApiRequest) -> (u16, String, Value) {
    let (status, body) = answer(world, request).await;
    assert!(body["error"]["message"].as_str().is_some_and(|message| !message.is_empty()), "{body}");
    (status, body["error"]["code"].as_str().unwrap_or_default().to_owned(), body["error"]["field"].clone())
}

/// One parcel with one piece of line 1.
fn parcel() -> Value {
    json!({
        "id": "P-1", "order": 16, "carrier": "DHL", "tracking_number": "0034", "shipped_at": "2026-01-01T00:00:00Z",
        "lines": [{"line": 1, "quantity": 1}],
    })
}

/// One piece of line 1 comes back.
fn back() -> Value {
    json!({"id": "R-1", "order": "shop/16", "state": "inspected",
        "lines": [{"line": 1, "quantity": 1, "accepted": 1, "restock": 1}], "amount": "11.90", "currency": "EUR"})
}

/// The value with this field.
fn with(mut value: Value, pointer: &str, new: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    value.pointer_mut(parent).expect("its parent")[name] = new;
    value
}
