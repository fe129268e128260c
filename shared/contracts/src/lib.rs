//! What travels between functions and out of the deployment: commands on the queues, facts on the bus. Each is tagged and versioned, and
//! its JSON Schema is snapshotted, so that a change to a contract shows in a review.

pub mod command;
pub mod fact;

pub use command::{Command, Origin};
pub use fact::Fact;
