//! What tests and the demo run against instead of the world: a fake ERP, a fake store, a fake warehouse, ports in memory; a real Tryton.

pub mod contract;
pub mod erp;
mod listener;
pub mod memory;
pub mod odoo;
pub mod proxy;
pub mod store;
pub mod tryton;
pub mod warehouse;
