//! The workflow: what each step does, through narrow ports. Nothing here knows AWS, HTTP or a wire format.
//!
//! A step loads the order, does its effect, and commits what happened in one conditional write ([`commit`]). What follows is computed
//! from the record by [`waybill_domain::next()`]; the relay sends it. [`saga`] is the table of steps; [`dispose`] is the one place that turns
//! errors into retries, waits and holds.

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::unreachable,
    clippy::todo,
    clippy::indexing_slicing,
    clippy::float_arithmetic,
    clippy::as_conversions,
    clippy::disallowed_methods
)]

pub mod commit;
pub mod dispose;
pub mod error;
pub mod ports;
pub mod saga;
pub mod steps;

pub use error::{CallError, Failure, StepError, Unavailable};
pub use steps::Outcome;
