//! The deliveries of a real store, byte for byte, through the front door. Skipped, and said so, where their folder is absent.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use waybill_domain::money::Decimal;
use waybill_domain::{Payment, Stage};
use waybill_testkit::erp::{FakeErp, FakeErpConfig, NewCreditNote};

use crate::system::Connected;

#[derive(Deserialize)]
struct Manifest {
    captures: Vec<Capture>,
}

#[derive(Deserialize)]
struct Capture {
    n: u32,
    head: PathBuf,
    body: PathBuf,
    secret: Option<String>,
    what: String,
}

fn folder() -> PathBuf {
    std::env::var_os("WAYBILL_CAPTURES")
        .map(PathBuf::from)
        .unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/woocommerce/captures"))
}

/// What the store has: the order 16 as it was delivered last. Order 20 is gone by the time somebody asks.
#[derive(Clone, Default)]
struct Shop(Arc<Mutex<Vec<u8>>>);

impl Shop {
    fn order(&self) -> Vec<u8> {
        self.0.lock().expect("no request panicked").clone()
    }

    /// The REST API, as far as it may be asked. Nothing of this is to be written to the store.
    async fn serve(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let shop = self.clone();
        let api = Router::new().fallback(move |request: Request| async move {
            let order = shop.order();
            let (status, body) = match (request.method().as_str(), request.uri().path()) {
                ("GET", "/wp-json/wc/v3/orders/16") => (200, order),
                ("GET", "/wp-json/wc/v3/orders/16/refunds") => (200, refunds(&order)),
                ("GET", "/wp-json/wc/v3/orders") => (200, b"[]".to_vec()),
                ("GET", _) => (404, GONE.to_vec()),
                (method, path) => panic!("{method} {path}"),
            };
            let json = [("content-type", "application/json")];
            (StatusCode::from_u16(status).expect("a status"), json, body)
        });
        tokio::spawn(async move { axum::serve(listener, api).await });
        url
    }
}

const GONE: &[u8] = br#"{"code":"woocommerce_rest_shop_order_invalid_id","message":"Invalid ID.","data":{"status":404}}"#;

/// The order's refunds as the store's API would show them. Amounts and reasons are the delivery's. Of the first, one piece of line 1 was
/// put back into stock (number 33: `_restock_refunded_items`), and 19.99 is the price of one; the others moved no pieces and have no lines.
fn refunds(order: &[u8]) -> Vec<u8> {
    let order: Value = serde_json::from_slice(order).expect("the order");
    let stubs = order["refunds"].as_array().expect("refunds");
    let piece = json!({
        "id": 28, "name": "Widget A", "product_id": 10, "variation_id": 0, "quantity": -1, "tax_class": "",
        "subtotal": "-16.80", "subtotal_tax": "-3.19", "total": "-16.80", "total_tax": "-3.19",
        "taxes": [{"id": 1, "total": "-3.19", "subtotal": "-3.19"}], "sku": "SKU-A", "price": 16.8,
        "meta_data": [{"id": 51, "key": "_refunded_item_id", "value": "1"}],
    });
    let refund = |stub: &Value| {
        let amount = stub["total"].as_str().and_then(|total| total.strip_prefix('-')).expect("a negative total");
        let lines = if stub["id"] == 17 { vec![piece.clone()] } else { Vec::new() };
        json!({
            "id": stub["id"], "parent_id": 16, "amount": amount, "reason": stub["reason"], "refunded_by": 1,
            "refunded_payment": false, "meta_data": [], "line_items": lines, "shipping_lines": [], "tax_lines": [], "fee_lines": [],
        })
    };
    serde_json::to_vec(&stubs.iter().map(refund).collect::<Vec<_>>()).expect("JSON")
}

pub async fn the_deliveries_of_a_real_store_go_through(system: &Connected) {
    let folder = folder();
    let Ok(manifest) = std::fs::read(folder.join("manifest.json")) else {
        assert!(std::env::var_os("WAYBILL_CAPTURES").is_none(), "WAYBILL_CAPTURES names a folder without captures");
        // Not `eprintln!`: the test harness would swallow it.
        let said = b"SKIPPED: no captures of a real store (WAYBILL_CAPTURES); the fixtures cover the same shapes\n";
        std::io::stderr().write_all(said).expect("standard error");
        return;
    };
    let manifest: Manifest = serde_json::from_slice(&manifest).expect("the manifest");
    let read = |path: &PathBuf| std::fs::read(folder.join(path)).expect("a capture");
    let secrets: BTreeMap<&str, ()> =
        manifest.captures.iter().filter_map(|capture| capture.secret.as_deref()).map(|secret| (secret, ())).collect();
    let secrets: Vec<&str> = secrets.into_keys().collect();
    let stock = ["SKU-A", "SKU-B"].map(|sku| (sku.to_owned(), 100));
    let erp = FakeErp::start(FakeErpConfig { stock: stock.into(), ..FakeErpConfig::default() }).await.expect("an ERP");
    let shop = Shop::default();
    system.add("captured", &shop.serve().await, &erp, &secrets).await;
    let url = system.endpoints.webhook_url("captured");

    let mut orders_seen: Vec<&str> = Vec::new();
    for capture in &manifest.captures {
        let head = String::from_utf8(read(&capture.head)).expect("a head");
        let body = read(&capture.body);
        if serde_json::from_slice::<Value>(&body).is_ok_and(|body| body["id"] == 16 && body["number"] == "16") {
            shop.0.lock().expect("no request panicked").clone_from(&body);
        }
        let mut request = system.http.post(&url).body(body);
        for (name, value) in head.lines().skip(1).filter_map(|line| line.split_once(": ")) {
            if !["host", "connection", "content-length", "accept-encoding"].contains(&name.to_ascii_lowercase().as_str()) {
                request = request.header(name, value);
            }
        }
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), 200, "{} {}", capture.n, capture.what);
        // Between two deliveries of a shop lie seconds.
        match capture.n {
            16..=18 => orders_seen = vec!["captured/16"],
            41.. => orders_seen = vec!["captured/16", "captured/20"],
            _ => {}
        }
        for key in &orders_seen {
            system.at_rest(key).await;
        }
        let order = match orders_seen.first() {
            Some(key) => system.at_rest(key).await,
            None => continue,
        };
        let (stage, payment) = (order.stage, order.payment);
        match capture.n {
            16..=18 => assert_eq!((stage, payment), (Stage::Received, Payment::Unpaid), "{}: waits for payment", capture.n),
            // Number 28 is on-hold, but has its payment date still.
            19..=31 => assert_eq!((stage, payment), (Stage::Posted, Payment::Paid), "{}: {}", capture.n, capture.what),
            33..=36 => assert_eq!((stage, payment), (Stage::Posted, Payment::PartlyRefunded), "{}: {}", capture.n, capture.what),
            39.. => assert_eq!((stage, payment), (Stage::Posted, Payment::Refunded), "{}: {}", capture.n, capture.what),
            _ => {}
        }
        assert_eq!(order.hold, None, "{}: {}", capture.n, capture.what);
        let credits = erp.credit_notes_of("captured-16").len();
        let expected = match capture.n {
            ..33 => 0,
            33..36 => 1,
            36..39 => 2,
            _ => 3,
        };
        assert_eq!(credits, expected, "{}: {}", capture.n, capture.what);
    }
    assert_eq!(erp.orders_with("captured-16").len(), 1, "one document in the ERP");
    let notes: Vec<String> = erp.credit_notes_of("captured-16").iter().map(|note| in_words(&note.new)).collect();
    let expected = [
        "captured-16-refund-17: 19.99, 1 of line 1 for 16.80 and 3.19, 1 back on the shelf; other 0.00",
        "captured-16-refund-18: 5.00; other 5.00",
        "captured-16-refund-19: 49.78; other 49.78",
    ];
    assert_eq!(notes, expected);
    let order = system.at_rest("captured/16").await;
    let in_waybill: Decimal = order.refunds.iter().filter(|refund| refund.document.is_some()).map(|refund| refund.amount).sum();
    assert_eq!((in_waybill.to_string().as_str(), erp.credited("captured-16")), ("74.77", in_waybill), "the whole total");
    let deleted = system.at_rest("captured/20").await;
    assert_eq!(deleted.hold.map(|hold| hold.code).as_deref(), Some("deleted_in_store"), "posted, then deleted: a person decides");
    assert_eq!(erp.orders_with("captured-20").len(), 1);
    // Three and one were sold, one came back; 20 is held, and keeps its piece.
    assert_eq!((erp.free("SKU-A"), erp.free("SKU-B")), (Some(97), Some(98)));
}

fn in_words(note: &NewCreditNote) -> String {
    let lines = note.lines.iter().map(|line| {
        let (quantity, net, tax, restock) = (line.quantity, line.net.0, line.tax.0, line.restock);
        format!(", {quantity} of line {} for {net} and {tax}, {restock} back on the shelf", line.line)
    });
    format!("{}: {}{}; other {}", note.reference, note.total.0, lines.collect::<String>(), note.other.0)
}
