//! us-east-1 list prices of November 2026, in dollars per million (or per GB), before any free allowance.

/// DynamoDB on demand, write units.
pub const WRITE_UNITS: f64 = 0.625;
/// DynamoDB on demand, read units.
pub const READ_UNITS: f64 = 0.125;
/// HTTP API, requests of at most 512 KB.
pub const HTTP_API: f64 = 1.00;
/// SQS standard queues, requests of at most 64 KB.
pub const SQS: f64 = 0.40;
/// EventBridge custom events of at most 64 KB.
pub const EVENTS: f64 = 1.00;
/// Lambda, invocations.
pub const INVOCATIONS: f64 = 0.20;
/// Lambda on arm64, per million GB-seconds.
pub const GIGABYTE_SECONDS: f64 = 13.333_4;
/// CloudWatch Logs, per GB taken in.
pub const LOGS_PER_GB: f64 = 0.50;

/// What a function of the template has, in GB, and the part of a core that comes with it.
pub const MEMORY_GB: f64 = 0.25;
/// See [`MEMORY_GB`].
pub const CORES: f64 = 256.0 / 1769.0;
/// What an AWS request is assumed to take from a function in the same region, in seconds.
pub const ROUND_TRIP: f64 = 0.005;
/// The lines START, END and REPORT, with the trace's id, that Lambda writes per invocation, in bytes.
pub const PLATFORM_LINES: f64 = 360.0;
