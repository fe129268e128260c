//! Dead letters. A body is kept as gzip; what does not fit into one item goes on in rows of its own, `<pk>#1` and on, written before the
//! letter that says how many there are. Everything here expires: bodies may carry personal data.

use std::fmt::Display;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use waybill_domain::At;
use waybill_workflow::Unavailable;
use waybill_workflow::ports::{DeadLetter, DeadLetters, Failures, Known, LastWords, LetterId};

use super::{Dynamo, Row, n, number, s, text};
use crate::error::unavailable;
use crate::gzip;

const PART: &str = "dead-letters";
/// An item may have 400 KB, names and keys included.
const LARGEST_PART: usize = 350 * 1024;
/// How long a letter is kept, in seconds: 90 days.
const LETTER_SECONDS: u32 = 90 * 86_400;
/// How long last words are kept: longer than a message is tried, the spool's day included.
const WORDS_SECONDS: u32 = 3 * 86_400;
/// What a list shows: all but the body.
const SHOWN: [&str; 10] = ["pk", "state", "error", "trace", "receives", "at", "order", "store", "judged", "redriven"];

impl Failures for Dynamo {
    async fn failed(&self, id: &LetterId, words: &LastWords) -> Result<(), Unavailable> {
        let mut row = row(id, "failing", &words.error, words.trace.as_deref(), words.at, WORDS_SECONDS);
        row.insert("receives".to_owned(), n(words.receives));
        self.put_unless_dead(row, &["failing"]).await.map(|_| ())
    }
}

impl DeadLetters for Dynamo {
    async fn known(&self, id: &LetterId) -> Result<Option<Known>, Unavailable> {
        let get = self.client.get_item().table_name(&self.tables.dead_letters).key("pk", s(id.to_string())).consistent_read(true);
        let (names, projection) = shown();
        let get = get.set_expression_attribute_names(Some(names)).projection_expression(projection);
        let Some(row) = get.send().await.map_err(|error| unavailable(PART, &error))?.item else { return Ok(None) };
        if text(&row, "state") == Some("failing") {
            let bad = || Unavailable::new(PART, "last words that cannot be read");
            let error = text(&row, "error").ok_or_else(bad)?.to_owned();
            let (receives, at) = (number(&row, "receives").ok_or_else(bad)?, At(number(&row, "at").ok_or_else(bad)?));
            return Ok(Some(Known::Failing(LastWords { error, trace: text(&row, "trace").map(str::to_owned), receives, at })));
        }
        read(&row).map(Known::Dead).map(Some)
    }

    async fn keep(&self, letter: &DeadLetter, body: &str) -> Result<(), Unavailable> {
        let packed = gzip::pack(body.as_bytes()).map_err(|_| Unavailable::new(PART, "a body cannot be compressed"))?;
        let expires = expires_at(letter.at, LETTER_SECONDS);
        let mut parts = packed.chunks(LARGEST_PART);
        let first = parts.next().unwrap_or_default();
        let mut count: u32 = 1;
        for part in parts {
            let row = Row::from([
                ("pk".to_owned(), s(further(&letter.id, count))),
                ("body".to_owned(), blob(part)),
                ("expires_at".to_owned(), expires.clone()),
            ]);
            let put = self.client.put_item().table_name(&self.tables.dead_letters).set_item(Some(row));
            put.send().await.map_err(|error| unavailable(PART, &error))?;
            count = count.saturating_add(1);
        }
        let mut row = row(&letter.id, "dead", &letter.error, letter.trace.as_deref(), letter.at, LETTER_SECONDS);
        row.insert("body".to_owned(), blob(first));
        row.insert("parts".to_owned(), n(count));
        let mut also = |name: &str, value: Option<AttributeValue>| row.extend(value.map(|value| (name.to_owned(), value)));
        also("receives", letter.receives.map(n));
        also("order", letter.order.as_ref().map(|order| s(order.to_string())));
        also("store", letter.store.as_ref().map(|store| s(store.to_string())));
        also("judged", letter.judged.map(|at| n(at.0)));
        self.put_unless_dead(row, &["failing", "dead"]).await.map(|_| ())
    }

    async fn letters(&self) -> Result<Vec<DeadLetter>, Unavailable> {
        let (names, projection) = shown();
        let scan = self
            .client
            .scan()
            .table_name(&self.tables.dead_letters)
            .set_expression_attribute_names(Some(names))
            .projection_expression(projection)
            .filter_expression("#state = :dead")
            .expression_attribute_values(":dead", s("dead"));
        let mut rows = scan.into_paginator().items().send();
        let mut found = Vec::new();
        while let Some(row) = rows.next().await {
            found.push(read(&row.map_err(|error| unavailable(PART, &error))?)?);
        }
        Ok(found)
    }

    async fn body(&self, id: &LetterId) -> Result<Option<String>, Unavailable> {
        let Some((mut packed, row)) = self.part(&id.to_string()).await? else { return Ok(None) };
        for index in 1..number::<u32>(&row, "parts").unwrap_or(1) {
            let part = self.part(&further(id, index)).await?;
            packed.append(&mut part.ok_or_else(|| Unavailable::new(PART, "a body lacks a part"))?.0);
        }
        let bytes = gzip::unpack(&packed).map_err(|_| Unavailable::new(PART, "a body does not unpack"))?;
        String::from_utf8(bytes).map(Some).map_err(|_| Unavailable::new(PART, "a body is no text"))
    }

    async fn redriven(&self, id: &LetterId, at: At) -> Result<bool, Unavailable> {
        let update = self
            .client
            .update_item()
            .table_name(&self.tables.dead_letters)
            .key("pk", s(id.to_string()))
            .update_expression("SET #state = :redriven, #redriven = :at")
            .condition_expression("#state = :dead")
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#redriven", "redriven")
            .expression_attribute_values(":redriven", s("redriven"))
            .expression_attribute_values(":dead", s("dead"))
            .expression_attribute_values(":at", n(at.0));
        written(update.send().await.map(|_| ()))
    }
}

impl Dynamo {
    /// Writes the row if there is none, or one in one of these states; `false` if there is another.
    async fn put_unless_dead(&self, row: Row, over: &[&str]) -> Result<bool, Unavailable> {
        let mut condition = "attribute_not_exists(pk)".to_owned();
        let mut put = self.client.put_item().table_name(&self.tables.dead_letters).set_item(Some(row));
        put = put.expression_attribute_names("#state", "state");
        for (index, state) in over.iter().enumerate() {
            condition.push_str(&format!(" OR #state = :s{index}"));
            put = put.expression_attribute_values(format!(":s{index}"), s(*state));
        }
        written(put.condition_expression(condition).send().await.map(|_| ()))
    }

    /// The bytes in a row, and the row.
    async fn part(&self, pk: &str) -> Result<Option<(Vec<u8>, Row)>, Unavailable> {
        let get = self.client.get_item().table_name(&self.tables.dead_letters).key("pk", s(pk)).consistent_read(true);
        let Some(mut row) = get.send().await.map_err(|error| unavailable(PART, &error))?.item else { return Ok(None) };
        match row.remove("body") {
            Some(AttributeValue::B(body)) => Ok(Some((body.into_inner(), row))),
            _ => Ok(None),
        }
    }
}

fn row(id: &LetterId, state: &str, error: &str, trace: Option<&str>, at: At, seconds: u32) -> Row {
    let mut row = Row::from([
        ("pk".to_owned(), s(id.to_string())),
        ("state".to_owned(), s(state)),
        ("error".to_owned(), s(error)),
        ("at".to_owned(), n(at.0)),
        ("expires_at".to_owned(), expires_at(at, seconds)),
    ]);
    row.extend(trace.map(|trace| ("trace".to_owned(), s(trace))));
    row
}

fn expires_at(at: At, seconds: u32) -> AttributeValue {
    n(at.plus_seconds(seconds).seconds())
}

fn blob(bytes: &[u8]) -> AttributeValue {
    AttributeValue::B(Blob::new(bytes))
}

fn further(id: &LetterId, part: impl Display) -> String {
    format!("{id}#{part}")
}

/// Placeholders for the attributes a list shows, and the projection they make.
fn shown() -> (std::collections::HashMap<String, String>, String) {
    let names = SHOWN.iter().map(|name| (format!("#{name}"), (*name).to_owned())).collect();
    (names, SHOWN.map(|name| format!("#{name}")).join(", "))
}

fn read(row: &Row) -> Result<DeadLetter, Unavailable> {
    let bad = |what: &str| Unavailable::new(PART, format!("a letter whose {what} cannot be read"));
    let id = text(row, "pk").and_then(|pk| pk.parse().ok()).ok_or_else(|| bad("key"))?;
    Ok(DeadLetter {
        id,
        order: text(row, "order").map(str::parse).transpose().map_err(|_| bad("order"))?,
        store: text(row, "store").map(str::parse).transpose().map_err(|_| bad("store"))?,
        error: text(row, "error").unwrap_or_default().to_owned(),
        trace: text(row, "trace").map(str::to_owned),
        receives: number(row, "receives"),
        at: At(number(row, "at").ok_or_else(|| bad("time"))?),
        judged: number(row, "judged").map(At),
        redriven: number(row, "redriven").map(At),
    })
}

/// Whether the write was made; `false` if its condition did not hold.
fn written<E: ProvideErrorMetadata, R>(answer: Result<(), SdkError<E, R>>) -> Result<bool, Unavailable> {
    match answer {
        Ok(()) => Ok(true),
        Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(false),
        Err(error) => Err(unavailable(PART, &error)),
    }
}
