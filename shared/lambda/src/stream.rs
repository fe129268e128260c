//! The orders table's stream, as the relay gets it.

use serde::Deserialize;
use serde_json::{Value, json};
use waybill_domain::Order;

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "Records")]
    records: Vec<Record>,
}

#[derive(Deserialize)]
struct Record {
    dynamodb: Image,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Image {
    #[serde(default)]
    keys: Value,
    new_image: Option<Value>,
    #[serde(default)]
    sequence_number: String,
}

/// What a batch of stream records holds.
#[derive(Debug, Default, PartialEq)]
pub struct Batch {
    /// The orders, up to the first record that cannot be read.
    pub orders: Vec<Order>,
    /// The sequence number of the first record: everything is to be given again from there.
    pub first: Option<String>,
    /// The record that cannot be read, and why.
    pub unreadable: Option<(String, String)>,
}

/// Reads the records. Removals and rows that are no order records (log pages, should the filter let one through) are passed over.
///
/// # Errors
/// If the event is none of DynamoDB.
pub fn read(event: Value) -> Result<Batch, serde_json::Error> {
    let event: Event = serde_json::from_value(event)?;
    let mut batch =
        Batch { first: event.records.first().map(|record| record.dynamodb.sequence_number.clone()), ..Batch::default() };
    for Record { dynamodb: image } in event.records {
        let is_order = image.keys.pointer("/sk/S").and_then(Value::as_str) == Some("order");
        let Some(row) = image.new_image.filter(|_| is_order) else { continue };
        match waybill_aws::order_from_image(row) {
            Ok(order) => batch.orders.push(order),
            Err(error) => {
                batch.unreadable = Some((image.sequence_number, error.to_string()));
                break;
            }
        }
    }
    Ok(batch)
}

/// The answer that gives records again from this sequence number on; all are done if there is none.
pub fn again_from(sequence_number: Option<String>) -> Value {
    let failures: Vec<Value> = sequence_number.into_iter().map(|number| json!({ "itemIdentifier": number })).collect();
    json!({ "batchItemFailures": failures })
}
