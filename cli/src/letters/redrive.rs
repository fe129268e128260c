//! Does what the plan says, one by one. What was sent and not noted, because it was cut off between, is sent again by the next run: no
//! command, delivery, report or fact does anything twice.

use serde::Deserialize;
use waybill_contracts::Fact;
use waybill_domain::{At, OrderKey, Step};
use waybill_workflow::ports::{DeadLetter, DeadLetters, FactBus, LetterId, Orders, SendBack};

use super::plan::{Action, Item, Subject};
use crate::orders::{RetryError, retry_if};

/// Where letters go.
#[derive(Debug)]
pub struct Ways<'a, T, Q, B> {
    /// Orders and letters.
    pub tables: &'a T,
    /// Queues.
    pub queues: &'a Q,
    /// Bus.
    pub bus: &'a B,
}

/// Does it, and says what came of it.
///
/// # Errors
/// One sentence on why it was not done. Others may be.
pub async fn redrive<T, Q, B>(ways: &Ways<'_, T, Q, B>, item: &Item, at: At) -> Result<String, String>
where
    T: Orders + DeadLetters,
    Q: SendBack,
    B: FactBus,
{
    match (&item.action, &item.subject) {
        (Action::GoOn(step), Subject::Order(order, letters)) => go_on(ways.tables, order, letters, (&item.code, *step), at).await,
        (Action::SendBack, Subject::Letter(letter)) => {
            let body = body(ways.tables, letter).await?;
            ways.queues.send_back(&letter.id.queue, &body).await.map_err(|error| error.to_string())?;
            note(ways.tables, &letter.id, at).await?;
            Ok("sent back".to_owned())
        }
        (Action::Publish, Subject::Letter(letter)) => {
            let fact = fact(&body(ways.tables, letter).await?)?;
            ways.bus.publish(&[fact]).await.map_err(|error| error.to_string())?;
            note(ways.tables, &letter.id, at).await?;
            Ok("published".to_owned())
        }
        (Action::Close(_), Subject::Letter(letter)) => {
            note(ways.tables, &letter.id, at).await?;
            Ok("closed".to_owned())
        }
        _ => Ok("left".to_owned()),
    }
}

async fn go_on<T: Orders + DeadLetters>(
    tables: &T,
    order: &OrderKey,
    letters: &[LetterId],
    (code, step): (&str, Step),
    at: At,
) -> Result<String, String> {
    let said = match retry_if(tables, order, false, at, |hold| hold.code == code && hold.step == step).await {
        Ok(_) => "goes on",
        Err(RetryError::NotHeld { .. }) => "had gone on",
        Err(error) => return Err(error.to_string()),
    };
    for letter in letters {
        note(tables, letter, at).await?;
    }
    Ok(said.to_owned())
}

async fn body(tables: &impl DeadLetters, letter: &DeadLetter) -> Result<String, String> {
    let body = tables.body(&letter.id).await.map_err(|error| error.to_string())?;
    body.ok_or_else(|| "its body is gone: letters are kept for 90 days".to_owned())
}

async fn note(tables: &impl DeadLetters, letter: &LetterId, at: At) -> Result<(), String> {
    // Noted already: another redrive did the same at the same time, which does no harm.
    tables.redriven(letter, at).await.map(|_| ()).map_err(|error| error.to_string())
}

/// The fact in an event of the bus.
fn fact(body: &str) -> Result<Fact, String> {
    #[derive(Deserialize)]
    struct Event {
        detail: Fact,
    }
    serde_json::from_str::<Event>(body).map(|event| event.detail).map_err(|_| "it carries no fact of this release".to_owned())
}
