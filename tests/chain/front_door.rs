//! The front door under whatever a network can send.

use reqwest::StatusCode;
use waybill_testkit::erp::{FakeErp, FakeErpConfig};
use waybill_testkit::store::sign;

use crate::system::Connected;

const SECRET: &str = "front-door-secret";

pub async fn nothing_a_network_sends_makes_it_fail(system: &Connected) {
    let erp = FakeErp::start(FakeErpConfig::default()).await.expect("an ERP");
    system.add("door", "http://127.0.0.1:9", &erp, &["an-older-secret", SECRET]).await;
    let url = system.endpoints.webhook_url("door");

    let bodies: Vec<(&str, Vec<u8>)> = vec![
        ("empty", Vec::new()),
        ("not UTF-8", vec![0xff, 0xfe, 0x00, 0x80]),
        ("not JSON", b"<html>".to_vec()),
        ("deep", [vec![b'['; 100_000], vec![b']'; 100_000]].concat()),
        ("a number", b"1e999".to_vec()),
        ("an id that is none", br#"{"id":"../../x"}"#.to_vec()),
        ("a negative id", br#"{"id":-5}"#.to_vec()),
        ("an order in pieces", br#"{"id":5,"status":"processing","total":"1"#.to_vec()),
        ("an order of nonsense", br#"{"id":6,"status":7,"total":{},"line_items":"many","currency":null}"#.to_vec()),
        ("an error object", br#"{"code":"woocommerce_rest_cannot_view","message":"","data":{"status":401}}"#.to_vec()),
        ("large", format!(r#"{{"id":7,"pad":"{}"}}"#, "x".repeat(3 << 20)).into_bytes()),
    ];
    for (what, body) in bodies {
        let unsigned = system.http.post(&url).body(body.clone()).send().await.expect("an answer");
        assert_eq!(unsigned.status(), StatusCode::UNAUTHORIZED, "unsigned: {what}");
        let signed = system
            .http
            .post(&url)
            .header("x-wc-webhook-topic", "order.updated")
            .header("x-wc-webhook-signature", sign::signature(SECRET, &body))
            .body(body)
            .send()
            .await
            .expect("an answer");
        assert_eq!(signed.status(), StatusCode::OK, "signed: {what}");
    }

    // Nobody can ask which stores exist: strangers get the same answer for a store that does and one that does not.
    let unknown = system.endpoints.webhook_url("no-such-store");
    let answer = async |url: &str| {
        let answer =
            system.http.post(url).header("x-wc-webhook-signature", "bm9uZQ==").body("{}").send().await.expect("an answer");
        (answer.status(), answer.text().await.expect("a body"))
    };
    assert_eq!(answer(&url).await, answer(&unknown).await);
    assert_eq!(answer(&url).await.0, StatusCode::UNAUTHORIZED);
    for url in [&url, &unknown] {
        let ping = system.http.post(url).header("content-type", "application/x-www-form-urlencoded").body("webhook_id=1");
        assert_eq!(ping.send().await.expect("an answer").status(), StatusCode::OK, "a ping");
    }
}
