//! Lets the line before an endpoint through, oldest first: one order as a probe while the circuit is open; while it is not, as many as there
//! are turns until the next sweep, each sent so that it arrives when its turn comes.

use waybill_contracts::{Command, Origin};
use waybill_domain::facets::WaitOn;
use waybill_domain::lane::Lane;
use waybill_domain::{Circuit, CircuitState, Due, Endpoint, Limits, Order, OrderKey, next};

use super::door::update;
use super::sweep::{Ports, left_to_the_newer};
use crate::error::StepError;
use crate::ports::{Outgoing, Waiter};

/// The turns that one sweep gives away, in seconds: what it sends has arrived when the next one looks.
const TICK_SECONDS: u32 = 55;
/// Orders of a line that one sweep looks at, at most: it must end before its minute.
const MOST: usize = 1_000;
/// Orders of a line that are looked at to find one that has something to ask.
const PROBES: usize = 20;
/// Commands sent together, so that a sweep that is cut off has sent some.
const CHUNK: usize = 50;

/// Sends on who may go; how many commands that were.
pub(super) async fn line(ports: &impl Ports, endpoint: &Endpoint, limits: Limits) -> Result<u64, StepError> {
    let circuit = ports.circuit(endpoint).await?;
    match circuit.state {
        CircuitState::Open | CircuitState::Probing if !circuit.probe_is_due(ports.now()) => Ok(0),
        CircuitState::Open | CircuitState::Probing => probe(ports, circuit).await,
        CircuitState::Closed | CircuitState::Draining => drain(ports, circuit, limits).await,
    }
}

/// The order becomes the probe when it enters: until then nothing says so, and one that has nothing to ask after all costs a minute.
async fn probe(ports: &impl Ports, circuit: Circuit) -> Result<u64, StepError> {
    for Waiter { key, .. } in oldest(ports, &circuit.endpoint, PROBES).await? {
        let commands = from_line(ports, &key).await?;
        if !commands.is_empty() {
            let commands = commands.into_iter().map(|command| Outgoing { command, delay_seconds: 0 }).collect();
            return send(ports, commands).await;
        }
    }
    update(ports, circuit, |row| row.with_line(false)).await?;
    Ok(0)
}

async fn drain(ports: &impl Ports, circuit: Circuit, limits: Limits) -> Result<u64, StepError> {
    let mut moments = circuit.moments(limits, ports.now(), TICK_SECONDS);
    moments.truncate(MOST);
    let line = oldest(ports, &circuit.endpoint, moments.len().max(1)).await?;
    // A line that is let through whole is over: whoever joins it until the next sweep would otherwise keep it alive for ever.
    let goes_on = line.len() >= moments.len().max(1);
    update(ports, circuit, |row| row.with_line(goes_on)).await?;
    let mut moments = moments.into_iter();
    let mut commands = Vec::new();
    let mut sent: u64 = 0;
    for Waiter { key, .. } in &line {
        for command in from_line(ports, key).await? {
            commands.extend(moments.next().map(|delay_seconds| Outgoing { command, delay_seconds }));
        }
        if commands.len() >= CHUNK {
            sent = sent.saturating_add(send(ports, std::mem::take(&mut commands)).await?);
        }
    }
    Ok(sent.saturating_add(send(ports, commands).await?))
}

async fn oldest(ports: &impl Ports, endpoint: &Endpoint, most: usize) -> Result<Vec<Waiter>, StepError> {
    let lane = Lane::Waiting(WaitOn::Endpoint(endpoint.clone()));
    Ok(ports.oldest(&lane, ports.now().plus_seconds(1), most).await?)
}

/// What is due for an order as if it no longer waited.
async fn from_line(ports: &impl Ports, key: &OrderKey) -> Result<Vec<Command>, StepError> {
    let Some(order) = left_to_the_newer(ports.load(key).await)? else { return Ok(Vec::new()) };
    let now = ports.now();
    let freed = Order { waiting: None, ..order };
    let due = next(&freed).into_iter().filter(|due| due.not_before.is_none_or(|at| at <= now));
    Ok(due.map(|Due { step, .. }| Command::new(step, key.clone(), Origin::Line, freed.seq)).collect())
}

/// Sends the commands; how many they were.
pub(super) async fn send(ports: &impl Ports, commands: Vec<Outgoing>) -> Result<u64, StepError> {
    if !commands.is_empty() {
        ports.send(&commands).await?;
    }
    Ok(u64::try_from(commands.len()).unwrap_or(u64::MAX))
}
