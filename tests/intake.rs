//! intake: what is believed, what is doubted, what is refused, and that nothing is lost.

use waybill_domain::store_order::{StoreOrder, StoreStatus};
use waybill_domain::{At, StaleReason};
use waybill_testkit::memory::samples::{SECRET, delivery, order};
use waybill_testkit::memory::{Fault, FaultMode, Manners, World};
use waybill_workflow::ports::Delivery;
use waybill_workflow::steps::intake::Received;

fn dated(seconds: i64, edit: impl FnOnce(&mut StoreOrder)) -> StoreOrder {
    let mut order = order(16, &[("SKU-A", 1)]);
    order.modified = At(1_767_225_500_000 + seconds * 1000);
    edit(&mut order);
    order
}

async fn receive(world: &World, delivery: &Delivery) -> Received {
    world.receive(delivery).await.expect("no crash is planned")
}

fn key() -> waybill_domain::OrderKey {
    "shop/16".parse().expect("key")
}

#[tokio::test]
async fn a_delivery_is_compared_with_the_record() {
    let world = World::with_shop();
    let first = dated(10, |_| {});
    assert_eq!(receive(&world, &delivery(&first)).await, Received::New(key()));
    assert_eq!(receive(&world, &delivery(&first)).await, Received::Same(key()), "doubled");

    let touched = dated(20, |_| {});
    assert_eq!(receive(&world, &delivery(&touched)).await, Received::Same(key()), "a PUT that changes nothing");
    let record = world.order("shop/16").expect("known");
    assert_eq!(record.content.as_ref().map(|content| content.modified), Some(touched.modified), "the watermark moves");
    assert_eq!(record.seq, 1, "and nothing happened");

    let newer = dated(30, |order| order.status = StoreStatus::OnHold);
    assert_eq!(receive(&world, &delivery(&newer)).await, Received::Newer(key()));

    let older = dated(25, |order| order.status = StoreStatus::Cancelled);
    assert_eq!(receive(&world, &delivery(&older)).await, Received::Doubted(key(), StaleReason::NotNewer));
    let same_second = dated(30, |order| order.status = StoreStatus::Completed);
    assert_eq!(receive(&world, &delivery(&same_second)).await, Received::Doubted(key(), StaleReason::NotNewer));
    let record = world.order("shop/16").expect("known");
    assert_eq!(record.content.map(|content| content.status), Some(StoreStatus::OnHold), "never overwritten by guess");
}

#[tokio::test]
async fn what_says_nothing_new_costs_one_read() {
    let world = World::with_shop();
    let ops = |from: usize| world.calls().into_iter().skip(from).map(|call| call.op).collect::<Vec<_>>();
    let first = dated(10, |_| {});
    receive(&world, &world.place(&first)).await;
    assert_eq!(ops(0), ["secrets.webhook", "snapshots.put", "orders.commit"], "a first delivery reads nothing");
    receive(&world, &delivery(&first)).await;
    assert_eq!(ops(3), ["secrets.webhook", "orders.load"]);
    receive(&world, &delivery(&dated(20, |_| {}))).await;
    assert_eq!(ops(5), ["secrets.webhook", "orders.load", "orders.commit"], "the watermark alone needs no snapshot");
    receive(&world, &delivery(&dated(30, |order| order.status = StoreStatus::OnHold))).await;
    assert_eq!(
        ops(8),
        ["secrets.webhook", "orders.load", "snapshots.put", "orders.commit"],
        "the snapshot is there before the record that names it"
    );
}

#[tokio::test]
async fn a_content_may_come_back() {
    let world = World::with_shop();
    for (seconds, status) in [(1, StoreStatus::Processing), (2, StoreStatus::OnHold), (3, StoreStatus::Processing)] {
        receive(&world, &delivery(&dated(seconds, |order| order.status = status))).await;
    }
    let record = world.order("shop/16").expect("known");
    assert_eq!(record.content.map(|content| content.status), Some(StoreStatus::Processing));
}

#[tokio::test]
async fn a_doubt_is_ended_by_the_stores_answer_only() {
    let world = World::with_shop();
    let placed = dated(10, |_| {});
    receive(&world, &world.place(&placed)).await;
    // It was trashed, and a delivery from before that is still on its way.
    let mut deleted = delivery(&placed);
    deleted.body = br#"{"id":16}"#.to_vec();
    assert_eq!(receive(&world, &deleted).await, Received::Doubted(key(), StaleReason::Deleted));
    let late = dated(11, |order| order.customer_note = "ring twice".to_owned());
    receive(&world, &delivery(&late)).await;
    assert!(world.order("shop/16").expect("known").stale.is_some(), "the delivery does not end the doubt");
    world.state().shop.insert(16, dated(12, |order| order.status = StoreStatus::Trash));
    world.settle(Manners::default()).await;
    let record = world.order("shop/16").expect("known");
    assert_eq!((record.stage, record.stale), (waybill_domain::Stage::Cancelled, None));
}

#[tokio::test]
async fn pings_are_welcome_everywhere_and_strangers_nowhere() {
    let world = World::with_shop();
    let ping = |store: &str| Delivery { store: store.to_owned(), body: b"webhook_id=1".to_vec(), ..Delivery::default() };
    for store in ["shop", "no-such-store", "..", ""] {
        assert_eq!(receive(&world, &ping(store)).await, Received::Ping, "so nobody can ask which stores exist");
    }
    let forged = |store: &str, signature: Option<&str>| Delivery {
        store: store.to_owned(),
        signature: signature.map(str::to_owned),
        ..delivery(&order(16, &[("SKU-A", 1)]))
    };
    for (store, signature) in
        [("shop", Some("wrong")), ("shop", None), ("no-such-store", Some(SECRET)), ("", Some(SECRET)), ("../shop", None)]
    {
        let received = receive(&world, &forged(store, signature)).await;
        assert_eq!((received.status(), received), (401, Received::Unsigned), "{store:?} {signature:?}");
    }
    assert!(world.state().orders.is_empty());
}

#[tokio::test]
async fn drafts_products_and_error_objects_start_no_work() {
    let world = World::with_shop();
    let draft = dated(1, |order| order.status = StoreStatus::CheckoutDraft);
    assert_eq!(receive(&world, &delivery(&draft)).await, Received::Draft);
    let product = Delivery { topic: Some("product.updated".to_owned()), ..delivery(&draft) };
    assert_eq!(receive(&world, &product).await, Received::Counted("product".to_owned()));
    let error = Delivery { body: br#"{"code":"woocommerce_rest_shop_order_invalid_id"}"#.to_vec(), ..delivery(&draft) };
    assert!(matches!(receive(&world, &error).await, Received::Unnamed(_)));
    assert!(world.state().orders.is_empty());
    // The order is placed: its first date may be the draft's.
    let placed = dated(1, |_| {});
    assert_eq!(receive(&world, &delivery(&placed)).await, Received::New(key()));
    assert_eq!(receive(&world, &delivery(&draft)).await, Received::Doubted(key(), StaleReason::Draft));
}

#[tokio::test]
async fn what_cannot_be_stored_is_put_aside_and_comes_back() {
    // Call 0 asks for the secrets, call 1 writes the snapshot, call 2 the order.
    for call in 0..3 {
        let world = World::with_shop();
        world.plan_fault(Fault { call, mode: FaultMode::Before, times: 1 });
        let placed = dated(1, |_| {});
        let received = receive(&world, &world.place(&placed)).await;
        assert_eq!((received.status(), received), (200, Received::Spooled), "call {call}");
        assert_eq!(world.state().spool.front().map(|spooled| spooled.verified), Some(call > 0));
        world.settle(Manners::default()).await;
        assert_eq!(world.order("shop/16").map(|order| order.stage), Some(waybill_domain::Stage::Posted), "call {call}");
    }
}

#[tokio::test]
async fn a_forged_delivery_that_could_not_be_judged_is_refused_later() {
    let world = World::with_shop();
    world.plan_fault(Fault { call: 0, mode: FaultMode::Before, times: 1 });
    let forged = Delivery { signature: Some("wrong".to_owned()), ..delivery(&dated(1, |_| {})) };
    assert_eq!(receive(&world, &forged).await, Received::Spooled);
    world.settle(Manners::default()).await;
    assert!(world.state().orders.is_empty());
}

#[tokio::test]
async fn when_nothing_can_be_written_the_poll_finds_the_order() {
    let world = World::with_shop();
    world.plan_fault(Fault { call: 1, mode: FaultMode::Before, times: 2 });
    let placed = dated(90, |_| {});
    let received = receive(&world, &world.place(&placed)).await;
    assert_eq!((received.status(), received), (503, Received::Lost), "200 would be a lie");
    world.pass_seconds(301);
    world.settle_after_sweep(Manners::default()).await;
    assert_eq!(world.order("shop/16").map(|order| order.stage), Some(waybill_domain::Stage::Posted));
}
