//! Orders for people: all of them, or those that an index named. No step reads orders like this.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::KeysAndAttributes;
use waybill_domain::{Order, OrderKey, StoreSlug};
use waybill_workflow::Unavailable;

use super::orders::PART;
use super::row::{RECORD, order_from, record_key};
use super::{Dynamo, Row, s};
use crate::error::unavailable;

/// What one `BatchGetItem` takes.
const BATCH: usize = 100;
/// Answers that leave keys over: throttling, or 16 MB.
const ROUNDS: u32 = 10;

impl Dynamo {
    /// All orders, or those of one store, in no order. Reads the whole table: a person's question, not a step's.
    ///
    /// # Errors
    /// [`Unavailable`] if the table does not answer or holds a row this release cannot read.
    pub async fn orders(&self, store: Option<&StoreSlug>) -> Result<Vec<Order>, Unavailable> {
        let scan = self
            .client
            .scan()
            .table_name(&self.tables.orders)
            .expression_attribute_names("#sk", "sk")
            .expression_attribute_values(":record", s(RECORD));
        let scan = match store {
            None => scan.filter_expression("#sk = :record"),
            Some(store) => scan
                .filter_expression("#sk = :record AND begins_with(#pk, :store)")
                .expression_attribute_names("#pk", "pk")
                .expression_attribute_values(":store", s(format!("{store}/"))),
        };
        let mut rows = scan.into_paginator().items().send();
        let mut found = Vec::new();
        while let Some(row) = rows.next().await {
            found.push(read(row.map_err(|error| unavailable(PART, &error))?)?);
        }
        Ok(found)
    }

    /// The records of these orders, in no order; those that do not exist are missing from the answer. Name each order once.
    ///
    /// # Errors
    /// [`Unavailable`] if the table does not answer or holds a row this release cannot read.
    pub async fn orders_by_key(&self, keys: &[OrderKey]) -> Result<Vec<Order>, Unavailable> {
        let mut found = Vec::new();
        for part in keys.chunks(BATCH) {
            let mut open: Vec<Row> = part.iter().map(record_key).collect();
            for _ in 0..ROUNDS {
                let wanted = KeysAndAttributes::builder().set_keys(Some(open)).consistent_read(true).build();
                let wanted = wanted.map_err(|_| Unavailable::new(PART, "the question could not be built"))?;
                let get =
                    self.client.batch_get_item().set_request_items(Some(HashMap::from([(self.tables.orders.clone(), wanted)])));
                let answer = get.send().await.map_err(|error| unavailable(PART, &error))?;
                for row in answer.responses.into_iter().flatten().flat_map(|(_, rows)| rows) {
                    found.push(read(row)?);
                }
                open = answer.unprocessed_keys.into_iter().flatten().flat_map(|(_, left)| left.keys).collect();
                if open.is_empty() {
                    break;
                }
            }
            if !open.is_empty() {
                return Err(Unavailable::new(PART, "it did not answer for all orders"));
            }
        }
        Ok(found)
    }
}

fn read(row: Row) -> Result<Order, Unavailable> {
    Ok(order_from(row)?)
}
