//! The fake warehouse takes only what the contract says, and its reporting half signs as Waybill's API wants it. Connectors are tested
//! against it, so it is tested itself.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, Method, Uri};
use jiff::Timestamp;
use serde_json::{Value, json};
use waybill_testkit::store::post;
use waybill_testkit::warehouse::sign::{CLIENT, SIGNATURE, TIMESTAMP, signature};
use waybill_testkit::warehouse::{FakeWarehouse, FakeWarehouseConfig, Fault, WarehouseClient};

const PATH: &str = "/waybill/fulfilments";
const SECRET: &str = "fake-warehouse-secret";

fn body(revision: u32) -> Value {
    let lines = [json!({ "line": 11, "sku": "A", "name": "An A", "quantity": 2 })];
    json!({ "id": "shop-1", "order": "shop/1", "number": "1", "revision": revision, "cancelled": false, "lines": lines })
}

/// A push as it should be, to be spoilt.
struct Push {
    client: &'static str,
    secret: &'static str,
    age: i64,
    key: String,
    body: Value,
}

impl Push {
    fn new(revision: u32) -> Self {
        Self { client: "berlin", secret: SECRET, age: 0, key: format!("shop-1/{revision}"), body: body(revision) }
    }

    async fn send(&self, fake: &FakeWarehouse) -> Result<u16, String> {
        let (body, timestamp) = (self.body.to_string(), Timestamp::now().as_second() - self.age);
        let signature = signature(self.secret, timestamp, "POST", PATH, body.as_bytes());
        let timestamp = timestamp.to_string();
        let headers = [
            (CLIENT, self.client),
            (TIMESTAMP, timestamp.as_str()),
            (SIGNATURE, signature.as_str()),
            ("Idempotency-Key", self.key.as_str()),
            ("Content-Type", "application/json"),
        ];
        let answer = post::request("POST", &fake.url(), &headers, body.as_bytes(), Duration::from_millis(500)).await;
        answer.map(|answer| answer.status)
    }
}

#[tokio::test]
async fn only_a_signed_push_of_the_contract_is_taken() {
    let fake = FakeWarehouse::start(FakeWarehouseConfig::default()).await.unwrap();
    let good = || Push::new(1);
    for (expected, push) in [
        (401, Push { client: "hamburg", ..good() }),
        (401, Push { secret: "another", ..good() }),
        (401, Push { age: 302, ..good() }),
        (401, Push { age: -302, ..good() }),
        (400, Push { key: "shop-1/2".into(), ..good() }),
        (400, Push { body: json!({ "id": "shop-1" }), ..good() }),
        (200, Push { age: 298, ..good() }),
        (200, good()),
    ] {
        assert_eq!(push.send(&fake).await, Ok(expected), "{} {} {} {}", push.client, push.age, push.key, push.body);
    }
    for change in [json!({ "cancelled": true }), json!({ "lines": [] }), json!({ "address": {} })] {
        let mut push = good();
        push.body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        assert_eq!(push.send(&fake).await, Ok(400), "{change}");
    }
    let counts = fake.counts();
    assert_eq!((counts.unsigned, counts.malformed, counts.taken, counts.repeated, counts.requests), (4, 5, 1, 1, 11));
}

#[tokio::test]
async fn it_misbehaves_as_told_and_no_longer() {
    let mut fake = FakeWarehouse::start(FakeWarehouseConfig::default()).await.unwrap();
    fake.always(Fault::internal_500());
    fake.next(1, &Fault::taken_in_silence());
    assert_eq!(Push::new(1).send(&fake).await, Err("no answer in 500 ms".to_owned()));
    assert_eq!(fake.fulfilment("shop-1").unwrap().revision, 1, "taken all the same");
    assert_eq!(Push::new(2).send(&fake).await, Ok(500));
    assert_eq!(Push::new(2).send(&fake).await, Ok(500));
    fake.behave();
    assert_eq!(Push::new(2).send(&fake).await, Ok(200));
    fake.go_down();
    assert!(Push::new(3).send(&fake).await.is_err());
    fake.come_back().await.unwrap();
    assert_eq!(Push::new(3).send(&fake).await, Ok(200));
    assert_eq!((fake.fulfilments()[0].revision, fake.counts().faults), (3, 3));
}

type Seen = Arc<Mutex<Vec<(String, String, HeaderMap, Vec<u8>)>>>;

/// An API that keeps what it is asked, and answers with the path.
async fn api() -> (String, Seen) {
    let seen = Seen::default();
    let kept = seen.clone();
    let app = Router::new().fallback(async move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| {
        kept.lock().unwrap().push((method.to_string(), uri.path().to_owned(), headers, body.to_vec()));
        axum::Json(json!({ "path": uri.path() }))
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    (format!("http://{address}/stage/"), seen)
}

#[tokio::test]
async fn its_reports_are_signed_without_the_stage_and_never_twice_alike() {
    let (base, seen) = api().await;
    let client = WarehouseClient::new(&base, "berlin", SECRET);
    let report = json!({ "id": "P-1" });
    let answer = client.report_shipment("shop", &report).await.unwrap();
    assert_eq!((answer.status, answer.body), (200, json!({ "path": "/stage/v1/shipments/shop" })));
    client.report_return("shop", &report).await.unwrap();
    client.report_fulfilment("shop-1", &report).await.unwrap();
    client.fulfilment("shop-1").await.unwrap();
    client.fulfilment("shop-1").await.unwrap();
    let mut signatures = std::collections::BTreeSet::new();
    for (method, path, headers, body) in seen.lock().unwrap().iter() {
        let header = |name: &str| headers[name].to_str().unwrap().to_owned();
        let path = path.strip_prefix("/stage").unwrap();
        let timestamp: i64 = header(TIMESTAMP).parse().unwrap();
        assert_eq!(header(SIGNATURE), signature(SECRET, timestamp, method, path, body), "{method} {path}");
        assert_eq!((header(CLIENT).as_str(), body.is_empty()), ("berlin", method == "GET"));
        assert!(signatures.insert(header(SIGNATURE)));
    }
    assert_eq!(signatures.len(), 5);
}
