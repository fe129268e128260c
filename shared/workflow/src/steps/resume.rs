//! Lets the line before an endpoint through, oldest first: one order as a probe while the circuit is open; while it is not, as many as there
//! are turns until the next sweep, each sent so that it arrives when its turn comes.

use waybill_contracts::{Command, Origin};
use waybill_domain::facets::WaitOn;
use waybill_domain::lane::Lane;
use waybill_domain::{Circuit, CircuitState, Due, Endpoint, Limits, Order, next};

use super::door::update;
use super::line::{Line, MOST};
use super::sweep::{Ports, Swept};
use crate::error::StepError;
use crate::ports::{Outgoing, Runtime};

/// The turns that one sweep gives away, in seconds: what it sends has arrived when the next one looks.
const TICK_SECONDS: u32 = 55;
/// Orders with something to ask that take turns as the probe.
const PROBES: usize = 20;
/// Commands sent together, so that a sweep that is cut off has sent some.
const CHUNK: usize = 50;

/// Sends on who may go.
pub(super) async fn line(ports: &impl Ports, endpoint: &Endpoint, limits: Limits, swept: &mut Swept) -> Result<(), StepError> {
    let circuit = ports.circuit(endpoint).await?;
    match circuit.state {
        CircuitState::Open | CircuitState::Probing if !circuit.probe_is_due(ports.now()) => Ok(()),
        CircuitState::Open | CircuitState::Probing => probe(ports, circuit, swept).await,
        CircuitState::Closed | CircuitState::Draining => drain(ports, circuit, limits, swept).await,
    }
}

/// The order becomes the probe when it enters: until then nothing says so, and one that has nothing to ask after all costs a minute.
async fn probe(ports: &impl Ports, circuit: Circuit, swept: &mut Swept) -> Result<(), StepError> {
    let mut line = before(ports, &circuit.endpoint, PROBES);
    let mut probes = Vec::new();
    while probes.len() < PROBES
        && let Some(order) = line.next().await?
    {
        let key = order.key.clone();
        let commands = from_line(order, ports);
        if !commands.is_empty() {
            probes.push((key, commands));
        }
    }
    swept.left = swept.left.saturating_add(line.unreadable());
    if line.is_empty() {
        update(ports, circuit, |row| row.with_line(false)).await?;
        return Ok(());
    }
    // Behind the one before, whatever became of it; from the beginning when there is nobody.
    let before = probes.iter().position(|(key, _)| circuit.asked.as_ref() == Some(key));
    let behind = before.map_or(0, |place| place.saturating_add(1)).checked_rem(probes.len()).unwrap_or(0);
    let Some((key, commands)) = probes.into_iter().nth(behind) else { return Ok(()) };
    let now = ports.now();
    if update(ports, circuit, |row| row.asking(&key, now)).await?.is_none() {
        return Ok(());
    }
    let commands = commands.into_iter().map(|command| Outgoing { command, delay_seconds: 0 }).collect();
    swept.drained = swept.drained.saturating_add(send(ports, commands).await?);
    Ok(())
}

async fn drain(ports: &impl Ports, circuit: Circuit, limits: Limits, swept: &mut Swept) -> Result<(), StepError> {
    let mut moments = circuit.moments(limits, ports.now(), TICK_SECONDS);
    moments.truncate(MOST);
    let mut line = before(ports, &circuit.endpoint, moments.len());
    let given = !moments.is_empty();
    let mut moments = moments.into_iter().peekable();
    let mut commands = Vec::new();
    while moments.peek().is_some()
        && let Some(order) = line.next().await?
    {
        for command in from_line(order, ports) {
            commands.extend(moments.next().map(|delay_seconds| Outgoing { command, delay_seconds }));
        }
        if commands.len() >= CHUNK {
            swept.drained = swept.drained.saturating_add(send(ports, std::mem::take(&mut commands)).await?);
        }
    }
    swept.drained = swept.drained.saturating_add(send(ports, commands).await?);
    // A line that is let through whole is over: whoever joins it until the next sweep would otherwise keep it alive for ever.
    // One that needs all the turns goes on.
    let goes_on = match moments.peek() {
        Some(_) => !line.is_over(),
        None => given || line.next().await?.is_some(),
    };
    swept.left = swept.left.saturating_add(line.unreadable());
    update(ports, circuit, |row| row.with_line(goes_on)).await?;
    Ok(())
}

fn before<'a, P: Ports>(ports: &'a P, endpoint: &Endpoint, page: usize) -> Line<'a, P> {
    Line::of(ports, &Lane::Waiting(WaitOn::Endpoint(endpoint.clone())), ports.now().plus_seconds(1), page)
}

/// What is due for an order as if it no longer waited.
fn from_line(order: Order, ports: &impl Runtime) -> Vec<Command> {
    let now = ports.now();
    let freed = Order { waiting: None, ..order };
    let due = next(&freed).into_iter().filter(|due| due.not_before.is_none_or(|at| at <= now));
    due.map(|Due { step, .. }| Command::new(step, freed.key.clone(), Origin::Line, freed.seq)).collect()
}

/// Sends the commands; how many they were.
pub(super) async fn send(ports: &impl Ports, commands: Vec<Outgoing>) -> Result<u64, StepError> {
    if !commands.is_empty() {
        ports.send(&commands).await?;
    }
    Ok(u64::try_from(commands.len()).unwrap_or(u64::MAX))
}
