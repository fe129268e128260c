//! What the template must say, in one place: the functions with what they may do, and the metrics that exist.

/// What invokes a function besides the HTTP API.
pub enum Source {
    /// Its own queue, with this batch size and the parameter that bounds concurrency.
    Queue { batch: u64, concurrency: &'static str },
    /// The stream of the orders table.
    Stream,
    /// The clock.
    Schedule,
}

/// One function, as its code needs it.
pub struct Function {
    pub slug: &'static str,
    pub timeout_seconds: u64,
    pub source: Source,
    /// The grants of its ports, as (resource, actions). Grants that follow from the wiring (own log group, own source, failure
    /// destination) are derived, not listed.
    pub ports: &'static [(&'static str, &'static [&'static str])],
    /// The queues whose URLs it is given.
    pub sends_to: &'static [&'static str],
}

/// The steps: whatever has a queue of its own, in the order of the saga.
pub const STEPS: [&str; 6] = ["intake", "validate", "reserve", "post-to-erp", "ship-update", "refund"];

const SEND: &[&str] = &["sqs:SendMessage"];
const SECRET: &[&str] = &["secretsmanager:GetSecretValue"];
const PUT: &[&str] = &["dynamodb:PutItem"];
const GET: &[&str] = &["dynamodb:GetItem"];
const RECORD: &[&str] = &["dynamodb:GetItem", "dynamodb:PutItem"];
const CONTENT: &[&str] = &["dynamodb:GetItem", "dynamodb:Query"];
const CIRCUIT: &[&str] = &["dynamodb:GetItem", "dynamodb:UpdateItem"];
const CLAIMS: &[&str] = &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"];
const STEP: Source = Source::Queue { batch: 10, concurrency: "StepConcurrency" };

/// Every function of the template.
pub const FUNCTIONS: &[Function] = &[
    Function {
        slug: "intake",
        timeout_seconds: 10,
        source: STEP,
        ports: &[("table/orders", PUT), ("table/snapshots", PUT), ("secret/store", SECRET), ("queue/intake", SEND)],
        sends_to: &["intake"],
    },
    Function {
        slug: "validate",
        timeout_seconds: 30,
        source: STEP,
        ports: &[
            ("table/orders", RECORD),
            ("table/snapshots", &["dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem"]),
            ("table/stores", GET),
            ("table/endpoints", CIRCUIT),
            ("secret/store", SECRET),
        ],
        sends_to: &[],
    },
    Function {
        slug: "reserve",
        timeout_seconds: 20,
        source: STEP,
        ports: &[
            ("table/orders", RECORD),
            ("table/snapshots", CONTENT),
            ("table/stores", GET),
            ("table/stock", &["dynamodb:GetItem", "dynamodb:UpdateItem"]),
        ],
        sends_to: &[],
    },
    Function {
        slug: "post-to-erp",
        timeout_seconds: 60,
        source: Source::Queue { batch: 2, concurrency: "ErpConcurrency" },
        ports: &[
            ("table/orders", RECORD),
            ("table/snapshots", CONTENT),
            ("table/stores", GET),
            ("table/stock", &["dynamodb:UpdateItem"]),
            ("table/endpoints", CIRCUIT),
            ("table/idempotency", CLAIMS),
            ("secret/erp", SECRET),
        ],
        sends_to: &[],
    },
    Function { slug: "ship-update", timeout_seconds: 30, source: STEP, ports: &[("table/orders", RECORD)], sends_to: &[] },
    Function { slug: "refund", timeout_seconds: 30, source: STEP, ports: &[("table/orders", RECORD)], sends_to: &[] },
    Function {
        slug: "relay",
        timeout_seconds: 30,
        source: Source::Stream,
        ports: &[
            ("table/orders", PUT),
            ("bus", &["events:PutEvents"]),
            ("queue/intake", SEND),
            ("queue/validate", SEND),
            ("queue/reserve", SEND),
            ("queue/post-to-erp", SEND),
            ("queue/ship-update", SEND),
            ("queue/refund", SEND),
        ],
        sends_to: &STEPS,
    },
    Function {
        slug: "sweep",
        timeout_seconds: 55,
        source: Source::Schedule,
        ports: &[
            ("table/orders/index/by-lane", &["dynamodb:Query"]),
            ("table/orders", RECORD),
            ("table/snapshots", PUT),
            ("table/stores", &["dynamodb:GetItem", "dynamodb:Scan"]),
            ("table/endpoints", &["dynamodb:GetItem", "dynamodb:UpdateItem", "dynamodb:Scan"]),
            ("table/idempotency", CLAIMS),
            ("secret/store", SECRET),
            ("queue/intake", SEND),
            ("queue/validate", SEND),
            ("queue/reserve", SEND),
            ("queue/post-to-erp", SEND),
            ("queue/ship-update", SEND),
            ("queue/refund", SEND),
        ],
        sends_to: &STEPS,
    },
];

/// Metrics that exist: namespace, dimension set, names. Ours are what the functions write (EMF); the others what AWS documents.
pub const METRICS: &[(&str, &[&str], &[&str])] = &[
    (
        "Waybill",
        &["Deployment"],
        &[
            "OrdersReceived",
            "OrdersPosted",
            "OrdersHeld",
            "OrdersWaiting",
            "OldestUnpostedSeconds",
            "SignatureFailures",
            "DeliveriesCounted",
            "DeliveriesSpooled",
            "DeliveriesLost",
        ],
    ),
    ("Waybill", &["Deployment", "Step"], &["Handled", "Retried", "Held", "Waited", "Failed", "Milliseconds"]),
    ("AWS/ApiGateway", &["ApiId"], &["Count", "4xx", "5xx", "Latency", "IntegrationLatency", "DataProcessed"]),
    ("AWS/Lambda", &["FunctionName"], &["Invocations", "Errors", "Throttles", "Duration", "ConcurrentExecutions", "IteratorAge"]),
    (
        "AWS/SQS",
        &["QueueName"],
        &["ApproximateNumberOfMessagesVisible", "ApproximateNumberOfMessagesNotVisible", "ApproximateAgeOfOldestMessage"],
    ),
];

/// Alarms beside those on each function's dead letters.
pub const ALARMS: &[&str] = &["oldest-unposted", "intake-5xx", "signature-failures"];
