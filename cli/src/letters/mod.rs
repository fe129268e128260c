//! Dead letters, and sending many of them, or of the held orders, on again.

pub mod command;
mod plan;
mod redrive;
#[cfg(test)]
mod tests;
mod text;

pub use plan::{Action, Filter, Item, Subject, plan};
pub use redrive::{Ways, redrive};
pub use text::{list, table_of};
