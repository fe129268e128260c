//! A posting of several calls that was cut off after the ERP confirmed the order: it goes on, is cancelled or is held, and never made twice.

#[allow(dead_code, reason = "each test uses a part of what tests share")]
mod common;

use common::invariants::assert_invariants;
use waybill_domain::store_order::StoreStatus;
use waybill_domain::{ErpState, Order, Stage, StoreOrder};
use waybill_testkit::memory::samples::order;
use waybill_testkit::memory::{Manners, World};

async fn tell(world: &World, order: &StoreOrder) {
    let delivery = world.place(order);
    world.receive(&delivery).await;
}

fn known(world: &World) -> Order {
    world.order("shop/16").expect("known")
}

/// An order whose posting was cut off, and whose outcome may be learnt now.
async fn cut_off() -> (World, StoreOrder) {
    let world = World::with_shop();
    world.state().erp.cut_off_creates = 1;
    let placed = order(16, &[("SKU-A", 1)]);
    tell(&world, &placed).await;
    world.work(Manners::default()).await;
    assert_eq!(known(&world).erp.state, ErpState::Unknown);
    (world, placed)
}

#[tokio::test]
async fn a_posting_that_was_cut_off_goes_on_from_there() {
    let (world, _) = cut_off().await;
    world.settle(Manners::default()).await;
    assert_eq!((known(&world).stage, known(&world).hold), (Stage::Posted, None));
    let made: Vec<_> = world.state().erp.orders.iter().map(|record| record.unfinished.clone()).collect();
    assert_eq!(made, [None], "one order, and all of it");
    assert_invariants(&world, "a posting that was cut off");
}

#[tokio::test]
async fn an_order_cancelled_while_its_posting_was_cut_off_is_cancelled_in_the_erp() {
    let (world, placed) = cut_off().await;
    let cancelled = StoreOrder { status: StoreStatus::Cancelled, modified: placed.modified.plus_seconds(60), ..placed.clone() };
    tell(&world, &cancelled).await;
    world.settle(Manners::default()).await;
    let order = known(&world);
    assert_eq!((order.stage, order.hold.clone()), (Stage::Cancelled, None));
    assert_eq!(world.state().erp.orders.len(), 1, "it was not created to be cancelled");
    assert_eq!(world.state().erp.cancelled.len(), 1);
    assert_invariants(&world, "a cancelled one");
}

#[tokio::test]
async fn an_erp_that_fails_while_it_goes_on_does_not_make_it_forgotten() {
    let (world, placed) = cut_off().await;
    world.state().erp.down_calls = 3;
    world.pass_seconds(200);
    world.sweep().await;
    world.work(Manners::default()).await;
    assert!(world.state().erp.down_calls < 3, "it was to go on, and could not");
    assert_eq!(known(&world).erp.state, ErpState::Unknown, "it stays in doubt");
    let cancelled = StoreOrder { status: StoreStatus::Cancelled, modified: placed.modified.plus_seconds(60), ..placed };
    tell(&world, &cancelled).await;
    world.settle(Manners::default()).await;
    assert_eq!((known(&world).stage, known(&world).hold), (Stage::Cancelled, None));
    assert_eq!(world.state().erp.cancelled.len(), 1, "what the ERP confirmed is cancelled there");
    assert_invariants(&world, "an ERP that fails while it goes on");
}

#[tokio::test]
async fn an_erp_that_refuses_to_go_on_has_the_order_all_the_same() {
    let (world, placed) = cut_off().await;
    world.state().erp.refuses.insert("shop-16".to_owned());
    world.settle(Manners::default()).await;
    let held = |world: &World| known(world).hold.map(|hold| hold.code);
    assert_eq!((known(&world).erp.state, held(&world)), (ErpState::Posted, Some("erp_unfinished".to_owned())));
    // A word of the store does not make the invoice.
    let changed = StoreOrder { status: StoreStatus::OnHold, modified: placed.modified.plus_seconds(60), ..placed };
    tell(&world, &changed).await;
    world.settle(Manners::default()).await;
    assert_eq!(held(&world), Some("erp_unfinished".to_owned()));
}

#[tokio::test]
async fn an_order_whose_invoice_is_refused_is_posted_and_held() {
    let world = World::with_shop();
    world.state().erp.refuses_rest = true;
    tell(&world, &order(16, &[("SKU-A", 1)])).await;
    world.settle(Manners::default()).await;
    let order = known(&world);
    assert_eq!(order.hold.as_ref().map(|hold| hold.code.as_str()), Some("erp_unfinished"));
    assert_eq!(order.erp.documents.len(), 1, "what is there is known");
    assert_invariants(&world, "a refused rest");
}
