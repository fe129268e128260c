//! What the adapters make of answers that no emulator gives: partial failures, throttling, conflicts of transactions, answers that were
//! lost on the way. The services are played by [`canned`], over real HTTP.

mod canned;
mod claims;
mod commits;
mod environment;
mod eventbridge;
mod lanes;
mod ledger;
mod secrets;
mod sqs;
mod transactions;
