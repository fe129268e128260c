//! What the connector sends.

use std::collections::BTreeSet;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use waybill_connectors::erp::rest::RestErp;
use waybill_domain::At;
use waybill_workflow::ports::erp::{
    ErpAmend, ErpAvailability, ErpCancel, ErpCredit, ErpDocuments, ErpOrders, ErpReturns, ErpShipments, ErpStockChanges,
};

use crate::document::{Document, Operation};

#[path = "../erp_rest/support.rs"]
#[expect(dead_code, reason = "shared with the tests of the connector")]
mod support;

/// One request as it was on the line.
struct Request {
    method: String,
    path: String,
    query: Vec<(String, String)>,
    headers: String,
    body: Vec<u8>,
}

/// Answers every request with the same body, and keeps the requests.
async fn recorder(answer: &'static str) -> (String, tokio::sync::mpsc::UnboundedReceiver<Request>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut bytes = Vec::new();
            let request = loop {
                let mut piece = [0; 8192];
                let length = stream.read(&mut piece).await.unwrap();
                bytes.extend_from_slice(&piece[..length]);
                if let Some(request) = parse(&bytes) {
                    break request;
                }
            };
            let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", answer.len());
            stream.write_all((head + answer).as_bytes()).await.unwrap();
            sender.send(request).unwrap();
        }
    });
    (base, receiver)
}

fn parse(bytes: &[u8]) -> Option<Request> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let headers = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let body = bytes[end + 4..].to_vec();
    let header =
        |name: &str| headers.lines().find_map(|line| line.to_lowercase().strip_prefix(name).map(|v| v.trim().to_owned()));
    let length: usize = header("content-length:").map_or(0, |length| length.parse().unwrap());
    if body.len() < length {
        return None;
    }
    let mut words = headers.split(' ');
    let method = words.next().unwrap().to_lowercase();
    let url = reqwest::Url::parse(&format!("http://erp{}", words.next().unwrap())).unwrap();
    let query = url.query_pairs().into_owned().collect();
    Some(Request { method, path: url.path().to_owned(), query, headers, body })
}

/// Makes every call there is, and holds each request against the document. All operations are used but the status, which is
/// for people: the command line asks for it.
#[tokio::test]
async fn every_request_is_what_the_document_says() {
    let page = r#"{"as_of":"2026-11-23T05:40:00Z","items":[],"orders":[],"credit_notes":[]}"#;
    let (base, mut requests) = recorder(page).await;
    let erp = RestErp::new(&support::config(&base), "fake-erp-token").unwrap();
    let sku = |text: &str| text.parse().unwrap();
    let note = support::note("so/1");
    let mut guest = support::order("shop-2");
    (guest.customer_id, guest.paid_at) = (None, None);
    (guest.note, guest.transaction_id) = (String::new(), String::new());
    // How they end is the business of the other tests; the answer fits none of the writes.
    let _ = erp.availability(&[]).await;
    let _ = erp.availability(&[sku("A"), sku("B & C")]).await;
    let _ = erp.create(&support::order("shop-1")).await;
    let _ = erp.create(&guest).await;
    let _ = erp.find("shop-1").await;
    let _ = erp.amend("so/1", &support::order("shop-1")).await;
    let _ = erp.cancel("so/1").await;
    let _ = erp.credit(&note).await;
    let _ = erp.find_credit("shop-1-refund-5").await;
    let _ = erp.shipments_since(At(1_795_412_400_123), None).await;
    let _ = erp.returns_since(At(1_795_412_400_123), Some("next page")).await;
    let _ = erp.stock_changes_since(At(1_795_412_400_123), Some("next page")).await;
    let _ = erp.documents_of("2026-11-23", None).await;
    drop(erp);

    let document = Document::read();
    let mut used = BTreeSet::new();
    while let Ok(request) = requests.try_recv() {
        let written = &request.path.replace("so%2F1", "{id}");
        let operation = Operation::new(&request.method, written);
        assert!(document.operations().contains(&operation), "{operation:?}");
        let parameters = document.parameters(&operation);
        for (name, value) in &request.query {
            assert!(parameters.contains(name), "{operation:?} has no parameter {name}={value}");
        }
        assert!(request.headers.contains("authorization: Bearer fake-erp-token"), "{}", request.headers);
        if request.method != "get" {
            assert!(request.headers.contains("content-type: application/json"), "{}", request.headers);
            let body: Value = serde_json::from_slice(&request.body).unwrap();
            document.assert_request(&operation, &body);
        } else {
            assert!(request.body.is_empty());
        }
        used.insert(operation);
    }
    used.insert(Operation::new("get", "/v1/status"));
    assert_eq!(used, document.operations());
}
