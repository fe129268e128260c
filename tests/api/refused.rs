//! Everything that is wrong with a request.

use serde_json::{Value, json};
use waybill_testkit::memory::World;
use waybill_workflow::ports::Scope;
use waybill_workflow::steps::api::{ApiRequest, MAX_BODY};

use crate::{FULFILMENT, RETURNS, SECRET, SHIPMENTS, answer, back, parcel, post, refusal, signed, signed_by, with, world};

/// The answer, and that no order changed and no snapshot was written.
async fn refused(world: &World, request: &ApiRequest) -> (u16, String, Value) {
    let stored = || {
        let state = world.state();
        (state.orders.clone(), state.snapshots.clone(), state.stream.len())
    };
    let (before, calls) = (stored(), world.calls().len());
    let refusal = refusal(world, request).await;
    assert_eq!(stored(), before, "{refusal:?}");
    let writes = ["orders.commit", "snapshots.put"];
    let written: Vec<&str> = world.calls()[calls..].iter().map(|call| call.op).filter(|op| writes.contains(op)).collect();
    assert_eq!(written, Vec::<&str>::new(), "{refusal:?}");
    refusal
}

#[tokio::test]
async fn content_by_its_field() {
    let world = world().await;
    let lines = |lines: Value| with(parcel(), "/lines", lines);
    let money = |amount: Value, currency: Value| with(with(back(), "/amount", amount), "/currency", currency);
    let other = |body: Value| with(body, "/order", json!("other/16"));
    let cases = [
        (SHIPMENTS, lines(json!([{"line": 9, "quantity": 1}])), 422, "line_unknown", json!("lines[0].line")),
        (
            SHIPMENTS,
            lines(json!([{"line": 9, "quantity": 1}, {"line": 2, "quantity": 1}, {"line": 1, "quantity": 1}])),
            422,
            "line_unknown",
            json!("lines[0].line"),
        ),
        (SHIPMENTS, lines(json!([{"line": 1, "quantity": -1}])), 422, "field_invalid", json!("lines[0].quantity")),
        (SHIPMENTS, lines(json!([{"line": 1, "quantity": 0.5}])), 422, "field_invalid", json!("lines[0].quantity")),
        (
            SHIPMENTS,
            lines(json!([{"line": 1, "quantity": 1}, {"line": 1, "quantity": 1}])),
            422,
            "field_invalid",
            json!("lines[1].line"),
        ),
        (SHIPMENTS, with(parcel(), "/shipped_at", Value::Null), 422, "field_missing", json!("shipped_at")),
        (SHIPMENTS, with(parcel(), "/colour", json!("red")), 422, "field_unknown", json!("colour")),
        (SHIPMENTS, other(parcel()), 422, "field_invalid", json!("order")),
        (SHIPMENTS, with(parcel(), "/order", json!(999)), 404, "order_unknown", json!("order")),
        (SHIPMENTS, with(parcel(), "/order", json!(17)), 409, "order_not_posted", json!("order")),
        (SHIPMENTS, json!([]), 400, "body_unreadable", Value::Null),
        (RETURNS, with(back(), "/lines/0/line", json!(9)), 422, "line_unknown", json!("lines[0].line")),
        (RETURNS, with(back(), "/lines/0/quantity", json!(-1)), 422, "field_invalid", json!("lines[0].quantity")),
        (RETURNS, with(back(), "/lines/0/accepted", json!(2)), 422, "field_invalid", json!("lines[0].accepted")),
        (RETURNS, money(json!("11.90"), json!("USD")), 422, "currency_differs", json!("currency")),
        (RETURNS, money(json!(11.9), json!("EUR")), 422, "field_invalid", json!("amount")),
        (RETURNS, money(json!("11.905"), json!("EUR")), 422, "field_invalid", json!("amount")),
        (RETURNS, other(back()), 422, "field_invalid", json!("order")),
        (FULFILMENT, json!({"at": "2026-01-01T00:00:00Z"}), 422, "field_missing", json!("blocked")),
        (FULFILMENT, json!({"blocked": "damaged"}), 422, "field_missing", json!("at")),
    ];
    for (path, body, status, code, field) in cases {
        assert_eq!(refused(&world, &post(&world, path, &body)).await, (status, code.to_owned(), field), "{path} {body}");
    }
    let cut = signed(&world, "POST", SHIPMENTS, br#"{"id":"P-1""#);
    assert_eq!(refused(&world, &cut).await, (400, "body_unreadable".to_owned(), Value::Null));
}

#[tokio::test]
async fn what_is_too_large() {
    let world = world().await;
    for length in [MAX_BODY + 1, 2 << 20] {
        let large = signed(&world, "POST", SHIPMENTS, &vec![b' '; length]);
        let calls = world.calls().len();
        assert_eq!(refused(&world, &large).await, (413, "body_too_large".to_owned(), Value::Null));
        assert_eq!(world.calls().len(), calls, "nobody is asked about it");
    }
    let full = [parcel().to_string().into_bytes(), vec![b' '; MAX_BODY - parcel().to_string().len()]].concat();
    assert_eq!(answer(&world, &signed(&world, "POST", SHIPMENTS, &full)).await.0, 200);
}

#[tokio::test]
async fn a_stranger_learns_nothing() {
    let world = world().await;
    let body = parcel().to_string();
    let asks = |client: &str, secret: &str| signed_by(&world, client, secret, 0, ("POST", SHIPMENTS, body.as_bytes()));
    let wrong = answer(&world, &asks("berlin", "wrong")).await;
    assert_eq!((wrong.0, &wrong.1["error"]["code"]), (401, &json!("signature_invalid")));
    for stranger in [asks("nobody", SECRET), asks("Not A Slug", SECRET), asks("../berlin", SECRET), asks("berlin", "")] {
        assert_eq!(answer(&world, &stranger).await, wrong, "{:?}", stranger.client);
    }
    // Every part is signed.
    let good = asks("berlin", SECRET);
    for changed in [
        ApiRequest { path: "/v1/returns/shop".to_owned(), ..good.clone() },
        ApiRequest { path: "/v1/shipments/other".to_owned(), ..good.clone() },
        ApiRequest { body: [body.as_bytes(), b" "].concat(), ..good.clone() },
        ApiRequest { timestamp: good.timestamp.as_ref().map(|text| format!("0{text}")), ..good.clone() },
        ApiRequest { signature: good.signature.as_ref().map(|text| text.to_uppercase()), ..good.clone() },
    ] {
        assert_eq!(refused(&world, &changed).await.0, 401, "{changed:?}");
    }
    for (missing, header) in [
        (ApiRequest { client: None, ..good.clone() }, "X-Waybill-Client"),
        (ApiRequest { timestamp: None, ..good.clone() }, "X-Waybill-Timestamp"),
        (ApiRequest { signature: Some(String::new()), ..good.clone() }, "X-Waybill-Signature"),
    ] {
        assert_eq!(refused(&world, &missing).await, (401, "signature_missing".to_owned(), json!(header)));
    }
    assert_eq!(answer(&world, &good).await.0, 200, "and untouched it is taken");
}

#[tokio::test]
async fn an_old_request_and_one_from_the_future() {
    let world = world().await;
    let body = parcel().to_string();
    let dated = |seconds: i64| signed_by(&world, "berlin", SECRET, seconds, ("POST", SHIPMENTS, body.as_bytes()));
    let outside = (401, "timestamp_outside_window".to_owned(), json!("X-Waybill-Timestamp"));
    for seconds in [-301, 301, -86_400, -4_000_000_000] {
        assert_eq!(refused(&world, &dated(seconds)).await, outside, "{seconds}");
    }
    for text in ["", "now", "1e9", "+1767225600", "9999999999999", "99999999999999999999"] {
        let request = ApiRequest { timestamp: Some(text.to_owned()), ..dated(0) };
        assert_eq!(refused(&world, &request).await.0, 401, "{text}");
    }
    for seconds in [-300, 300] {
        assert_eq!(answer(&world, &dated(seconds)).await.0, 200, "{seconds}");
    }
}

#[tokio::test]
async fn a_signature_is_accepted_once() {
    let world = world().await;
    let replayed = (409, "signature_replayed".to_owned(), json!("X-Waybill-Signature"));
    for seconds in [-290, 0, 290] {
        let body = with(parcel(), "/id", json!(format!("P{seconds}"))).to_string();
        let request = signed_by(&world, "berlin", SECRET, seconds, ("POST", SHIPMENTS, body.as_bytes()));
        assert_eq!(answer(&world, &request).await.0, 200, "{seconds}");
        for _ in 0..3 {
            assert_eq!(refused(&world, &request).await, replayed, "{seconds}");
        }
        let (_, said) = answer(&world, &request).await;
        assert!(said["error"]["message"].as_str().is_some_and(|said| said.contains("answered with \"new\"")), "{said}");
        // To the last second of its window it is remembered, and then it is too old.
        world.pass_seconds(u32::try_from(300 + seconds).expect("in the window"));
        assert_eq!(refused(&world, &request).await, replayed, "{seconds}");
        world.pass_seconds(1);
        assert_eq!(refused(&world, &request).await.1, "timestamp_outside_window", "{seconds}");
    }
    let read = signed(&world, "GET", FULFILMENT, b"");
    answer(&world, &read).await;
    assert_eq!(refused(&world, &read).await, replayed, "an address is not read by who has seen a request");
}

#[tokio::test]
async fn what_a_client_is_not_there_for() {
    let world = world().await;
    let forbidden = |code: &str| (403, code.to_owned(), Value::Null);
    for store in ["other", "no-such-store", "SHOP", "", "shop/16"] {
        let path = format!("/v1/shipments/{store}");
        assert_eq!(refused(&world, &post(&world, &path, &parcel())).await, forbidden("store_not_allowed"), "{path}");
    }
    for id in ["other-16", "other-999", "no-such-store-1"] {
        let path = format!("/v1/fulfilments/{id}");
        assert_eq!(refused(&world, &signed(&world, "GET", &path, b"")).await, forbidden("store_not_allowed"), "{path}");
        let blocked = json!({"blocked": "x", "at": "2026-01-01T00:00:00Z"});
        assert_eq!(refused(&world, &post(&world, &path, &blocked)).await, forbidden("store_not_allowed"), "{path}");
    }
    for id in ["shop-999", "shop", "shop-", "shop-x", "16", ""] {
        let path = format!("/v1/fulfilments/{id}");
        let unknown = (404, "fulfilment_unknown".to_owned(), Value::Null);
        assert_eq!(refused(&world, &signed(&world, "GET", &path, b"")).await, unknown, "{path}");
    }
    for (scope, method, path, body) in [
        (Scope::Returns, "POST", SHIPMENTS, parcel()),
        (Scope::Shipments, "POST", RETURNS, back()),
        (Scope::Shipments, "GET", FULFILMENT, json!(null)),
        (Scope::Returns, "POST", FULFILMENT, json!({"blocked": null, "at": "2026-01-01T00:00:00Z"})),
    ] {
        let all = [Scope::Shipments, Scope::Returns, Scope::Fulfilments];
        let others: Vec<Scope> = if path == SHIPMENTS { all[1..].to_vec() } else { vec![scope] };
        world.add_client("paris", "paris-secret", &others, "shop");
        let body = if method == "GET" { Vec::new() } else { body.to_string().into_bytes() };
        let request = signed_by(&world, "paris", "paris-secret", 0, (method, path, &body));
        world.state().clients_cached.clear();
        assert_eq!(refused(&world, &request).await, forbidden("scope_missing"), "{method} {path}");
    }
    for (method, path) in [("GET", SHIPMENTS), ("PUT", FULFILMENT), ("POST", "/v1/refunds/shop"), ("POST", "/"), ("", "")] {
        assert_eq!(refused(&world, &signed(&world, method, path, b"{}")).await.1, "route_unknown", "{method} {path}");
    }
}
