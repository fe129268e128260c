//! The relay: reads what was committed and does all the sending. It keeps nothing and decides nothing that the record does not say.

use waybill_contracts::{Command, Fact, Origin, fact::is_fact};
use waybill_domain::{At, Order, next};

use crate::error::Unavailable;
use crate::ports::{CommandQueue, FactBus, Log, Outgoing, Runtime};

/// The longest delay SQS knows, in seconds. What is due later is the sweep's.
const LONGEST_DELAY: u64 = 900;

/// What the relay needs.
pub trait Ports: CommandQueue + FactBus + Log + Runtime {}
impl<T: CommandQueue + FactBus + Log + Runtime> Ports for T {}

/// Sends what follows from a commit: the commands that are due, the full log pages, the facts. Everything may be sent again.
///
/// # Errors
/// What did not take it; the stream record is to be given again.
pub async fn run(ports: &impl Ports, order: &Order) -> Result<(), Unavailable> {
    if order.fresh == 0 {
        return Ok(());
    }
    let commands = commands(order, Origin::Commit, ports.now());
    if !commands.is_empty() {
        ports.send(&commands).await?;
    }
    for (page, events) in order.full_pages() {
        ports.put_page(&order.key, page, events).await?;
    }
    let facts: Vec<Fact> =
        order.fresh_events().iter().filter(|event| is_fact(event.kind)).map(|event| Fact::of(order, event)).collect();
    if !facts.is_empty() {
        ports.publish(&facts).await?;
    }
    Ok(())
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
