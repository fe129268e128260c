//! The walkthroughs at the end of docs/ARCHITECTURE.md, executed. Each ends in the timeline that `waybill order show` would print.

#[allow(dead_code, reason = "each test uses a part of what tests share")]
mod common;

use common::invariants::assert_invariants;
use common::stories::Chapter;
use insta::assert_snapshot;
use waybill_domain::store_order::{StoreOrder, StoreStatus};
use waybill_domain::{At, OrderKey, next};
use waybill_testkit::memory::samples::{delivery, order};
use waybill_testkit::memory::{Fault, FaultMode, Manners, World};

fn key() -> OrderKey {
    "shop/16".parse().expect("key")
}

async fn tell(world: &World, mut order: StoreOrder) {
    order.modified = At(world.state().now.seconds() * 1000);
    let delivery = world.place(&order);
    world.receive(&delivery).await;
}

/// The order's whole story, with seconds since the first event.
fn story(world: &World) -> String {
    let record = world.order("shop/16").expect("the order is known");
    let timeline = world.timeline(&key());
    let start = timeline.first().map_or(At(0), |event| event.at);
    let mut lines: Vec<String> = timeline
        .iter()
        .map(|event| {
            let after = event.at.since(start) / 1000;
            format!(
                "{:>2} {after:>4} s  {:<12} {:<22} {:<12} {}",
                event.seq,
                event.step.slug(),
                event.kind.name(),
                event.cause,
                event.detail
            )
            .trim_end()
            .to_owned()
        })
        .collect();
    for shipment in &record.fulfilment.shipments {
        lines.push(format!("shipment {} {:?} void {}, told {}", shipment.id, shipment.lines, shipment.void, shipment.told));
    }
    for refund in &record.refunds {
        let note = refund.document.as_ref().map_or("-", |document| document.id.as_str());
        lines.push(format!("refund {} {} {:?} {note}, restocked {:?}", refund.id, refund.amount, refund.state, refund.restocked));
    }
    for one in &record.returns {
        lines.push(format!("return {} {:?}, refund {:?}", one.id, one.state, one.refund));
    }
    let to_do: Vec<&str> = next(&record).iter().map(|due| due.step.slug()).collect();
    lines.push(format!(
        "{:?}; payment {:?}; stock {:?}; ERP {:?} {}; fulfilment {:?}; held {}; waits for {}; to do {:?}",
        record.stage,
        record.payment,
        record.stock.state,
        record.erp.state,
        record.erp.documents.first().map_or("-", |document| document.id.as_str()),
        record.fulfilment.state(),
        record.hold.map_or("-".to_owned(), |hold| format!("{}: {}", hold.code, hold.message)),
        record.waiting.map_or("-".to_owned(), |waiting| waiting.on.to_string()),
        to_do,
    ));
    lines.join("\n")
}

#[tokio::test]
async fn happy_path() {
    let world = World::with_shop();
    let placed = order(16, &[("SKU-A", 2), ("SKU-B", 1)]);
    tell(&world, placed).await;
    // `order.created` and `order.updated` of one create carry the same content.
    let current = world.state().shop[&16].clone();
    world.receive(&delivery(&current)).await;
    world.settle(Manners::default()).await;
    assert_snapshot!(story(&world));
    assert_eq!(world.state().erp.orders.len(), 1);
}

#[tokio::test]
async fn erp_timeout() {
    let world = World::with_shop();
    // The ERP creates the document and never answers.
    world.state().erp.silent_creates = 1;
    tell(&world, order(16, &[("SKU-A", 2)])).await;
    world.settle(Manners::default()).await;
    assert_snapshot!(story(&world));
    assert_eq!(world.state().erp.orders.len(), 1, "it was looked up, not posted again");
}

#[tokio::test]
async fn short_stock() {
    let world = World::with_shop();
    tell(&world, order(16, &[("SKU-A", 2), ("SKU-B", 4)])).await;
    world.settle(Manners::default()).await;
    let held = story(&world);
    // The customer takes one piece fewer; nobody has to release anything.
    world.pass_seconds(3600);
    tell(&world, order(16, &[("SKU-A", 2), ("SKU-B", 3)])).await;
    world.settle(Manners::default()).await;
    assert_snapshot!(format!("{held}\n---\n{}", story(&world)));
}

#[tokio::test]
async fn unpaid_then_paid() {
    let world = World::with_shop();
    let mut unpaid = order(16, &[("SKU-A", 2)]);
    (unpaid.status, unpaid.paid_at, unpaid.payment_method) = (StoreStatus::OnHold, None, "bacs".to_owned());
    tell(&world, unpaid.clone()).await;
    world.settle(Manners::default()).await;
    let waiting = story(&world);
    assert_eq!(world.state().stock.values().map(|row| row.unproven).sum::<i64>(), 0, "an unpaid order takes no stock");
    world.pass_seconds(86_400);
    let paid = StoreOrder { status: StoreStatus::Processing, paid_at: Some(world.state().now), ..unpaid };
    tell(&world, paid).await;
    world.settle(Manners::default()).await;
    assert_snapshot!(format!("{waiting}\n---\n{}", story(&world)));
}

/// Tells these chapters, the world at rest after each, with an hour between them.
async fn told(chapters: &[Chapter]) -> World {
    let world = World::with_shop();
    tell_chapters(&world, chapters).await;
    world
}

async fn tell_chapters(world: &World, chapters: &[Chapter]) {
    for chapter in chapters {
        chapter.happen(world).await;
        world.settle(Manners::default()).await;
        assert_invariants(world, &format!("{chapter:?}"));
        world.pass_seconds(3600);
    }
}

/// What the store, the ERP and the warehouse were told.
fn outside(world: &World) -> String {
    let state = world.state();
    let mut lines: Vec<String> = Vec::new();
    lines.extend(state.desk.notes.values().flatten().map(|(text, mailed)| format!("note: {text} (mailed {mailed})")));
    lines.extend(
        state.desk.fulfillments.values().flatten().map(|one| {
            format!("fulfillment {} for {} revision {}", one.id, one.shipment.as_deref().unwrap_or("-"), one.revision)
        }),
    );
    lines.extend(state.desk.tracking.values().map(|shown| format!("tracking: {}", shown.join(", "))));
    for (note, document) in &state.erp.credits {
        let parts: Vec<String> = note
            .lines
            .iter()
            .map(|line| format!("line {} × {} {}+{} restock {}", line.line, line.quantity, line.net, line.tax, line.restock))
            .collect();
        lines.push(format!("{} {} {}: {}; other {}", document.id, note.reference, note.amount, parts.join(", "), note.other));
    }
    lines.extend(state.erp.cancelled.iter().map(|id| format!("{id} cancelled in the ERP")));
    lines.extend(state.erp.amendments.iter().map(|(id, times)| format!("{id} amended {times}×")));
    lines.extend(state.pushes.iter().map(|push| {
        let pieces: Vec<String> = push.lines.iter().map(|line| format!("{}×{}", line.line, line.quantity)).collect();
        format!("pushed {} revision {}: {}", push.id, push.revision, pieces.join(" "))
    }));
    lines.join("\n")
}

fn both(world: &World) -> String {
    format!("{}\n---\n{}", story(world), outside(world))
}

#[tokio::test]
async fn two_parcels() {
    let world = told(&[Chapter::Placed, Chapter::ShippedPart, Chapter::ShippedRest]).await;
    assert_snapshot!(both(&world));
    assert_eq!(world.state().shop[&16].status, StoreStatus::Completed);
    assert_eq!(world.state().desk.asked_for_fulfillments, 1, "asked once, remembered");
}

#[tokio::test]
async fn a_shipment_corrected_and_voided() {
    let chapters = [Chapter::Placed, Chapter::ShippedPart, Chapter::ShipmentCorrected, Chapter::ShipmentVoided];
    assert_snapshot!(both(&told(&chapters).await));
}

#[tokio::test]
async fn more_shipped_than_ordered() {
    assert_snapshot!(both(&told(&[Chapter::Placed, Chapter::ShippedTooMuch]).await));
}

#[tokio::test]
async fn a_warehouse_that_is_pushed_to() {
    let chapters = [Chapter::WarehouseConnected, Chapter::WarehouseGoesDown, Chapter::Placed, Chapter::Cancelled];
    assert_snapshot!(both(&told(&chapters).await));
}

#[tokio::test]
async fn refunded_by_line_and_by_amount() {
    assert_snapshot!(both(&told(&[Chapter::Placed, Chapter::RefundedPiece, Chapter::RefundedAmount]).await));
}

#[tokio::test]
async fn refunded_whole() {
    assert_snapshot!(both(&told(&[Chapter::Placed, Chapter::RefundedRest]).await));
}

#[tokio::test]
async fn a_return_reported_by_the_warehouse() {
    let chapters =
        [Chapter::Placed, Chapter::ShippedPart, Chapter::ShippedRest, Chapter::ReturnAnnounced, Chapter::ReturnInspected];
    assert_snapshot!(both(&told(&chapters).await));
}

#[tokio::test]
async fn a_refund_that_the_gateway_refuses() {
    let world = World::with_shop();
    world.state().desk.refuses_refunds = true;
    tell_chapters(&world, &[Chapter::Placed, Chapter::ShippedPart, Chapter::ReturnInspected]).await;
    assert_snapshot!(both(&world));
}

/// Tells the chapters with this call never answered: the other side does its work all the same.
async fn told_without_an_answer(op: &str, chapters: &[Chapter]) -> World {
    let calls = told(chapters).await.calls();
    let call = calls.iter().position(|call| call.op == op).expect("the call is made");
    let world = World::with_shop();
    world.plan_fault(Fault { call, mode: FaultMode::After, times: 1 });
    tell_chapters(&world, chapters).await;
    world
}

#[tokio::test]
async fn a_credit_note_without_an_answer() {
    let world = told_without_an_answer("erp.credit", &[Chapter::Placed, Chapter::RefundedPiece]).await;
    assert_snapshot!(both(&world));
    assert_eq!(world.state().erp.credits.len(), 1, "it was looked up, not made again");
}

#[tokio::test]
async fn a_store_refund_without_an_answer() {
    let world =
        told_without_an_answer("store.create_refund", &[Chapter::Placed, Chapter::ShippedPart, Chapter::ReturnInspected]).await;
    assert_snapshot!(both(&world));
    assert_eq!(world.state().desk.refunds[&16].len(), 1, "it was looked for, not made again");
}

#[tokio::test]
async fn a_refund_that_was_perhaps_never_paid() {
    let chapters = [Chapter::Placed, Chapter::ShippedPart, Chapter::ReturnInspected];
    let calls = told(&chapters).await.calls();
    let call = calls.iter().position(|call| call.op == "store.create_refund").expect("the call is made");
    let world = World::with_shop();
    world.state().desk.gateway_dies = true;
    world.plan_fault(Fault { call, mode: FaultMode::After, times: 1 });
    tell_chapters(&world, &chapters).await;
    assert_snapshot!(both(&world));
}

#[tokio::test]
async fn cancelled_before_posting() {
    assert_snapshot!(both(&told(&[Chapter::ErpRefuses, Chapter::Placed, Chapter::Cancelled]).await));
}

#[tokio::test]
async fn cancelled_after_posting_and_wanted_after_all() {
    assert_snapshot!(both(&told(&[Chapter::Placed, Chapter::Cancelled, Chapter::Revived]).await));
}

#[tokio::test]
async fn cancelled_after_shipping() {
    assert_snapshot!(both(&told(&[Chapter::Placed, Chapter::ShippedPart, Chapter::Cancelled]).await));
}

#[tokio::test]
async fn amended_after_posting() {
    assert_snapshot!(both(&told(&[Chapter::Placed, Chapter::MadeLarger]).await));
}

#[tokio::test]
async fn amended_where_the_erp_cannot() {
    assert_snapshot!(both(&told(&[Chapter::ErpCannotAmend, Chapter::Placed, Chapter::MadeLarger]).await));
}

#[tokio::test]
async fn a_payment_that_vanishes() {
    assert_snapshot!(both(&told(&[Chapter::Placed, Chapter::PaymentVanishes]).await));
}
