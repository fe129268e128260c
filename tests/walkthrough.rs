//! The walkthroughs at the end of docs/ARCHITECTURE.md, executed. Each ends in the timeline that `waybill order show` would print.

use insta::assert_snapshot;
use waybill_domain::store_order::{StoreOrder, StoreStatus};
use waybill_domain::{At, OrderKey, next};
use waybill_testkit::memory::samples::{delivery, order};
use waybill_testkit::memory::{Manners, World};

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
    let to_do: Vec<&str> = next(&record).iter().map(|due| due.step.slug()).collect();
    lines.push(format!(
        "{:?}; payment {:?}; stock {:?}; ERP {:?} {}; held {}; waits for {}; to do {:?}",
        record.stage,
        record.payment,
        record.stock.state,
        record.erp.state,
        record.erp.documents.first().map_or("-", |document| document.id.as_str()),
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
