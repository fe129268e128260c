//! Least privilege: what each role may do is what its function's ports do, no more and no less.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Faults, list, logical};
use crate::{
    cloud::{REGION, Template},
    expected::{Function, KEPT, Source, actions, functions, mortal},
};

/// One permission: an action on a resource.
type Grant = (String, String);

/// Each role grants exactly the ports of its function, what the wiring needs, and what the release before still needs.
pub fn grants(template: &Template) -> Vec<String> {
    let mut faults = Faults::default();
    for function in functions() {
        let role = template.properties(&format!("{}Role", logical(function.slug)));
        let found: BTreeSet<Grant> = list(&role["Policies"])
            .into_iter()
            .flat_map(|policy| list(&policy["PolicyDocument"]["Statement"]))
            .flat_map(|statement| granted(template, statement))
            .collect();
        let wanted = wanted(&function);
        for (action, resource) in found.difference(&wanted) {
            faults.0.push(format!("{} may {action} on {resource}, which none of its ports does", function.slug));
        }
        for (action, resource) in wanted.difference(&found) {
            faults.0.push(format!("{} may not {action} on {resource}, which its ports do", function.slug));
        }
    }
    faults.0
}

fn granted(template: &Template, statement: &Value) -> Vec<Grant> {
    if statement["Effect"] != "Allow" {
        return vec![];
    }
    let resources = list(&statement["Resource"]).into_iter().map(|resource| template.text(resource));
    resources
        .flat_map(|resource| list(&statement["Action"]).into_iter().map(move |action| (template.text(action), resource.clone())))
        .collect()
}

fn wanted(function: &Function) -> BTreeSet<Grant> {
    let kept = KEPT.iter().filter(|(slug, _)| *slug == function.slug).map(|(_, port)| port);
    let mut needs: Vec<(String, &[&str])> = function.ports.iter().chain(kept).flat_map(|port| actions(*port)).collect();
    needs.push((format!("log/waybill-{}", function.slug), &["logs:CreateLogStream", "logs:PutLogEvents"]));
    match function.source {
        Source::Queue { .. } => needs.push((format!("queue/{}", function.slug), CONSUME)),
        Source::Stream => {
            needs.push(("table/orders/stream/*".to_owned(), READ_STREAM));
            needs.push((format!("queue/{}-dlq", function.slug), &["sqs:SendMessage"]));
        }
        Source::DeadLetterQueues => needs.extend(mortal().into_iter().map(|slug| (format!("queue/{slug}-dlq"), &CONSUME[..3]))),
        Source::Schedule => needs.push((format!("queue/{}-dlq", function.slug), &["sqs:SendMessage"])),
    }
    let grant = |resource: &str, action: &&str| ((*action).to_owned(), arn(resource));
    needs.iter().flat_map(|(resource, actions)| actions.iter().map(move |action| grant(resource, action))).collect()
}

/// What a queue's mapping needs, and what a step needs to set the delay before the next attempt.
const CONSUME: &[&str] = &["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility"];
const READ_STREAM: &[&str] =
    &["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"];

/// `table/orders`, `queue/intake`, `secret/store`, `log/waybill-relay`, `bus` as the ARN that the convention gives them.
fn arn(resource: &str) -> String {
    let (kind, name) = resource.split_once('/').unwrap_or((resource, ""));
    let here = |service: &str, rest: String| format!("arn:aws:{service}:{REGION}:123456789012:{rest}");
    match kind {
        "table" => here("dynamodb", format!("table/waybill-{name}")),
        "queue" => here("sqs", format!("waybill-{name}")),
        "secret" => here("secretsmanager", format!("secret:waybill/{name}/*")),
        "log" => here("logs", format!("log-group:/aws/lambda/{name}:*")),
        "bus" => here("events", "event-bus/waybill".to_owned()),
        other => panic!("unknown kind of resource `{other}` in the table of functions"),
    }
}

/// One role per function, for Lambda alone, with nothing attached but the permission to trace.
pub fn roles(template: &Template) -> Vec<String> {
    let mut faults = Faults::default();
    let functions = template.resources("AWS::Serverless::Function");
    for (id, function) in &functions {
        let role = id.replace("Function", "Role");
        faults.equal(&format!("{id}: Role"), &function["Role"], &json!({ "Fn::GetAtt": [role, "Arn"] }));
        faults.unless(function.get("Policies").is_none(), || format!("{id}: SAM ignores Policies beside a Role"));
    }
    let roles = template.resources("AWS::IAM::Role");
    faults.equal("number of roles", roles.len(), functions.len());
    for (id, role) in roles {
        faults.equal(&format!("{id}: ManagedPolicyArns"), &role["ManagedPolicyArns"], &json!([{"Ref": "TracePolicy"}]));
        let trust = json!([{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]);
        faults.equal(&format!("{id}: who assumes it"), &role["AssumeRolePolicyDocument"]["Statement"], &trust);
    }
    faults.equal("number of managed policies", template.resources("AWS::IAM::ManagedPolicy").len(), 1);
    faults.0
}

/// The only wildcards, and why: X-Ray's two actions know no resources; in a key's own policy `*` is that key, and `kms:*` leaves the
/// account's administrators in charge of it, without which no one could ever change it.
const WILDCARDS: &[(&str, &[&str])] = &[
    ("TracePolicy", &["xray:PutTraceSegments", "xray:PutTelemetryRecords"]),
    ("TopicKey", &["kms:*", "kms:Decrypt", "kms:GenerateDataKey*"]),
];

/// No `*` as a resource or in an action, but for the named exceptions.
pub fn wildcards(template: &Template) -> Vec<String> {
    let mut faults = Faults::default();
    for (id, resource) in template.all() {
        let excepted = WILDCARDS.iter().find(|(name, _)| *name == id).map_or(&[][..], |(_, actions)| *actions);
        for statement in statements(&resource["Properties"]) {
            let anywhere = list(&statement["Resource"]).iter().any(|resource| **resource == "*");
            for action in list(&statement["Action"]).into_iter().filter_map(Value::as_str) {
                let wild = anywhere || action.contains('*');
                faults.unless(!wild || excepted.contains(&action), || format!("{id}: {action} on \"*\" without a reason"));
            }
        }
    }
    faults.0
}

/// Every policy statement below a value, at whatever depth, and in whatever form it is written.
fn statements(value: &Value) -> Vec<Value> {
    match value {
        Value::Object(map) if map.contains_key("Effect") && map.contains_key("Action") => vec![value.clone()],
        Value::Object(map) => match map.get("Fn::Sub").and_then(Value::as_str).map(serde_json::from_str::<Value>) {
            Some(Ok(embedded)) => statements(&embedded),
            _ => map.values().flat_map(statements).collect(),
        },
        Value::Array(items) => items.iter().flat_map(statements).collect(),
        _ => vec![],
    }
}
