//! What the fake ERP answers.

use serde_json::{Value, json};
use waybill_connectors::http::{Http, HttpConfig};
use waybill_testkit::erp::{FakeErp, FakeErpConfig, Fault, Op};

use crate::document::{Document, Operation};

struct Setup {
    fake: FakeErp,
    http: Http,
    document: Document,
}

impl Setup {
    async fn new() -> Self {
        let stock = [("A".to_owned(), 10)].into();
        let fake = FakeErp::start(FakeErpConfig { stock, ..FakeErpConfig::default() }).await.unwrap();
        let http = Http::new(&HttpConfig::new(fake.base_url())).unwrap();
        Self { fake, http, document: Document::read() }
    }

    /// Sends a request, holds it and its answer against the document, and returns the answer.
    async fn ask(&self, method: &str, written: &str, id: &str, query: &[(&str, &str)], body: Option<&Value>) -> (u16, Value) {
        let path = written.replace("{id}", id);
        let path: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let mut request = self.http.request(method.parse().unwrap(), &path).bearer_auth(self.fake.token()).query(query);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = self.http.send(request).await.unwrap();
        let operation = Operation::new(&method.to_lowercase(), written);
        let body: Value = answer.json().unwrap();
        self.document.assert_answer(&operation, answer.status, &body);
        (answer.status, body)
    }

    async fn get(&self, written: &str, query: &[(&str, &str)]) -> (u16, Value) {
        self.ask("GET", written, "", query, None).await
    }

    async fn post(&self, written: &str, id: &str, body: &Value) -> (u16, Value) {
        self.document.assert_request(&Operation::new("post", written), body);
        self.ask("POST", written, id, &[], Some(body)).await
    }

    async fn amend(&self, id: &str, body: &Value) -> (u16, Value) {
        self.document.assert_request(&Operation::new("put", "/v1/orders/{id}"), body);
        self.ask("PUT", "/v1/orders/{id}", id, &[], Some(body)).await
    }
}

fn order(reference: &str) -> Value {
    json!({
        "reference": reference, "store": "shop", "number": "1", "placed_at": "2026-11-23T05:40:00Z", "currency": "EUR",
        "prices_include_tax": false, "customer": {}, "billing": {}, "shipping_address": {},
        "lines": [{ "line": "1", "sku": "A", "name": "An A", "quantity": 1, "net": "10.00", "tax": "1.90" }],
        "shipping": [{ "line": "2", "title": "Parcel", "net": "1.00", "tax": "0.19" }], "fees": [],
        "totals": { "net": "11.00", "tax": "2.09", "total": "13.09" },
        "payment": { "method": "stripe", "state": "paid" }, "backorder": false,
    })
}

#[tokio::test]
async fn every_answer_is_what_the_document_says() {
    let setup = Setup::new().await;
    assert_eq!(setup.get("/v1/status", &[]).await.0, 200);
    assert_eq!(setup.post("/v1/orders", "", &order("shop-1")).await.0, 201);
    assert_eq!(setup.post("/v1/orders", "", &order("shop-1")).await.0, 409);
    let mut wrong = order("shop-2");
    wrong["totals"]["total"] = json!("11.91");
    assert_eq!(setup.post("/v1/orders", "", &wrong).await.0, 422);
    assert_eq!(setup.get("/v1/orders", &[("reference", "shop-1")]).await.0, 200);
    assert_eq!(setup.get("/v1/orders", &[]).await.0, 400);
    setup.fake.next(Op::CreateOrder, 1, Fault::half_done());
    let half = setup.http.request("POST".parse().unwrap(), &["v1", "orders"]).bearer_auth(setup.fake.token());
    assert_eq!(setup.http.send(half.json(&order("shop-3"))).await.unwrap().status, 500);
    let (_, pending) = setup.get("/v1/orders", &[("reference", "shop-3")]).await;
    assert_eq!(pending["orders"][0]["state"], "pending");

    let mut cheaper = order("shop-1");
    cheaper["lines"][0]["net"] = json!("9.00");
    cheaper["totals"] = json!({ "net": "10.00", "tax": "2.09", "total": "12.09" });
    assert_eq!(setup.amend("so-1", &cheaper).await.0, 200);
    assert_eq!(setup.amend("so-9", &cheaper).await.0, 404);
    assert_eq!(setup.amend("so-1", &wrong).await.0, 400);
    let credit = json!({
        "reference": "r-1", "order": "so-1", "currency": "EUR",
        "lines": [{ "line": "1", "quantity": 1, "restock": 1, "net": "9.00", "tax": "1.90" }],
        "charges": [{ "line": "2", "net": "1.00", "tax": "0.00" }], "other": "-1.00", "total": "10.90",
    });
    assert_eq!(setup.post("/v1/credit-notes", "", &credit).await.0, 201);
    assert_eq!(setup.post("/v1/credit-notes", "", &credit).await.0, 409);
    assert_eq!(setup.get("/v1/credit-notes", &[("reference", "r-1")]).await.0, 200);
    assert_eq!(setup.amend("so-1", &order("shop-1")).await.0, 409);
    assert_eq!(setup.post("/v1/orders/{id}/cancel", "so-1", &json!({})).await.0, 409);
    assert_eq!(setup.post("/v1/orders/{id}/cancel", "so-2", &json!({ "reason": "asked for" })).await.0, 200);
    assert_eq!(setup.post("/v1/orders/{id}/cancel", "so-9", &json!({})).await.0, 404);
    let mut late = credit;
    (late["reference"], late["order"]) = (json!("r-2"), json!("so-2"));
    assert_eq!(setup.post("/v1/credit-notes", "", &late).await.0, 409);
    assert_eq!(setup.amend("so-2", &order("shop-3")).await.0, 409);
    assert_eq!(setup.post("/v1/orders", "", &order("shop-4")).await.0, 201);
    setup.fake.ship("shop-4", None, Some("TRACK")).unwrap();
    setup.fake.take_back("shop-4", [("1".to_owned(), 1)].into(), Some("cn-9")).unwrap();
    setup.fake.knobs(|knobs| knobs.amends = false);
    assert_eq!(setup.amend("so-3", &order("shop-4")).await.0, 404);

    setup.fake.knobs(|knobs| knobs.page_size = 1);
    let since = [("since", "2026-01-01T00:00:00Z")];
    let day = setup.fake.now().to_zoned(jiff::tz::TimeZone::UTC).date().to_string();
    for (path, query) in [
        ("/v1/availability", &[("sku", "A")][..]),
        ("/v1/availability", &[]),
        ("/v1/stock-changes", &since),
        ("/v1/shipments", &since),
        ("/v1/returns", &since),
        ("/v1/documents", &[("day", day.as_str())]),
    ] {
        let (status, page) = setup.get(path, query).await;
        assert_eq!((status, page["items"].as_array().unwrap().len()), (200, 1), "{path}");
    }
}

/// The refusals that the fake makes by the contract; those that are not by the contract have no error object.
#[tokio::test]
async fn refusals_are_error_objects() {
    let setup = Setup::new().await;
    for fault in [Fault::rejected_500(), Fault::contention(), Fault::outage_after(0), Fault::throttled(1)] {
        setup.fake.next(Op::Status, 1, fault);
        assert!(setup.get("/v1/status", &[]).await.0 >= 400);
    }
    let without_token = setup.http.request("GET".parse().unwrap(), &["v1", "status"]);
    let answer = setup.http.send(without_token).await.unwrap();
    assert_eq!(answer.status, 401);
    setup.document.assert_answer(&Operation::new("get", "/v1/status"), 401, &answer.json().unwrap());
}
