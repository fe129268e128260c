//! A step's batch of messages: each is dealt with on its own, so that one that fails, or panics, costs no other.

use std::panic::AssertUnwindSafe;
use std::time::{Duration, SystemTime};

use futures_util::{FutureExt, StreamExt, stream};
use lambda_runtime::{Context, LambdaEvent};
use serde::Deserialize;
use serde_json::{Value, json};
use waybill_contracts::{Command, Unread};
use waybill_workflow::dispose::{Disposition, dispose};
use waybill_workflow::ports::Runtime;
use waybill_workflow::{Failure, Outcome};

use crate::metrics::Metrics;
use crate::platform::Platform;

/// A message of an SQS event, as far as it is needed.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// Names the message in the answer.
    pub message_id: String,
    receipt_handle: String,
    /// The text.
    pub body: String,
    #[serde(default)]
    attributes: Attributes,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attributes {
    #[serde(default)]
    approximate_receive_count: String,
}

impl Message {
    /// How often it was delivered, this time included.
    pub fn receives(&self) -> u32 {
        self.attributes.approximate_receive_count.parse().unwrap_or(1)
    }
}

/// How a function treats its batch.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// The function's slug, which for a step is the step's.
    pub slug: &'static str,
    /// Messages at a time.
    pub at_a_time: usize,
    /// A message is not begun with less time left than this: it comes back at once.
    pub needs: Duration,
}

/// Runs `step` for every message of the event and answers which are to come again.
///
/// # Errors
/// If the event is none of SQS: the whole batch comes again.
pub async fn run<F, Fut>(
    platform: &Platform,
    event: LambdaEvent<Value>,
    style: Style,
    step: F,
) -> Result<Value, lambda_runtime::Error>
where
    F: Fn(Command) -> Fut,
    Fut: Future<Output = Result<Outcome, Failure>>,
{
    let step = &step;
    each(platform, event, style, |message| async move {
        match Command::read(&message.body) {
            Ok(command) if command.step.slug() != style.slug => {
                Disposition::Fail { reason: format!("a command for {} in the queue of {}", command.step, style.slug) }
            }
            Ok(command) => {
                let result = step(command.clone()).await;
                dispose(platform, &command, result, message.receives()).await
            }
            Err(error @ Unread::Newer(_)) => Disposition::wait(error, message.receives()),
            Err(error) => Disposition::Fail { reason: format!("not a command: {error}") },
        }
    })
    .await
}

/// Runs `work` for every message of the event and answers which are to come again.
///
/// # Errors
/// If the event is none of SQS: the whole batch comes again.
pub async fn each<F, Fut>(
    platform: &Platform,
    event: LambdaEvent<Value>,
    style: Style,
    work: F,
) -> Result<Value, lambda_runtime::Error>
where
    F: Fn(Message) -> Fut,
    Fut: Future<Output = Disposition>,
{
    let started = platform.now();
    let (messages, context) = (messages(event.payload)?, event.context);
    let work = &work;
    let results: Vec<(Named, Disposition)> = stream::iter(messages)
        .map(|message| {
            let named = Named::of(&message);
            let context = &context;
            async move {
                let disposition = if time_left(context) < style.needs {
                    Disposition::Retry { after_seconds: 0, reason: "no time left in this invocation".to_owned() }
                } else {
                    let caught = AssertUnwindSafe(work(message)).catch_unwind().await;
                    caught.unwrap_or_else(|_| Disposition::Fail { reason: "panicked".to_owned() })
                };
                (named, disposition)
            }
        })
        .buffer_unordered(style.at_a_time.max(1))
        .collect()
        .await;

    let mut metrics = Metrics::default();
    let mut failures = Vec::new();
    let mut delays: Vec<(String, u32)> = Vec::new();
    for (Named { id, receipt, order }, disposition) in results {
        match disposition {
            Disposition::Ack(outcome) => metrics.outcome(outcome),
            Disposition::Retry { after_seconds, reason } => {
                tracing::warn!(step = style.slug, order, message_id = id, after_seconds, reason, "will be tried again");
                metrics.add_step("Retried", 1);
                delays.push((receipt, after_seconds));
                failures.push(json!({ "itemIdentifier": id }));
            }
            Disposition::Fail { reason } => {
                tracing::error!(step = style.slug, order, message_id = id, reason, "failed");
                metrics.add_step("Failed", 1);
                failures.push(json!({ "itemIdentifier": id }));
            }
        }
    }
    platform.delay(&delays).await;
    let now = platform.now();
    metrics.add_step("Milliseconds", now.since(started));
    metrics.emit(platform.deployment(), style.slug, now.0);
    Ok(json!({ "batchItemFailures": failures }))
}

/// What names a message, for the answer and the log.
struct Named {
    id: String,
    receipt: String,
    /// The order, if the message is a command.
    order: Option<String>,
}

impl Named {
    fn of(message: &Message) -> Self {
        let order = serde_json::from_str::<Command>(&message.body).ok().map(|command| command.order.to_string());
        Named { id: message.message_id.clone(), receipt: message.receipt_handle.clone(), order }
    }
}

fn messages(event: Value) -> Result<Vec<Message>, lambda_runtime::Error> {
    #[derive(Deserialize)]
    struct Event {
        #[serde(rename = "Records")]
        records: Vec<Message>,
    }
    Ok(serde_json::from_value::<Event>(event)?.records)
}

fn time_left(context: &Context) -> Duration {
    context.deadline().duration_since(SystemTime::now()).unwrap_or_default()
}
