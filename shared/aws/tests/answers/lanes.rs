//! Index queries that do not end with their first page.

use serde_json::json;
use waybill_aws::{Dynamo, Names};
use waybill_domain::{At, Lane};
use waybill_workflow::ports::Lanes;

use crate::canned::{Answer, Canned, Request};

/// Two pages for every shard: one row each.
fn two_pages() -> Answer {
    Box::new(|requests: &[Request]| {
        let body = &requests[requests.len() - 1].body;
        let shard = body["ExpressionAttributeValues"][":lane"]["S"].as_str().unwrap().rsplit('#').next().unwrap();
        let second = !body["ExclusiveStartKey"].is_null();
        let since = if second { format!("2{shard}") } else { format!("1{shard}") };
        let row = json!({ "pk": { "S": format!("shop/{since}") }, "sk": { "S": "order" }, "since": { "N": since }, "lane": { "S": "x" } });
        let mut page = json!({ "Count": 1, "ScannedCount": 1 });
        if body["Select"] != "COUNT" {
            page["Items"] = json!([row]);
        }
        if !second {
            page["LastEvaluatedKey"] = row;
        }
        (200, page)
    })
}

#[tokio::test]
async fn all_pages_of_all_shards_are_counted() {
    let canned = Canned::always(two_pages()).await;
    assert_eq!(Dynamo::new(&canned.config, &Names::new("test")).count(&Lane::Held).await, Ok(16));
    assert_eq!(canned.requests().len(), 16);
}

#[tokio::test]
async fn a_page_that_ended_early_is_followed_by_the_next() {
    let canned = Canned::always(two_pages()).await;
    let dynamo = Dynamo::new(&canned.config, &Names::new("test"));
    let found = dynamo.oldest(&Lane::Held, At(100), 12).await.unwrap();
    assert_eq!(found.iter().map(|waiter| waiter.since.0).collect::<Vec<_>>(), [10, 11, 12, 13, 14, 15, 16, 17, 20, 21, 22, 23]);
    let canned = Canned::always(two_pages()).await;
    let dynamo = Dynamo::new(&canned.config, &Names::new("test"));
    assert_eq!(dynamo.oldest(&Lane::Held, At(100), 1).await.unwrap().len(), 1);
    assert_eq!(canned.requests().len(), 8, "nobody needs a second page to find one");
}
