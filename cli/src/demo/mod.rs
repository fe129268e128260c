//! The main job, shown on this machine: a store and an ERP of which this process plays both, the real functions between them, orders of
//! many kinds, each followed to its end, and the money counted in all three places.
//!
//! The local system stays up afterwards, so that one can look; the store and the ERP end with the process.

pub mod command;
mod fakes;
mod follow;
mod kinds;
mod report;
mod verdict;

pub use fakes::Fakes;
pub use follow::{Placed, Progress, follow};
pub use kinds::Kind;
pub use report::text;
pub use verdict::{Judged, Money, Outcome, judge};
