//! A check that cannot fail proves nothing: each is shown a template that is broken in one place.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{checks::ALL, cloud::Template};

/// One way to break the template. Places are JSON pointers below `/Resources`, or from the root with a leading `//`.
enum Break {
    Set(&'static str, Value),
    Remove(&'static str),
    Replace(&'static str, &'static str, &'static str),
}
use Break::{Remove, Replace, Set};

#[rustfmt::skip]
fn breaks() -> Vec<(&'static str, Break)> {
    vec![
        ("grants", Set("/ValidateRole/Properties/Policies/0/PolicyDocument/Statement/2/Action/0", json!("dynamodb:DeleteItem"))),
        ("grants", Remove("/ReserveRole/Properties/Policies/0/PolicyDocument/Statement/5")),
        ("grants", Set("/RefundRole/Properties/Policies/0/PolicyDocument/Statement/2/Resource", json!({"Fn::GetAtt": ["SnapshotsTable", "Arn"]}))),
        ("grants", Replace("/IntakeRole/Properties/Policies/0/PolicyDocument/Statement/5/Resource/Fn::Sub", "/store/*", "/*")),
        ("roles", Set("/RefundFunction/Properties/Role", json!({"Fn::GetAtt": ["SweepRole", "Arn"]}))),
        ("roles", Remove("/RefundFunction/Properties/Role")),
        ("roles", Set("/RelayRole/Properties/ManagedPolicyArns", json!(["arn:aws:iam::aws:policy/AdministratorAccess"]))),
        ("wildcards", Set("/RefundRole/Properties/Policies/0/PolicyDocument/Statement/2/Resource", json!("*"))),
        ("wildcards", Set("/RefundRole/Properties/Policies/0/PolicyDocument/Statement/2/Action", json!("dynamodb:*"))),
        ("wildcards", Replace("/FactsLogsPolicy/Properties/PolicyDocument/Fn::Sub", "${FactsLogs.Arn}", "*")),
        ("functions", Set("/IntakeFunction/Properties/Timeout", json!(11))),
        ("functions", Set("//Globals/Function/Tracing", json!("PassThrough"))),
        ("functions", Set("//Globals/Function/Architectures", json!(["x86_64"]))),
        ("functions", Remove("/RefundFunction")),
        ("functions", Remove("/RefundFunction/Metadata")),
        ("sources", Set("/ValidateFunction/Properties/Events/Queue/Properties/FunctionResponseTypes/0", json!("ReportBatchItemFailure"))),
        ("sources", Remove("/RelayFunction/Properties/Events/Orders/Properties/FunctionResponseTypes")),
        ("sources", Set("//Parameters/ErpConcurrency/MinValue", json!(1))),
        ("sources", Remove("/PostToErpFunction/Properties/Events/Queue/Properties/ScalingConfig")),
        ("sources", Remove("/IntakeFunction/Properties/Events/Spool")),
        ("sources", Replace("/RelayFunction/Properties/Events/Orders/Properties/FilterCriteria/Filters/0/Pattern", "order", "orders")),
        ("sources", Set("/ApiFunction/Properties/Events/Return/Properties/Path", json!("/v1/return/{store}"))),
        ("sources", Set("/ApiFunction/Properties/Events/Fulfilment/Properties/Method", json!("POST"))),
        ("sources", Remove("/ApiFunction/Properties/Events/Shipment")),
        ("environment", Set("//Globals/Function/Environment/Variables/ERP_TOKEN", json!("x"))),
        ("environment", Remove("/ReserveFunction/Properties/Environment")),
        ("environment", Remove("/RelayFunction/Properties/Environment/Variables/WAYBILL_QUEUE_REFUND")),
        ("environment", Set("//Parameters/ErpToken", json!({"Type": "String", "NoEcho": true}))),
        ("logs", Remove("/AccessLogs/Properties/RetentionInDays")),
        ("logs", Replace("/SweepLogs/Properties/LogGroupName/Fn::Sub", "sweep", "sweeps")),
        ("logs", Remove("/ReserveFunction/Properties/LoggingConfig")),
        ("queues", Set("/PostToErpQueue/Properties/VisibilityTimeout", json!(359))),
        ("queues", Remove("/PostToErpQueue/Properties/VisibilityTimeout")),
        ("queues", Set("/ReserveQueue/Properties/MessageRetentionPeriod", json!(1_209_600))),
        ("queues", Set("/ReserveDlq/Properties/MessageRetentionPeriod", json!(345_600))),
        ("queues", Remove("/RefundQueue/Properties/RedrivePolicy")),
        ("queues", Set("/RefundQueue/Properties/RedrivePolicy/maxReceiveCount", json!(4))),
        ("queues", Set("/IntakeQueue/Properties/VisibilityTimeout", json!(43_200))),
        ("queues", Remove("/RelayDlq/Properties/SqsManagedSseEnabled")),
        ("failure destinations", Remove("/SweepFunction/Properties/EventInvokeConfig")),
        ("failure destinations", Remove("/ErpPollFunction/Properties/EventInvokeConfig/DestinationConfig")),
        ("failure destinations", Remove("/FactsRule/Properties/Targets/0/DeadLetterConfig")),
        ("failure destinations", Remove("/AttentionDlqPolicy")),
        ("rules", Set("/AttentionRule/Properties/EventPattern/detail-type/0", json!("order.hold"))),
        ("rules", Remove("/FactsRule/Properties/EventBusName")),
        ("rules", Remove("/ReportsRule/Properties/EventPattern/source")),
        ("rules", Set("/ReportsRule/Properties/EventPattern/detail-type/1", json!("returns.report"))),
        ("failure destinations", Remove("/ApiQueuePolicy")),
        ("grants", Replace("/ApiRole/Properties/Policies/0/PolicyDocument/Statement/7/Resource/Fn::Sub", "/client/*", "/store/*")),
        ("alarms", Remove("/UnsignedRequestsAlarm")),
        ("dashboard", Replace("/Dashboard/Properties/DashboardBody/Fn::Sub", "order_not_posted", "order_unposted")),
        ("rules", Replace("/FactsLogsPolicy/Properties/PolicyDocument/Fn::Sub", "events.amazonaws.com", "lambda.amazonaws.com")),
        ("topics", Remove("/AlarmTopic/Properties/KmsMasterKeyId")),
        ("topics", Set("/AttentionTopicPolicy/Properties/PolicyDocument/Statement/0/Condition", json!({}))),
        ("topics", Remove("/TopicKey/Properties/KeyPolicy/Statement/1")),
        ("topics", Remove("/AlarmMail/Condition")),
        ("tables", Set("/OrdersTable/Properties/StreamSpecification/StreamViewType", json!("KEYS_ONLY"))),
        ("tables", Remove("/StockTable/Properties/PointInTimeRecoverySpecification")),
        ("tables", Remove("/IdempotencyTable/Properties/TimeToLiveSpecification")),
        ("tables", Remove("/SnapshotsTable/UpdateReplacePolicy")),
        ("api", Remove("/Api/Properties/DefaultRouteSettings/ThrottlingBurstLimit")),
        ("api", Remove("/Api/Properties/AccessLogSettings")),
        ("api", Replace("/Api/Properties/AccessLogSettings/Format", "$context.routeKey", "$context.identity.sourceIp")),
        ("alarms", Remove("/ReserveDeadLettersAlarm")),
        ("alarms", Set("/OldestUnpostedAlarm/Properties/MetricName", json!("OldestUnpostedSecond"))),
        ("alarms", Set("/Intake5xxAlarm/Properties/MetricName", json!("5XXError"))),
        ("alarms", Set("/RelayBehindAlarm/Properties/Dimensions/0/Name", json!("Function"))),
        ("alarms", Set("/SweepDeadLettersAlarm/Properties/Dimensions/1/Value", json!("sweeps"))),
        ("alarms", Set("/DeadLettersErrorsAlarm/Properties/Metrics/2/MetricStat/Metric/MetricName", json!("Faults"))),
        ("alarms", Replace("/DeadLettersStuckAlarm/Properties/Metrics/0/Expression/Fn::Sub", "-facts-dlq", "-fact-dlq")),
        ("alarms", Remove("/SpoolAlarm")),
        ("alarms", Set("/SpoolAlarm/Properties/Metrics/1/MetricStat/Metric/MetricName", json!("ApproximateAgeOfOldestMessage"))),
        ("grants", Remove("/PostToErpRole/Properties/Policies/0/PolicyDocument/Statement/8")),
        ("tables", Remove("/DeadLettersTable/Properties/TimeToLiveSpecification")),
        ("grants", Set("/RefundRole/Properties/Policies/0/PolicyDocument/Statement/7/Action/0", json!("dynamodb:GetItem"))),
        ("grants", Remove("/DeadLettersRole/Properties/Policies/0/PolicyDocument/Statement/1/Resource/10")),
        ("sources", Remove("/DeadLettersFunction/Properties/Events/Attention")),
        ("sources", Set("/DeadLettersFunction/Properties/Events/Sweep/Properties/FunctionResponseTypes", json!([]))),
        ("queues", Set("/FactsDlq/Properties/VisibilityTimeout", json!(30))),
        ("queues", Set("/RefundQueue/Properties/RedrivePolicy/maxReceiveCount", json!(16))),
        ("alarms", Remove("/SignatureFailuresAlarm/Properties/AlarmActions")),
        ("alarms", Replace("/SignatureFailuresAlarm/Properties/AlarmDescription", ".md", ".txt")),
        ("dashboard", Replace("/Dashboard/Properties/DashboardBody/Fn::Sub", "\"Handled\"", "\"Handed\"")),
        ("dashboard", Replace("/Dashboard/Properties/DashboardBody/Fn::Sub", "\"stat\": \"Sum\"", "\"statistic\": \"Sum\"")),
        ("dashboard", Replace("/Dashboard/Properties/DashboardBody/Fn::Sub", "\"Step\", \"refund\"", "\"Step\", \"refunds\"")),
        ("dashboard", Replace("/Dashboard/Properties/DashboardBody/Fn::Sub", "\"DeadLetters\", \"Deployment\", \"${Deployment}\", \"Step\", \"refund\"", "\"Failed\", \"Deployment\", \"${Deployment}\", \"Step\", \"refund\"")),
        ("dashboard", Replace("/Dashboard/Properties/DashboardBody/Fn::Sub", "\"x\": 8", "\"x\": 7")),
        ("runbooks", Replace("/RefundFunction/Properties/FunctionName/Fn::Sub", "refund", "refunds")),
    ]
}

impl Break {
    /// Applies itself; panics if the place does not exist, so that a break cannot silently miss.
    fn apply(&self, template: &mut Template) -> String {
        let document = &mut template.document;
        match self {
            Set(place, value) => {
                let (parent, key) = split(place);
                match at(document, &parent) {
                    Value::Object(map) => drop(map.insert(key, value.clone())),
                    Value::Array(items) => items[key.parse::<usize>().expect("an index")] = value.clone(),
                    other => panic!("{place}: {other} has no members"),
                }
                format!("{place} = {value}")
            }
            Remove(place) => {
                let (parent, key) = split(place);
                match at(document, &parent) {
                    Value::Object(map) => drop(map.remove(&key).unwrap_or_else(|| panic!("nothing at {place}"))),
                    Value::Array(items) => drop(items.remove(key.parse().expect("an index"))),
                    other => panic!("{place}: {other} has no members"),
                }
                format!("without {place}")
            }
            Replace(place, from, to) => {
                let (parent, key) = split(place);
                let text = at(document, &format!("{parent}/{key}"));
                let old = text.as_str().unwrap_or_else(|| panic!("{place} is not a text"));
                assert!(old.contains(from), "{place} does not contain {from}");
                *text = json!(old.replace(from, to));
                format!("{place}: {from} -> {to}")
            }
        }
    }
}

fn split(place: &str) -> (String, String) {
    let full = place.strip_prefix('/').filter(|rest| rest.starts_with('/')).map(str::to_owned);
    let full = full.unwrap_or_else(|| format!("/Resources{place}"));
    let (parent, key) = full.rsplit_once('/').expect("a pointer");
    (parent.to_owned(), key.to_owned())
}

fn at<'a>(document: &'a mut Value, pointer: &str) -> &'a mut Value {
    document.pointer_mut(pointer).unwrap_or_else(|| panic!("nothing at {pointer}"))
}

#[test]
fn every_check_notices_what_it_is_for() {
    let whole = Template::read();
    let mut missed = vec![];
    for (name, change) in breaks() {
        let mut broken = whole.clone();
        let what = change.apply(&mut broken);
        let (_, check) = ALL.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("no check `{name}`"));
        let before = check(&whole);
        if check(&broken).iter().all(|fault| before.contains(fault)) {
            missed.push(format!("{name}: {what}"));
        }
    }
    assert!(missed.is_empty(), "nobody noticed:\n{}", missed.join("\n"));
}

#[test]
fn every_check_has_been_seen_to_fail() {
    let known: BTreeSet<&str> = ALL.iter().map(|(name, _)| *name).collect();
    let seen: BTreeSet<&str> = breaks().into_iter().map(|(name, _)| name).collect();
    assert_eq!(known, seen);
}
