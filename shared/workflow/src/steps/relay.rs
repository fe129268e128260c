//! The relay: reads what was committed and does all the sending. It keeps nothing and decides nothing that the record does not say.

use std::collections::BTreeMap;

use waybill_contracts::{Command, Fact, Origin, fact::is_fact};
use waybill_domain::{At, Order, OrderKey, next};

use crate::error::Unavailable;
use crate::ports::{CommandQueue, FactBus, Log, Outgoing, Runtime};

/// The longest delay SQS knows, in seconds. What is due later is the sweep's.
const LONGEST_DELAY: u64 = 900;

/// What the relay needs.
pub trait Ports: CommandQueue + FactBus + Log + Runtime {}
impl<T: CommandQueue + FactBus + Log + Runtime> Ports for T {}

/// Sends what follows from commits, in the order they were made: the commands that are due, the full log pages, the facts. Everything may
/// be sent again. Of several commits of one order only the newest says what is due.
///
/// # Errors
/// What did not take it; the stream records are to be given again.
pub async fn run(ports: &impl Ports, orders: &[Order]) -> Result<(), Unavailable> {
    let newest: BTreeMap<&OrderKey, &Order> =
        orders.iter().filter(|order| order.fresh > 0).map(|order| (&order.key, order)).collect();
    let now = ports.now();
    let commands: Vec<Outgoing> = newest.values().flat_map(|order| commands(order, Origin::Commit, now)).collect();
    if !commands.is_empty() {
        ports.send(&commands).await?;
    }
    for order in orders {
        for (page, events) in order.full_pages() {
            ports.put_page(&order.key, page, events).await?;
        }
    }
    let facts: Vec<Fact> = orders.iter().flat_map(facts).collect();
    if !facts.is_empty() {
        ports.publish(&facts).await?;
    }
    Ok(())
}

fn facts(order: &Order) -> impl Iterator<Item = Fact> {
    order.fresh_events().iter().filter(|event| is_fact(event.kind)).map(|event| Fact::of(order, event))
}

/// The commands that are due for this order now or within the longest delay. Steps under a lease are left to the sweep.
pub(super) fn commands(order: &Order, origin: Origin, now: At) -> Vec<Outgoing> {
    next(order)
        .into_iter()
        .filter(|due| !due.watched || origin == Origin::Sweep)
        .filter_map(|due| {
            // Rounded up: a command that comes a moment early finds nothing due, and nobody sends another.
            let seconds = due.not_before.map_or(0, |at| at.since(now).div_ceil(1000));
            let delay_seconds = u32::try_from(seconds).ok().filter(|_| seconds <= LONGEST_DELAY)?;
            Some(Outgoing { command: Command::new(due.step, order.key.clone(), origin, order.seq), delay_seconds })
        })
        .collect()
}
