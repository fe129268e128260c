//! Facts on the bus: what is told, and that nothing personal is.

use waybill_domain::refund::RefundedLine;
use waybill_domain::{FulfilmentStatus, Pieces, Return, ReturnState, ReturnedLine, Shipment, StoreRefund};
use waybill_testkit::memory::samples::{cents, order};
use waybill_testkit::memory::{Manners, World};
use waybill_workflow::steps::report::{Report, report};

#[tokio::test]
async fn an_order_is_told_of_by_references_only() {
    let world = World::with_shop();
    let mut placed = order(16, &[("SKU-A", 2)]);
    placed.customer_note = "ring at Mustermann".to_owned();
    let delivery = world.place(&placed);
    world.receive(&delivery).await;
    world.settle(Manners::default()).await;
    let line = RefundedLine { line: 1, quantity: 1, net: cents(1000), taxes: Vec::new() };
    let made =
        StoreRefund { id: 17, amount: cents(1000), lines: vec![line], charges: Vec::new(), returned: None, paid_back: true };
    world.state().refund(16, made, true);
    world.settle(Manners::default()).await;
    let at = world.state().now;
    let blocked = FulfilmentStatus { blocked: Some("Erika does not answer the phone".to_owned()), at };
    let shipment = Shipment {
        id: "S1".to_owned(),
        revision: 1,
        carrier: "DHL".to_owned(),
        tracking: "00340434".to_owned(),
        tracking_url: String::new(),
        shipped_at: at,
        lines: Pieces::from([(1, 1)]),
        void: false,
        told: 0,
    };
    let lines = [(1, ReturnedLine { quantity: 1, accepted: 1, restock: 0 })].into();
    let back = Return {
        id: "R1".to_owned(),
        state: ReturnState::Inspected,
        lines,
        amount: None,
        credit_note: None,
        refund: None,
        by_hand: false,
    };
    let reports = [Report::Fulfilment(blocked), Report::Shipment(shipment), Report::Return { returned: back, currency: None }];
    for said in reports {
        report(&world, &"shop/16".parse().expect("key"), said, "wms").await.expect("it answers").expect("it is taken");
        world.settle(Manners::default()).await;
    }

    let facts = world.state().facts.clone();
    insta::assert_json_snapshot!("facts_of_an_order", facts);

    let mut order = world.order("shop/16").expect("known");
    // The warehouse's reason is its own text, and stays on the order, for people.
    order.fulfilment.block = None;
    let told = serde_json::to_string(&(facts, order)).expect("JSON");
    for personal in ["Erika", "Mustermann", "Hauptstra", "Berlin", "10115", "example.test", "ring at"] {
        assert!(!told.contains(personal), "{personal} is in the facts or the record");
    }
}
