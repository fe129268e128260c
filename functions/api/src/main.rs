//! api: see `waybill_workflow::steps::api`. Called by the HTTP API, and by its own queue for reports from the bus.

use std::time::Duration;

use lambda_runtime::{Error, LambdaEvent};
use serde_json::Value;
use waybill_lambda::batch::{self, Style};
use waybill_lambda::metrics::Metrics;
use waybill_lambda::{Platform, http};
use waybill_workflow::ports::Runtime;
use waybill_workflow::steps::api::{self, ApiAnswer};

const SLUG: &str = "api";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    waybill_lambda::serve(async |platform, event| {
        if event.payload.get("Records").is_some() {
            from_bus(&platform, event).await
        } else {
            Ok(answer(&platform, &event.payload).await)
        }
    })
    .await
}

async fn answer(platform: &Platform, event: &Value) -> Value {
    let started = platform.now();
    let answer = api::handle(platform, &http::api_request(event)).await;
    let mut metrics = Metrics::default();
    count(&mut metrics, &answer);
    metrics.add_step("Milliseconds", platform.now().since(started));
    metrics.emit(platform.deployment(), SLUG, platform.now().0);
    http::api_answer(&answer)
}

fn count(metrics: &mut Metrics, answer: &ApiAnswer) {
    metrics.add_step("Handled", 1);
    match answer.status {
        200 if answer.outcome == "read" => {}
        200 => metrics.add("ReportsAccepted", 1),
        status => {
            metrics.refused(answer.outcome);
            match status {
                401 => metrics.add("RequestsUnsigned", 1),
                500.. => metrics.add_step("Failed", 1),
                _ => {}
            }
        }
    }
    tracing::info!(
        client = answer.client.as_ref().map(ToString::to_string),
        order = answer.order.as_ref().map(ToString::to_string),
        outcome = answer.outcome,
        "request"
    );
}

async fn from_bus(platform: &Platform, event: LambdaEvent<Value>) -> Result<Value, Error> {
    let style = Style { slug: SLUG, at_a_time: 5, needs: Duration::from_secs(5) };
    batch::each(platform, event, style, |message| async move { api::from_bus(platform, &message.body, message.receives()).await })
        .await
}
