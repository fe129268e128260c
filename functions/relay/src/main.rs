//! relay: see `waybill_workflow::steps::relay`.

use lambda_runtime::Error;
use waybill_lambda::batch::{TO_REPORT, left_until};
use waybill_lambda::metrics::Metrics;
use waybill_lambda::{Platform, stream};
use waybill_workflow::ports::Runtime;
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
        pass_over(&platform, &batch.broken);
        if let Some(number) = &batch.waits {
            tracing::error!(sequence_number = number, "a stream record was written by a newer release, and waits for it");
        }
        Ok(stream::again_from(batch.waits))
    })
    .await
}

/// Tells of records that nobody can read. The sweep sends their orders' commands; their facts and log pages are lost.
fn pass_over(platform: &Platform, broken: &[(String, String)]) {
    if broken.is_empty() {
        return;
    }
    let mut metrics = Metrics::default();
    for (number, error) in broken {
        tracing::error!(sequence_number = number, error, "a stream record is broken: it is passed over");
        metrics.add_step("Failed", 1);
    }
    metrics.emit(platform.deployment(), "relay", platform.now().0);
}
