//! Commits that write rows of the ledger.

use serde_json::{Value, json};
use waybill_domain::{Order, Refund, RefundState};
use waybill_workflow::ports::CommitError;

use crate::canned::{Canned, lost, ok};
use crate::commits::story;
use crate::transactions::{by_another, cancelled, code, commit, none, row, short, stock};

/// The order before it takes two mugs and a shirt, and after, with two refunds more: one that it did not have, one that changed.
fn refunded() -> (Order, Order) {
    let mut story = story();
    let (mut after, mut before) = (story.remove(2), story.remove(1));
    before.refunds = vec![Refund::seen(7, "1.00".parse().unwrap())];
    let settled = Refund { state: RefundState::Withdrawn, ..before.refunds[0].clone() };
    after.refunds = vec![settled, Refund::seen(8, "2.00".parse().unwrap())];
    (before, after)
}

/// The reasons are those of the record, refund 7, refund 8, the mug, the shirt.
async fn refuse(reasons: impl Fn(&Value) -> Value + Send + 'static) -> Result<(), CommitError> {
    let (before, after) = refunded();
    commit(&Canned::new([cancelled(reasons)]).await, &before, &after).await
}

#[tokio::test]
async fn first_rows_must_be_absent_and_changed_ones_need_not() {
    let (before, after) = refunded();
    let canned = Canned::new([ok(json!({}))]).await;
    assert_eq!(commit(&canned, &before, &after).await, Ok(()));
    let request = &canned.requests()[0];
    assert_eq!(request.operation, "TransactWriteItems");
    let actions: Vec<&Value> = request.body["TransactItems"].as_array().unwrap().iter().collect();
    assert_eq!(actions.len(), 5);
    let [changed, first] = [&actions[1]["Put"], &actions[2]["Put"]];
    assert_eq!((&changed["Item"]["sk"]["S"], &changed["ConditionExpression"]), (&json!("refund#7"), &Value::Null));
    assert_eq!(first["Item"]["pk"], json!({ "S": "shop/1042" }));
    assert_eq!(first["Item"]["sk"], json!({ "S": "refund#8" }));
    assert_eq!(first["Item"]["version"], json!({ "N": after.version.to_string() }));
    assert_eq!(first["Item"]["body"], json!({ "S": r#"{"id":8,"amount":"2.00","state":"seen"}"# }));
    assert_eq!(first["ConditionExpression"], "attribute_not_exists(pk)");
    assert_eq!(first["TableName"], "test-orders");
}

#[tokio::test]
async fn a_row_that_is_there_outweighs_a_shortage() {
    let there = || code("ConditionalCheckFailed");
    let recorded = Err(CommitError::Recorded("refund#8".to_owned()));
    assert_eq!(refuse(move |_| json!([none(), none(), there(), none(), none()])).await, recorded);
    assert_eq!(refuse(move |_| json!([none(), none(), there(), stock(1), stock(0)])).await, recorded);
    let missed = refuse(|_| json!([none(), none(), none(), stock(1), none()])).await;
    assert_eq!(missed, Err(CommitError::Short(vec![short("MUG", 2, Some(1))])), "stock is counted after the rows");
}

#[tokio::test]
async fn contention_outweighs_a_row_that_is_there() {
    for place in [0, 1, 3, 4] {
        let reasons = move |_: &Value| {
            let mut reasons = [none(), none(), code("ConditionalCheckFailed"), none(), none()];
            reasons[place] = code("TransactionConflict");
            json!(reasons)
        };
        assert_eq!(refuse(reasons).await, Err(CommitError::Contention), "{place}");
    }
}

#[tokio::test]
async fn a_conflict_outweighs_a_row_that_is_there() {
    let refused = refuse(|item| json!([row(by_another(item)), none(), code("ConditionalCheckFailed"), stock(0), none()])).await;
    assert_eq!(refused, Err(CommitError::Conflict(Some(Box::new(refunded().1)))));
}

/// The rows are there because the first attempt wrote them.
#[tokio::test]
async fn a_commit_whose_answer_was_lost_is_found_to_have_won() {
    let (before, after) = refunded();
    let won = cancelled(|item| json!([row(item.clone()), none(), code("ConditionalCheckFailed"), none(), none()]));
    let canned = Canned::new([lost(), won]).await;
    assert_eq!(commit(&canned, &before, &after).await, Ok(()));
    assert_eq!(canned.requests().len(), 2);
}

#[tokio::test]
async fn fewer_reasons_than_actions_are_no_success() {
    for reasons in [json!([none()]), json!([none(), none()]), json!([none(), none(), none(), none(), none()])] {
        let error = refuse(move |_| reasons.clone()).await.unwrap_err();
        assert_eq!(error.to_string(), "orders is unavailable: cancelled without a reason");
    }
}

#[tokio::test]
async fn without_stock_the_rows_alone_make_a_transaction() {
    let (before, after) = refunded();
    let after = Order { stock: before.stock.clone(), ..after };
    let canned = Canned::new([ok(json!({}))]).await;
    assert_eq!(commit(&canned, &before, &after).await, Ok(()));
    assert_eq!(canned.requests()[0].body["TransactItems"].as_array().unwrap().len(), 3);
    let same = Order { refunds: before.refunds.clone(), ..after };
    let canned = Canned::new([ok(json!({}))]).await;
    assert_eq!(commit(&canned, &before, &same).await, Ok(()));
    assert_eq!(canned.requests()[0].operation, "PutItem");
}
