//! What the tests of the store's desk share.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use waybill_domain::money::Decimal;
use waybill_domain::refund::RefundedLine;
use waybill_domain::store_order::TaxPart;
use waybill_domain::{At, NewRefund, Shipment, StoreConfig};
use waybill_testkit::store::{FakeStore, FakeStoreConfig};
use waybill_workflow::CallError;

use crate::support::store_config;

/// A store with the fulfillments feature on.
pub async fn store() -> (FakeStore, StoreConfig) {
    let store = FakeStore::start(FakeStoreConfig { fulfillments: true, ..FakeStoreConfig::default() }).await.expect("a store");
    let config = store_config(store.url());
    (store, config)
}

/// The code of a refusal, or the kind of the error.
pub fn code(error: &CallError) -> &str {
    match error {
        CallError::Refused { code, .. } => code,
        CallError::Down { .. } => "down",
        CallError::Busy { .. } => "busy",
        CallError::Unknown { .. } => "unknown",
    }
}

pub fn euro(text: &str) -> Decimal {
    text.parse().expect("a decimal")
}

/// One piece of this line for 12.90 and its tax, as the plain order of the fake store has it.
pub fn one_mug(line: u64, returned: &str) -> NewRefund {
    let taxes = vec![TaxPart { rate_id: 1, total: euro("2.45") }];
    NewRefund {
        amount: euro("15.35"),
        lines: vec![RefundedLine { line, quantity: 1, net: euro("12.90"), taxes }],
        restock: true,
        through_gateway: true,
        returned: returned.to_owned(),
    }
}

/// A shipment of these pieces.
pub fn shipment(id: &str, revision: u32, lines: &[(u64, u32)]) -> Shipment {
    Shipment {
        id: id.to_owned(),
        revision,
        carrier: "DHL".to_owned(),
        tracking: format!("JD-{id}"),
        tracking_url: format!("https://track.example.test/?n=JD-{id}"),
        shipped_at: At(1_795_424_400_123),
        lines: lines.iter().copied().collect(),
        void: false,
        told: 0,
    }
}

/// A server that answers every request with the same bytes, and the requests it got.
pub async fn scripted(status: u16, body: &str) -> (StoreConfig, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
    let (answer, seen) = (format!("{head}{body}"), Arc::new(Mutex::new(Vec::new())));
    let log = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let request = read(&mut stream).await;
            log.lock().expect("the log").push(request);
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    (store_config(&url), seen)
}

/// A request with its whole body.
async fn read(stream: &mut TcpStream) -> String {
    let (mut request, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return text;
            }
        }
        match stream.read(&mut chunk).await {
            Ok(n) if n > 0 => request.extend_from_slice(&chunk[..n]),
            _ => return text,
        }
    }
}
