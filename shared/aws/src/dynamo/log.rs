//! The log pages, eight events each, and an order's whole story: pages and record in one query.

use serde::{Deserialize, Serialize};
use serde_dynamo::aws_sdk_dynamodb_1::{from_item, to_item};
use waybill_domain::{Event, Order, OrderKey};
use waybill_workflow::Unavailable;
use waybill_workflow::ports::{Log, Timeline};

use super::row::{RECORD, order_from};
use super::{Dynamo, Row, s, text};
use crate::error::unavailable;

const PART: &str = "log";
/// What the sort keys of pages begin with; they sort before the record.
const PAGES: &str = "log#";

#[derive(Serialize, Deserialize)]
struct Page<E> {
    events: E,
}

impl Log for Dynamo {
    async fn put_page(&self, key: &OrderKey, page: u32, events: &[Event]) -> Result<(), Unavailable> {
        let mut row: Row = to_item(Page { events }).map_err(|_| Unavailable::new(PART, "a page cannot be written"))?;
        row.insert("pk".to_owned(), s(key.to_string()));
        row.insert("sk".to_owned(), s(format!("{PAGES}{page:06}")));
        let put = self.client.put_item().table_name(&self.tables.orders).set_item(Some(row));
        put.send().await.map(|_| ()).map_err(|error| unavailable(PART, &error))
    }
}

impl Timeline for Dynamo {
    /// One query, strongly consistent: log pages and record are neighbours. The ledger's rows, which lie behind them, say what the record
    /// says.
    async fn story(&self, key: &OrderKey) -> Result<Option<(Order, Vec<Event>)>, Unavailable> {
        let query = self
            .client
            .query()
            .table_name(&self.tables.orders)
            .consistent_read(true)
            .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :record")
            .expression_attribute_values(":pk", s(key.to_string()))
            .expression_attribute_values(":first", s(PAGES))
            .expression_attribute_values(":record", s(RECORD));
        let mut rows = query.into_paginator().items().send();
        let (mut record, mut events): (Option<Order>, Vec<Event>) = (None, Vec::new());
        while let Some(row) = rows.next().await {
            let row = row.map_err(|error| unavailable(PART, &error))?;
            if text(&row, "sk") == Some(RECORD) {
                record = Some(order_from(row)?);
            } else {
                let page: Page<Vec<Event>> = from_item(row).map_err(|_| Unavailable::new(PART, "a page cannot be read"))?;
                events.extend(page.events);
            }
        }
        let Some(record) = record else { return Ok(None) };
        // The record keeps a page for a while after it was logged: those events are there twice.
        let logged = events.last().map_or(0, |event| event.seq);
        events.extend(record.events.iter().filter(|event| event.seq > logged).cloned());
        Ok(Some((record, events)))
    }
}
