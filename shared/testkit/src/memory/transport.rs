//! Queues and bus in memory. A send may be taken in part, and says so.

use waybill_contracts::Fact;
use waybill_workflow::Unavailable;
use waybill_workflow::ports::{CommandQueue, FactBus, Outgoing, Spool, Spooled};

use super::faults::Fate;
use super::{Message, State, World};

/// How much of a batch is taken when the call fails: half of it (rounded up) after the effect, nothing before it.
pub(super) fn taken<T>(fate: Fate, batch: &[T]) -> &[T] {
    match fate {
        Fate::Works => batch,
        Fate::FailsAfter => &batch[..batch.len().div_ceil(2)],
        Fate::FailsBefore | Fate::Contended | Fate::Down | Fate::Later(_) => &[],
    }
}

fn answer(fate: Fate, part: &'static str) -> Result<(), Unavailable> {
    if fate == Fate::Works { Ok(()) } else { Err(Unavailable::new(part, "injected, part of the batch may have been taken")) }
}

fn enqueue(state: &mut State, outgoing: &Outgoing) {
    let visible_at = state.now.plus_seconds(outgoing.delay_seconds);
    let message = Message { command: outgoing.command.clone(), visible_at, receives: 0 };
    state.queues.entry(outgoing.command.step).or_default().push_back(message);
}

impl CommandQueue for World {
    async fn send(&self, commands: &[Outgoing]) -> Result<(), Unavailable> {
        let fate = self.fate("sqs.send").await;
        for outgoing in taken(fate, commands) {
            enqueue(&mut self.state(), outgoing);
        }
        self.answer("sqs.send", fate).await;
        answer(fate, "sqs")
    }
}

impl FactBus for World {
    async fn publish(&self, facts: &[Fact]) -> Result<(), Unavailable> {
        let fate = self.fate("events.publish").await;
        self.state().facts.extend_from_slice(taken(fate, facts));
        self.answer("events.publish", fate).await;
        answer(fate, "events")
    }
}

impl Spool for World {
    async fn spool(&self, spooled: &Spooled) -> Result<(), Unavailable> {
        self.call("sqs.spool", |state| state.spool.push_back(spooled.clone())).await
    }
}
