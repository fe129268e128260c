//! Facts on the bus: what is told, and that nothing personal is.

use waybill_domain::At;
use waybill_domain::store_order::RefundSeen;
use waybill_testkit::memory::samples::{cents, order};
use waybill_testkit::memory::{Manners, World};

#[tokio::test]
async fn an_order_is_told_of_by_references_only() {
    let world = World::with_shop();
    let mut placed = order(16, &[("SKU-A", 2)]);
    placed.customer_note = "ring at Mustermann".to_owned();
    let delivery = world.place(&placed);
    world.receive(&delivery).await;
    world.settle(Manners::default()).await;
    placed.refunds.push(RefundSeen { id: 17, amount: cents(1000) });
    placed.modified = At(world.state().now.seconds() * 1000);
    let delivery = world.place(&placed);
    world.receive(&delivery).await;
    world.settle(Manners::default()).await;

    let facts = world.state().facts.clone();
    let names: Vec<&str> = facts.iter().map(|fact| fact.event.as_str()).collect();
    assert_eq!(names, ["order.received", "order.posted", "order.refund-seen", "order.held"]);
    insta::assert_json_snapshot!("facts_of_an_order", facts);

    let order = world.order("shop/16").expect("known");
    let told = serde_json::to_string(&(facts, order)).expect("JSON");
    for personal in ["Erika", "Mustermann", "Hauptstra", "Berlin", "10115", "example.test", "ring at"] {
        assert!(!told.contains(personal), "{personal} is in the facts or the record");
    }
}
