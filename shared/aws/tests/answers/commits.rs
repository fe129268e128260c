//! Commits of the record alone.

use serde_json::{Value, json};
use waybill_aws::{Dynamo, Names};
use waybill_domain::Order;
use waybill_testkit::contract::happy_path;
use waybill_workflow::ports::{CommitError, Orders};

use crate::canned::{Answer, Canned, Request, error, lost, nobody, ok};

pub fn story() -> Vec<Order> {
    happy_path(&"shop/1042".parse().unwrap(), &[("MUG", 2), ("SHIRT", 1)])
}

async fn commit(canned: &Canned) -> Result<(), CommitError> {
    let story = story();
    Dynamo::new(&canned.config, &Names::new("test")).commit(Some(&story[0]), &story[1]).await
}

/// The condition failed; the row is made from the first request's item.
fn refused(row: impl Fn(&Value) -> Value + Send + 'static) -> Answer {
    Box::new(move |requests: &[Request]| {
        let row = row(&requests[0].body["Item"]);
        (400, json!({ "__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException", "Item": row }))
    })
}

#[tokio::test]
async fn a_commit_whose_answer_was_lost_is_found_to_have_won() {
    let canned = Canned::new([lost(), refused(Value::clone)]).await;
    assert_eq!(commit(&canned).await, Ok(()));
    assert_eq!(canned.requests().len(), 2);
}

/// Two processes may make the very same commit in the same millisecond. Only one of them may think that it was first: it may go on to
/// call the ERP.
#[tokio::test]
async fn the_same_commit_of_another_process_is_a_conflict() {
    let other = |item: &Value| {
        let mut row = item.clone();
        row["w"] = json!({ "B": "AQIDBAUGBwg=" });
        row
    };
    let canned = Canned::new([lost(), refused(other)]).await;
    assert_eq!(commit(&canned).await, Err(CommitError::Conflict(Some(Box::new(story().remove(1))))));
}

#[tokio::test]
async fn a_conflict_without_a_row_is_a_conflict() {
    let canned = Canned::new([error(400, "ConditionalCheckFailedException")]).await;
    assert_eq!(commit(&canned).await, Err(CommitError::Conflict(None)));
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_no_conflict_and_not_shown() {
    let newer = |item: &Value| {
        let mut row = item.clone();
        row["w"] = json!({ "B": "AQIDBAUGBwg=" });
        row["stage"] = json!({ "S": "erika@example.test" });
        row
    };
    let canned = Canned::new([refused(newer)]).await;
    let error = commit(&canned).await.unwrap_err();
    assert!(matches!(error, CommitError::Unavailable(_)), "{error:?}");
    assert!(!format!("{error:?} {error}").contains("erika"), "{error:?}");
}

#[tokio::test]
async fn throttling_and_transactions_of_others_are_contention() {
    for code in ["ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded"] {
        let canned = Canned::new([error(400, code), error(400, code), error(400, code)]).await;
        assert_eq!(commit(&canned).await, Err(CommitError::Contention), "{code}");
        assert_eq!(canned.requests().len(), 3, "{code}: the SDK tries three times");
    }
    let canned = Canned::always(error(400, "TransactionConflictException")).await;
    assert_eq!(commit(&canned).await, Err(CommitError::Contention));
}

#[tokio::test]
async fn a_throttle_that_goes_by_is_not_seen() {
    let canned = Canned::new([error(400, "ThrottlingException"), ok(json!({}))]).await;
    assert_eq!(commit(&canned).await, Ok(()));
    assert_eq!(canned.requests().len(), 2);
}

#[tokio::test]
async fn errors_say_their_code_and_nothing_that_was_sent() {
    let canned = Canned::new([error(400, "ValidationException")]).await;
    let refused = commit(&canned).await.unwrap_err();
    assert_eq!(refused.to_string(), "orders is unavailable: ValidationException");
    assert!(!format!("{refused:?}").contains("1042"));
    let dynamo = Dynamo::new(&nobody().await, &Names::new("test"));
    let refused = dynamo.load(&"shop/1042".parse().unwrap()).await.unwrap_err();
    assert_eq!(refused.to_string(), "orders is unavailable: no connection");
}
