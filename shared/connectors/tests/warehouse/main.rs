//! The push connector against the fake warehouse and against the contract: what is sent, what each misbehaviour becomes for the
//! workflow, and what the warehouse knows then.

mod document;
mod faults;
mod good;
mod sent;
mod support;
