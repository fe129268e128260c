//! intake: see `waybill_workflow::steps::intake`. Called by the HTTP API, and by its own queue for deliveries that were put aside.

use std::time::Duration;

use lambda_runtime::{Error, LambdaEvent};
use serde_json::Value;
use waybill_aws::spooled_from_message;
use waybill_contracts::Unread;
use waybill_domain::Step;
use waybill_lambda::batch::{self, Style};
use waybill_lambda::metrics::Metrics;
use waybill_lambda::{Pace, Platform, http};
use waybill_workflow::dispose::Disposition;
use waybill_workflow::ports::Runtime;
use waybill_workflow::steps::intake::{self, Received};
use waybill_workflow::{Outcome, StepError};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    waybill_lambda::serve_at(Pace::PROMPT, async |platform, event| {
        if event.payload.get("Records").is_some() {
            resume(&platform, event).await
        } else {
            receive(&platform, &event.payload).await
        }
    })
    .await
}

async fn receive(platform: &Platform, event: &Value) -> Result<Value, Error> {
    let started = platform.now();
    let received = intake::run(platform, &http::delivery(event)).await;
    let mut metrics = Metrics::default();
    count(&mut metrics, &received);
    metrics.add_step("Handled", 1);
    metrics.add_step("Milliseconds", platform.now().since(started));
    metrics.emit(platform.deployment(), Step::Intake.slug(), platform.now().0);
    Ok(http::answer(received.status()))
}

fn count(metrics: &mut Metrics, received: &Received) {
    match received {
        Received::New(_) => metrics.add("OrdersReceived", 1),
        Received::Unsigned => metrics.add("SignatureFailures", 1),
        Received::Counted(_) | Received::Unnamed(_) => metrics.add("DeliveriesCounted", 1),
        Received::Spooled => metrics.add("DeliveriesSpooled", 1),
        Received::Lost => metrics.add("DeliveriesLost", 1),
        Received::Ping | Received::Newer(_) | Received::Same(_) | Received::Doubted(..) | Received::Draft => {}
    }
    tracing::info!(
        order = received.order().map(ToString::to_string),
        outcome = received.slug(),
        about = received.about(),
        "delivery"
    );
}

async fn resume(platform: &Platform, event: LambdaEvent<Value>) -> Result<Value, Error> {
    let style = Style { slug: Step::Intake.slug(), at_a_time: 5, needs: Duration::from_secs(4) };
    batch::each(platform, event, style, |message| async move {
        match spooled_from_message(&message.body) {
            Err(error @ Unread::Newer(_)) => later(error),
            Err(error) => Disposition::Fail { reason: error.to_string() },
            Ok(spooled) => match intake::resume(platform, &spooled).await {
                Ok(received) => {
                    let mut metrics = Metrics::default();
                    count(&mut metrics, &received);
                    metrics.emit(platform.deployment(), Step::Intake.slug(), platform.now().0);
                    Disposition::Ack(Outcome::Done)
                }
                Err(error @ StepError::Newer { .. }) => later(error),
                Err(error) => Disposition::Retry { after_seconds: 120, reason: error.to_string() },
            },
        }
    })
    .await
}

/// What waits for a newer release. The queue has receives for two and a half days of this, and keeps messages for four.
fn later(error: impl ToString) -> Disposition {
    Disposition::Retry { after_seconds: 300, reason: error.to_string() }
}
