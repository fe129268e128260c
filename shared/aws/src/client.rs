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

/// A service in the same region that takes longer is better asked again, on another connection.
const CONNECT: Duration = Duration::from_secs(1);
const ATTEMPT: Duration = Duration::from_secs(3);
/// SQS redelivers what fails here; more attempts would only spend the function's time.
const ATTEMPTS: u32 = 3;

/// The configuration of every client: credentials and region from the environment as usual, time limits that leave a function room to
/// report. `WAYBILL_AWS_ENDPOINT`, if not empty, replaces the services' addresses, and so does the SDK's own `AWS_ENDPOINT_URL`.
pub async fn sdk_config() -> SdkConfig {
    let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(ATTEMPT).build();
    let loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(http_client())
        .timeout_config(timeouts)
        // It is there for long bodies. These are short and an attempt ends after seconds; watching each took some 5 % of a step's CPU.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS));
    match env::var("WAYBILL_AWS_ENDPOINT") {
        Ok(endpoint) if !endpoint.is_empty() => loader.endpoint_url(endpoint).load().await,
        _ => loader.load().await,
    }
}

/// HTTP and TLS of every client.
pub fn http_client() -> SharedHttpClient {
    Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https()
}
