//! The SDK, built once per process.

use std::env;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;

/// How long a service may take, and how often it is asked. One in the same region that takes longer is better asked again, on another
/// connection.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    connect: Duration,
    attempt: Duration,
    attempts: u32,
    backoff: Duration,
}

impl Pace {
    /// Of whoever has a queue behind it, which redelivers what fails: more attempts would only spend the function's time.
    pub const STEADY: Pace =
        Pace { connect: Duration::from_secs(1), attempt: Duration::from_secs(3), attempts: 3, backoff: Duration::from_secs(1) };
    /// Of the front door, which must put a delivery aside, and may have to try that twice as well, within a few seconds in all.
    pub const PROMPT: Pace = Pace {
        connect: Duration::from_millis(500),
        attempt: Duration::from_millis(900),
        attempts: 2,
        backoff: Duration::from_millis(100),
    };
}

/// The configuration of every client: credentials and region from the environment as usual, time limits that leave a function room to
/// report. `WAYBILL_AWS_ENDPOINT`, if not empty, replaces the services' addresses, and so does the SDK's own `AWS_ENDPOINT_URL`.
pub async fn sdk_config(pace: Pace) -> SdkConfig {
    let timeouts = TimeoutConfig::builder().connect_timeout(pace.connect).operation_attempt_timeout(pace.attempt).build();
    let retries = RetryConfig::standard().with_max_attempts(pace.attempts).with_initial_backoff(pace.backoff);
    let loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(http_client())
        .timeout_config(timeouts)
        // It is there for long bodies. These are short and an attempt ends after seconds; watching each took some 5 % of a step's CPU.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .retry_config(retries);
    match env::var("WAYBILL_AWS_ENDPOINT") {
        Ok(endpoint) if !endpoint.is_empty() => loader.endpoint_url(endpoint).load().await,
        _ => loader.load().await,
    }
}

/// HTTP and TLS of every client.
pub fn http_client() -> SharedHttpClient {
    Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https()
}
