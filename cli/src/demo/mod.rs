//! The main job, shown on this machine: a store, an ERP and a warehouse, all played by this process, the real functions between them, orders
//! of many kinds, each followed to its end, and the money counted in all places.
//!
//! The local system stays up afterwards, so that one can look; store, ERP and warehouse end with the process.

mod acts;
mod books;
pub mod command;
mod end;
mod evidence;
mod fakes;
mod follow;
mod kinds;
mod plot;
mod real;
mod report;
mod verdict;

pub use books::{Booked, Credited};
pub use evidence::Evidence;
pub use fakes::Fakes;
pub use follow::{Placed, Progress, follow};
pub use kinds::Kind;
pub use real::RealErp;
pub use report::text;
pub use verdict::{Judged, Money, Outcome, judge};
