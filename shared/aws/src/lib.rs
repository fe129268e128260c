//! The AWS side of the ports: DynamoDB, SQS, EventBridge and Secrets Manager.
//!
//! One value per service: [`Dynamo`] is every table, [`Sqs`] the steps' queues and intake's spool, [`Bus`] the event bus, [`Secrets`] the
//! secrets of stores and ERPs. Keys, rows and conditions are those of docs/DATA.md; README.md says what is decided here.

pub mod client;
pub mod dynamo;
mod error;
pub mod eventbridge;
mod gzip;
pub mod names;
pub mod secrets;
pub mod sqs;

pub use client::{Pace, sdk_config};
pub use dynamo::Dynamo;
pub use dynamo::configs::PutError;
pub use dynamo::row::{BadRow, order_from_image};
pub use eventbridge::Bus;
pub use names::{Names, Queues};
pub use secrets::Secrets;
pub use sqs::Sqs;
pub use sqs::send_back::WayBack;
pub use sqs::spool::spooled_from_message;
