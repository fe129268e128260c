//! What the template must say, in one place: the functions with what they may do, derived from the saga, and the metrics that exist.

use waybill_domain::Step;
use waybill_lambda::metrics::{DEPLOYMENT_METRICS, NAMESPACE, REFUSAL_METRICS, STEP_METRICS};
use waybill_workflow::saga::{API, DEAD_LETTERS, ERP_POLL, Port, RELAY, SAGA, SWEEP};

/// What invokes a function besides the HTTP API.
pub enum Source {
    /// Its own queue, with this batch size and the parameter that bounds concurrency.
    Queue { batch: u32, concurrency: &'static str },
    /// The stream of the orders table.
    Stream,
    /// The clock.
    Schedule,
    /// Every dead-letter queue.
    DeadLetterQueues,
}

/// One function, as its code needs it.
pub struct Function {
    /// Its slug.
    pub slug: &'static str,
    /// Its timeout.
    pub timeout_seconds: u64,
    /// What invokes it.
    pub source: Source,
    /// What of the HTTP API it answers: method and path.
    pub routes: &'static [(&'static str, &'static str)],
    /// What its code touches.
    pub ports: &'static [Port],
}

const WEBHOOKS: &[(&str, &str)] = &[("POST", "/v1/webhooks/woocommerce/{store}")];
const CLIENTS: &[(&str, &str)] = &[
    ("POST", "/v1/shipments/{store}"),
    ("POST", "/v1/returns/{store}"),
    ("GET", "/v1/fulfilments/{id}"),
    ("POST", "/v1/fulfilments/{id}"),
];

/// Every function of the template: the steps of the saga in their order, then the API for clients, the relay, the sweep, the poll of ERPs,
/// and whoever sees to what failed.
pub fn functions() -> Vec<Function> {
    let steps = SAGA.iter().map(|step| Function {
        slug: step.step.slug(),
        timeout_seconds: step.timeout_seconds.into(),
        source: Source::Queue {
            batch: step.batch,
            concurrency: if step.ports.contains(&Port::ErpSecrets) { "ErpConcurrency" } else { "StepConcurrency" },
        },
        routes: if step.step == Step::Intake { WEBHOOKS } else { &[] },
        ports: step.ports,
    });
    let reports = Source::Queue { batch: 10, concurrency: "StepConcurrency" };
    let api = Function { slug: "api", timeout_seconds: 20, source: reports, routes: CLIENTS, ports: API };
    let relay = Function { slug: "relay", timeout_seconds: 30, source: Source::Stream, routes: &[], ports: RELAY };
    let sweep = Function { slug: "sweep", timeout_seconds: 55, source: Source::Schedule, routes: &[], ports: SWEEP };
    let clock = Source::Schedule;
    let poll = Function { slug: "erp-poll", timeout_seconds: 55, source: clock, routes: &[], ports: ERP_POLL };
    let letters = Source::DeadLetterQueues;
    let letters = Function { slug: "dead-letters", timeout_seconds: 30, source: letters, routes: &[], ports: DEAD_LETTERS };
    steps.chain([api, relay, sweep, poll, letters]).collect()
}

/// The slugs of the steps.
pub fn steps() -> Vec<&'static str> {
    SAGA.iter().map(|step| step.step.slug()).collect()
}

/// The slugs of whatever has a queue of its own, and counts as a step does.
pub fn queued() -> Vec<&'static str> {
    functions().iter().filter(|function| matches!(function.source, Source::Queue { .. })).map(|function| function.slug).collect()
}

/// The slugs of whatever has dead letters: functions that can fail behind somebody's back, and rules of the bus.
pub fn mortal() -> Vec<&'static str> {
    let functions = functions();
    let slugs =
        functions.iter().filter(|function| !matches!(function.source, Source::DeadLetterQueues)).map(|function| function.slug);
    slugs.chain(["facts", "attention"]).collect()
}

/// The queues that a port sends to.
pub fn sends_to(port: Port) -> Vec<&'static str> {
    match port {
        Port::Spool => vec![Step::Intake.slug()],
        Port::CommandQueue => steps(),
        _ => vec![],
    }
}

/// What AWS must allow for a port, as (resource, actions). A transaction is allowed by the writes in it.
pub fn actions(port: Port) -> Vec<(String, &'static [&'static str])> {
    let one = |resource: &str, actions: &'static [&'static str]| vec![(resource.to_owned(), actions)];
    match port {
        Port::OrdersLoad => one("table/orders", &["dynamodb:GetItem"]),
        Port::OrdersCommit | Port::LogPut => one("table/orders", &["dynamodb:PutItem"]),
        Port::StockMove => one("table/stock", &["dynamodb:UpdateItem"]),
        Port::SnapshotsPut => one("table/snapshots", &["dynamodb:PutItem"]),
        Port::SnapshotsGet => one("table/snapshots", &["dynamodb:GetItem", "dynamodb:Query"]),
        Port::LanesQuery => one("table/orders/index/by-lane", &["dynamodb:Query"]),
        Port::ConfigsGet => one("table/stores", &["dynamodb:GetItem"]),
        Port::ConfigsList => one("table/stores", &["dynamodb:GetItem", "dynamodb:Scan"]),
        Port::Circuits => one("table/endpoints", &["dynamodb:GetItem", "dynamodb:PutItem"]),
        Port::Idempotency => one("table/idempotency", &["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"]),
        Port::StoreSecrets => one("secret/store", &["secretsmanager:GetSecretValue"]),
        Port::ErpSecrets => one("secret/erp", &["secretsmanager:GetSecretValue"]),
        Port::ClientSecrets => one("secret/client", &["secretsmanager:GetSecretValue"]),
        Port::Failures => one("table/dead-letters", &["dynamodb:PutItem"]),
        Port::DeadLetters => one("table/dead-letters", &["dynamodb:GetItem", "dynamodb:PutItem"]),
        Port::FactBus | Port::ReportBus => one("bus", &["events:PutEvents"]),
        Port::StockPull => one("table/stock", &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]),
        Port::CommandQueue | Port::Spool => {
            sends_to(port).into_iter().map(|queue| (format!("queue/{queue}"), &["sqs:SendMessage"][..])).collect()
        }
    }
}

/// Metrics that exist: namespace, dimension set, names. Ours are what the functions write (EMF); the others what AWS documents.
pub const METRICS: &[(&str, &[&str], &[&str])] = &[
    (NAMESPACE, &["Deployment"], &DEPLOYMENT_METRICS),
    (NAMESPACE, &["Deployment", "Step"], &STEP_METRICS),
    (NAMESPACE, &["Deployment", "Code"], &REFUSAL_METRICS),
    ("AWS/ApiGateway", &["ApiId"], &["Count", "4xx", "5xx", "Latency", "IntegrationLatency", "DataProcessed"]),
    ("AWS/Lambda", &["FunctionName"], &["Invocations", "Errors", "Throttles", "Duration", "ConcurrentExecutions", "IteratorAge"]),
    (
        "AWS/SQS",
        &["QueueName"],
        &["ApproximateNumberOfMessagesVisible", "ApproximateNumberOfMessagesNotVisible", "ApproximateAgeOfOldestMessage"],
    ),
];

/// What the release before this one touched and this one does not. During a deployment its code runs under the new roles, so they keep its
/// grants for one release. A line goes when a release has been made with it: slots are counted in the endpoints' rows since.
pub const KEPT: &[(&str, Port)] = &[("post-to-erp", Port::Idempotency), ("refund", Port::Idempotency)];

/// Alarms beside those on each function's dead letters.
pub const ALARMS: &[&str] = &[
    "oldest-unposted",
    "spool",
    "intake-5xx",
    "signature-failures",
    "unsigned-requests",
    "erp-poll-behind",
    "erp-poll-unreadable",
    "dead-letters-errors",
    "dead-letters-stuck",
];
