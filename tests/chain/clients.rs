//! What warehouses and ERPs send, to the real function: over HTTP, and by the bus.

use serde_json::{Value, json};
use waybill_domain::Stage;
use waybill_testkit::store::OrderKind;
use waybill_testkit::warehouse::WarehouseClient;
use waybill_workflow::ports::{Client, Scope};

use crate::outages::shop;
use crate::system::Connected;

const SECRET: &str = "berlin-secret";
const SHIPMENTS: &str = "/v1/shipments/counter";

pub async fn warehouses_report_and_nothing_wrong_is_stored(system: &Connected) {
    let (store, _erp) = shop(system, "counter").await;
    let client = Client {
        secrets: vec![SECRET.to_owned()],
        scopes: vec![Scope::Shipments, Scope::Returns, Scope::Fulfilments],
        stores: vec!["counter".parse().expect("a slug")],
    };
    system.deployment.secrets.put_client(&"berlin".parse().expect("a slug"), &client).await.expect("the client is added");
    let berlin = WarehouseClient::new(&system.endpoints.api_url, "berlin", SECRET);
    let id = store.place(OrderKind::Plain);
    let key = format!("counter/{id}");
    system.until(&key, "posted", |order| order.stage == Stage::Posted && order.fulfilment.revision > 0).await;

    let read = berlin.fulfilment(&format!("counter-{id}")).await.expect("an answer");
    assert_eq!((read.status, &read.body["order"]), (200, &json!(key)), "{}", read.body);
    assert!(read.body["address"]["postcode"].as_str().is_some_and(|postcode| !postcode.is_empty()), "the address");
    let line = read.body["lines"][0]["line"].clone();
    let parcel = |number: &str| {
        json!({"id": number, "order": id, "carrier": "DHL", "shipped_at": "2026-11-23T09:00:00Z",
            "lines": [{"line": line, "quantity": 1}]})
    };

    let before = system.at_rest(&key).await;
    refuse_what_is_wrong(&berlin, &parcel("P-0")).await;
    assert_eq!(system.until(&key, "be there", |_| true).await, before, "nothing of it is stored");

    let body = parcel("P-1").to_string();
    let (timestamp, signature) = berlin.sign("POST", SHIPMENTS, body.as_bytes());
    let send = async || {
        let answer = berlin.send_signed("POST", SHIPMENTS, body.as_bytes(), timestamp, &signature).await.expect("an answer");
        (answer.status, answer.body["outcome"].clone(), answer.body["error"]["code"].clone())
    };
    assert_eq!(send().await, (200, json!("new"), Value::Null));
    assert_eq!(send().await, (409, Value::Null, json!("signature_replayed")));
    let again = berlin.report_shipment("counter", &parcel("P-1")).await.expect("an answer");
    assert_eq!((again.status, &again.body["outcome"]), (200, &json!("known")), "signed anew, it is known");

    let mut by_bus = parcel("P-2");
    by_bus["store"] = json!("counter");
    // Our own facts are no reports, whatever they are called.
    let mut pretended = parcel("P-3");
    pretended["store"] = json!("counter");
    system.put_events(&[("waybill", "shipment.report", &pretended), ("wms", "shipment.report", &by_bus)]).await;
    let order = system.until(&key, "two parcels", |order| order.fulfilment.shipments.len() > 1).await;
    let ids: Vec<&str> = order.fulfilment.shipments.iter().map(|shipment| shipment.id.as_str()).collect();
    assert_eq!(ids, ["P-1", "P-2"]);
}

async fn refuse_what_is_wrong(berlin: &WarehouseClient, parcel: &Value) {
    let with = |field: &str, value: Value| {
        let mut changed = parcel.clone();
        changed[field] = value;
        changed
    };
    let returned = |field: &str, value: Value| {
        let mut body = json!({"id": "R-1", "order": parcel["order"], "state": "inspected", "amount": "1.00", "currency": "EUR"});
        body[field] = value;
        body
    };
    let announced = |lines: &Value| json!({"id": "R-1", "order": parcel["order"], "state": "announced", "lines": lines});
    let unknown = json!([{"line": 999_999, "quantity": 1}]);
    let negative = json!([{"line": 1, "quantity": -1}]);
    let (ours, fulfilment) = ("/v1/returns/counter", format!("/v1/fulfilments/counter-{}", parcel["order"]));
    let cases: [(&str, Value, u16, &str, Value); 15] = [
        (SHIPMENTS, with("lines", unknown.clone()), 422, "line_unknown", json!("lines[0].line")),
        (SHIPMENTS, with("lines", negative.clone()), 422, "field_invalid", json!("lines[0].quantity")),
        (SHIPMENTS, with("order", json!("door/1")), 422, "field_invalid", json!("order")),
        (SHIPMENTS, with("order", json!(999_999)), 404, "order_unknown", json!("order")),
        (SHIPMENTS, with("weight", json!(1)), 422, "field_unknown", json!("weight")),
        ("/v1/shipments/door", parcel.clone(), 403, "store_not_allowed", Value::Null),
        (ours, announced(&unknown), 422, "line_unknown", json!("lines[0].line")),
        (ours, announced(&negative), 422, "field_invalid", json!("lines[0].quantity")),
        (ours, returned("currency", json!("USD")), 422, "currency_differs", json!("currency")),
        (ours, returned("amount", json!("-1.00")), 422, "field_invalid", json!("amount")),
        (ours, returned("order", json!("door/1")), 422, "field_invalid", json!("order")),
        ("/v1/returns/door", returned("reason", json!("")), 403, "store_not_allowed", Value::Null),
        (&fulfilment, json!({"blocked": 1, "at": "2026-11-23T09:00:00Z"}), 422, "field_invalid", json!("blocked")),
        (&fulfilment, json!({"blocked": "no box", "at": "yesterday"}), 422, "field_invalid", json!("at")),
        ("/v1/fulfilments/door-1", json!({"blocked": null, "at": "2026-11-23T09:00:00Z"}), 403, "store_not_allowed", Value::Null),
    ];
    let cases = cases.map(|(path, body, status, code, field)| (path, body.to_string().into_bytes(), status, code, field));
    let anything = [SHIPMENTS, ours, &fulfilment].into_iter().flat_map(|path| {
        let unreadable = (path, b"{".to_vec(), 400, "body_unreadable", Value::Null);
        [unreadable, (path, vec![b' '; 2 << 20], 413, "body_too_large", Value::Null)]
    });
    let cases = cases.into_iter().chain(anything);
    for (path, body, status, code, field) in cases {
        let answer = berlin.send("POST", path, &body).await.expect("an answer");
        let error = &answer.body["error"];
        assert_eq!((answer.status, &error["code"], &error["field"]), (status, &json!(code), &field), "{path} {}", answer.body);
    }
    let body = parcel.to_string();
    let (timestamp, _) = berlin.sign("POST", SHIPMENTS, body.as_bytes());
    let forged = berlin.send_signed("POST", SHIPMENTS, body.as_bytes(), timestamp, &"0".repeat(64)).await.expect("an answer");
    assert_eq!((forged.status, &forged.body["error"]["code"]), (401, &json!("signature_invalid")));
    let old = berlin.send_signed("POST", SHIPMENTS, body.as_bytes(), timestamp - 3600, &"0".repeat(64)).await.expect("an answer");
    assert_eq!((old.status, &old.body["error"]["code"]), (401, &json!("timestamp_outside_window")));
}
