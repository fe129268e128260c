//! Stores: added, checked, listed. A store is data; its keys are secrets.

mod add;
mod catalogue;
pub mod check;
pub mod command;
mod mapping;
mod rates;
mod records;
mod webhooks;

pub use add::{NewSecrets, NewStore, PolicyChanges, add, merge, merge_secrets};
pub use mapping::read_mapping;
pub use records::read_records;
