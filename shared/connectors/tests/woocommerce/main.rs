//! The WooCommerce connector: against bodies of a real store's shape, against the fake store, and against nonsense.

mod captures;
mod client;
mod desk;
mod events;
mod fixtures;
mod fuzz;
mod refunds;
mod shipments;
mod support;
mod write_faults;
