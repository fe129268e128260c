//! relay: see `waybill_workflow::steps::relay`.

use lambda_runtime::Error;
use waybill_lambda::batch::{TO_REPORT, left_until};
use waybill_lambda::stream;
use waybill_workflow::steps::relay;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    waybill_lambda::serve(async |platform, event| {
        let in_time = left_until(event.context.deadline(), TO_REPORT);
        let batch = stream::read(event.payload)?;
        let failed = match tokio::time::timeout(in_time, relay::run(&platform, &batch.orders)).await {
            Ok(result) => result.err().map(|error| error.to_string()),
            // Given back rather than cut off, which would count as an error of the function and say nothing.
            Err(_) => Some("not done in the time of an invocation".to_owned()),
        };
        if let Some(error) = failed {
            tracing::warn!(error, "the stream will give these records again");
            return Ok(stream::again_from(batch.first));
        }
        let unreadable = batch.unreadable.map(|(number, error)| {
            tracing::error!(sequence_number = number, error, "a stream record cannot be read");
            number
        });
        Ok(stream::again_from(unreadable))
    })
    .await
}
