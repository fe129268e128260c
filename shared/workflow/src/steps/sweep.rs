//! The sweep: once a minute, sends on whatever is due and has not moved, whatever the reason; lets the lines before endpoints through,
//! oldest first; asks stores what their webhooks did not say; and counts who waits.

use waybill_contracts::Origin;
use waybill_domain::facets::WaitOn;
use waybill_domain::lane::Lane;
use waybill_domain::{CircuitState, ContentHash, Endpoint, Limits, Order, OrderKey, Stage, StoreConfig};

use super::door::update;
use super::{intake, relay, resume};
use crate::error::{CallError, StepError, Unavailable};
use crate::ports::{Circuits, Claim, CommandQueue, Configs, Idempotency, Lanes, Orders, Outgoing, Runtime, Storefront, Waiter};

/// An order in `open` or `after` for longer than this many seconds is sent again.
const GRACE_SECONDS: u32 = 120;
/// Orders sent again per lane and sweep.
const RESEND: usize = 500;
/// Orders of a line that are looked at to find the oldest that is not posted.
const LOOKED_AT: usize = 10;
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
    /// Lines and stores there was no time for: the next sweep's.
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
/// What did not answer; the next sweep comes in a minute.
pub async fn run(ports: &impl Ports) -> Result<Option<Swept>, StepError> {
    let now = ports.now();
    let claim = ports.claim("sweep", &ContentHash::of(b"sweep"), now, now.plus_seconds(LEASE_SECONDS)).await?;
    let Claim::Fresh(token) = claim else { return Ok(None) };
    let result = sweep(ports).await;
    ports.give_back("sweep", &token).await?;
    result.map(Some)
}

async fn sweep(ports: &impl Ports) -> Result<Swept, StepError> {
    let mut swept = Swept::default();
    let out_of_time = |since| ports.now().since(since) > BUDGET_MILLISECONDS;
    let begun = ports.now();
    let stores = ports.stores().await?;
    for lane in [Lane::Open, Lane::After] {
        swept.resent = swept.resent.saturating_add(resend(ports, &lane).await?);
    }
    let mut endpoints: Vec<(Endpoint, Limits)> = Vec::new();
    for erp in ports.erps().await? {
        endpoints.push((Endpoint::Erp(erp.slug.clone()), erp.limits()));
    }
    for warehouse in ports.warehouses().await? {
        endpoints.push((Endpoint::Warehouse(warehouse.slug.clone()), warehouse.limits()));
    }
    endpoints.extend(stores.iter().map(|store| (Endpoint::Store(store.slug.clone()), Limits::STORE)));
    for (endpoint, limits) in &endpoints {
        if out_of_time(begun) {
            swept.left = swept.left.saturating_add(1);
            continue;
        }
        // A circuit that a newer release wrote is looked after by its sweep.
        match resume::line(ports, endpoint, *limits).await {
            Ok(drained) => swept.drained = swept.drained.saturating_add(drained),
            Err(StepError::Newer { reason }) => tracing::warn!(%endpoint, reason, "not drained"),
            Err(error) => return Err(error),
        }
    }
    count(ports, &endpoints, &mut swept).await?;
    // Stores that hang take time: another one is first every minute, and what does not fit waits for the next sweep.
    let began = ports.now();
    let turn = usize::try_from(began.minute()).unwrap_or(0).checked_rem(stores.len()).unwrap_or(0);
    for store in stores.iter().cycle().skip(turn).take(stores.len()) {
        if out_of_time(begun) || ports.now().since(began) > POLL_BUDGET_MILLISECONDS {
            swept.left = swept.left.saturating_add(1);
            continue;
        }
        match poll(ports, store).await? {
            Some(found) => swept.found = swept.found.saturating_add(found),
            None => swept.failed_polls = swept.failed_polls.saturating_add(1),
        }
    }
    Ok(swept)
}

/// An order that a newer release wrote is left to the newer sweep, and keeps no other from being looked at.
pub(super) fn left_to_the_newer(loaded: Result<Option<Order>, Unavailable>) -> Result<Option<Order>, Unavailable> {
    loaded.or_else(|error| if error.newer { Ok(None) } else { Err(error) })
}

async fn resend(ports: &impl Ports, lane: &Lane) -> Result<u64, StepError> {
    let now = ports.now();
    let mut outgoing: Vec<Outgoing> = Vec::new();
    for Waiter { key, .. } in ports.oldest(lane, now.minus_seconds(GRACE_SECONDS), RESEND).await? {
        // The index may be stale: the record decides.
        let Some(order) = left_to_the_newer(ports.load(&key).await)? else { continue };
        outgoing.extend(relay::commands(&order, Origin::Sweep, now).into_iter().filter(|outgoing| outgoing.delay_seconds == 0));
    }
    resume::send(ports, outgoing).await
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
            // It stays unknown to the newer release that the store has news of this order: the next poll begins with it.
            Err(StepError::Newer { .. }) => reached = reached.min(modified),
            Err(error) => return Err(error),
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
        // Posted orders stand in lines too, by the time they were received.
        for Waiter { since, key } in ports.oldest(lane, now.plus_seconds(1), LOOKED_AT).await? {
            let unposted = *lane == Lane::Open
                || left_to_the_newer(ports.load(&key).await)?.is_some_and(|order| order.stage < Stage::Posted);
            if unposted {
                swept.oldest_unposted_seconds = swept.oldest_unposted_seconds.max(now.since(since).div_euclid(1000));
                break;
            }
        }
    }
    Ok(())
}
