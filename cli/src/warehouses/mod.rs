//! Warehouses that are pushed to: added, checked, listed. A warehouse is data; what its pushes are signed with is the secret of the client
//! of the same name.

mod add;
mod check;
pub mod command;

pub use add::{NewWarehouse, add, merge};
pub use check::check;
