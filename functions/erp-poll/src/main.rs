//! erp-poll: see `waybill_workflow::steps::erp_poll`.

use lambda_runtime::Error;
use serde_json::json;
use waybill_lambda::batch::{TO_REPORT, left_until};
use waybill_lambda::metrics::Metrics;
use waybill_workflow::ports::Runtime;
use waybill_workflow::steps::erp_poll;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    waybill_lambda::serve(async |platform, event| {
        let in_time = left_until(event.context.deadline(), TO_REPORT);
        // An error here is an error of the invocation: it counts, and the next minute brings another one.
        let polled = tokio::time::timeout(in_time, erp_poll::run(&platform)).await;
        let polled = polled.map_err(|_| "not done in the time of an invocation")??;
        let mut metrics = Metrics::default();
        metrics.add("FeedSecondsBehind", polled.behind_seconds);
        metrics.add("FeedItemsUnreadable", polled.unreadable);
        metrics.add_step("Handled", polled.reported);
        metrics.add_step("Waited", polled.left);
        metrics.add_step("Failed", polled.failed);
        metrics.emit(platform.deployment(), "erp-poll", platform.now().0);
        tracing::info!(
            reported = polled.reported,
            known = polled.known,
            foreign = polled.foreign,
            unreadable = polled.unreadable,
            failed = polled.failed,
            left = polled.left,
            behind_seconds = polled.behind_seconds,
            "polled"
        );
        Ok(json!({ "polled": true, "reported": polled.reported, "failed": polled.failed }))
    })
    .await
}
