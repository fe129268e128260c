//! What the orders are: lists, one order's whole story, and a person's "try again".

mod attention;
pub mod command;
mod retry;
mod story;
#[cfg(test)]
mod tests;
mod text;
mod view;

pub use attention::attention;
pub use retry::{RetryError, retry, retry_if};
pub use story::story;
pub use text::list;
pub use view::{Money, OrderView, gaps};
