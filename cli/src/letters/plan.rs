//! What a redrive would do, said before it is done.

use std::collections::BTreeMap;

use futures_util::{StreamExt, stream};
use waybill_domain::transition::means_done;
use waybill_domain::{At, DEAD_LETTER, Hold, Lane, OrderKey, Step, StoreSlug};
use waybill_workflow::Unavailable;
use waybill_workflow::ports::{DeadLetter, DeadLetters, Lanes, LetterId, Orders};

/// Held orders that one run looks at; the next run finds the rest.
const MOST: usize = 10_000;
/// Records read at a time.
const AT_A_TIME: usize = 16;

/// Which dead letters and held orders are meant; what is left out means all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Held with this code. Every dead letter has the code `dead_letter`.
    pub code: Option<String>,
    /// Of this store.
    pub store: Option<StoreSlug>,
    /// Held, or dead, since then.
    pub since: Option<At>,
}

impl Filter {
    fn takes(&self, code: &str, store: Option<&StoreSlug>, since: At) -> bool {
        self.code.as_deref().is_none_or(|wanted| wanted == code)
            && self.store.as_ref().is_none_or(|wanted| store == Some(wanted))
            && self.since.is_none_or(|wanted| since >= wanted)
    }

    /// Whether an order of this store is meant whatever it is held with.
    fn names_all_of(&self, store: &StoreSlug) -> bool {
        self.code.is_none() && self.since.is_none() && self.store.as_ref().is_none_or(|wanted| wanted == store)
    }
}

/// What something is done with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A held order, with the dead letters that it is held for.
    Order(OrderKey, Vec<LetterId>),
    /// A dead letter that holds no order.
    Letter(DeadLetter),
}

/// What is done with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// The hold is taken off; the step runs again.
    GoOn(Step),
    /// The message is sent back to the queue it died in.
    SendBack,
    /// The fact is published again.
    Publish,
    /// Nothing is to be sent: it is noted as dealt with.
    Close(&'static str),
    /// Nothing: it needs a person.
    Leave(String),
}

/// One line of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What it is about.
    pub subject: Subject,
    /// The code it is held with.
    pub code: String,
    /// Since when.
    pub since: At,
    /// What is done.
    pub action: Action,
}

/// What there is to do, oldest first.
///
/// # Errors
/// What did not answer, other than for single orders.
pub async fn plan(ports: &(impl Orders + Lanes + DeadLetters), filter: &Filter, now: At) -> Result<Vec<Item>, Unavailable> {
    let held: Vec<OrderKey> =
        ports.oldest(&Lane::Held, now.plus_seconds(1), MOST).await?.into_iter().map(|waiter| waiter.key).collect();
    let letters = ports.letters().await?;
    // An order is looked at once, whether it is held, or a letter names it.
    let mut keys: Vec<OrderKey> = held.into_iter().chain(letters.iter().filter_map(|letter| letter.order.clone())).collect();
    keys.sort_unstable();
    keys.dedup();
    let loads = stream::iter(keys).map(|key| async move { (ports.load(&key).await, key) }).buffered(AT_A_TIME);
    let mut holds: BTreeMap<OrderKey, Hold> = BTreeMap::new();
    let mut unreadable: BTreeMap<OrderKey, String> = BTreeMap::new();
    for (loaded, key) in loads.collect::<Vec<_>>().await {
        match loaded {
            Ok(order) => holds.extend(order.and_then(|order| order.hold).map(|hold| (key, hold))),
            // It keeps no other from being sent on, and neither do its letters: what they ask for is not known.
            Err(error) => drop(unreadable.insert(key, error.to_string())),
        }
    }

    let mut items = Vec::new();
    let mut of_orders: BTreeMap<OrderKey, Vec<LetterId>> = BTreeMap::new();
    for letter in letters {
        let hold = letter.order.as_ref().and_then(|order| holds.get(order));
        let holds_it = |hold: &Hold| hold.code == DEAD_LETTER && hold.step.slug() == letter.id.queue;
        match (&letter.order, hold) {
            (Some(order), Some(hold)) if holds_it(hold) => of_orders.entry(order.clone()).or_default().push(letter.id),
            (Some(order), _) if unreadable.contains_key(order) => {}
            _ if filter.takes(DEAD_LETTER, letter.store.as_ref(), letter.at) => {
                let action = of_letter(&letter, hold);
                items.push(Item { since: letter.at, code: DEAD_LETTER.to_owned(), action, subject: Subject::Letter(letter) });
            }
            _ => {}
        }
    }
    for (order, hold) in holds {
        if filter.takes(&hold.code, Some(&order.store), hold.since) {
            let letters = of_orders.remove(&order).unwrap_or_default();
            let action = of_hold(&hold);
            items.push(Item { since: hold.since, code: hold.code, action, subject: Subject::Order(order, letters) });
        }
    }
    // Neither its code nor its time is known: who asks for some is not told of it.
    for (order, error) in unreadable.into_iter().filter(|(order, _)| filter.names_all_of(&order.store)) {
        let (subject, action) = (Subject::Order(order, Vec::new()), Action::Leave(error));
        items.push(Item { subject, code: "unknown".to_owned(), since: now, action });
    }
    items.sort_by_key(|item| (item.since, item.name()));
    Ok(items)
}

fn of_hold(hold: &Hold) -> Action {
    if means_done(&hold.code) { Action::Leave("needs `order retry --done`".to_owned()) } else { Action::GoOn(hold.step) }
}

fn of_letter(letter: &DeadLetter, hold: Option<&Hold>) -> Action {
    let step = Step::ALL.into_iter().find(|step| step.slug() == letter.id.queue);
    if let (Some(hold), Some(step)) = (hold, step)
        && hold.is_dead_letter_of(step)
    {
        return Action::Leave(format!("its order is held with {} first", hold.code));
    }
    match letter.id.queue.as_str() {
        "relay" => Action::Close("the sweep has sent its orders on; facts were not published"),
        "sweep" => Action::Close("every minute brings another sweep"),
        "facts" | "attention" => Action::Publish,
        _ => Action::SendBack,
    }
}

impl Item {
    /// The order, or the dead letter.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.subject {
            Subject::Order(order, _) => order.to_string(),
            Subject::Letter(letter) => letter.id.to_string(),
        }
    }

    /// What is done, in words.
    #[must_use]
    pub fn words(&self) -> String {
        match (&self.action, &self.subject) {
            (Action::GoOn(step), _) => format!("go on: {step} runs again"),
            (Action::SendBack, Subject::Letter(letter)) => format!("send it back to {}", letter.id.queue),
            (Action::SendBack, Subject::Order(..)) => "send it back".to_owned(),
            (Action::Publish, _) => "publish it again".to_owned(),
            (Action::Close(why), _) => format!("close it: {why}"),
            (Action::Leave(why), _) => format!("nothing: {why}"),
        }
    }

    /// Whether something is done.
    #[must_use]
    pub fn acts(&self) -> bool {
        !matches!(self.action, Action::Leave(_))
    }
}
