//! The sweep: once a minute, sends on whatever is due and has not moved, whatever the reason; lets the lines before endpoints through,
//! oldest first; asks stores what their webhooks did not say; and counts who waits.

use waybill_contracts::Origin;
use waybill_domain::facets::WaitOn;
use waybill_domain::lane::{Lane, lane};
use waybill_domain::{At, CircuitState, ContentHash, Endpoint, Limits, OrderKey, Stage, StoreConfig};

use super::door::update;
use super::line::Line;
use super::{intake, relay, resume};
use crate::error::{CallError, StepError, Unavailable};
use crate::ports::{Circuits, Claim, CommandQueue, Configs, Idempotency, Lanes, Orders, Outgoing, Runtime, Storefront};

/// An order in `open` or `after` for longer than this many seconds is sent again.
const GRACE_SECONDS: u32 = 120;
/// Commands sent again per lane and sweep.
const RESEND: usize = 500;
/// Orders of a line that are looked at to find the oldest that is not posted: a line that begins with more posted ones is a worry anyhow.
const LOOKED_AT: usize = 200;
/// How long a sweep owns the minute.
const LEASE_SECONDS: u32 = 55;
/// Every store is polled once in so many seconds, because webhooks get lost in the field.
const POLL_SECONDS: u32 = 300;
/// No line is begun and no store polled when the sweep has taken longer than this: what was begun then ends before the function's 55
/// seconds do.
const BUDGET_MILLISECONDS: u64 = 35_000;
/// No poll is begun when the ones before it took longer than this.
const POLL_BUDGET_MILLISECONDS: u64 = 15_000;
/// What [`Storefront::modified_since`] answers at most.
const POLL_LIMIT: usize = 1_000;
/// How far a poll reaches back behind the last one that worked, in seconds: dates are whole seconds, clocks differ, pages overlap.
const OVERLAP_SECONDS: u32 = 300;

/// What the sweep needs.
pub trait Ports: Orders + Lanes + CommandQueue + Configs + Circuits + Idempotency + Storefront + Runtime {}
impl<T: Orders + Lanes + CommandQueue + Configs + Circuits + Idempotency + Storefront + Runtime> Ports for T {}

/// What a sweep did and saw.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Swept {
    /// Commands sent again for orders that had not moved.
    pub resent: u64,
    /// Commands sent from lines.
    pub drained: u64,
    /// Orders found by polls that no delivery had told of.
    pub found: u64,
    /// Polls that failed.
    pub failed_polls: u64,
    /// What is the next sweep's: lines and stores there was no time for, or that failed; orders that could not be read.
    pub left: u64,
    /// Orders that are held.
    pub held: u64,
    /// Orders that wait.
    pub waiting: u64,
    /// Age of the oldest order that could be posted and is not, in seconds. Waiting for payment and held orders do not count.
    pub oldest_unposted_seconds: u64,
}

/// One sweep; `None` if another one is under way.
///
/// # Errors
/// What did not answer, after all that did was swept; the next sweep comes in a minute.
pub async fn run(ports: &impl Ports) -> Result<Option<Swept>, StepError> {
    let now = ports.now();
    let claim = ports.claim("sweep", &ContentHash::of(b"sweep"), now, now.plus_seconds(LEASE_SECONDS)).await?;
    let Claim::Fresh(token) = claim else { return Ok(None) };
    let result = sweep(ports).await;
    ports.give_back("sweep", &token).await?;
    result.map(Some)
}

/// No part of it keeps another one from its work. Without the lists, the lanes or the figures the sweep as a whole has failed in the end; one
/// endpoint, store or order that cannot be dealt with is left to the next.
async fn sweep(ports: &impl Ports) -> Result<Swept, StepError> {
    let mut swept = Swept::default();
    let mut failed: Option<StepError> = None;
    let begun = ports.now();
    let out_of_time = |since| ports.now().since(since) > BUDGET_MILLISECONDS;
    for lane in [Lane::Open, Lane::After] {
        kept(resend(ports, &lane, &mut swept).await, &mut failed);
    }
    let mut stores = kept(ports.stores().await, &mut failed);
    let mut endpoints = endpoints(ports, &stores, &mut failed).await;
    turn(&mut endpoints, begun);
    for (endpoint, limits) in &endpoints {
        if out_of_time(begun) {
            swept.left = swept.left.saturating_add(1);
            continue;
        }
        // A circuit that a newer release wrote is looked after by its sweep.
        if let Err(error) = resume::line(ports, endpoint, *limits, &mut swept).await {
            tracing::warn!(%endpoint, %error, "its line is left");
            swept.left = swept.left.saturating_add(1);
        }
    }
    kept(count(ports, &endpoints, &mut swept).await, &mut failed);
    let began = ports.now();
    turn(&mut stores, begun);
    for store in &stores {
        if out_of_time(begun) || ports.now().since(began) > POLL_BUDGET_MILLISECONDS {
            swept.left = swept.left.saturating_add(1);
            continue;
        }
        match poll(ports, store).await {
            Ok(Some(found)) => swept.found = swept.found.saturating_add(found),
            Ok(None) => swept.failed_polls = swept.failed_polls.saturating_add(1),
            Err(error) => {
                tracing::warn!(store = %store.slug, %error, "its poll is left");
                swept.left = swept.left.saturating_add(1);
            }
        }
    }
    failed.map_or(Ok(swept), Err)
}

/// What takes time may leave none for those behind it: another one is first every minute.
pub(super) fn turn<T>(all: &mut [T], now: At) {
    let places = usize::try_from(now.minute()).unwrap_or(0).checked_rem(all.len()).unwrap_or(0);
    all.rotate_left(places);
}

/// What there is, or nothing: the first error is the sweep's in the end.
fn kept<T: Default, E: Into<StepError>>(result: Result<T, E>, failed: &mut Option<StepError>) -> T {
    result.unwrap_or_else(|error| {
        let error = error.into();
        tracing::warn!(%error, "a part of the sweep failed");
        failed.get_or_insert(error);
        T::default()
    })
}

async fn endpoints(ports: &impl Ports, stores: &[StoreConfig], failed: &mut Option<StepError>) -> Vec<(Endpoint, Limits)> {
    let mut endpoints: Vec<(Endpoint, Limits)> = Vec::new();
    for erp in kept(ports.erps().await, failed) {
        endpoints.push((Endpoint::Erp(erp.slug.clone()), erp.limits()));
    }
    for warehouse in kept(ports.warehouses().await, failed) {
        endpoints.push((Endpoint::Warehouse(warehouse.slug.clone()), warehouse.limits()));
    }
    endpoints.extend(stores.iter().map(|store| (Endpoint::Store(store.slug.clone()), Limits::STORE)));
    endpoints
}

async fn resend(ports: &impl Ports, lane: &Lane, swept: &mut Swept) -> Result<(), StepError> {
    let now = ports.now();
    let mut line = Line::of(ports, lane, now.minus_seconds(GRACE_SECONDS), RESEND);
    let mut outgoing: Vec<Outgoing> = Vec::new();
    // The index may be stale: the record decides.
    while outgoing.len() < RESEND
        && let Some(order) = line.next().await?
    {
        outgoing.extend(relay::commands(&order, Origin::Sweep, now).into_iter().filter(|outgoing| outgoing.delay_seconds == 0));
    }
    swept.left = swept.left.saturating_add(line.unreadable());
    swept.resent = swept.resent.saturating_add(resume::send(ports, outgoing).await?);
    Ok(())
}

/// Asks a store for what changed since the last poll that worked; `None` if it did not answer.
async fn poll(ports: &impl Ports, store: &StoreConfig) -> Result<Option<u64>, StepError> {
    let now = ports.now();
    let circuit = ports.circuit(&Endpoint::Store(store.slug.clone())).await?;
    let due = circuit.polled_at.is_none_or(|at| at.plus_seconds(POLL_SECONDS) <= now);
    if !due || !matches!(circuit.state, CircuitState::Closed | CircuitState::Draining) {
        return Ok(Some(0));
    }
    // A store that was never polled starts now: what was sold before it was connected is not Waybill's.
    let since = circuit.polled_at.unwrap_or(now).minus_seconds(OVERLAP_SECONDS);
    let modified = match ports.modified_since(store, since).await {
        Ok(modified) => modified,
        Err(error) => {
            tracing::warn!(store = %store.slug, %error, "poll failed");
            if let CallError::Down { .. } | CallError::Unknown { .. } = error {
                let now = ports.now();
                update(ports, circuit, |row| Some(row.failed(now))).await?;
            }
            return Ok(None);
        }
    };
    // A store that had more to say than one answer holds is asked for the rest next time, from there on and not from before it.
    let last = modified.last().filter(|_| modified.len() >= POLL_LIMIT);
    let mut reached = last.map_or(now, |(_, modified)| modified.plus_seconds(OVERLAP_SECONDS));
    let mut found: u64 = 0;
    for (id, modified) in modified {
        let key = OrderKey { store: store.slug.clone(), id };
        match intake::polled(ports, key, modified).await {
            Ok(intake::Received::Doubted(..)) => found = found.saturating_add(1),
            Ok(_) => {}
            // It stays unknown that the store has news of this order, which keeps no other from being known: the next poll begins with it.
            Err(error) => {
                tracing::warn!(store = %store.slug, order = id, %error, "left to the next poll");
                reached = reached.min(modified);
            }
        }
    }
    update(ports, circuit, |row| Some(row.polled(reached))).await?;
    Ok(Some(found))
}

async fn count(ports: &impl Ports, endpoints: &[(Endpoint, Limits)], swept: &mut Swept) -> Result<(), StepError> {
    let now = ports.now();
    swept.held = ports.count(&Lane::Held).await?;
    swept.waiting = ports.count(&Lane::Waiting(WaitOn::Payment)).await?;
    let mut unposted = vec![Lane::Open];
    for (endpoint, _) in endpoints {
        let lane = Lane::Waiting(WaitOn::Endpoint(endpoint.clone()));
        swept.waiting = swept.waiting.saturating_add(ports.count(&lane).await?);
        unposted.push(lane);
    }
    for lane in &unposted {
        let since = oldest_unposted(ports, lane, now).await?;
        let age = since.map_or(0, |since| now.since(since).div_euclid(1000));
        swept.oldest_unposted_seconds = swept.oldest_unposted_seconds.max(age);
    }
    Ok(())
}

/// Posted orders stand in lines too, by the time they were received.
async fn oldest_unposted(ports: &impl Ports, of: &Lane, now: At) -> Result<Option<At>, Unavailable> {
    let before = now.plus_seconds(1);
    if *of == Lane::Open {
        return Ok(ports.oldest(of, before, 1).await?.first().map(|waiter| waiter.since));
    }
    let mut line = Line::of(ports, of, before, LOOKED_AT.div_euclid(10));
    let mut looked_at: usize = 0;
    while let Some(order) = line.next().await? {
        looked_at = looked_at.saturating_add(1);
        if order.stage < Stage::Posted || looked_at >= LOOKED_AT {
            return Ok(lane(&order).map(|(_, since)| since));
        }
    }
    Ok(None)
}
