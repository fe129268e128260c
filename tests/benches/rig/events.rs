//! The events that HTTP API, queues and the stream hand to functions.

use serde_json::{Value, json};
use waybill_testkit::store::sign::signature;

/// The webhook secret of `events/intake`.
pub const SECRET: &str = "test-secret-of-shop";
/// The order in `events/intake`.
const SAMPLE: &str = "1001";

/// The first delivery of an order, and the second with the same content, as one checkout sends them. The bodies are WooCommerce's.
pub fn deliveries(id: u64) -> [Value; 2] {
    [include_str!("../../../events/intake/order-created.json"), include_str!("../../../events/intake/order-updated.json")].map(
        |file| {
            let mut event: Value = serde_json::from_str(file).expect("an event");
            let body = event["body"].as_str().expect("a body").replace(SAMPLE, &id.to_string());
            event["headers"]["x-wc-webhook-signature"] = json!(signature(SECRET, body.as_bytes()));
            event["body"] = json!(body);
            event
        },
    )
}

/// A batch of messages of a queue.
pub fn queue(step: &str, bodies: &[String]) -> Value {
    let record = |(number, body): (usize, &String)| {
        json!({
            "messageId": format!("059f36b4-87a3-44ab-83d2-{number:012}"),
            "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
            "body": body,
            "attributes": {
                "ApproximateReceiveCount": "1",
                "SentTimestamp": "1795424400000",
                "SenderId": "AIDAIENQZJOLO23YVJ4VO",
                "MessageGroupId": "shop",
                "ApproximateFirstReceiveTimestamp": "1795424400001",
            },
            "messageAttributes": {},
            "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
            "eventSource": "aws:sqs",
            "eventSourceARN": format!("arn:aws:sqs:us-east-1:123456789012:bench-{step}"),
            "awsRegion": "us-east-1",
        })
    };
    json!({ "Records": bodies.iter().enumerate().map(record).collect::<Vec<_>>() })
}

/// A batch of records of the orders table's stream.
pub fn stream(images: &[Value]) -> Value {
    let record = |(number, image): (usize, &Value)| {
        json!({
            "eventID": format!("c4ca4238a0b923820dcc50{number:010}"),
            "eventName": "MODIFY",
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": "us-east-1",
            "dynamodb": {
                "ApproximateCreationDateTime": 1_795_424_400,
                "Keys": {"pk": image["pk"], "sk": image["sk"]},
                "NewImage": image,
                "SequenceNumber": format!("4421584500000000017450{number:010}"),
                "SizeBytes": 900,
                "StreamViewType": "NEW_IMAGE",
            },
            "eventSourceARN": "arn:aws:dynamodb:us-east-1:123456789012:table/bench-orders/stream/2026-11-23T00:00:00.000",
        })
    };
    json!({ "Records": images.iter().enumerate().map(record).collect::<Vec<_>>() })
}
