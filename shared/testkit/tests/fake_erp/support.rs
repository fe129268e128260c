//! A plain HTTP client and an order to send.

use std::time::Duration;

use serde_json::{Value, json};
use waybill_testkit::erp::{FakeErp, FakeErpConfig};

/// A fake ERP with ten units of `A` and one of `B`, and a client for it.
pub struct Setup {
    pub erp: FakeErp,
    pub http: reqwest::Client,
}

/// An answer: status, content type, and the body as JSON if it is that.
#[derive(Debug)]
pub struct Got {
    pub status: u16,
    pub kind: String,
    pub retry_after: Option<String>,
    pub text: String,
    pub json: Value,
}

impl Setup {
    pub async fn new() -> Self {
        let stock = [("A".to_owned(), 10), ("B".to_owned(), 1)].into();
        let erp = FakeErp::start(FakeErpConfig { stock, ..FakeErpConfig::default() }).await.unwrap();
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().timeout(Duration::from_millis(500)).no_proxy().build().unwrap();
        Self { erp, http }
    }

    pub async fn send(&self, request: reqwest::RequestBuilder) -> Result<Got, reqwest::Error> {
        let response = request.bearer_auth(self.erp.token()).send().await?;
        let status = response.status().as_u16();
        let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let (kind, retry_after) = (header("content-type").unwrap_or_default(), header("retry-after"));
        let text = response.text().await?;
        let json = serde_json::from_str(&text).unwrap_or_default();
        Ok(Got { status, kind, retry_after, text, json })
    }

    pub async fn get(&self, path: &str) -> Got {
        self.send(self.http.get(format!("{}{path}", self.erp.base_url()))).await.unwrap()
    }

    pub async fn try_post(&self, path: &str, body: &Value) -> Result<Got, reqwest::Error> {
        self.send(self.http.post(format!("{}{path}", self.erp.base_url())).json(body)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Got {
        self.try_post(path, body).await.unwrap()
    }

    pub async fn put(&self, path: &str, body: &Value) -> Got {
        self.send(self.http.put(format!("{}{path}", self.erp.base_url())).json(body)).await.unwrap()
    }

    pub async fn create(&self, reference: &str) -> Got {
        self.post("/v1/orders", &order(reference)).await
    }

    pub async fn find(&self, reference: &str) -> Vec<Value> {
        let got = self.get(&format!("/v1/orders?reference={reference}")).await;
        got.json["orders"].as_array().unwrap().clone()
    }
}

/// Two units of `A`: 20.00 net, 3.80 tax, and 5.00 shipping with 0.95 tax.
pub fn order(reference: &str) -> Value {
    json!({
        "reference": reference,
        "store": "shop",
        "number": format!("no-{reference}"),
        "placed_at": "2026-11-23T05:40:00Z",
        "currency": "EUR",
        "prices_include_tax": true,
        "customer": { "name": "Jane Doe", "email": "jane@example.com" },
        "billing": { "line1": "1 Main Street", "country": "DE" },
        "shipping_address": { "line1": "1 Main Street", "country": "DE" },
        "lines": [{ "line": "1", "sku": "A", "name": "An A", "quantity": 2, "net": "20.00", "tax": "3.80" }],
        "shipping": [{ "line": "2", "title": "Parcel", "net": "5.00", "tax": "0.95" }],
        "fees": [],
        "totals": { "net": "25.00", "tax": "4.75", "total": "29.75" },
        "payment": { "method": "stripe", "state": "paid", "transaction_id": "pi_1", "paid_at": "2026-11-23T05:40:01Z" },
        "backorder": false,
    })
}
