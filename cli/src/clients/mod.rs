//! Clients of Waybill's own API, warehouses and ERPs: added, rotated, listed. All of a client is a secret in Secrets Manager.

mod add;
pub mod command;

pub use add::{NewClient, add, merge, random_secret};
