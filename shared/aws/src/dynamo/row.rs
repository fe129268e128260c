//! The order record as a row, and back.
//!
//! The row is the record's serde form with `pk` in place of `key`, and three attributes of its own: `sk`; `lane` and `since` while the
//! order is in a lane of the sparse index; `w`, the mark of the write (see [`Mark`]).

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use serde_dynamo::aws_sdk_dynamodb_1::{from_item, to_item};
use serde_dynamo::{AttributeValue as Image, Item};
use waybill_domain::lane::{SHARDS, lane};
use waybill_domain::{Order, OrderKey};

use super::{Row, n, s};

/// The sort key of an order's record.
pub const RECORD: &str = "order";

/// A row that is not an order record. Says which field, never what is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a row of the orders table cannot be read: {0}")]
pub struct BadRow(String);

impl BadRow {
    pub(crate) fn new(reason: impl std::fmt::Display) -> Self {
        BadRow(reason.to_string())
    }
}

/// Eight random bytes, written with every commit. When the SDK had to ask twice because the first answer was lost, the second attempt
/// finds its own version in the row; the mark tells that from another process that committed the very same change in the same millisecond.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark(AttributeValue);

impl Mark {
    /// A mark that no other write has.
    pub fn random() -> Self {
        let random = uuid::Uuid::now_v7().into_bytes();
        Mark(AttributeValue::B(Blob::new(random.get(8..).unwrap_or_default())))
    }

    /// Whether this row was written under this mark.
    pub fn is_on(&self, row: &Row) -> bool {
        row.get("w") == Some(&self.0)
    }
}

/// The key of an order's record.
pub fn record_key(key: &OrderKey) -> Row {
    Row::from([("pk".to_owned(), s(key.to_string())), ("sk".to_owned(), s(RECORD))])
}

/// The order as a row.
///
/// # Errors
/// [`BadRow`] if the record has no attribute form, which none has.
pub fn row_from(order: &Order, mark: &Mark) -> Result<Row, BadRow> {
    let mut row: Row = to_item(order).map_err(BadRow::new)?;
    row.remove("key");
    row.extend(record_key(&order.key));
    row.insert("w".to_owned(), mark.0.clone());
    if let Some((lane, since)) = lane(order) {
        row.insert("lane".to_owned(), s(lane.key(order.key.shard(SHARDS))));
        row.insert("since".to_owned(), n(since.0));
    }
    Ok(row)
}

/// The order in a row.
///
/// # Errors
/// [`BadRow`] if the row is not an order record, or one of a release that this one does not know.
pub fn order_from(mut row: Row) -> Result<Order, BadRow> {
    let key = row.remove("pk").ok_or_else(|| BadRow::new("no pk"))?;
    row.insert("key".to_owned(), key);
    from_item(row).map_err(BadRow::new)
}

/// The order in the `NewImage` of a stream record (DynamoDB's JSON).
///
/// # Errors
/// [`BadRow`] if it is not an order record.
pub fn order_from_image(image: serde_json::Value) -> Result<Order, BadRow> {
    let item: Item = serde_json::from_value(image).map_err(|_| BadRow::new("not a DynamoDB image"))?;
    let mut row = item.into_inner();
    if row.get("sk") != Some(&Image::S(RECORD.to_owned())) {
        return Err(BadRow::new("not an order record"));
    }
    let key = row.remove("pk").ok_or_else(|| BadRow::new("no pk"))?;
    row.insert("key".to_owned(), key);
    serde_dynamo::from_item(row).map_err(BadRow::new)
}
