//! The order records.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{Put, ReturnValuesOnConditionCheckFailure};
use waybill_domain::{Order, OrderKey, Stock, StockMoves, entries};
use waybill_workflow::Unavailable;
use waybill_workflow::ports::{CommitError, Orders};

use super::row::{Mark, order_from, record_key, row_from};
use super::transaction::Beside;
use super::{Dynamo, Row, n};
use crate::error::{is_contention, unavailable};

pub(super) const PART: &str = "orders";

impl Orders for Dynamo {
    async fn load(&self, key: &OrderKey) -> Result<Option<Order>, Unavailable> {
        let get = self.client.get_item().table_name(&self.tables.orders).set_key(Some(record_key(key))).consistent_read(true);
        let row = get.send().await.map_err(|error| unavailable(PART, &error))?.item;
        Ok(row.map(order_from).transpose()?)
    }

    async fn commit(&self, before: Option<&Order>, after: &Order) -> Result<(), CommitError> {
        let mark = Mark::random();
        let put = self.put(before, after, &mark)?;
        let moves = StockMoves::between(before.map_or(&Stock::NONE, |order| &order.stock), &after.stock);
        let entries = entries(before, after);
        if moves.is_empty() && entries.is_empty() {
            return self.put_alone(put, &mark).await;
        }
        self.transact(put, &mark, &Beside { of: after, entries, moves }).await
    }
}

impl Dynamo {
    /// The write of the record, on the condition that the row is `before`.
    fn put(&self, before: Option<&Order>, after: &Order, mark: &Mark) -> Result<Put, CommitError> {
        let row = row_from(after, mark).map_err(Unavailable::from)?;
        let put = Put::builder()
            .table_name(&self.tables.orders)
            .set_item(Some(row))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let put = match before {
            None => put.condition_expression("attribute_not_exists(pk)"),
            Some(before) => put
                .condition_expression("#version = :before")
                .expression_attribute_names("#version", "version")
                .expression_attribute_values(":before", n(before.version)),
        };
        put.build().map_err(|_| Unavailable::new(PART, "the write could not be built").into())
    }

    async fn put_alone(&self, put: Put, mark: &Mark) -> Result<(), CommitError> {
        let request = self
            .client
            .put_item()
            .table_name(put.table_name)
            .set_item(Some(put.item))
            .set_condition_expression(put.condition_expression)
            .set_expression_attribute_names(put.expression_attribute_names)
            .set_expression_attribute_values(put.expression_attribute_values)
            .set_return_values_on_condition_check_failure(put.return_values_on_condition_check_failure);
        let Err(error) = request.send().await else { return Ok(()) };
        match error {
            SdkError::ServiceError(failure) if failure.err().is_conditional_check_failed_exception() => {
                match failure.into_err() {
                    PutItemError::ConditionalCheckFailedException(refusal) => conflict(refusal.item, mark),
                    _ => Err(CommitError::Conflict(None)),
                }
            }
            error if is_contention(error.code()) => Err(CommitError::Contention),
            error => Err(unavailable(PART, &error).into()),
        }
    }
}

/// What a refused condition on the record means: somebody else's commit, or our own, whose answer was lost.
pub(super) fn conflict(row: Option<Row>, mark: &Mark) -> Result<(), CommitError> {
    let Some(row) = row else { return Err(CommitError::Conflict(None)) };
    if mark.is_on(&row) {
        return Ok(());
    }
    let order = order_from(row).map_err(Unavailable::from)?;
    Err(CommitError::Conflict(Some(Box::new(order))))
}
