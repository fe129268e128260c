//! API Gateway's HTTP event (payload format 2.0), read leniently: whatever a network can put into it ends in a [`Delivery`] or an
//! [`ApiRequest`], never in an error.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use waybill_connectors::client_signature;
use waybill_workflow::ports::Delivery;
use waybill_workflow::steps::api::{ApiAnswer, ApiRequest};

/// The delivery an HTTP event carries. What is missing is empty.
pub fn delivery(event: &Value) -> Delivery {
    Delivery {
        store: event.pointer("/pathParameters/store").and_then(Value::as_str).unwrap_or_default().to_owned(),
        topic: header(event, "x-wc-webhook-topic"),
        signature: header(event, "x-wc-webhook-signature"),
        delivery_id: header(event, "x-wc-webhook-delivery-id"),
        content_type: header(event, "content-type"),
        body: body(event),
    }
}

/// The request of a client that an HTTP event carries. What is missing is empty.
pub fn api_request(event: &Value) -> ApiRequest {
    // The path as the contract has it: the event's own may begin with a stage or with the path of a custom domain.
    let route = event.get("routeKey").and_then(Value::as_str).unwrap_or_default();
    let (method, template) = route.split_once(' ').unwrap_or_default();
    let parameter = |name: &str| event.get("pathParameters").and_then(|all| all.get(name)).and_then(Value::as_str);
    let segment = |part: &str| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
        Some(name) => parameter(name).unwrap_or_default().to_owned(),
        None => part.to_owned(),
    };
    ApiRequest {
        method: method.to_owned(),
        path: template.split('/').map(segment).collect::<Vec<_>>().join("/"),
        client: header(event, client_signature::CLIENT),
        timestamp: header(event, client_signature::TIMESTAMP),
        signature: header(event, client_signature::SIGNATURE),
        body: body(event),
    }
}

fn header(event: &Value, wanted: &str) -> Option<String> {
    let headers = event.get("headers")?.as_object()?;
    let (_, value) = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
    value.as_str().map(|text| text.trim().to_owned())
}

/// What claims to be base64 and is not cannot be what anybody signed: its text is judged, and refused.
fn body(event: &Value) -> Vec<u8> {
    let body = event.get("body").and_then(Value::as_str).unwrap_or_default();
    let encoded = event.get("isBase64Encoded").and_then(Value::as_bool).unwrap_or(false);
    if encoded { STANDARD.decode(body).unwrap_or_else(|_| body.as_bytes().to_vec()) } else { body.as_bytes().to_vec() }
}

/// An answer without content: a store reads nothing but the status.
pub fn answer(status: u16) -> Value {
    let body = match status {
        200 => "{}",
        401 => r#"{"message":"unauthorized"}"#,
        _ => r#"{"message":"not taken"}"#,
    };
    json!({ "statusCode": status, "headers": { "content-type": "application/json" }, "body": body })
}

/// The answer to a client, which nobody between may keep: it may hold an address.
pub fn api_answer(answer: &ApiAnswer) -> Value {
    let mut headers = json!({ "content-type": "application/json", "cache-control": "no-store" });
    if let Some(seconds) = answer.retry_after {
        headers["retry-after"] = json!(seconds.to_string());
    }
    json!({ "statusCode": answer.status, "headers": headers, "body": answer.body })
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
    fn a_clients_path_is_the_contracts_whatever_stage_or_domain_it_came_through() {
        let event = json!({
            "routeKey": "POST /v1/shipments/{store}", "rawPath": "/prod/v1/shipments/shop",
            "pathParameters": {"store": "shop"},
            "headers": {"x-waybill-client": "berlin", "X-Waybill-Timestamp": "1795412400 ", "x-waybill-signature": "ab"},
            "body": "e30=", "isBase64Encoded": true,
        });
        let request = api_request(&event);
        assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/v1/shipments/shop"));
        assert_eq!(request.client.as_deref(), Some("berlin"));
        assert_eq!(request.timestamp.as_deref(), Some("1795412400"));
        assert_eq!((request.signature.as_deref(), request.body.as_slice()), (Some("ab"), &b"{}"[..]));
        for event in [json!(null), json!({"routeKey": "$default"}), json!({"routeKey": 7, "pathParameters": "x"})] {
            assert_eq!(api_request(&event), ApiRequest::default());
        }
        assert_eq!(api_request(&json!({"routeKey": "GET /v1/fulfilments/{id}"})).path, "/v1/fulfilments/");
    }

    #[test]
    fn an_answer_says_when_to_come_back_and_is_kept_by_nobody() {
        let answer = ApiAnswer {
            status: 503,
            body: "{}".to_owned(),
            retry_after: Some(2),
            outcome: "temporarily_unavailable",
            client: None,
            order: None,
        };
        let made = api_answer(&answer);
        assert_eq!((&made["statusCode"], &made["body"]), (&json!(503), &json!("{}")));
        assert_eq!(made["headers"]["retry-after"], "2");
        assert_eq!(made["headers"]["cache-control"], "no-store");
        assert!(api_answer(&ApiAnswer { retry_after: None, ..answer })["headers"].get("retry-after").is_none());
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
