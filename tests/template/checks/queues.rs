//! Queues: nothing is seen twice while it is worked on, nothing disappears, and what failed outlives what waits.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Faults, list, logical};
use crate::{
    cloud::Template,
    expected::{Source, functions, queued},
};

const FOURTEEN_DAYS: u64 = 14 * 24 * 3600;

/// A queue and its dead letters per step; visibility, attempts, retention and encryption of each.
pub fn queues(template: &Template) -> Vec<String> {
    let mut faults = Faults::default();
    let queues = template.resources("AWS::SQS::Queue");
    let (dead, live): (Vec<_>, Vec<_>) = queues.iter().partition(|(id, _)| id.ends_with("Dlq"));
    faults.equal(
        "queues",
        live.iter().map(|(_, q)| template.text(&q["QueueName"])).collect::<BTreeSet<_>>(),
        queued().iter().map(|slug| format!("waybill-{slug}")).collect(),
    );
    for (id, queue) in &queues {
        faults.equal(&format!("{id}: SqsManagedSseEnabled"), &queue["SqsManagedSseEnabled"], &json!(true));
        faults.unless(queue.get("FifoQueue").is_none(), || format!("{id} is not a standard queue"));
    }
    for (id, queue) in dead {
        faults.equal(&format!("{id}: MessageRetentionPeriod"), &queue["MessageRetentionPeriod"], &json!(FOURTEEN_DAYS));
        // Six timeouts of the function that consumes them all.
        faults.equal(&format!("{id}: VisibilityTimeout"), &queue["VisibilityTimeout"], &json!(180));
        let name = template.text(&queue["QueueName"]);
        faults.unless(name.ends_with("-dlq"), || format!("{id}: {name} does not end in -dlq"));
    }
    for function in functions().iter().filter(|f| matches!(f.source, Source::Queue { .. })) {
        let name = logical(function.slug);
        let queue = template.properties(&format!("{name}Queue"));
        // Both of these have defaults (30 s, four days) that would pass unseen, so they must be written.
        let visibility = queue["VisibilityTimeout"].as_u64();
        faults.unless(visibility >= Some(6 * function.timeout_seconds), || {
            format!("{name}Queue: visibility {visibility:?} is under six timeouts of {} s", function.timeout_seconds)
        });
        let retention = queue["MessageRetentionPeriod"].as_u64();
        faults.unless(retention.is_some() && retention < Some(FOURTEEN_DAYS), || {
            format!("{name}Queue: retention {retention:?} is not below that of its dead letters")
        });
        let redrive = &queue["RedrivePolicy"];
        let target = json!({"Fn::GetAtt": [format!("{name}Dlq"), "Arn"]});
        faults.equal(&format!("{name}Queue: dead letters"), &redrive["deadLetterTargetArn"], &target);
        let attempts = redrive["maxReceiveCount"].as_u64();
        faults.unless(attempts >= Some(5), || format!("{name}Queue: maxReceiveCount {attempts:?} is under 5"));
        // The batch leaves a word of every fifth failure, so that there is one of the last.
        faults.unless(attempts.is_some_and(|attempts| attempts.is_multiple_of(5)), || {
            format!("{name}Queue: maxReceiveCount {attempts:?} is no multiple of five")
        });
        let patience = attempts.zip(visibility).map(|(attempts, seconds)| attempts * seconds);
        faults.unless(patience < retention, || format!("{name}Queue: a message would expire before its last attempt"));
        let dlq = &template.properties(&format!("{name}Dlq"))["QueueName"];
        faults.equal(&format!("{name}Dlq: name"), dlq, &json!({"Fn::Sub": format!("${{Deployment}}-{}-dlq", function.slug)}));
    }
    faults.0
}

/// Whatever has no queue of its own (stream, schedule, rules of the bus) has a place for what fails, and may write there.
pub fn failure_destinations(template: &Template) -> Vec<String> {
    let mut faults = Faults::default();
    let mut writers = vec![("ApiQueue".to_owned(), "ReportsRule".to_owned())];
    for function in functions().iter().filter(|function| matches!(function.source, Source::Schedule)) {
        let name = logical(function.slug);
        let found = &template.properties(&format!("{name}Function"))["EventInvokeConfig"];
        let wanted = json!({
            "MaximumRetryAttempts": 0,
            "MaximumEventAgeInSeconds": 60,
            "DestinationConfig": {"OnFailure": {"Type": "SQS", "Destination": {"Fn::GetAtt": [format!("{name}Dlq"), "Arn"]}}},
        });
        faults.equal(&format!("{}: EventInvokeConfig", function.slug), found, &wanted);
        writers.push((format!("{name}Dlq"), format!("{name}FunctionTick")));
    }
    for (id, rule) in template.resources("AWS::Events::Rule") {
        for target in list(&rule["Targets"]) {
            match target["DeadLetterConfig"]["Arn"]["Fn::GetAtt"][0].as_str() {
                Some(queue) => writers.push((queue.to_owned(), id.to_owned())),
                None => faults.0.push(format!("{id}: target {} has no dead-letter queue", target["Id"])),
            }
        }
    }
    for (queue, rule) in writers {
        faults.unless(!template.properties(&queue).is_null(), || format!("{rule}: there is no queue {queue}"));
        let wanted = json!([{
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": {"Fn::GetAtt": [queue, "Arn"]},
            "Condition": {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": [rule, "Arn"]}}},
        }]);
        let policies: Vec<&Value> = template
            .resources("AWS::SQS::QueuePolicy")
            .into_values()
            .filter(|policy| policy["Queues"] == json!([{"Ref": queue}]))
            .map(|policy| &policy["PolicyDocument"]["Statement"])
            .collect();
        faults.equal(&format!("policy of {queue}"), policies, vec![&wanted]);
    }
    faults.0
}
