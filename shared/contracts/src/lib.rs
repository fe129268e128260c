//! What travels between functions and across the border of the deployment: commands on the queues, facts on the bus, reports of
//! warehouses and ERPs, and what they are told. Each is versioned (reports by their path), and its JSON Schema is snapshotted, so that a change to a contract shows
//! in a review.

pub mod command;
pub mod fact;
pub mod fulfilment;
pub mod report;
pub mod version;

pub use command::{Command, Origin};
pub use fact::Fact;
pub use fulfilment::Fulfilment;
pub use version::Unread;
