//! Clients of the systems outside: ERPs and stores. Each translates between its system and the ports of the workflow.

pub mod erp;
pub mod http;
pub mod woocommerce;
