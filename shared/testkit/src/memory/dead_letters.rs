//! Dead letters in memory.

use waybill_contracts::Command;
use waybill_domain::At;
use waybill_workflow::Unavailable;
use waybill_workflow::ports::{DeadLetter, DeadLetters, Failures, Known, LastWords, LetterId, SendBack};

use super::{Message, World};

impl Failures for World {
    async fn failed(&self, id: &LetterId, words: &LastWords) -> Result<(), Unavailable> {
        self.call("letters.failed", |state| {
            let known = state.letters.entry(id.clone()).or_insert_with(|| (Known::Failing(words.clone()), String::new()));
            if let Known::Failing(last) = &mut known.0 {
                last.clone_from(words);
            }
        })
        .await
    }
}

impl DeadLetters for World {
    async fn known(&self, id: &LetterId) -> Result<Option<Known>, Unavailable> {
        self.call("letters.known", |state| state.letters.get(id).map(|(known, _)| known.clone())).await
    }

    async fn keep(&self, letter: &DeadLetter, body: &str) -> Result<(), Unavailable> {
        self.call("letters.keep", |state| {
            if !matches!(state.letters.get(&letter.id), Some((Known::Dead(known), _)) if known.redriven.is_some()) {
                state.letters.insert(letter.id.clone(), (Known::Dead(letter.clone()), body.to_owned()));
            }
        })
        .await
    }

    async fn letters(&self) -> Result<Vec<DeadLetter>, Unavailable> {
        self.call("letters.letters", |state| {
            let dead = |(known, _): &(Known, String)| match known {
                Known::Dead(letter) if letter.redriven.is_none() => Some(letter.clone()),
                _ => None,
            };
            state.letters.values().filter_map(dead).collect()
        })
        .await
    }

    async fn body(&self, id: &LetterId) -> Result<Option<String>, Unavailable> {
        self.call("letters.body", |state| match state.letters.get(id) {
            Some((Known::Dead(_), body)) => Some(body.clone()),
            _ => None,
        })
        .await
    }

    async fn redriven(&self, id: &LetterId, at: At) -> Result<bool, Unavailable> {
        self.call("letters.redriven", |state| match state.letters.get_mut(id) {
            Some((Known::Dead(letter), _)) if letter.redriven.is_none() => {
                letter.redriven = Some(at);
                true
            }
            _ => false,
        })
        .await
    }
}

impl SendBack for World {
    async fn send_back(&self, queue: &str, body: &str) -> Result<(), Unavailable> {
        self.call("sqs.send_back", |state| {
            state.sent_back.push((queue.to_owned(), body.to_owned()));
            if let Ok(command) = serde_json::from_str::<Command>(body)
                && command.step.slug() == queue
            {
                let message = Message { visible_at: state.now, receives: 0, command };
                state.queues.entry(message.command.step).or_default().push_back(message);
            }
        })
        .await
    }
}
