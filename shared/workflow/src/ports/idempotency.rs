//! Claims on keys: one owner at a time, for a while, with an end that is remembered or not.

use std::future::Future;

use waybill_domain::{At, ContentHash};

use crate::error::Unavailable;

/// What a claim found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// The key is yours until the lease ends. The token proves it.
    Fresh(String),
    /// It was done before; this was noted.
    Done(String),
    /// Somebody else has it.
    InFlight,
    /// It was claimed for something else: the payloads differ.
    Mismatch,
}

/// The idempotency table. Rows end by `expires_at`, which is checked in code: TTL deletes late. What must never happen twice is not guarded
/// by it, but by the order's record and the ledger, which do not end: claims thin out doubles, and keep two from doing the same at once.
pub trait Idempotency: Sync {
    /// Claims `key` for `payload` until `until`.
    ///
    /// An empty key is [`Unavailable`]: it would be everybody's.
    fn claim(
        &self,
        key: &str,
        payload: &ContentHash,
        now: At,
        until: At,
    ) -> impl Future<Output = Result<Claim, Unavailable>> + Send;
    /// Notes the result, kept until `until`; false if the token no longer owns the key.
    fn complete(&self, key: &str, token: &str, result: &str, until: At)
    -> impl Future<Output = Result<bool, Unavailable>> + Send;
    /// Gives the key back: only when it is certain that nothing was done, or nothing needs remembering. False if not the owner.
    fn give_back(&self, key: &str, token: &str) -> impl Future<Output = Result<bool, Unavailable>> + Send;
}
