//! The circuits of endpoints.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use serde_dynamo::aws_sdk_dynamodb_1::{from_item, to_item};
use waybill_domain::{Circuit, Endpoint};
use waybill_workflow::Unavailable;
use waybill_workflow::ports::Circuits;

use super::row::VERSION;
use super::{Dynamo, Row, n, s};
use crate::error::{is_contention, unavailable};

const PART: &str = "circuits";

impl Circuits for Dynamo {
    async fn circuit(&self, endpoint: &Endpoint) -> Result<Circuit, Unavailable> {
        let get =
            self.client.get_item().table_name(&self.tables.endpoints).key("pk", s(endpoint.to_string())).consistent_read(true);
        match get.send().await.map_err(|error| unavailable(PART, &error))?.item {
            None => Ok(Circuit::closed(endpoint.clone())),
            Some(row) => read(row),
        }
    }

    async fn save_circuit(&self, circuit: &Circuit) -> Result<bool, Unavailable> {
        let mut row: Row = to_item(circuit).map_err(|_| Unavailable::new(PART, "a circuit cannot be written"))?;
        row.remove("endpoint");
        row.insert("pk".to_owned(), s(circuit.endpoint.to_string()));
        let put = self
            .client
            .put_item()
            .table_name(&self.tables.endpoints)
            .set_item(Some(row))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let put = match circuit.version.saturating_sub(1) {
            0 => put.condition_expression("attribute_not_exists(pk)"),
            before => put
                .condition_expression("#version = :before")
                .expression_attribute_names("#version", "version")
                .expression_attribute_values(":before", n(before)),
        };
        let Err(error) = put.send().await else { return Ok(true) };
        match error {
            SdkError::ServiceError(failure) if failure.err().is_conditional_check_failed_exception() => {
                match failure.into_err() {
                    // A first attempt whose answer was lost may have written this very circuit.
                    PutItemError::ConditionalCheckFailedException(refusal) => {
                        Ok(refusal.item.map(read).transpose()?.is_some_and(|found| found == *circuit))
                    }
                    _ => Ok(false),
                }
            }
            error if is_contention(error.code()) => Ok(false),
            error => Err(unavailable(PART, &error)),
        }
    }
}

fn read(mut row: Row) -> Result<Circuit, Unavailable> {
    if row.contains_key(VERSION) {
        return Err(Unavailable::newer(PART));
    }
    if let Some(endpoint) = row.remove("pk") {
        row.insert("endpoint".to_owned(), endpoint);
    }
    from_item(row).map_err(|_| Unavailable::new(PART, "a circuit cannot be read"))
}
