//! What stores sent, gzip, in parts. Part 0 is written last and says how many there are and which, so that a body that was written
//! halfway is never read as whole.
//!
//! Two bodies may share a content hash and differ in bytes (dates, meta data), so further parts are kept under a hash of their own
//! body: `<content hash>#<body hash>-<part>`. Whichever part 0 is found, its parts are those of the same body.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use waybill_domain::{ContentHash, OrderKey};
use waybill_workflow::Unavailable;
use waybill_workflow::ports::Snapshots;

use super::{Dynamo, Row, n, number, s, text};
use crate::error::unavailable;
use crate::gzip;

const PART: &str = "snapshots";
/// An item may have 400 KB, names and keys included.
const LARGEST_PART: usize = 350 * 1024;

impl Snapshots for Dynamo {
    async fn put(&self, key: &OrderKey, hash: &ContentHash, body: &[u8]) -> Result<(), Unavailable> {
        let packed = gzip::pack(body).map_err(|_| Unavailable::new(PART, "a body cannot be compressed"))?;
        let body_hash = ContentHash::of(&packed);
        let mut parts = packed.chunks(LARGEST_PART);
        let first = parts.next().unwrap_or_default();
        let mut count: u32 = 1;
        for part in parts {
            self.put_part(key, &further(hash, body_hash.as_str(), count), part, Row::new()).await?;
            count = count.saturating_add(1);
        }
        let mut says = Row::new();
        if count > 1 {
            says.insert("parts".to_owned(), n(count));
            says.insert("of".to_owned(), s(body_hash.as_str()));
        }
        self.put_part(key, &format!("{hash}#0"), first, says).await
    }

    async fn get(&self, key: &OrderKey, hash: &ContentHash) -> Result<Option<Vec<u8>>, Unavailable> {
        let get = self.client.get_item().table_name(&self.tables.snapshots).consistent_read(true);
        let get = get.key("pk", s(key.to_string())).key("sk", s(format!("{hash}#0")));
        let Some(mut first) = get.send().await.map_err(|error| unavailable(PART, &error))?.item else { return Ok(None) };
        let mut packed = body(&mut first)?;
        let count: u32 = number(&first, "parts").unwrap_or(1);
        if count > 1 {
            let of = text(&first, "of").ok_or_else(|| Unavailable::new(PART, "part 0 does not say of what"))?;
            self.further_parts(key, hash, of, count, &mut packed).await?;
        }
        gzip::unpack(&packed).map(Some).map_err(|_| Unavailable::new(PART, "a body does not unpack"))
    }
}

impl Dynamo {
    async fn put_part(&self, key: &OrderKey, part: &str, body: &[u8], mut row: Row) -> Result<(), Unavailable> {
        row.insert("pk".to_owned(), s(key.to_string()));
        row.insert("sk".to_owned(), s(part));
        row.insert("body".to_owned(), AttributeValue::B(Blob::new(body)));
        let put = self.client.put_item().table_name(&self.tables.snapshots).set_item(Some(row));
        put.send().await.map(|_| ()).map_err(|error| unavailable(PART, &error))
    }

    /// Appends parts 1 and on; the query returns them in order.
    async fn further_parts(
        &self,
        key: &OrderKey,
        hash: &ContentHash,
        of: &str,
        count: u32,
        packed: &mut Vec<u8>,
    ) -> Result<(), Unavailable> {
        let query = self
            .client
            .query()
            .table_name(&self.tables.snapshots)
            .consistent_read(true)
            .key_condition_expression("pk = :pk AND begins_with(sk, :of)")
            .expression_attribute_values(":pk", s(key.to_string()))
            .expression_attribute_values(":of", s(format!("{hash}#{of}-")));
        let mut found: u32 = 1;
        let mut pages = query.into_paginator().items().send();
        while let Some(row) = pages.next().await {
            packed.append(&mut body(&mut row.map_err(|error| unavailable(PART, &error))?)?);
            found = found.saturating_add(1);
        }
        if found == count { Ok(()) } else { Err(Unavailable::new(PART, format!("{found} of {count} parts"))) }
    }
}

fn further(hash: &ContentHash, of: &str, part: u32) -> String {
    format!("{hash}#{of}-{part:04}")
}

fn body(row: &mut Row) -> Result<Vec<u8>, Unavailable> {
    match row.remove("body") {
        Some(AttributeValue::B(body)) => Ok(body.into_inner()),
        _ => Err(Unavailable::new(PART, "a part without a body")),
    }
}
