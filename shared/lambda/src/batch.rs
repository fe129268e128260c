//! A step's batch of messages: each is dealt with on its own, so that one that fails, or panics, costs no other.

use std::panic::AssertUnwindSafe;
use std::time::{Duration, SystemTime};

use futures_util::{FutureExt, StreamExt, stream};
use lambda_runtime::LambdaEvent;
use serde::Deserialize;
use serde_json::{Value, json};
use waybill_contracts::{Command, Unread};
use waybill_workflow::dispose::{Disposition, backoff, dispose};
use waybill_workflow::ports::{LastWords, LetterId, Runtime};
use waybill_workflow::{Failure, Outcome};

use crate::last_words;
use crate::metrics::Metrics;
use crate::platform::Platform;

/// What is kept of an invocation's time to report what became of it: delays, metrics, the answer.
pub const TO_REPORT: Duration = Duration::from_millis(1500);
/// What is kept of that for the answer alone.
const TO_ANSWER: Duration = Duration::from_millis(500);
/// What had all the time of an invocation comes back after so many seconds, then ever later.
const AFTER_CUT_SECONDS: u32 = 10;

/// A message of an SQS event, as far as it is needed.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// Names the message in the answer.
    pub message_id: String,
    receipt_handle: String,
    /// The text.
    pub body: String,
    /// The queue it came from.
    #[serde(default, rename = "eventSourceARN")]
    pub event_source_arn: String,
    #[serde(default)]
    attributes: Attributes,
    #[serde(default)]
    message_attributes: serde_json::Map<String, Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attributes {
    #[serde(default)]
    approximate_receive_count: String,
    #[serde(default, rename = "AWSTraceHeader")]
    trace_header: Option<String>,
}

impl Message {
    /// How often it was delivered, this time included.
    pub fn receives(&self) -> u32 {
        self.attributes.approximate_receive_count.parse().unwrap_or(1)
    }

    /// An attribute that its sender gave it.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.message_attributes.get(name)?.get("stringValue")?.as_str()
    }

    /// The trace that it was sent in.
    pub fn trace(&self) -> Option<String> {
        self.attributes.trace_header.as_deref().and_then(root)
    }
}

/// The id in a trace header, `Root=1-…;Parent=…`.
fn root(header: &str) -> Option<String> {
    header.split(';').find_map(|part| part.trim().strip_prefix("Root=")).map(str::to_owned)
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
    let (messages, deadline) = (messages(event.payload)?, event.context.deadline());
    let trace = event.context.xray_trace_id.as_deref().and_then(root);
    let results = each_alone(messages, deadline, style, work).await;

    let words = results.iter().filter_map(|(named, disposition)| {
        let reason = last_words::reason(disposition, named.receives)?;
        let id = LetterId { queue: style.slug.to_owned(), message: named.id.clone() };
        Some((id, LastWords { error: reason, trace: trace.clone(), receives: named.receives, at: platform.now() }))
    });
    let words: Vec<_> = words.collect();
    let mut metrics = Metrics::default();
    let mut failures = Vec::new();
    let mut delays: Vec<(String, u32)> = Vec::new();
    for (Named { id, receipt, order, .. }, disposition) in results {
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
    // Whether or not that works, the answer must leave: without it the whole batch comes again.
    let report = futures_util::future::join(platform.delay(&delays), last_words::leave(platform, words));
    if tokio::time::timeout(left_until(deadline, TO_ANSWER), report).await.is_err() {
        tracing::warn!("no time to delay messages: they come back by the queue's visibility timeout");
    }
    let now = platform.now();
    metrics.add_step("Milliseconds", now.since(started));
    metrics.emit(platform.deployment(), style.slug, now.0);
    Ok(json!({ "batchItemFailures": failures }))
}

/// Deals with each message on its own. One that is not done shortly before the deadline is let go where it stands, as a crash would do, so
/// that the others' results are still reported; one that panics fails alone.
async fn each_alone<F, Fut>(messages: Vec<Message>, deadline: SystemTime, style: Style, work: F) -> Vec<(Named, Disposition)>
where
    F: Fn(Message) -> Fut,
    Fut: Future<Output = Disposition>,
{
    let work = &work;
    stream::iter(messages)
        .map(|message| async move {
            let (named, receives) = (Named::of(&message), message.receives());
            if left_until(deadline, Duration::ZERO) < style.needs {
                let reason = "no time left in this invocation".to_owned();
                return (named, Disposition::Retry { after_seconds: 0, reason });
            }
            // The closure is called inside, so that its own panic is caught too.
            let caught = AssertUnwindSafe(async { work(message).await }).catch_unwind();
            let disposition = match tokio::time::timeout(left_until(deadline, TO_REPORT), caught).await {
                Ok(Ok(disposition)) => disposition,
                Ok(Err(_)) => Disposition::Fail { reason: "panicked".to_owned() },
                Err(_) => Disposition::Retry {
                    after_seconds: backoff(AFTER_CUT_SECONDS, receives),
                    reason: "not done in the time of an invocation".to_owned(),
                },
            };
            (named, disposition)
        })
        .buffer_unordered(style.at_a_time.max(1))
        .collect()
        .await
}

/// What names a message, for the answer and the log.
struct Named {
    id: String,
    receipt: String,
    receives: u32,
    /// The order, if the message is a command.
    order: Option<String>,
}

impl Named {
    fn of(message: &Message) -> Self {
        let order = serde_json::from_str::<Command>(&message.body).ok().map(|command| command.order.to_string());
        Named { id: message.message_id.clone(), receipt: message.receipt_handle.clone(), receives: message.receives(), order }
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

/// The time that is left if `reserve` is kept of it.
pub fn left_until(deadline: SystemTime, reserve: Duration) -> Duration {
    deadline.duration_since(SystemTime::now()).unwrap_or_default().saturating_sub(reserve)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: Style = Style { slug: "validate", at_a_time: 5, needs: Duration::from_millis(100) };

    fn batch(ids: &[&str]) -> Vec<Message> {
        let record = |id: &&str| json!({ "messageId": id, "receiptHandle": "r", "body": id, "attributes": {"ApproximateReceiveCount": "3"} });
        messages(json!({ "Records": ids.iter().map(record).collect::<Vec<_>>() })).unwrap()
    }

    async fn dispositions(ids: &[&str], time: Duration, style: Style) -> Vec<(String, Disposition)> {
        let work = |message: Message| async move {
            match message.body.as_str() {
                "panics" => panic!("as it must"),
                "hangs" => std::future::pending().await,
                "slow" => tokio::time::sleep(Duration::from_millis(50)).await,
                _ => {}
            }
            Disposition::Ack(Outcome::Done)
        };
        let done = each_alone(batch(ids), SystemTime::now() + time, style, work).await;
        let mut done: Vec<_> = done.into_iter().map(|(named, disposition)| (named.id, disposition)).collect();
        done.sort_by_key(|(id, _)| ids.iter().position(|known| known == id));
        done
    }

    #[tokio::test]
    async fn a_record_that_panics_fails_alone() {
        let done = dispositions(&["slow", "panics", "quick"], Duration::from_secs(30), STYLE).await;
        let expected = [
            ("slow".to_owned(), Disposition::Ack(Outcome::Done)),
            ("panics".to_owned(), Disposition::Fail { reason: "panicked".to_owned() }),
            ("quick".to_owned(), Disposition::Ack(Outcome::Done)),
        ];
        assert_eq!(done, expected);
    }

    #[tokio::test]
    async fn what_hangs_is_given_back_in_time_and_costs_no_other() {
        let (begun, time) = (std::time::Instant::now(), TO_REPORT + Duration::from_millis(400));
        let done = dispositions(&["hangs", "slow", "quick"], time, STYLE).await;
        assert!(begun.elapsed() < time - TO_ANSWER, "there is time left to report: {:?}", begun.elapsed());
        let reason = "not done in the time of an invocation".to_owned();
        let expected = [
            ("hangs".to_owned(), Disposition::Retry { after_seconds: 40, reason }),
            ("slow".to_owned(), Disposition::Ack(Outcome::Done)),
            ("quick".to_owned(), Disposition::Ack(Outcome::Done)),
        ];
        assert_eq!(done, expected);
    }

    #[tokio::test]
    async fn what_would_not_be_done_in_time_is_not_begun() {
        let one_by_one = Style { at_a_time: 1, needs: TO_REPORT, ..STYLE };
        let time = TO_REPORT + Duration::from_millis(200);
        let done = dispositions(&["quick", "hangs", "late"], time, one_by_one).await;
        assert_eq!(done[0].1, Disposition::Ack(Outcome::Done));
        let reason = "no time left in this invocation".to_owned();
        assert_eq!(done[2].1, Disposition::Retry { after_seconds: 0, reason });
    }
}
