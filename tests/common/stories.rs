//! Stories: what happens outside (stores, people, reports), told to a world in memory. Between two sentences the world comes to rest.

use waybill_contracts::{Command, Origin};
use waybill_domain::store_order::{RefundSeen, StoreStatus};
use waybill_domain::{At, Change, OrderKey, Step};
use waybill_testkit::memory::samples::{cents, order};
use waybill_testkit::memory::{Manners, World};
use waybill_workflow::commit::{cause, commit};
use waybill_workflow::ports::{CommandQueue, Orders, Outgoing};

/// A story and the step whose faults it is there to show (every step of the saga has one).
pub struct Story {
    pub name: &'static str,
    pub about: Step,
    /// Whether the undo of that step runs in it.
    pub undoes: bool,
    pub chapters: &'static [Chapter],
}

/// One thing that happens outside.
#[derive(Debug, Clone, Copy)]
pub enum Chapter {
    /// A paid order of two SKUs is placed.
    Placed,
    /// The same delivery comes again (`order.created` and `order.updated` of one create).
    DeliveredAgain,
    /// An order that is not paid is placed.
    PlacedUnpaid,
    /// It is paid.
    Paid,
    /// The store says only that something happened to the order.
    Hinted,
    /// More pieces than there are.
    PlacedTooLarge,
    /// The customer takes fewer, which there are.
    MadeSmaller,
    /// It is cancelled while it waits for stock or money, with its stock taken.
    Cancelled,
    /// The ERP creates the next order and never answers.
    ErpFallsSilent,
    /// The ERP is down for the next calls.
    ErpGoesDown,
    /// The ERP refuses this order for good.
    ErpRefuses,
    /// A person mends that and tries again.
    Retried,
    /// The store refunds a part.
    Refunded,
    /// A shipment is reported.
    ShipmentReported,
}

/// Every story. Derive more tests from them rather than writing the same sentences again.
pub const STORIES: &[Story] = &[
    Story { name: "placed", about: Step::Intake, undoes: false, chapters: &[Chapter::Placed, Chapter::DeliveredAgain] },
    Story { name: "hinted", about: Step::Validate, undoes: false, chapters: &[Chapter::Hinted] },
    Story { name: "unpaid then paid", about: Step::Validate, undoes: false, chapters: &[Chapter::PlacedUnpaid, Chapter::Paid] },
    Story {
        name: "short then smaller",
        about: Step::Reserve,
        undoes: false,
        chapters: &[Chapter::PlacedTooLarge, Chapter::MadeSmaller],
    },
    Story {
        name: "refused, then cancelled",
        about: Step::Reserve,
        undoes: true,
        chapters: &[Chapter::ErpRefuses, Chapter::Placed, Chapter::Cancelled],
    },
    Story { name: "silent ERP", about: Step::PostToErp, undoes: false, chapters: &[Chapter::ErpFallsSilent, Chapter::Placed] },
    Story { name: "ERP down", about: Step::PostToErp, undoes: false, chapters: &[Chapter::ErpGoesDown, Chapter::Placed] },
    Story {
        name: "refused, then retried",
        about: Step::PostToErp,
        undoes: false,
        chapters: &[Chapter::ErpRefuses, Chapter::Placed, Chapter::Retried],
    },
    Story { name: "refunded", about: Step::Refund, undoes: false, chapters: &[Chapter::Placed, Chapter::Refunded] },
    Story { name: "shipped", about: Step::ShipUpdate, undoes: false, chapters: &[Chapter::Placed, Chapter::ShipmentReported] },
];

const ID: u64 = 16;

pub fn key() -> OrderKey {
    OrderKey { store: "shop".parse().expect("slug"), id: ID }
}

impl Story {
    /// Tells the story to a fresh world and lets it come to rest after each chapter.
    pub async fn tell(&self, world: &World, manners: Manners) {
        for chapter in self.chapters {
            chapter.happen(world).await;
            world.settle(manners).await;
            // Nobody redelivers what intake did not take: the next polls of the store find it.
            for _ in 0..8 {
                world.pass_seconds(300);
                world.settle_after_sweep(manners).await;
            }
        }
    }
}

impl Chapter {
    /// Makes it happen; the world has yet to deal with it.
    pub async fn happen(self, world: &World) {
        let placed = || order(ID, &[("SKU-A", 2), ("SKU-B", 1)]);
        match self {
            Chapter::Placed => deliver(world, placed()).await,
            Chapter::DeliveredAgain => {
                let current = world.state().shop.get(&ID).cloned().expect("placed before");
                let delivery = world.place(&current);
                world.receive(&delivery).await;
            }
            Chapter::PlacedUnpaid => {
                let mut unpaid = placed();
                unpaid.status = StoreStatus::Pending;
                unpaid.paid_at = None;
                deliver(world, unpaid).await;
            }
            Chapter::Paid => {
                change(world, |order| {
                    order.status = StoreStatus::Processing;
                    order.paid_at = Some(order.modified);
                })
                .await;
            }
            Chapter::Hinted => {
                let mut delivery = world.place(&dated(world, placed()));
                delivery.body = format!(r#"{{"id":{ID}}}"#).into_bytes();
                world.receive(&delivery).await;
            }
            Chapter::PlacedTooLarge => deliver(world, order(ID, &[("SKU-A", 2), ("SKU-B", 4)])).await,
            Chapter::MadeSmaller => {
                let smaller = order(ID, &[("SKU-A", 3), ("SKU-B", 3)]);
                deliver(world, smaller).await;
            }
            Chapter::Cancelled => change(world, |order| order.status = StoreStatus::Cancelled).await,
            Chapter::ErpFallsSilent => world.state().erp.silent_creates = 1,
            Chapter::ErpGoesDown => world.state().erp.down_calls = 5,
            Chapter::ErpRefuses => {
                world.state().erp.refuses.insert(format!("shop-{ID}"));
            }
            Chapter::Retried => retry(world).await,
            Chapter::Refunded => change(world, |order| order.refunds.push(RefundSeen { id: 17, amount: cents(1000) })).await,
            Chapter::ShipmentReported => {
                let command = Command::new(Step::ShipUpdate, key(), Origin::Commit, 0);
                // Whoever reports repeats until it is taken.
                world.enter(None);
                while world.send(&[Outgoing { command: command.clone(), delay_seconds: 0 }]).await.is_err() {
                    world.enter(None);
                }
            }
        }
    }
}

async fn deliver(world: &World, order: waybill_domain::StoreOrder) {
    let delivery = world.place(&dated(world, order));
    world.receive(&delivery).await;
}

async fn change(world: &World, edit: impl FnOnce(&mut waybill_domain::StoreOrder)) {
    let current = world.state().shop.get(&ID).cloned().expect("placed before");
    let mut order = dated(world, current);
    edit(&mut order);
    let delivery = world.place(&order);
    world.receive(&delivery).await;
}

/// The store stamps whole seconds.
fn dated(world: &World, mut order: waybill_domain::StoreOrder) -> waybill_domain::StoreOrder {
    order.modified = At(world.state().now.seconds() * 1000);
    order
}

/// A person mended the ERP and says: try again. Persons repeat themselves until it is done.
async fn retry(world: &World) {
    world.state().erp.refuses.clear();
    loop {
        world.enter(None);
        let Ok(Some(order)) = world.load(&key()).await else { continue };
        if order.hold.is_none() {
            return;
        }
        let context = cause(world, Step::PostToErp, "person".to_owned());
        let _ = commit(world, &order, vec![Change::Retried], &context).await;
    }
}
