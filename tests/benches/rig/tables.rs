//! The tables: an embedded DynamoDB, which says what each request consumed by the rules of the real one.

use dynoxide::Database;
use dynoxide::actions::delete_item::DeleteItemRequest;
use dynoxide::errors::DynoxideError;
use dynoxide::types::{Item, item_size, write_capacity_units};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::calls::{Call, Units};

/// A request's answer.
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Body.
    pub body: Value,
    /// What it was.
    pub call: Call,
    /// New images of order records, as the stream carries them.
    pub changed: Vec<Value>,
}

/// Answers one request of DynamoDB's protocol.
pub fn answer(database: &Database, operation: &str, mut request: Value) -> Answer {
    let about = subject(&request);
    let changed = written_orders(operation, &request);
    request["ReturnConsumedCapacity"] = json!("INDEXES");
    let result = match operation {
        "GetItem" => run(request, |request| database.get_item(request)),
        "PutItem" => run(request, |request| database.put_item(request)),
        "UpdateItem" => run(request, |request| database.update_item(request)),
        "DeleteItem" => run(request, |request: DeleteItemRequest| database.delete_item(request)),
        "Query" => run(request, |request| database.query(request)),
        "Scan" => run(request, |request| database.scan(request)),
        "TransactWriteItems" => run(request, |request| database.transact_write_items(request)),
        "CreateTable" => {
            request.as_object_mut().expect("an object").remove("ReturnConsumedCapacity");
            run(request, |request| database.create_table(request))
        }
        other => panic!("{other} is not expected on the happy path"),
    };
    let name = |what: &str| format!("{operation} {about}{what}");
    match result {
        Ok(mut body) => {
            // Nobody asked for it, so nobody shall have to read it.
            let consumed = body.as_object_mut().and_then(|body| body.remove("ConsumedCapacity")).unwrap_or_default();
            let units = consumed_units(&consumed, matches!(operation, "GetItem" | "Query" | "Scan"));
            Answer { status: 200, body, call: Call { name: name(""), units }, changed }
        }
        Err(error) => {
            let body: Value = serde_json::from_str(&error.to_json()).expect("an error is JSON");
            // A refused write is charged by the row that stood in its way, one unit at least.
            let item: Item = serde_json::from_value(body["Item"].clone()).unwrap_or_default();
            let units = Units { write: write_capacity_units(item_size(&item)), ..Units::default() };
            Answer { status: error.status_code(), body, call: Call { name: name(" (refused)"), units }, changed: Vec::new() }
        }
    }
}

fn run<Q: DeserializeOwned, A: Serialize>(
    request: Value,
    act: impl FnOnce(Q) -> Result<A, DynoxideError>,
) -> Result<Value, DynoxideError> {
    let request = serde_json::from_value(request).expect("a request of DynamoDB's");
    act(request).map(|answer| serde_json::to_value(answer).expect("an answer is JSON"))
}

/// The table, or the tables of a transaction, without the deployment's name.
fn subject(request: &Value) -> String {
    let mut tables: Vec<&str> = actions(request).map(|action| &action["TableName"]).filter_map(Value::as_str).collect();
    tables.extend(request["TableName"].as_str());
    let short = |table: &str| table.split_once('-').map_or_else(|| table.to_owned(), |(_, short)| short.to_owned());
    tables.into_iter().map(short).collect::<Vec<_>>().join("+")
}

fn actions(request: &Value) -> impl Iterator<Item = &Value> {
    let items = request["TransactItems"].as_array().into_iter().flatten();
    items.filter_map(Value::as_object).flat_map(Map::values)
}

fn written_orders(operation: &str, request: &Value) -> Vec<Value> {
    let puts = actions(request).chain((operation == "PutItem").then_some(request));
    let orders = puts.map(|put| &put["Item"]).filter(|item| item["sk"]["S"] == "order");
    orders.cloned().collect()
}

/// Adds up the answer's `ConsumedCapacity`: one, or one per table of a transaction.
fn consumed_units(consumed: &Value, reads: bool) -> Units {
    let mut units = Units::default();
    let each = consumed.as_array().map_or(std::slice::from_ref(consumed), Vec::as_slice);
    for consumed in each {
        let total = consumed["CapacityUnits"].as_f64().unwrap_or(0.0);
        if reads {
            units.read += total;
            continue;
        }
        units.write += total;
        let indexes = consumed["GlobalSecondaryIndexes"].as_object().into_iter().flat_map(Map::values);
        units.index += indexes.filter_map(|index| index["CapacityUnits"].as_f64()).sum::<f64>();
    }
    units
}
