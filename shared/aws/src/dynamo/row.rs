//! The order record as a row, and back.
//!
//! The row is the record's serde form with `pk` in place of `key`, and attributes of its own: `sk`; `lane` and `since` while the order is in
//! a lane of the sparse index; `w`, the mark of the write (see [`Mark`]). Two things are written shorter than the record has them, so that
//! an ordinary row is one write unit: the events (see [`packed`](super::packed)), and some fields (see [`short`](super::short)). `v` is the
//! version of the form; without it, it is the first.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use serde_dynamo::{AttributeValue as Value, Item, from_attribute_value, from_item, to_attribute_value, to_item};
use waybill_domain::lane::{SHARDS, lane};
use waybill_domain::{Order, OrderKey};
use waybill_workflow::Unavailable;

use super::orders::PART;
use super::packed::{Packed, pack, unpack};
use super::short::{Fields, lengthen, shorten};
use super::{Row, n, s};

/// The sort key of an order's record.
pub const RECORD: &str = "order";

/// What releases that knew nothing of fulfilments wrote for one.
const NO_FULFILMENT: &str = "none";

/// The attribute that says which version of its form a row has. Only a newer release writes one.
pub const VERSION: &str = "v";

/// A row that cannot be read as an order record, or a record that cannot be written as one. Does not say what is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadRow {
    /// It is none.
    #[error("a row of the orders table: {0}")]
    Strange(&'static str),
    /// It has a form of the future, and waits for the release that knows it.
    #[error("a row of the orders table was written by a newer release, and waits for it")]
    Newer,
}

impl From<BadRow> for Unavailable {
    fn from(error: BadRow) -> Self {
        match error {
            BadRow::Strange(_) => Unavailable::new(PART, error),
            BadRow::Newer => Unavailable::newer(PART),
        }
    }
}

/// The form of a field is one that this release does not know.
fn unknown_form<E>(_: E) -> BadRow {
    BadRow::Strange("a field that this release does not know")
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

    /// Writes the row under this mark.
    pub fn put_on(&self, row: &mut Row) {
        row.insert("w".to_owned(), self.0.clone());
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
    let mut fields: Fields = to_item::<_, Item>(order).map_err(unknown_form)?.into_inner();
    fields.remove("key");
    fields.insert("events".to_owned(), to_attribute_value(pack(&order.events)).map_err(unknown_form)?);
    shorten(&mut fields);
    let mut row = Row::from(Item::from(fields));
    row.extend(record_key(&order.key));
    mark.put_on(&mut row);
    if let Some((lane, since)) = lane(order) {
        row.insert("lane".to_owned(), s(lane.key(order.key.shard(SHARDS))));
        row.insert("since".to_owned(), n(since.0));
    }
    Ok(row)
}

/// The order in a row.
///
/// # Errors
/// [`BadRow`] if the row is not an order record, or is one of a newer release.
pub fn order_from(row: impl Into<Item>) -> Result<Order, BadRow> {
    let mut row = row.into().into_inner();
    if row.remove("sk") != Some(Value::S(RECORD.to_owned())) {
        return Err(BadRow::Strange("not an order record"));
    }
    if row.contains_key(VERSION) {
        return Err(BadRow::Newer);
    }
    let key = row.remove("pk").ok_or(BadRow::Strange("no pk"))?;
    row.insert("key".to_owned(), key);
    if row.get("fulfilment") == Some(&Value::S(NO_FULFILMENT.to_owned())) {
        row.remove("fulfilment");
    }
    lengthen(&mut row).map_err(BadRow::Strange)?;
    let events = row.insert("events".to_owned(), Value::L(Vec::new())).ok_or(BadRow::Strange("no events"))?;
    let events: Vec<Packed> = from_attribute_value(events).map_err(unknown_form)?;
    let mut order: Order = from_item(row).map_err(unknown_form)?;
    order.events = unpack(events, order.seq).map_err(unknown_form)?;
    Ok(order)
}

/// The order in the `NewImage` of a stream record (DynamoDB's JSON).
///
/// # Errors
/// [`BadRow`] if it is not an order record.
pub fn order_from_image(image: serde_json::Value) -> Result<Order, BadRow> {
    let item: Item = serde_json::from_value(image).map_err(|_| BadRow::Strange("not a DynamoDB image"))?;
    order_from(item)
}
