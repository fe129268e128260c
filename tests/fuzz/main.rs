//! Fuzzing: what comes from outside, or from a table or a queue, is changed at random where it has structure, and read. Reading ends, ends
//! soon, never panics, and says in an error nothing of what it read.
//!
//! Bounded in CI; `WAYBILL_FUZZ=3600s cargo test -p waybill-tests --test fuzz` goes on for an hour per test, `WAYBILL_FUZZ=100000` for so many
//! cases.

mod budget;
mod decoders;
mod front_door;
mod mutate;
mod reports;
mod rows;
mod wires;
