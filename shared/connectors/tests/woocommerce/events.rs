//! `events/intake/`: what API Gateway hands to intake, one file per kind of delivery, each usable with `sam local invoke`. The files are
//! generated from the fixtures and signed with the secret that `events/intake/README.md` names.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use waybill_domain::Reading;
use waybill_testkit::store::sign;
use waybill_workflow::ports::{Delivery, Storefront as _};

use crate::support::{fixture, matches, woocommerce, workspace};

/// The documented secret of the test store. It opens nothing.
const SECRET: &str = "test-secret-of-shop";

struct Case {
    file: &'static str,
    topic: Option<&'static str>,
    fixture: &'static str,
    secret: &'static str,
    base64: bool,
}

const fn case(file: &'static str, topic: &'static str, fixture: &'static str) -> Case {
    Case { file, topic: Some(topic), fixture, secret: SECRET, base64: false }
}

const CASES: [Case; 13] = [
    case("order-created", "order.created", "order-plain.json"),
    case("order-updated", "order.updated", "order-plain.json"),
    case("order-unpaid", "order.created", "order-unpaid.json"),
    case("order-paid", "order.updated", "order-paid.json"),
    case("order-refunded", "order.updated", "order-refunded.json"),
    Case { base64: true, ..case("order-base64", "order.created", "order-variation.json") },
    case("order-draft", "order.updated", "order-draft.json"),
    case("order-deleted", "order.deleted", "order-deleted.json"),
    case("error-object", "order.created", "error-object.json"),
    case("product-updated", "product.updated", "product-updated.json"),
    case("action-refunded", "action.woocommerce_order_refunded", "action-refunded.json"),
    Case { secret: "somebody else's secret", ..case("bad-signature", "order.created", "order-plain.json") },
    // API Gateway passes JSON as text and encodes a form.
    Case { topic: None, base64: true, ..case("ping", "", "ping.txt") },
];

fn event(case: &Case) -> Value {
    let body = fixture(case.fixture);
    let route = "POST /v1/webhooks/woocommerce/{store}";
    let path = "/v1/webhooks/woocommerce/shop";
    let agent = "WooCommerce/10.5.2 Hookshot (WordPress/6.9.1)";
    let mut headers = json!({
        "accept": "*/*",
        "accept-encoding": "deflate, gzip, br, zstd",
        "content-length": body.len().to_string(),
        "host": "0000000000.execute-api.eu-central-1.amazonaws.com",
        "user-agent": agent,
        "x-forwarded-for": "192.0.2.1",
        "x-forwarded-port": "443",
        "x-forwarded-proto": "https",
    });
    match case.topic {
        Some(topic) => {
            let (resource, event) = topic.split_once('.').expect("a topic");
            headers["content-type"] = "application/json".into();
            headers["x-wc-webhook-source"] = "https://shop.example.test/".into();
            headers["x-wc-webhook-topic"] = topic.into();
            headers["x-wc-webhook-resource"] = resource.into();
            headers["x-wc-webhook-event"] = event.into();
            headers["x-wc-webhook-signature"] = sign::signature(case.secret, &body).into();
            headers["x-wc-webhook-id"] = "1".into();
            headers["x-wc-webhook-delivery-id"] = sign::delivery_id(1, 1_795_424_400).into();
        }
        None => headers["content-type"] = "application/x-www-form-urlencoded".into(),
    }
    let text = if case.base64 { STANDARD.encode(&body) } else { String::from_utf8(body).expect("text") };
    json!({
        "version": "2.0",
        "routeKey": route,
        "rawPath": path,
        "rawQueryString": "",
        "headers": headers,
        "pathParameters": {"store": "shop"},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "0000000000",
            "domainName": "0000000000.execute-api.eu-central-1.amazonaws.com",
            "domainPrefix": "0000000000",
            "http": {"method": "POST", "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": agent},
            "requestId": "AAAAAAAAAAAAAAA=",
            "routeKey": route,
            "stage": "$default",
            "time": "23/Nov/2026:09:00:00 +0000",
            "timeEpoch": 1_795_424_400_000_i64,
        },
        "body": text,
        "isBase64Encoded": case.base64,
    })
}

#[test]
fn event_files_are_what_the_generator_makes() {
    let folder = workspace().join("events/intake");
    for case in &CASES {
        let mut text = serde_json::to_vec_pretty(&event(case)).expect("JSON");
        text.push(b'\n');
        matches(&folder.join(format!("{}.json", case.file)), &text);
    }
    let names = std::fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("an entry").file_name());
    // What intake's own queue hands it is made with the other queues' events, in tests/events.
    let files = names.filter(|name| !name.to_string_lossy().starts_with("spooled")).count();
    assert_eq!(files, CASES.len() + 1, "every file but the README is generated");
}

/// The delivery in an event file, taken apart as a function would.
fn delivery(file: &str) -> Delivery {
    let text = std::fs::read(workspace().join(format!("events/intake/{file}.json"))).expect("the file");
    let event: Value = serde_json::from_slice(&text).expect("JSON");
    let header = |name: &str| event["headers"][name].as_str().map(str::to_owned);
    let body = event["body"].as_str().expect("a body");
    let body = if event["isBase64Encoded"] == true { STANDARD.decode(body).expect("base64") } else { body.into() };
    Delivery {
        store: event["pathParameters"]["store"].as_str().expect("a store").to_owned(),
        topic: header("x-wc-webhook-topic"),
        signature: header("x-wc-webhook-signature"),
        delivery_id: header("x-wc-webhook-delivery-id"),
        content_type: header("content-type"),
        body,
    }
}

#[test]
fn every_event_is_signed_and_read_as_it_is_named() {
    let woocommerce = woocommerce();
    for case in &CASES {
        let delivery = delivery(case.file);
        assert_eq!(delivery.body, fixture(case.fixture), "{}", case.file);
        let signed = woocommerce.verify(&[SECRET.to_owned()], &delivery.body, delivery.signature.as_deref().unwrap_or_default());
        assert_eq!(signed, !matches!(case.file, "ping" | "bad-signature"), "{}", case.file);
        assert_eq!(woocommerce.is_ping(&delivery), case.file == "ping", "{}", case.file);
        let reading = match woocommerce.read(&delivery) {
            Reading::Order(order) => format!("{} {}", order.id, order.status.as_str()),
            Reading::Hint { order, reason } => format!("{order} {}", reason.slug()),
            Reading::Unnamed { code } => code,
            Reading::Counted { resource } => resource,
        };
        let expected = match case.file {
            "order-created" | "order-updated" | "bad-signature" => "1001 processing",
            "order-unpaid" => "1012 pending",
            "order-paid" | "order-refunded" => "1012 processing",
            "order-base64" => "1003 processing",
            "order-draft" => "1014 checkout-draft",
            "order-deleted" => "1014 deleted",
            "error-object" => "woocommerce_rest_shop_order_invalid_id",
            "product-updated" => "product",
            "action-refunded" => "1012 named",
            _ => "unreadable",
        };
        assert_eq!(reading, expected, "{}", case.file);
    }
}
