//! Commits that move stock.

use serde_json::{Value, json};
use waybill_aws::{Dynamo, Names};
use waybill_domain::{Order, Stock};
use waybill_workflow::ports::{CommitError, Orders, Shortage};

use crate::canned::{Answer, Canned, Request, error, lost, ok};
use crate::commits::story;

/// Takes two mugs and a shirt.
async fn reserve(canned: &Canned) -> Result<(), CommitError> {
    let story = story();
    commit(canned, &story[1], &story[2]).await
}

pub async fn commit(canned: &Canned, before: &Order, after: &Order) -> Result<(), CommitError> {
    Dynamo::new(&canned.config, &Names::new("test")).commit(Some(before), after).await
}

/// The transaction was cancelled for these reasons: record, mug, shirt.
pub fn cancelled(reasons: impl Fn(&Value) -> Value + Send + 'static) -> Answer {
    Box::new(move |requests: &[Request]| {
        let written = &requests[0].body["TransactItems"][0]["Put"]["Item"];
        (
            400,
            json!({ "__type": "TransactionCanceledException", "Message": "cancelled", "CancellationReasons": reasons(written) }),
        )
    })
}

pub fn none() -> Value {
    json!({ "Code": "None" })
}

pub fn code(code: &str) -> Value {
    json!({ "Code": code, "Message": "because" })
}

pub fn row(item: Value) -> Value {
    json!({ "Code": "ConditionalCheckFailed", "Message": "The conditional request failed", "Item": item })
}

pub fn stock(available: i64) -> Value {
    row(json!({ "pk": { "S": "acme/X" }, "available": { "N": available.to_string() } }))
}

pub fn by_another(item: &Value) -> Value {
    let mut item = item.clone();
    item["w"] = json!({ "B": "AQIDBAUGBwg=" });
    item
}

pub fn short(sku: &str, wanted: u32, available: Option<i64>) -> Shortage {
    Shortage { sku: sku.parse().unwrap(), wanted, available }
}

#[tokio::test]
async fn what_is_short_is_said_with_its_figures() {
    let canned = Canned::new([cancelled(|_| json!([none(), stock(1), none()]))]).await;
    assert_eq!(reserve(&canned).await, Err(CommitError::Short(vec![short("MUG", 2, Some(1))])));
    let canned = Canned::new([cancelled(|_| json!([none(), stock(-3), code("ConditionalCheckFailed")]))]).await;
    let expected = vec![short("MUG", 2, Some(-3)), short("SHIRT", 1, None)];
    assert_eq!(reserve(&canned).await, Err(CommitError::Short(expected)));
}

#[tokio::test]
async fn contention_outweighs_a_shortage() {
    for busy in ["TransactionConflict", "ProvisionedThroughputExceeded", "ThrottlingError"] {
        let canned = Canned::new([cancelled(move |_| json!([none(), stock(0), code(busy)]))]).await;
        assert_eq!(reserve(&canned).await, Err(CommitError::Contention), "{busy} of a SKU");
        let canned = Canned::new([cancelled(move |_| json!([code(busy), none(), none()]))]).await;
        assert_eq!(reserve(&canned).await, Err(CommitError::Contention), "{busy} of the record");
    }
    let canned = Canned::always(error(400, "TransactionInProgressException")).await;
    assert_eq!(reserve(&canned).await, Err(CommitError::Contention));
}

#[tokio::test]
async fn a_conflict_outweighs_everything_and_carries_the_row() {
    let canned = Canned::new([cancelled(|item| json!([row(by_another(item)), stock(0), code("TransactionConflict")]))]).await;
    assert_eq!(reserve(&canned).await, Err(CommitError::Conflict(Some(Box::new(story().remove(2))))));
    let canned = Canned::new([cancelled(|_| json!([code("ConditionalCheckFailed"), none(), none()]))]).await;
    assert_eq!(reserve(&canned).await, Err(CommitError::Conflict(None)));
}

#[tokio::test]
async fn a_second_attempt_is_the_same_transaction() {
    let canned = Canned::new([lost(), ok(json!({}))]).await;
    assert_eq!(reserve(&canned).await, Ok(()));
    let requests = canned.requests();
    let tokens: Vec<&Value> = requests.iter().map(|request| &request.body["ClientRequestToken"]).collect();
    assert!(tokens[0].as_str().is_some_and(|token| token.len() == 36), "{tokens:?}");
    assert_eq!(tokens[0], tokens[1]);
    let again = Canned::new([ok(json!({}))]).await;
    assert_eq!(reserve(&again).await, Ok(()));
    assert_ne!(&again.requests()[0].body["ClientRequestToken"], tokens[0]);
}

/// The token is remembered for ten minutes only; the mark in the row for good.
#[tokio::test]
async fn a_transaction_whose_answer_was_lost_is_found_to_have_won() {
    let canned = Canned::new([lost(), cancelled(|item| json!([row(item.clone()), stock(0), none()]))]).await;
    assert_eq!(reserve(&canned).await, Ok(()));
    assert_eq!(canned.requests().len(), 2);
}

#[tokio::test]
async fn pieces_given_back_to_a_row_that_is_missing_are_no_shortage() {
    let canned = Canned::new([cancelled(|_| json!([none(), code("ConditionalCheckFailed"), none()]))]).await;
    let story = story();
    let mut released = story[3].clone();
    released.stock = Stock::NONE;
    let refused = commit(&canned, &story[2], &released).await.unwrap_err();
    assert_eq!(refused.to_string(), "stock is unavailable: a row that an order holds pieces of is missing");
}

#[tokio::test]
async fn other_reasons_are_said_by_their_code() {
    let canned = Canned::new([cancelled(|_| json!([none(), code("ValidationError"), none()]))]).await;
    assert_eq!(reserve(&canned).await.unwrap_err().to_string(), "orders is unavailable: ValidationError");
    let canned = Canned::new([cancelled(|_| json!([]))]).await;
    assert_eq!(reserve(&canned).await.unwrap_err().to_string(), "orders is unavailable: cancelled without reasons");
}
