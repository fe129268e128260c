//! The Odoo connector against the server that plays Odoo and refuses what it does not know: over both transports, what each misbehaviour
//! becomes for the workflow, and what the ERP has then.

mod answers;
mod changes;
mod connecting;
mod credits;
mod errors;
mod faults;
mod good;
mod money;
mod suite;
mod support;
