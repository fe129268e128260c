//! Metrics as CloudWatch's embedded metric format: a log line that CloudWatch turns into metrics, so that counting costs no request.
//!
//! The names and dimension sets here are all there are; the template test holds alarms and dashboard to them.

use serde_json::{Map, Value, json};
use waybill_workflow::Outcome;

/// The namespace of every metric.
pub const NAMESPACE: &str = "Waybill";

/// Metrics of a deployment as a whole (dimension `Deployment`).
pub const DEPLOYMENT_METRICS: [&str; 13] = [
    "OrdersReceived",
    "OrdersPosted",
    "OrdersHeld",
    "OrdersWaiting",
    "OldestUnpostedSeconds",
    "SignatureFailures",
    "DeliveriesCounted",
    "DeliveriesSpooled",
    "DeliveriesLost",
    "ReportsAccepted",
    "RequestsUnsigned",
    "FeedSecondsBehind",
    "FeedItemsUnreadable",
];

/// Metrics of what clients of the API were refused (dimensions `Deployment`, `Code`).
pub const REFUSAL_METRICS: [&str; 1] = ["RequestsRefused"];

/// Metrics of a step (dimensions `Deployment`, `Step`). Dead letters are counted under the slug of the queue they died in, which may be a
/// rule's.
pub const STEP_METRICS: [&str; 7] = ["Handled", "Retried", "Held", "Waited", "Failed", "Milliseconds", "DeadLetters"];

/// Counts of one invocation, written as one line per dimension set.
#[derive(Debug, Default)]
pub struct Metrics {
    deployment: Map<String, Value>,
    step: Map<String, Value>,
    refused: Option<&'static str>,
}

impl Metrics {
    /// Adds to a metric of the deployment.
    pub fn add(&mut self, name: &'static str, count: u64) {
        debug_assert!(DEPLOYMENT_METRICS.contains(&name));
        add(&mut self.deployment, name, count);
    }

    /// Adds to a metric of the step.
    pub fn add_step(&mut self, name: &'static str, count: u64) {
        debug_assert!(STEP_METRICS.contains(&name));
        add(&mut self.step, name, count);
    }

    /// Counts a refusal with this code; an invocation refuses at most once.
    pub fn refused(&mut self, code: &'static str) {
        self.refused = Some(code);
    }

    /// Counts how a message of a step ended.
    pub fn outcome(&mut self, outcome: Outcome) {
        self.add_step("Handled", 1);
        match outcome {
            Outcome::Posted => self.add("OrdersPosted", 1),
            Outcome::PostedAndHeld => {
                self.add("OrdersPosted", 1);
                self.add_step("Held", 1);
            }
            Outcome::Held => self.add_step("Held", 1),
            Outcome::Waiting | Outcome::Unknown | Outcome::LeftToSweep => self.add_step("Waited", 1),
            Outcome::Done | Outcome::NothingDue => {}
        }
    }

    /// Writes the lines.
    pub fn emit(self, deployment: &str, step: &str, now_ms: i64) {
        let dimensions = [("Deployment", deployment)];
        line(self.deployment, &dimensions, now_ms);
        line(self.step, &[dimensions[0], ("Step", step)], now_ms);
        if let Some(code) = self.refused {
            let mut refusals = Map::new();
            add(&mut refusals, REFUSAL_METRICS[0], 1);
            line(refusals, &[dimensions[0], ("Code", code)], now_ms);
        }
    }
}

fn add(metrics: &mut Map<String, Value>, name: &str, count: u64) {
    let before = metrics.get(name).and_then(Value::as_u64).unwrap_or(0);
    metrics.insert(name.to_owned(), json!(before + count));
}

fn line(metrics: Map<String, Value>, dimensions: &[(&str, &str)], now_ms: i64) {
    if let Some(line) = embedded(metrics, dimensions, now_ms) {
        println!("{line}");
    }
}

/// The line, or nothing if there is nothing to say.
fn embedded(metrics: Map<String, Value>, dimensions: &[(&str, &str)], now_ms: i64) -> Option<Value> {
    if metrics.is_empty() {
        return None;
    }
    let unit = |name: &str| match name {
        "Milliseconds" => "Milliseconds",
        "OldestUnpostedSeconds" | "FeedSecondsBehind" => "Seconds",
        _ => "Count",
    };
    let definitions: Vec<Value> = metrics.keys().map(|name| json!({"Name": name, "Unit": unit(name)})).collect();
    let names: Vec<&str> = dimensions.iter().map(|(name, _)| *name).collect();
    let mut line = metrics;
    for (name, value) in dimensions {
        line.insert((*name).to_owned(), json!(value));
    }
    line.insert(
        "_aws".to_owned(),
        json!({
            "Timestamp": now_ms,
            "CloudWatchMetrics": [{"Namespace": NAMESPACE, "Dimensions": [names], "Metrics": definitions}],
        }),
    );
    Some(Value::Object(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_declares_every_metric_it_carries() {
        let mut metrics = Metrics::default();
        metrics.outcome(Outcome::Posted);
        metrics.outcome(Outcome::Held);
        let line = embedded(metrics.step, &[("Deployment", "waybill"), ("Step", "post-to-erp")], 1).unwrap();
        assert_eq!(line["Handled"], 2);
        assert_eq!(line["Held"], 1);
        let directive = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(directive["Namespace"], "Waybill");
        assert_eq!(directive["Dimensions"], json!([["Deployment", "Step"]]));
        assert_eq!(directive["Metrics"], json!([{"Name": "Handled", "Unit": "Count"}, {"Name": "Held", "Unit": "Count"}]));
        assert_eq!(embedded(metrics.deployment, &[("Deployment", "waybill")], 1).unwrap()["OrdersPosted"], 1);
    }

    #[test]
    fn nothing_to_say_is_no_line() {
        assert_eq!(embedded(Map::new(), &[("Deployment", "waybill")], 1), None);
    }
}
