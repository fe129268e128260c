//! The orders table's stream, as the relay gets it.

use serde::Deserialize;
use serde_json::{Value, json};
use waybill_aws::BadRow;
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
    /// The orders, up to the record that waits.
    pub orders: Vec<Order>,
    /// The sequence number of the first record: everything is to be given again from there.
    pub first: Option<String>,
    /// The sequence number of the first record that a newer release wrote: it and all behind it wait for that release.
    pub waits: Option<String>,
    /// The records before that which are broken, and why. Nobody will ever read them, and those behind them must not wait: they are passed
    /// over.
    pub broken: Vec<(String, String)>,
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
            Err(BadRow::Newer) => {
                batch.waits = Some(image.sequence_number);
                break;
            }
            Err(error @ BadRow::Strange(_)) => batch.broken.push((image.sequence_number, error.to_string())),
        }
    }
    Ok(batch)
}

/// The answer that gives records again from this sequence number on; all are done if there is none.
pub fn again_from(sequence_number: Option<String>) -> Value {
    let failures: Vec<Value> = sequence_number.into_iter().map(|number| json!({ "itemIdentifier": number })).collect();
    json!({ "batchItemFailures": failures })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_record_is_passed_over_and_one_of_a_newer_release_waits() {
        let record = |number: &str, row: Value| json!({"dynamodb": {"Keys": {"sk": {"S": "order"}}, "NewImage": row, "SequenceNumber": number}});
        let newer = || json!({"pk": {"S": "shop/1"}, "sk": {"S": "order"}, "v": {"N": "2"}});
        let broken = || json!({"pk": {"S": "shop/1"}, "sk": {"S": "order"}, "stage": {"S": "Erika"}});
        let numbers = |records: &[(&str, Value)]| {
            let records: Vec<Value> = records.iter().map(|(number, row)| record(number, row.clone())).collect();
            let batch = read(json!({ "Records": records })).unwrap();
            assert!(batch.broken.iter().all(|(_, why)| !why.contains("Erika")), "{:?}", batch.broken);
            let broken: Vec<String> = batch.broken.into_iter().map(|(number, _)| number).collect();
            (batch.first, broken, batch.waits)
        };
        let some = |number: &str| Some(number.to_owned());
        assert_eq!(numbers(&[("1", broken()), ("2", broken())]), (some("1"), vec!["1".to_owned(), "2".to_owned()], None));
        let met = [("1", broken()), ("2", newer()), ("3", broken())];
        assert_eq!(numbers(&met), (some("1"), vec!["1".to_owned()], some("2")));
    }
}
