//! What several tests share: stories of orders, and what must be true of a world at rest.

pub mod invariants;
pub mod stories;
