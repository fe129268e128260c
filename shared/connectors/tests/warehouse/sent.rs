//! What is on the line, byte for byte, against the document.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use waybill_connectors::client_signature::verify;
use waybill_connectors::warehouse::PushedWarehouses;
use waybill_domain::FulfilmentOrder;
use waybill_workflow::ports::WarehouseDesk;

use crate::document::Document;
use crate::support::{Secrets, assert_says_nothing_personal, config, fulfilment};

/// One request as it was on the line.
struct Request {
    head: String,
    body: Vec<u8>,
}

impl Request {
    fn header(&self, name: &str) -> Option<String> {
        let lines = self.head.lines().filter_map(|line| line.split_once(':'));
        let mut values = lines.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned());
        values.next()
    }
}

/// Pushes to an address with this path, and returns the request.
async fn pushed(path: &str, fulfilment: &FulfilmentOrder) -> Request {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}{path}", listener.local_addr().unwrap());
    let receive = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut bytes = Vec::new();
        let request = loop {
            let mut piece = [0; 8192];
            let length = stream.read(&mut piece).await.unwrap();
            bytes.extend_from_slice(&piece[..length]);
            if let Some(request) = parse(&bytes) {
                break request;
            }
        };
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
        request
    };
    let (desk, config) = (PushedWarehouses::new(Secrets::of(&["secret-1"])), config(&url));
    let (request, answer) = tokio::join!(receive, desk.push(&config, fulfilment));
    answer.unwrap();
    request
}

fn parse(bytes: &[u8]) -> Option<Request> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let request = Request { head, body: bytes[end + 4..].to_vec() };
    let length: usize = request.header("content-length")?.parse().unwrap();
    (request.body.len() >= length).then_some(request)
}

#[tokio::test]
async fn what_is_sent_is_what_the_document_says_and_nothing_personal_is_in_it() {
    let document = Document::read();
    let mut cancelled = fulfilment(7);
    cancelled.lines.clear();
    for order in [fulfilment(1), cancelled] {
        let request = pushed("/waybill/fulfilments", &order).await;
        document.assert_headers(|name| request.header(name));
        assert_eq!(request.header("content-type").as_deref(), Some("application/json"));
        assert_eq!(request.header("idempotency-key"), Some(format!("brand-b-1042/{}", order.revision)));
        assert_eq!(request.header("x-waybill-client").as_deref(), Some("berlin"));
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        assert_eq!(document.fault_of_body(&body), None, "{body:#}");
        let fields = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
        assert_eq!(fields(&body), document.fields("Fulfilment"), "every field, and no other");
        for line in body["lines"].as_array().unwrap() {
            assert_eq!(fields(line), document.fields("Line"));
        }
        assert_eq!(body["cancelled"], json!(order.lines.is_empty()));
        assert_says_nothing_personal(&String::from_utf8(request.body).unwrap());
    }
}

#[tokio::test]
async fn the_path_that_is_signed_is_the_one_that_is_asked_for() {
    for path in ["/waybill/fulfilments", "/waybill/fulfilments/", "/", "/w%C3%A4re/a%20b"] {
        let request = pushed(path, &fulfilment(1)).await;
        assert!(request.head.starts_with(&format!("POST {path} HTTP/1.1\r\n")), "{}", request.head);
        let (timestamp, signature) =
            (request.header("x-waybill-timestamp").unwrap(), request.header("x-waybill-signature").unwrap());
        assert!(verify(&["secret-1".to_owned()], &timestamp, "POST", path, &request.body, &signature), "{path}");
        let age = jiff::Timestamp::now().as_second() - timestamp.parse::<i64>().unwrap();
        assert!((0..60).contains(&age));
    }
}

#[test]
fn the_document_refuses_what_is_never_sent() {
    let document = Document::read();
    let line = json!({ "line": 11, "sku": "A", "name": "An A", "quantity": 2 });
    let body = |change: Value| {
        let mut body = json!({
            "id": "shop-1042", "order": "shop/1042", "number": "1042", "revision": 1, "cancelled": false, "lines": [line.clone()],
        });
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        body
    };
    assert_eq!(document.fault_of_body(&body(json!({}))), None);
    for wrong in [
        json!({ "id": "shop/1042" }),
        json!({ "revision": 0 }),
        json!({ "revision": "1" }),
        json!({ "cancelled": true }),
        json!({ "lines": [] }),
        json!({ "lines": [{ "line": 11, "sku": "A", "name": "An A", "quantity": 0 }] }),
        json!({ "lines": [{ "line": 11, "sku": "A", "name": "An A", "quantity": 1.5 }] }),
        json!({ "lines": [{ "line": 11, "sku": "", "name": "An A", "quantity": 1 }] }),
    ] {
        assert!(document.fault_of_body(&body(wrong.clone())).is_some(), "{wrong}");
    }
}
