//! The connector for Tryton against a real one: `infra/erp/tryton` installs and starts it, each test has a database of its own.

mod books;
mod contract;
mod cut;
mod cycle;
mod directory;
mod outage;
mod protocol;
mod races;
mod support;
