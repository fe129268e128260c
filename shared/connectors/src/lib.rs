//! Clients of the systems outside: ERPs, stores and warehouses. Each translates between its system and the ports of the workflow.

pub mod client_signature;
pub mod erp;
pub mod http;
pub mod warehouse;
pub mod woocommerce;
