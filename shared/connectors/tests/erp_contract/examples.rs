//! The document's own examples: they fit their schemas, and tell a story that a good ERP would tell, too.

use serde_json::{Value, json};
use waybill_connectors::http::{Http, HttpConfig};
use waybill_testkit::erp::{FakeErp, FakeErpConfig};

use crate::document::{Document, Operation};

#[test]
fn every_example_fits_its_schema() {
    let document = Document::read();
    let mut shown = 0;
    for operation in document.operations() {
        if let Some(body) = document.sent(&operation) {
            document.assert_request(&operation, body);
            shown += 1;
        }
        for (status, body) in document.answered(&operation) {
            document.assert_answer(&operation, status, body);
            shown += 1;
        }
    }
    assert!(shown >= 10, "only {shown} examples");
}

/// The totals of the examples are what their parts add up to, or the fake would refuse them.
#[tokio::test]
async fn the_examples_are_a_story() {
    let document = Document::read();
    let stock = [("TEA-500".to_owned(), 43)].into();
    let fake = FakeErp::start(FakeErpConfig { stock, ..FakeErpConfig::default() }).await.unwrap();
    let http = Http::new(&HttpConfig::new(fake.base_url())).unwrap();
    let tell = async |method: &str, written: &str, status: u16| {
        let operation = Operation::new(&method.to_lowercase(), written);
        let mut body = document.sent(&operation).cloned().unwrap_or_else(|| json!({}));
        if body.get("order").is_some() {
            body["order"] = json!("so-1");
        }
        let path = written.replace("{id}", "so-1");
        let path: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let request = http.request(method.parse().unwrap(), &path).bearer_auth(fake.token()).json(&body);
        let answer = http.send(request).await.unwrap();
        assert_eq!(answer.status, status, "{operation:?}");
        let answer: Value = answer.json().unwrap();
        let (_, said) = document.answered(&operation).into_iter().find(|(said, _)| *said == status).unwrap();
        for key in ["code", "reference", "state", "total", "currency"] {
            assert_eq!(answer.get(key), said.get(key), "{operation:?}");
        }
    };
    tell("POST", "/v1/orders", 201).await;
    assert_eq!(fake.free("TEA-500"), Some(41), "as the example of what is available says");
    tell("POST", "/v1/orders", 409).await;
    tell("PUT", "/v1/orders/{id}", 200).await;
    fake.ship("shop-de-1234", None, None).unwrap();
    tell("POST", "/v1/credit-notes", 201).await;
    assert_eq!((fake.free("TEA-500"), fake.credited("shop-de-1234").to_string().as_str()), (Some(41), "12.40"));
}
