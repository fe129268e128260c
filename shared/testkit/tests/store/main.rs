//! The fake store, seen from outside: what it delivers, what its REST API answers, what its amounts add up to.

mod after_sale;
mod amounts;
mod client;
mod deliveries;
mod disabling;
mod faults;
mod fulfillments;
mod notes;
mod receiver;
mod rest;
