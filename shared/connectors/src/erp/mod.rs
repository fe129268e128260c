//! Connectors to ERPs, one module each. `README.md` beside this file says how to choose and how to write one.

mod any;
mod checks;
mod connection;
pub mod odoo;
mod refusals;
pub mod rest;
mod scrub;
mod text;
pub mod tryton;

pub use any::AnyErp;
