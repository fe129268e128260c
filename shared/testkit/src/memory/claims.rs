//! Claims in memory.

use waybill_domain::{At, ContentHash};
use waybill_workflow::Unavailable;
use waybill_workflow::ports::{Claim, Idempotency};

use super::World;

pub(super) struct Row {
    token: String,
    payload: ContentHash,
    until: At,
    result: Option<String>,
}

impl Idempotency for World {
    async fn claim(&self, key: &str, payload: &ContentHash, now: At, until: At) -> Result<Claim, Unavailable> {
        if key.is_empty() {
            return Err(Unavailable::new("idempotency", "a claim needs a key"));
        }
        self.call("idempotency.claim", |state| {
            if let Some(row) = state.claims.get(key).filter(|row| row.until > now) {
                return match (&row.payload == payload, &row.result) {
                    (false, _) => Claim::Mismatch,
                    (true, Some(result)) => Claim::Done(result.clone()),
                    (true, None) => Claim::InFlight,
                };
            }
            state.tokens += 1;
            let token = format!("token-{}", state.tokens);
            state.claims.insert(key.to_owned(), Row { token: token.clone(), payload: payload.clone(), until, result: None });
            Claim::Fresh(token)
        })
        .await
    }

    async fn complete(&self, key: &str, token: &str, result: &str, until: At) -> Result<bool, Unavailable> {
        self.call("idempotency.complete", |state| match state.claims.get_mut(key).filter(|row| row.token == token) {
            Some(row) => {
                row.result = Some(result.to_owned());
                row.until = until;
                true
            }
            None => false,
        })
        .await
    }

    async fn give_back(&self, key: &str, token: &str) -> Result<bool, Unavailable> {
        self.call("idempotency.give_back", |state| {
            let owned = state.claims.get(key).is_some_and(|row| row.token == token && row.result.is_none());
            if owned {
                state.claims.remove(key);
            }
            owned
        })
        .await
    }
}
