//! Places the orders and follows each to its end.

use std::time::{Duration, Instant};

use rust_decimal::Decimal;
use waybill_domain::{Order, OrderKey, WaitOn, Waiting};

use super::{Fakes, Kind};
use crate::Failure;
use crate::deployment::Deployment;

/// One order, two deliveries, per this long. The local AWS moves about a hundred messages a second, and an order takes about ten.
const PLACE_EVERY: Duration = Duration::from_millis(100);
/// Orders on their way at once: what the queues hold is what the times measure, so they are not filled.
const ON_THEIR_WAY: usize = 60;
/// How often the records are read.
const LOOK_EVERY: Duration = Duration::from_millis(300);
/// The sweep mends within three minutes what got lost; beyond that, and a second for every order, something is broken.
const PATIENCE: Duration = Duration::from_secs(200);
const PATIENCE_PER_ORDER: Duration = Duration::from_secs(1);

/// An order that was placed.
#[derive(Debug, Clone)]
pub struct Placed {
    /// Its kind.
    pub kind: Kind,
    /// Store and id.
    pub key: OrderKey,
    /// What the store says it costs.
    pub total: Decimal,
    /// Whether it was seen waiting for payment; it was paid then.
    pub waited: bool,
    /// The record as last read; `None` as long as Waybill does not know it.
    pub order: Option<Order>,
}

impl Placed {
    fn has_ended(&self) -> bool {
        self.order.as_ref().is_some_and(|order| self.kind.has_ended(order))
    }
}

/// How far it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Orders placed.
    pub placed: usize,
    /// Orders that have ended.
    pub ended: usize,
}

/// Places `count` orders, the kinds in turn, pays those that wait for it, and reads their records until all have ended or patience has.
///
/// # Errors
/// If the tables do not answer.
pub async fn follow(
    deployment: &Deployment,
    fakes: &Fakes,
    count: usize,
    mut tell: impl FnMut(Progress),
) -> Result<Vec<Placed>, Failure> {
    let patience = PATIENCE.saturating_add(PATIENCE_PER_ORDER.saturating_mul(u32::try_from(count).unwrap_or(u32::MAX)));
    let begun = Instant::now();
    let mut placed: Vec<Placed> = Vec::with_capacity(count);
    let mut look_at = begun;
    loop {
        let open = placed.iter().filter(|order| !order.has_ended()).count();
        tell(Progress { placed: placed.len(), ended: placed.len().saturating_sub(open) });
        let all_placed = placed.len() >= count;
        if (all_placed && open == 0) || begun.elapsed() > patience {
            return Ok(placed);
        }
        if !all_placed && open < ON_THEIR_WAY {
            placed.push(place(fakes, Kind::of_turn(placed.len())));
        }
        if look_at.elapsed() >= LOOK_EVERY {
            look(deployment, &mut placed).await?;
            pay(fakes, &mut placed);
            look_at = Instant::now();
        }
        tokio::time::sleep(PLACE_EVERY).await;
    }
}

fn place(fakes: &Fakes, kind: Kind) -> Placed {
    let id = fakes.store.place(kind.in_store());
    let total = fakes.store.order(id).map(|order| order.totals.total).unwrap_or_default();
    Placed { kind, key: OrderKey { store: fakes.slug.clone(), id }, total, waited: false, order: None }
}

/// Reads the records of the orders that have not ended.
async fn look(deployment: &Deployment, placed: &mut [Placed]) -> Result<(), Failure> {
    let open: Vec<OrderKey> = placed.iter().filter(|order| !order.has_ended()).map(|order| order.key.clone()).collect();
    for order in deployment.dynamo.orders_by_key(&open).await.map_err(|error| deployment.explain(&error))? {
        if let Some(known) = placed.iter_mut().find(|placed| placed.key == order.key) {
            known.order = Some(order);
        }
    }
    Ok(())
}

/// Pays what waits for it. An order that is never seen waiting is never paid, and does not end.
fn pay(fakes: &Fakes, placed: &mut [Placed]) {
    for order in placed.iter_mut().filter(|order| order.kind == Kind::UnpaidThenPaid && !order.waited) {
        let waits =
            matches!(order.order.as_ref().and_then(|order| order.waiting.as_ref()), Some(Waiting { on: WaitOn::Payment, .. }));
        if waits {
            order.waited = fakes.store.pay(order.key.id);
        }
    }
}
