//! sweep: see `waybill_workflow::steps::sweep`.

use lambda_runtime::Error;
use serde_json::json;
use waybill_lambda::batch::{TO_REPORT, left_until};
use waybill_lambda::metrics::Metrics;
use waybill_workflow::ports::Runtime;
use waybill_workflow::steps::sweep;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    waybill_lambda::serve(async |platform, event| {
        let in_time = left_until(event.context.deadline(), TO_REPORT);
        // An error here is an error of the invocation: it counts, and the next minute brings another sweep.
        let swept = tokio::time::timeout(in_time, sweep::run(&platform)).await;
        let Some(swept) = swept.map_err(|_| "not done in the time of an invocation")?? else {
            return Ok(json!({ "swept": false }));
        };
        let mut metrics = Metrics::default();
        metrics.add("OrdersHeld", swept.held);
        metrics.add("OrdersWaiting", swept.waiting);
        metrics.add("OldestUnpostedSeconds", swept.oldest_unposted_seconds);
        metrics.add_step("Handled", swept.resent + swept.drained + swept.found);
        metrics.add_step("Failed", swept.failed_polls);
        metrics.emit(platform.deployment(), "sweep", platform.now().0);
        tracing::info!(
            resent = swept.resent,
            drained = swept.drained,
            found = swept.found,
            failed_polls = swept.failed_polls,
            left = swept.left,
            held = swept.held,
            waiting = swept.waiting,
            oldest_unposted_seconds = swept.oldest_unposted_seconds,
            "swept"
        );
        Ok(json!({ "swept": true, "resent": swept.resent, "drained": swept.drained, "found": swept.found }))
    })
    .await
}
