//! The stock ledger: seeded and kept in step with what the ERP calls free.

pub mod command;
mod pull;

pub use pull::{Pulled, pull};
