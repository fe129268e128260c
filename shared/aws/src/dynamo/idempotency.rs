//! Claims. `expires_at` is in seconds, as TTL wants it, rounded up: a claim never ends early.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use waybill_domain::{At, ContentHash};
use waybill_workflow::Unavailable;
use waybill_workflow::ports::{Claim, Idempotency};

use super::{Dynamo, Row, n, s, text};
use crate::error::unavailable;

const PART: &str = "idempotency";

impl Idempotency for Dynamo {
    async fn claim(&self, key: &str, payload: &ContentHash, now: At, until: At) -> Result<Claim, Unavailable> {
        if key.is_empty() {
            return Err(Unavailable::new(PART, "a claim needs a key"));
        }
        let token = uuid::Uuid::now_v7().to_string();
        let put = self
            .client
            .put_item()
            .table_name(&self.tables.idempotency)
            .item("pk", s(key))
            .item("token", s(&token))
            .item("payload", s(payload.as_str()))
            .item("state", s("claimed"))
            .item("expires_at", n(end(until)))
            .condition_expression("attribute_not_exists(pk) OR #expires_at <= :now")
            .expression_attribute_names("#expires_at", "expires_at")
            .expression_attribute_values(":now", n(now.seconds()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = put.send().await else { return Ok(Claim::Fresh(token)) };
        match error {
            SdkError::ServiceError(failure) if failure.err().is_conditional_check_failed_exception() => {
                match failure.into_err() {
                    PutItemError::ConditionalCheckFailedException(refusal) => {
                        Ok(found(&refusal.item.unwrap_or_default(), &token, payload))
                    }
                    _ => Ok(Claim::InFlight),
                }
            }
            error => Err(unavailable(PART, &error)),
        }
    }

    async fn complete(&self, key: &str, token: &str, result: &str, until: At) -> Result<bool, Unavailable> {
        let update = self
            .client
            .update_item()
            .table_name(&self.tables.idempotency)
            .key("pk", s(key))
            .update_expression("SET #state = :done, #result = :result, #expires_at = :until")
            .condition_expression("#token = :token")
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#result", "result")
            .expression_attribute_names("#expires_at", "expires_at")
            .expression_attribute_names("#token", "token")
            .expression_attribute_values(":done", s("done"))
            .expression_attribute_values(":result", s(result))
            .expression_attribute_values(":until", n(end(until)))
            .expression_attribute_values(":token", s(token));
        owned(update.send().await.map(|_| ()))
    }

    async fn give_back(&self, key: &str, token: &str) -> Result<bool, Unavailable> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.tables.idempotency)
            .key("pk", s(key))
            .condition_expression("#token = :token AND #state = :claimed")
            .expression_attribute_names("#token", "token")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":token", s(token))
            .expression_attribute_values(":claimed", s("claimed"));
        owned(delete.send().await.map(|_| ()))
    }
}

/// The first whole second at or after `until`.
fn end(until: At) -> i64 {
    At(until.0.saturating_add(999)).seconds()
}

/// What the row that stood in the way means. Our own token in it: an attempt whose answer was lost had succeeded.
fn found(row: &Row, token: &str, payload: &ContentHash) -> Claim {
    if text(row, "token") == Some(token) {
        return Claim::Fresh(token.to_owned());
    }
    if text(row, "payload").is_some_and(|claimed| claimed != payload.as_str()) {
        return Claim::Mismatch;
    }
    match (text(row, "state"), text(row, "result")) {
        (Some("done"), result) => Claim::Done(result.unwrap_or_default().to_owned()),
        _ => Claim::InFlight,
    }
}

fn owned<E: ProvideErrorMetadata, R>(answer: Result<(), SdkError<E, R>>) -> Result<bool, Unavailable> {
    match answer {
        Ok(()) => Ok(true),
        Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(false),
        Err(error) => Err(unavailable(PART, &error)),
    }
}
