//! Places the orders and follows each to its end.

use std::time::{Duration, Instant};

use rust_decimal::Decimal;
use waybill_domain::{Order, OrderKey};
use waybill_testkit::erp::{Commit, Fault, Op, Then, Trigger};

use super::acts::{NotDone, perform};
use super::plot::{REFUSED, is_at_rest};
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
/// A real ERP takes two orders in three seconds, and a tenth of that on a machine that does other things, too.
const PATIENCE_PER_REAL_ORDER: Duration = Duration::from_secs(15);

/// An order that was placed.
#[derive(Debug, Clone)]
pub struct Placed {
    /// Its kind.
    pub kind: Kind,
    /// Store and id.
    pub key: OrderKey,
    /// What the store says it costs; changes when the order is changed.
    pub total: Decimal,
    /// What it cost when it was placed.
    pub at_first: Decimal,
    /// How many scenes of the kind's plot have happened.
    pub scenes: usize,
    /// Why the next one does not happen.
    pub trouble: Option<NotDone>,
    /// The record as last read; `None` as long as Waybill does not know it.
    pub order: Option<Order>,
}

impl Placed {
    /// Whether it ended as it must, or in a way from which nothing leads back.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        let Some(order) = &self.order else { return false };
        let end = self.kind.end();
        let expected = |code: &str| end.hold.is_some() || (self.kind.is_refused_at_first() && code == REFUSED);
        let stuck = order.hold.as_ref().is_some_and(|hold| !expected(&hold.code));
        let refused = matches!(self.trouble, Some(NotDone::Refused(_)));
        let right = self.is_told() && is_at_rest(order) && self.kind.objection(order).is_none();
        stuck || refused || right || (end.hold.is_some() && order.hold.is_some())
    }

    /// Whether all of its plot has happened.
    #[must_use]
    pub fn is_told(&self) -> bool {
        self.scenes >= self.kind.plot().len()
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

/// Places `count` orders, the kinds in turn, makes happen to each what its kind has happen, and reads their records until all have ended
/// or patience has.
///
/// # Errors
/// If the tables do not answer.
pub async fn follow(
    deployment: &Deployment,
    fakes: &Fakes,
    count: usize,
    mut tell: impl FnMut(Progress),
) -> Result<Vec<Placed>, Failure> {
    let each = if fakes.tryton.is_some() { PATIENCE_PER_REAL_ORDER } else { PATIENCE_PER_ORDER };
    let patience = PATIENCE.saturating_add(each.saturating_mul(u32::try_from(count).unwrap_or(u32::MAX)));
    let begun = Instant::now();
    let kinds = fakes.kinds();
    let mut placed: Vec<Placed> = Vec::with_capacity(count);
    let mut look_at = begun;
    loop {
        let open = placed.iter().filter(|order| !order.has_ended()).count();
        tell(Progress { placed: placed.len(), ended: placed.len().saturating_sub(open) });
        let all_placed = placed.len() >= count;
        if all_placed && open == 0 {
            // What the store still has to say must not change anything.
            let _told = tokio::time::timeout(PATIENCE, fakes.store.idle()).await;
            look(deployment, placed.iter_mut()).await?;
            if placed.iter().all(Placed::has_ended) {
                return Ok(placed);
            }
        }
        if begun.elapsed() > patience {
            return Ok(placed);
        }
        if !all_placed && open < ON_THEIR_WAY {
            let kind = kinds.get(placed.len() % kinds.len().max(1)).copied().unwrap_or(Kind::Plain);
            placed.push(place(fakes, kind));
        }
        if look_at.elapsed() >= LOOK_EVERY {
            look(deployment, placed.iter_mut().filter(|order| !order.has_ended())).await?;
            go_on(fakes, &mut placed).await;
            look_at = Instant::now();
        }
        tokio::time::sleep(PLACE_EVERY).await;
    }
}

fn place(fakes: &Fakes, kind: Kind) -> Placed {
    // Held back until the ERP knows that it is to refuse it.
    fakes.store.turn(|knobs| knobs.deliveries_paused = kind.is_refused_at_first());
    let id = fakes.store.place(kind.in_store());
    if kind.is_refused_at_first() {
        let body = r#"{"code":"period_closed","message":"The books of this day are closed."}"#.to_owned();
        let then = Then::Reply { status: 422, body, retry_after: None };
        let fault = Fault { delay_ms: 0, commit: Commit::No, then };
        fakes.erp.trigger(Trigger { order: format!("{}-{id}", fakes.slug), op: Some(Op::CreateOrder), times: Some(1), fault });
        fakes.store.turn(|knobs| knobs.deliveries_paused = false);
    }
    let key = OrderKey { store: fakes.slug.clone(), id };
    let total = total(fakes, id);
    Placed { kind, key, total, at_first: total, scenes: 0, trouble: None, order: None }
}

fn total(fakes: &Fakes, id: u64) -> Decimal {
    fakes.store.order(id).map(|order| order.totals.total).unwrap_or_default()
}

/// Reads the records of these orders.
async fn look(deployment: &Deployment, placed: impl Iterator<Item = &mut Placed>) -> Result<(), Failure> {
    let mut placed: Vec<&mut Placed> = placed.collect();
    let keys: Vec<OrderKey> = placed.iter().map(|order| order.key.clone()).collect();
    for order in deployment.dynamo.orders_by_key(&keys).await.map_err(|error| deployment.explain(&error))? {
        if let Some(known) = placed.iter_mut().find(|placed| placed.key == order.key) {
            known.order = Some(order);
        }
    }
    Ok(())
}

/// Makes the next scene of each order happen, if its record is ready for it. An order that never gets ready does not end.
async fn go_on(fakes: &Fakes, placed: &mut [Placed]) {
    for one in placed.iter_mut().filter(|one| !one.has_ended()) {
        let scene = one.kind.plot().get(one.scenes);
        let Some(scene) = scene.filter(|scene| one.order.as_ref().is_some_and(|order| scene.when.is_met(order))) else {
            continue;
        };
        match perform(fakes, one, scene.act).await {
            Ok(()) => {
                (one.scenes, one.trouble) = (one.scenes.saturating_add(1), None);
                one.total = total(fakes, one.key.id);
            }
            Err(trouble) => one.trouble = Some(trouble),
        }
    }
}
