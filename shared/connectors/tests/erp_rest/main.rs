//! The REST connector against the fake ERP: what each misbehaviour becomes for the workflow, and what the ERP has then.

mod answers;
mod changes;
mod contract;
mod credits;
mod faults;
mod good;
mod support;
