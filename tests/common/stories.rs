//! Stories: what happens outside (stores, people, reports), told to a world in memory. Between two sentences the world comes to rest.

use waybill_domain::refund::RefundedLine;
use waybill_domain::store_order::{StoreStatus, TaxPart};
use waybill_domain::{At, Change, FulfilmentStatus, OrderKey, ReturnState, Shipment, Step, StoreRefund};
use waybill_testkit::memory::samples::{self, cents, order, shipment, warehouse};
use waybill_testkit::memory::{Manners, World};
use waybill_workflow::commit::{cause, commit};
use waybill_workflow::ports::Orders;
use waybill_workflow::steps::report::Report;

/// A story and the step whose faults it is there to show (every step of the saga has one).
pub struct Story {
    pub name: &'static str,
    pub about: Step,
    /// Whether the undo of that step runs in it.
    pub undoes: bool,
    pub chapters: &'static [Chapter],
}

/// One thing that happens outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    /// The customer takes one piece more, which there is.
    MadeLarger,
    /// The store cancels it.
    Cancelled,
    /// The store wants it after all.
    Revived,
    /// The ERP creates the next order and never answers.
    ErpFallsSilent,
    /// The ERP is down for the next calls.
    ErpGoesDown,
    /// The ERP refuses this order for good.
    ErpRefuses,
    /// The ERP is of those that cannot amend.
    ErpCannotAmend,
    /// A person mends what was wrong and tries again.
    Retried,
    /// The store refunds one piece and puts it back on the shelf.
    RefundedPiece,
    /// The store refunds an amount that belongs to no line.
    RefundedAmount,
    /// The store refunds all that is left.
    RefundedRest,
    /// The store has no feature of fulfillments.
    NoFulfillments,
    /// A part leaves.
    ShippedPart,
    /// The rest leaves.
    ShippedRest,
    /// Another tracking number.
    ShipmentCorrected,
    /// It never left.
    ShipmentVoided,
    /// More leaves than was ordered.
    ShippedTooMuch,
    /// The customer announces that something comes back.
    ReturnAnnounced,
    /// It was looked at: one piece is accepted.
    ReturnInspected,
    /// A warehouse is pushed to from now on.
    WarehouseConnected,
    /// The warehouse is down for the next pushes.
    WarehouseGoesDown,
    /// The warehouse cannot go on, and then it can.
    WarehouseBlocks,
    /// The bank takes the money back.
    PaymentVanishes,
}

use Chapter as C;

const fn story(name: &'static str, about: Step, chapters: &'static [Chapter]) -> Story {
    Story { name, about, undoes: false, chapters }
}

const fn undoing(name: &'static str, about: Step, chapters: &'static [Chapter]) -> Story {
    Story { name, about, undoes: true, chapters }
}

/// Every story. Derive more tests from them rather than writing the same sentences again.
pub const STORIES: &[Story] = &[
    story("placed", Step::Intake, &[C::Placed, C::DeliveredAgain]),
    story("hinted", Step::Validate, &[C::Hinted]),
    story("unpaid then paid", Step::Validate, &[C::PlacedUnpaid, C::Paid]),
    story("short then smaller", Step::Reserve, &[C::PlacedTooLarge, C::MadeSmaller]),
    undoing("refused, then cancelled", Step::Reserve, &[C::ErpRefuses, C::Placed, C::Cancelled]),
    story("silent ERP", Step::PostToErp, &[C::ErpFallsSilent, C::Placed]),
    story("ERP down", Step::PostToErp, &[C::ErpGoesDown, C::Placed]),
    story("refused, then retried", Step::PostToErp, &[C::ErpRefuses, C::Placed, C::Retried]),
    undoing("cancelled after posting, then wanted", Step::PostToErp, &[C::Placed, C::Cancelled, C::Revived]),
    story("amended after posting", Step::PostToErp, &[C::Placed, C::MadeLarger]),
    story("amended by hand", Step::PostToErp, &[C::ErpCannotAmend, C::Placed, C::MadeLarger, C::Retried]),
    story("cancelled after shipping", Step::PostToErp, &[C::Placed, C::ShippedPart, C::Cancelled]),
    story("refunded in parts", Step::Refund, &[C::Placed, C::RefundedPiece, C::RefundedAmount]),
    story("refunded whole", Step::Refund, &[C::Placed, C::RefundedRest]),
    story("return", Step::Refund, &[C::Placed, C::ShippedPart, C::ShippedRest, C::ReturnAnnounced, C::ReturnInspected]),
    story("two parcels", Step::ShipUpdate, &[C::Placed, C::ShippedPart, C::ShippedRest]),
    story("corrected, then void", Step::ShipUpdate, &[C::Placed, C::ShippedPart, C::ShipmentCorrected, C::ShipmentVoided]),
    story("too much", Step::ShipUpdate, &[C::NoFulfillments, C::Placed, C::ShippedTooMuch, C::Retried]),
    story(
        "pushed",
        Step::ShipUpdate,
        &[C::WarehouseConnected, C::WarehouseGoesDown, C::Placed, C::WarehouseBlocks, C::Cancelled],
    ),
    story("payment vanishes", Step::Validate, &[C::Placed, C::PaymentVanishes, C::Paid]),
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
            Chapter::MadeLarger => {
                let larger = order(ID, &[("SKU-A", 3), ("SKU-B", 1)]);
                deliver(world, larger).await;
            }
            Chapter::Cancelled => change(world, |order| order.status = StoreStatus::Cancelled).await,
            Chapter::Revived => change(world, |order| order.status = StoreStatus::Processing).await,
            Chapter::ErpFallsSilent => world.state().erp.silent_creates = 1,
            Chapter::ErpGoesDown => world.state().erp.down_calls = 5,
            Chapter::ErpRefuses => {
                world.state().erp.refuses.insert(format!("shop-{ID}"));
            }
            Chapter::ErpCannotAmend => world.state().erp.cannot_amend = true,
            Chapter::Retried => retry(world).await,
            Chapter::RefundedPiece => {
                let line = RefundedLine {
                    line: 1,
                    quantity: 1,
                    net: cents(1000),
                    taxes: vec![TaxPart { rate_id: 1, total: cents(190) }],
                };
                refund(world, 17, 1190, vec![line], true).await;
            }
            Chapter::RefundedAmount => refund(world, 18, 500, Vec::new(), false).await,
            Chapter::RefundedRest => {
                // Two of the one, one of the other, and shipping.
                refund(world, 19, 3 * 1190 + 595, Vec::new(), false).await;
            }
            Chapter::NoFulfillments => world.state().desk.no_fulfillments = true,
            Chapter::ShippedPart => report(world, Report::Shipment(shipment("S1", 1, &[(1, 2)]))).await,
            Chapter::ShippedRest => report(world, Report::Shipment(shipment("S2", 1, &[(2, 1)]))).await,
            Chapter::ShipmentCorrected => {
                let corrected = Shipment { tracking: "T-2".to_owned(), ..shipment("S1", 2, &[(1, 2)]) };
                report(world, Report::Shipment(corrected)).await;
            }
            Chapter::ShipmentVoided => {
                let void = Shipment { void: true, ..shipment("S1", 3, &[]) };
                report(world, Report::Shipment(void)).await;
            }
            Chapter::ShippedTooMuch => report(world, Report::Shipment(shipment("S1", 1, &[(1, 9)]))).await,
            Chapter::ReturnAnnounced => report(world, returned(ReturnState::Announced, 0)).await,
            Chapter::ReturnInspected => report(world, returned(ReturnState::Inspected, 1)).await,
            Chapter::WarehouseConnected => {
                let mut state = world.state();
                state.warehouses.insert("wms".parse().expect("slug"), warehouse());
                for store in state.stores.values_mut() {
                    store.warehouse = Some("wms".parse().expect("slug"));
                }
            }
            Chapter::WarehouseGoesDown => world.state().warehouse_down = 2,
            Chapter::WarehouseBlocks => {
                for blocked in [Some("no box fits".to_owned()), None] {
                    world.pass_seconds(1);
                    let at = world.state().now;
                    report(world, Report::Fulfilment(FulfilmentStatus { blocked, at })).await;
                }
            }
            Chapter::PaymentVanishes => {
                change(world, |order| {
                    order.status = StoreStatus::Failed;
                    order.paid_at = None;
                })
                .await;
            }
        }
    }
}

fn returned(state: ReturnState, accepted: u32) -> Report {
    Report::Return { returned: samples::returned("R1", state, 2, accepted), currency: None }
}

/// Whoever reports repeats until it is taken.
async fn report(world: &World, said: Report) {
    loop {
        world.enter(None);
        if let Ok(taken) = waybill_workflow::steps::report::report(world, &key(), said.clone(), "wms").await
            && !world.crashed()
        {
            assert!(taken.is_ok(), "{said:?}: {taken:?}");
            return;
        }
        world.pass_seconds(1);
    }
}

/// The store refunds, and tells of it.
async fn refund(world: &World, id: u64, amount: i64, lines: Vec<RefundedLine>, restock: bool) {
    let made = StoreRefund { id, amount: cents(amount), lines, charges: Vec::new(), returned: None, paid_back: true };
    world.state().refund(ID, made, restock);
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
