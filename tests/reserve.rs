//! reserve, beyond what stories and properties tell.

use waybill_domain::store_order::StoreOrder;
use waybill_domain::{At, Stage, StockRow};
use waybill_testkit::memory::samples::order;
use waybill_testkit::memory::{Manners, World};

/// An order of these SKUs, one piece each.
fn of(skus: &[String]) -> StoreOrder {
    let pieces: Vec<(&str, i64)> = skus.iter().map(|sku| (sku.as_str(), 1)).collect();
    order(16, &pieces)
}

#[tokio::test]
async fn an_order_may_change_all_its_99_articles() {
    let world = World::with_shop();
    let [first, second] = ["OLD", "NEW"].map(|kind| (0..99).map(|n| format!("{kind}-{n}")).collect::<Vec<String>>());
    for sku in first.iter().chain(&second) {
        let row = StockRow::new(1, world.state().now);
        world.state().stock.insert(("acme".parse().expect("slug"), sku.parse().expect("sku")), row);
    }
    // Reserved and not posted: the ERP refuses it.
    world.state().erp.refuses.insert("shop-16".to_owned());
    let delivery = world.place(&of(&first));
    world.receive(&delivery).await;
    world.settle(Manners::default()).await;
    assert_eq!(world.order("shop/16").map(|order| order.stage), Some(Stage::Reserved));

    world.state().erp.refuses.clear();
    let changed = StoreOrder { modified: At(world.state().now.seconds() * 1000), ..of(&second) };
    let delivery = world.place(&changed);
    world.receive(&delivery).await;
    world.settle(Manners::default()).await;
    assert_eq!(world.order("shop/16").map(|order| order.stage), Some(Stage::Posted));
    let available = |skus: &[String]| -> i64 {
        let state = world.state();
        skus.iter().map(|sku| state.stock[&("acme".parse().expect("slug"), sku.parse().expect("sku"))].available).sum()
    };
    assert_eq!((available(&first), available(&second)), (99, 0));
}
