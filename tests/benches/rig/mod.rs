//! What the benches share: the real binaries under a Lambda Runtime API on loopback, before an AWS that keeps tables and counts.

#[path = "../../stores/backends.rs"]
#[expect(dead_code, reason = "the contract suite uses the rest")]
mod backends;

pub mod aws;
pub mod build;
#[allow(dead_code, reason = "only one of the benches prices them")]
pub mod calls;
pub mod events;
#[allow(dead_code, reason = "only one of the benches looks at starts")]
pub mod process;
pub mod runtime;
mod tables;
#[allow(dead_code, reason = "each bench prints its part of a leg")]
pub mod world;
