//! Rows as the stream shows them.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};

/// A row as a stream record shows it: DynamoDB's JSON, in which numbers are texts and bytes are base64.
pub fn image(row: &HashMap<String, AttributeValue>) -> Value {
    row.iter().map(|(name, value)| (name.clone(), image_value(value))).collect::<serde_json::Map<_, _>>().into()
}

fn image_value(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        AttributeValue::B(_) => json!({ "B": "AQIDBAUGBwg=" }),
        AttributeValue::Bool(flag) => json!({ "BOOL": flag }),
        AttributeValue::L(items) => json!({ "L": items.iter().map(image_value).collect::<Vec<_>>() }),
        AttributeValue::M(items) => json!({ "M": image(items) }),
        other => panic!("not used in a row: {other:?}"),
    }
}
