//! One push: is it signed, is it what the contract says, and is it news.

use axum::http::HeaderMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{PATH, State, sign};

/// A fulfilment as it was pushed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pushed {
    /// `<store>-<order id>`.
    pub id: String,
    /// `store/id`.
    pub order: String,
    /// The number the customer knows.
    pub number: String,
    /// Grows with every change.
    pub revision: u32,
    /// Nothing is to leave.
    pub cancelled: bool,
    /// What is to leave in all.
    pub lines: Vec<PushedLine>,
}

/// A line of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PushedLine {
    /// The line's id, which shipments and returns name.
    pub line: u64,
    /// Article number.
    pub sku: String,
    /// Name of the article.
    pub name: String,
    /// Pieces.
    pub quantity: u32,
}

/// What is answered when nothing goes wrong on purpose.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: String,
}

fn refusal(status: u16, code: &str) -> Reply {
    Reply { status, body: serde_json::json!({ "code": code }).to_string() }
}

fn result(result: &str) -> Reply {
    Reply { status: 200, body: serde_json::json!({ "result": result }).to_string() }
}

impl State {
    /// Takes a push, or refuses it.
    pub(super) fn receive(&mut self, headers: &HeaderMap, body: &[u8]) -> Reply {
        if !self.is_signed(headers, body) {
            self.counts.unsigned += 1;
            return refusal(401, "unauthorized");
        }
        let Some(pushed) = read(headers, body) else {
            self.counts.malformed += 1;
            return refusal(400, "malformed");
        };
        match self.fulfilments.get(&pushed.id) {
            Some(known) if known.revision > pushed.revision => {
                self.counts.older += 1;
                result("older")
            }
            Some(known) if *known == pushed => {
                self.counts.repeated += 1;
                result("known")
            }
            Some(known) if known.revision == pushed.revision => {
                self.counts.malformed += 1;
                refusal(409, "revision_conflict")
            }
            _ => {
                self.counts.taken += 1;
                self.fulfilments.insert(pushed.id.clone(), pushed);
                result("taken")
            }
        }
    }

    fn is_signed(&self, headers: &HeaderMap, body: &[u8]) -> bool {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let Ok(timestamp) = header(sign::TIMESTAMP).parse::<i64>() else { return false };
        let in_time = (Timestamp::now().as_second() - timestamp).abs() <= sign::WINDOW;
        let signed = |secret: &String| sign::signature(secret, timestamp, "POST", PATH, body) == header(sign::SIGNATURE);
        header(sign::CLIENT) == self.slug && in_time && self.secrets.iter().any(signed)
    }
}

/// A body of the contract under the key that names it.
fn read(headers: &HeaderMap, body: &[u8]) -> Option<Pushed> {
    let pushed: Pushed = serde_json::from_slice(body).ok()?;
    let key = headers.get("Idempotency-Key")?.to_str().ok()?;
    let json = headers.get("Content-Type")?.to_str().ok()? == "application/json";
    let whole = pushed.lines.iter().all(|line| line.quantity > 0) && pushed.cancelled == pushed.lines.is_empty();
    (json && whole && key == format!("{}/{}", pushed.id, pushed.revision)).then_some(pushed)
}
