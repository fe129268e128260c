//! The circuits of endpoints.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use serde_dynamo::aws_sdk_dynamodb_1::{from_item, to_item};
use waybill_domain::{Circuit, Endpoint};
use waybill_workflow::Unavailable;
use waybill_workflow::ports::{Circuits, Saved};

use super::row::{Mark, VERSION};
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

    async fn save_circuit(&self, circuit: &Circuit) -> Result<Saved, Unavailable> {
        let mark = Mark::random();
        let mut row: Row = to_item(circuit).map_err(|_| Unavailable::new(PART, "a circuit cannot be written"))?;
        row.remove("endpoint");
        row.insert("pk".to_owned(), s(circuit.endpoint.to_string()));
        mark.put_on(&mut row);
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
        let Err(error) = put.send().await else { return Ok(Saved::Done) };
        let found = match error {
            SdkError::ServiceError(failure) if failure.err().is_conditional_check_failed_exception() => {
                match failure.into_err() {
                    PutItemError::ConditionalCheckFailedException(refusal) => refusal.item,
                    _ => None,
                }
            }
            // Not even compared: the row is read for it, once in a while.
            error if is_contention(error.code()) => {
                return Ok(Saved::Overtaken(Box::new(self.circuit(&circuit.endpoint).await?)));
            }
            error => return Err(unavailable(PART, &error)),
        };
        match found {
            // A first attempt whose answer was lost had written it.
            Some(row) if mark.is_on(&row) => Ok(Saved::Done),
            Some(row) => Ok(Saved::Overtaken(Box::new(read(row)?))),
            None => Ok(Saved::Overtaken(Box::new(Circuit::closed(circuit.endpoint.clone())))),
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
