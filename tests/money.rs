//! Money that goes back, to the cent: what returns are worth, what a refund becomes in the ERP, and what is held instead.

#[allow(dead_code, reason = "each test uses a part of what tests share")]
mod common;

use common::invariants::assert_invariants;
use waybill_domain::money::{Currency, Decimal};
use waybill_domain::refund::{RefundedCharge, RefundedLine};
use waybill_domain::store_order::{StoreOrder, StoreStatus, TaxPart};
use waybill_domain::{At, Change, Effect, RefundState, Return, ReturnState, ReturnedLine, Stage, Step, StoreRefund};
use waybill_testkit::memory::samples::{cents, order};
use waybill_testkit::memory::{Manners, World};
use waybill_workflow::commit::{cause, commit};
use waybill_workflow::steps::report::{Refusal, Report, Reported, report};

/// An order that is posted and, as the store says, has been delivered.
async fn delivered(order: &StoreOrder) -> World {
    posted(&StoreOrder { status: StoreStatus::Completed, ..order.clone() }).await
}

async fn posted(order: &StoreOrder) -> World {
    let world = World::with_shop();
    let delivery = world.place(order);
    world.receive(&delivery).await;
    world.settle(Manners::default()).await;
    world
}

fn coming_back(id: &str, pieces: u32, accepted: u32) -> Return {
    Return {
        id: id.to_owned(),
        state: ReturnState::Inspected,
        lines: [(1, ReturnedLine { quantity: pieces, accepted, restock: 0 })].into(),
        amount: None,
        credit_note: None,
        refund: None,
        by_hand: false,
    }
}

async fn take(world: &World, returned: Return) -> Result<Reported, Refusal> {
    let currency = returned.amount.map(|_| Currency::new("EUR"));
    let key = "shop/16".parse().expect("key");
    let taken = report(world, &key, Report::Return { returned, currency }, "wms").await.expect("it answers");
    world.settle(Manners::default()).await;
    taken
}

fn credited(world: &World) -> Vec<Decimal> {
    world.state().erp.credits.iter().map(|(note, _)| note.amount).collect()
}

/// Three pieces for 10.00 and 1.90 of tax at two rates: no piece has a price in cents.
fn indivisible() -> StoreOrder {
    let mut order = order(16, &[("SKU-A", 3)]);
    let line = &mut order.lines[0];
    (line.subtotal, line.total, line.subtotal_tax, line.total_tax) = (cents(1000), cents(1000), cents(190), cents(190));
    line.taxes = vec![TaxPart { rate_id: 1, total: cents(133) }, TaxPart { rate_id: 2, total: cents(57) }];
    order.tax_lines[0].tax_total = cents(133);
    let mut second = order.tax_lines[0].clone();
    (second.rate_id, second.tax_total, second.shipping_tax_total) = (2, cents(57), cents(0));
    order.tax_lines.push(second);
    (order.cart_tax, order.total_tax, order.total) = (cents(190), cents(285), cents(1785));
    order
}

#[tokio::test]
async fn the_pieces_of_a_line_add_up_to_the_line() {
    let world = delivered(&indivisible()).await;
    for id in ["R1", "R2", "R3"] {
        assert_eq!(take(&world, coming_back(id, 1, 1)).await, Ok(Reported::New));
    }
    // 3.33 + 3.34 + 3.33 net, 0.44 + 0.45 + 0.44 and 0.19 + 0.19 + 0.19 of tax.
    assert_eq!(credited(&world), [cents(396), cents(398), cents(396)]);
    assert_eq!(credited(&world).iter().sum::<Decimal>(), cents(1190));
    assert_invariants(&world, "three returns");
    let lines: Vec<(u32, Decimal)> =
        world.state().erp.credits.iter().map(|(note, _)| (note.lines[0].quantity, note.other)).collect();
    assert_eq!(lines, [(1, cents(0)); 3], "each is credited by its line, nothing is left over");

    // A fourth piece was never bought.
    take(&world, coming_back("R4", 1, 1)).await.expect("stored");
    let order = world.order("shop/16").expect("known");
    let hold = order.hold.expect("held");
    assert_eq!(hold.code, "return_exceeds_bought");
    assert_eq!(hold.message, "return R4, line 1: 3 bought, 4 come back in all");
}

#[tokio::test]
async fn an_amount_that_the_reporter_decided_belongs_to_no_line() {
    let world = delivered(&order(16, &[("SKU-A", 2)])).await;
    // Less a restocking fee.
    let less = Return { amount: Some(cents(1000)), ..coming_back("R1", 1, 1) };
    assert_eq!(take(&world, less).await, Ok(Reported::New));
    let note = world.state().erp.credits[0].0.clone();
    assert_eq!((note.amount, note.other, note.lines[0].net, note.lines[0].quantity), (cents(1000), cents(1000), cents(0), 1));
    // Without goods.
    let gesture = Return { lines: [].into(), amount: Some(cents(500)), ..coming_back("R2", 0, 0) };
    assert_eq!(take(&world, gesture).await, Ok(Reported::New));
    assert_eq!(credited(&world), [cents(1000), cents(500)]);
    // More than is left of 29.75.
    let greedy = Return { lines: [].into(), amount: Some(cents(1476)), ..coming_back("R3", 0, 0) };
    take(&world, greedy).await.expect("stored");
    let hold = world.order("shop/16").expect("known").hold.expect("held");
    assert_eq!(hold.message, "return R3: 29.75 paid, 15.00 refunded before, 14.76 to refund now");
    assert_invariants(&world, "amounts");
}

#[tokio::test]
async fn a_return_that_the_erp_credited_itself_is_not_credited_again() {
    let world = delivered(&order(16, &[("SKU-A", 2)])).await;
    let credited_there = Return { credit_note: Some("CN-9".to_owned()), ..coming_back("R1", 1, 1) };
    assert_eq!(take(&world, credited_there).await, Ok(Reported::New));
    let order = world.order("shop/16").expect("known");
    assert_eq!(order.refunds[0].state, RefundState::Credited);
    assert_eq!(order.refunds[0].document.as_ref().map(|note| note.id.as_str()), Some("CN-9"));
    assert!(credited(&world).is_empty());
    assert_eq!(world.state().desk.refunds[&16].len(), 1, "the customer is refunded in the store all the same");
}

#[tokio::test]
async fn what_was_not_accepted_is_not_refunded_and_late_reports_change_nothing() {
    let world = delivered(&order(16, &[("SKU-A", 2)])).await;
    assert_eq!(take(&world, coming_back("R1", 2, 0)).await, Ok(Reported::New));
    let late = Return { state: ReturnState::Received, ..coming_back("R1", 2, 0) };
    assert_eq!(take(&world, late).await, Ok(Reported::Older));
    assert_eq!(take(&world, coming_back("R1", 2, 0)).await, Ok(Reported::Known));
    let other = take(&world, coming_back("R1", 2, 1)).await.expect_err("judged already");
    assert_eq!((other.status, other.code), (409, "revision_conflict"));
    let order = world.order("shop/16").expect("known");
    assert!(order.returns[0].is_rejected() && order.refunds.is_empty() && order.hold.is_none());
}

#[tokio::test]
async fn a_refund_of_shipping_and_of_more_than_its_lines_is_credited_by_its_parts() {
    let world = posted(&order(16, &[("SKU-A", 2)])).await;
    let line = RefundedLine { line: 1, quantity: 1, net: cents(1000), taxes: vec![TaxPart { rate_id: 1, total: cents(190) }] };
    let shipping = RefundedCharge { charge: 90, net: cents(500), tax: cents(95) };
    let made =
        StoreRefund { id: 17, amount: cents(2000), lines: vec![line], charges: vec![shipping], returned: None, paid_back: true };
    world.state().refund(16, made, false);
    world.settle(Manners::default()).await;
    let note = world.state().erp.credits[0].0.clone();
    assert_eq!((note.lines[0].net, note.lines[0].tax, note.lines[0].restock), (cents(1000), cents(190), 0));
    assert_eq!((note.charges[0].charge, note.charges[0].net, note.charges[0].tax), (90, cents(500), cents(95)));
    assert_eq!((note.amount, note.other), (cents(2000), cents(215)));
}

#[tokio::test]
async fn an_order_in_the_trash_is_given_up_and_comes_back_whole() {
    let world = posted(&order(16, &[("SKU-A", 2)])).await;
    let status = async |status: StoreStatus| {
        world.pass_seconds(60);
        let mut current = world.state().shop[&16].clone();
        current.status = status;
        current.modified = At(world.state().now.seconds() * 1000);
        let mut delivery = world.place(&current);
        if current.status == StoreStatus::Trash {
            // All that the store says is an id.
            delivery.topic = Some("order.deleted".to_owned());
            delivery.body = br#"{"id":16}"#.to_vec();
        }
        world.receive(&delivery).await;
        world.settle(Manners::default()).await;
        world.order("shop/16").expect("known").stage
    };
    assert_eq!(status(StoreStatus::Trash).await, Stage::Cancelled);
    assert_eq!(world.state().erp.cancelled.len(), 1);
    assert_eq!(status(StoreStatus::Processing).await, Stage::Posted);
    let order = world.order("shop/16").expect("known");
    assert_eq!(order.erp.reference.as_deref(), Some("shop-16-r2"));
    assert_invariants(&world, "out of the trash");
}

#[tokio::test]
async fn what_never_left_does_not_come_back() {
    let world = posted(&order(16, &[("SKU-A", 2)])).await;
    take(&world, coming_back("R1", 1, 1)).await.expect("stored");
    let hold = world.order("shop/16").expect("known").hold.expect("held");
    assert_eq!(
        (hold.code.as_str(), hold.message.as_str()),
        ("return_exceeds_shipped", "return R1, line 1: 0 shipped, 1 come back in all")
    );
    assert!(world.state().desk.refunds.is_empty());
}

#[tokio::test]
async fn money_that_went_back_without_pieces_does_not_go_back_again_with_them() {
    let world = delivered(&order(16, &[("SKU-A", 2)])).await;
    let line = RefundedLine { line: 1, quantity: 0, net: cents(1000), taxes: vec![TaxPart { rate_id: 1, total: cents(190) }] };
    let made =
        StoreRefund { id: 17, amount: cents(1190), lines: vec![line], charges: Vec::new(), returned: None, paid_back: true };
    world.state().refund(16, made, false);
    world.settle(Manners::default()).await;
    take(&world, coming_back("R1", 2, 2)).await.expect("stored");
    let hold = world.order("shop/16").expect("known").hold.expect("held");
    assert_eq!(hold.code, "return_exceeds_paid");
    assert!(hold.message.contains("23.80 paid, 11.90 refunded before, 23.80 to refund now"), "{}", hold.message);
}

#[tokio::test]
async fn what_the_shop_refunded_is_not_refunded_again_when_it_comes_back() {
    let world = delivered(&order(16, &[("SKU-A", 2)])).await;
    let line = RefundedLine { line: 1, quantity: 1, net: cents(1000), taxes: vec![TaxPart { rate_id: 1, total: cents(190) }] };
    let made =
        StoreRefund { id: 17, amount: cents(1190), lines: vec![line], charges: Vec::new(), returned: None, paid_back: true };
    world.state().refund(16, made, false);
    world.settle(Manners::default()).await;
    take(&world, coming_back("R1", 1, 1)).await.expect("stored");
    let hold = world.order("shop/16").expect("known").hold.expect("held");
    assert_eq!(hold.code, "return_perhaps_refunded");
    assert_eq!(credited(&world), [cents(1190)], "paid back once");
    assert_invariants(&world, "refunded in the shop first");

    let world = delivered(&order(16, &[("SKU-A", 2)])).await;
    let by_amount =
        StoreRefund { id: 17, amount: cents(1190), lines: Vec::new(), charges: Vec::new(), returned: None, paid_back: true };
    world.state().refund(16, by_amount, false);
    world.settle(Manners::default()).await;
    take(&world, coming_back("R1", 1, 1)).await.expect("stored");
    assert_eq!(world.order("shop/16").expect("known").hold.expect("held").code, "return_perhaps_refunded");
}

#[tokio::test]
async fn a_store_that_restocked_for_a_return_did_not_restock_for_the_next_refund() {
    let world = delivered(&order(16, &[("SKU-A", 2)])).await;
    let back = Return { lines: [(1, ReturnedLine { quantity: 1, accepted: 1, restock: 1 })].into(), ..coming_back("R1", 1, 1) };
    take(&world, back).await.expect("stored");
    let line = RefundedLine { line: 1, quantity: 1, net: cents(1000), taxes: vec![TaxPart { rate_id: 1, total: cents(190) }] };
    let made =
        StoreRefund { id: 17, amount: cents(1190), lines: vec![line], charges: Vec::new(), returned: None, paid_back: true };
    world.state().refund(16, made, false);
    world.settle(Manners::default()).await;
    let restocked: Vec<u32> = world.state().erp.credits.iter().map(|(note, _)| note.lines[0].restock).collect();
    assert_eq!(restocked, [1, 0]);
    assert_invariants(&world, "restocked once");
}

#[tokio::test]
async fn one_person_s_word_ends_one_hold() {
    // Two returns that the store refuses, one after the other: each is dealt with by itself.
    let world = delivered(&order(16, &[("SKU-A", 2)])).await;
    world.state().desk.refuses_refunds = true;
    take(&world, coming_back("R1", 1, 1)).await.expect("stored");
    take(&world, coming_back("R0", 1, 1)).await.expect("stored");
    let held = world.order("shop/16").expect("known");
    let context = cause(&world, Step::Refund, "person".to_owned());
    commit(&world, &held, vec![Change::Retried], &context).await.expect("committed");
    world.settle(Manners::default()).await;
    let order = world.order("shop/16").expect("known");
    let by_hand: Vec<(&str, bool)> = order.returns.iter().map(|one| (one.id.as_str(), one.by_hand)).collect();
    assert_eq!(by_hand, [("R1", true), ("R0", false)]);
    assert_eq!(order.hold.expect("R0 is refused now").about, Some(Effect::Refund("R0".to_owned())));
}
