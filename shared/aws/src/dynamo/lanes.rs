//! The sparse index `by-lane`, read over all its shards at once.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::Select;
use tokio::task::JoinSet;
use waybill_domain::lane::SHARDS;
use waybill_domain::{At, Lane, OrderKey};
use waybill_workflow::Unavailable;
use waybill_workflow::ports::{Lanes, Waiter};

use super::{Dynamo, Row, n, number, s, text};
use crate::error::unavailable;

const PART: &str = "lanes";

impl Lanes for Dynamo {
    async fn oldest(&self, lane: &Lane, before: At, limit: usize) -> Result<Vec<Waiter>, Unavailable> {
        let mut shards = JoinSet::new();
        for shard in 0..SHARDS {
            let query = self
                .shard(lane, shard)
                .key_condition_expression("#lane = :lane AND #since < :before")
                .expression_attribute_names("#since", "since")
                .expression_attribute_values(":before", n(before.0))
                .limit(i32::try_from(limit).unwrap_or(i32::MAX).max(1));
            shards.spawn(first(query, limit));
        }
        let mut found = Vec::new();
        while let Some(shard) = shards.join_next().await {
            found.append(&mut shard.map_err(|_| Unavailable::new(PART, "a query was stopped"))??);
        }
        found.sort_unstable();
        found.truncate(limit);
        Ok(found)
    }

    async fn count(&self, lane: &Lane) -> Result<u64, Unavailable> {
        let mut shards = JoinSet::new();
        for shard in 0..SHARDS {
            shards.spawn(size(self.shard(lane, shard).key_condition_expression("#lane = :lane").select(Select::Count)));
        }
        let mut sum: u64 = 0;
        while let Some(shard) = shards.join_next().await {
            sum = sum.saturating_add(shard.map_err(|_| Unavailable::new(PART, "a query was stopped"))??);
        }
        Ok(sum)
    }
}

impl Dynamo {
    fn shard(&self, lane: &Lane, shard: u64) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.tables.orders)
            .index_name("by-lane")
            .expression_attribute_names("#lane", "lane")
            .expression_attribute_values(":lane", s(lane.key(shard)))
    }
}

/// The first `limit` rows; a page may end before them at 1 MB.
async fn first(query: QueryFluentBuilder, limit: usize) -> Result<Vec<Waiter>, Unavailable> {
    let mut found = Vec::new();
    let mut rows = query.into_paginator().items().send();
    while found.len() < limit {
        let Some(row) = rows.next().await else { break };
        found.push(waiter(&row.map_err(|error| unavailable(PART, &error))?)?);
    }
    Ok(found)
}

async fn size(query: QueryFluentBuilder) -> Result<u64, Unavailable> {
    let mut sum: u64 = 0;
    let mut pages = query.into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| unavailable(PART, &error))?;
        sum = sum.saturating_add(u64::try_from(page.count).unwrap_or(0));
    }
    Ok(sum)
}

fn waiter(row: &Row) -> Result<Waiter, Unavailable> {
    let key: Option<OrderKey> = text(row, "pk").and_then(|key| key.parse().ok());
    let since = number(row, "since").map(At);
    key.zip(since).map(|(key, since)| Waiter { since, key }).ok_or_else(|| Unavailable::new(PART, "an index row cannot be read"))
}
