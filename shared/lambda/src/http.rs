//! API Gateway's HTTP event (payload format 2.0), read leniently: whatever a network can put into it ends in a [`Delivery`], never in an error.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use waybill_workflow::ports::Delivery;

/// The delivery an HTTP event carries. What is missing is empty.
pub fn delivery(event: &Value) -> Delivery {
    let header = |wanted: &str| {
        let headers = event.get("headers")?.as_object()?;
        let (_, value) = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
        value.as_str().map(|text| text.trim().to_owned())
    };
    let body = event.get("body").and_then(Value::as_str).unwrap_or_default();
    let encoded = event.get("isBase64Encoded").and_then(Value::as_bool).unwrap_or(false);
    Delivery {
        store: event.pointer("/pathParameters/store").and_then(Value::as_str).unwrap_or_default().to_owned(),
        topic: header("x-wc-webhook-topic"),
        signature: header("x-wc-webhook-signature"),
        delivery_id: header("x-wc-webhook-delivery-id"),
        content_type: header("content-type"),
        // What claims to be base64 and is not cannot be what anybody signed: its text is judged, and refused.
        body: if encoded { STANDARD.decode(body).unwrap_or_else(|_| body.as_bytes().to_vec()) } else { body.as_bytes().to_vec() },
    }
}

/// An answer without content: a store reads nothing but the status.
pub fn answer(status: u16) -> Value {
    json!({ "statusCode": status, "headers": { "content-type": "application/json" }, "body": if status == 200 { "{}" } else { r#"{"message":"unauthorized"}"# } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_come_as_text_or_base64_and_headers_in_any_case() {
        let event = json!({
            "pathParameters": {"store": "shop"},
            "headers": {"X-Wc-Webhook-Signature": " c2ln ", "x-wc-webhook-topic": "order.created"},
            "body": "aGFsbG8=", "isBase64Encoded": true,
        });
        let read = delivery(&event);
        assert_eq!(
            (read.store.as_str(), read.signature.as_deref(), read.topic.as_deref()),
            ("shop", Some("c2ln"), Some("order.created"))
        );
        assert_eq!(read.body, b"hallo");
        assert_eq!(delivery(&json!({"body": "h\u{e4}"})).body, "hä".as_bytes());
    }

    #[test]
    fn nonsense_is_an_empty_delivery() {
        for event in
            [json!(null), json!([]), json!({"headers": 3, "body": {}, "pathParameters": []}), json!({"headers": {"a": [1]}})]
        {
            assert_eq!(delivery(&event), Delivery::default());
        }
        assert_eq!(delivery(&json!({"body": "%%", "isBase64Encoded": true})).body, b"%%");
    }
}
