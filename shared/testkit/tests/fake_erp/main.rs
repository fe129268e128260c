//! The fake ERP keeps the contract, and misbehaves as it is told. Connectors are tested against it, so it is tested itself.

mod books;
mod changes;
mod credits;
mod faults;
mod support;
