//! What every function shares: how it starts, how it takes messages, what it says of itself. The functions themselves are thin.

pub mod batch;
pub mod dead_letter;
pub mod erps;
pub mod http;
mod last_words;
pub mod metrics;
pub mod platform;
pub mod stream;
mod system;
mod telemetry;

pub use platform::Platform;
pub use waybill_aws::Pace;

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;

/// Starts a function: logging, clients and their connections once, then `handle` for every event.
///
/// # Errors
/// The runtime's own: Lambda ends the environment.
pub async fn serve<F, Fut>(handle: F) -> Result<(), Error>
where
    F: Fn(Platform, LambdaEvent<Value>) -> Fut,
    Fut: Future<Output = Result<Value, Error>>,
{
    serve_at(Pace::STEADY, handle).await
}

/// Starts a function as [`serve`] does, with clients of this pace.
///
/// # Errors
/// The runtime's own: Lambda ends the environment.
pub async fn serve_at<F, Fut>(pace: Pace, handle: F) -> Result<(), Error>
where
    F: Fn(Platform, LambdaEvent<Value>) -> Fut,
    Fut: Future<Output = Result<Value, Error>>,
{
    telemetry::start();
    let platform = Platform::from_env(pace).await;
    // Boxed, because the compiler gives up on types this deep.
    lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| Box::pin(handle(platform.clone(), event)))).await
}
