//! Several at once: posters of one order, and orders that want the same piece.

use waybill_testkit::contract::erp::Wanted;
use waybill_workflow::CallError;
use waybill_workflow::ports::erp::ErpOrders;

use crate::books::Books;
use crate::protocol::post;
use crate::support::{Live, facts, order, paid, sku};

/// Each with a connection of its own, as in so many invocations that a lease did not keep apart.
#[tokio::test(flavor = "multi_thread")]
async fn four_posters_of_one_order_make_one_of_everything() {
    let live = Live::new().await;
    let free = live.people.free("SKU-A").await;
    let order = order("shop-1", 7);
    let posters: Vec<_> = (0..4)
        .map(|_| {
            let (erp, order) = (live.connect(), order.clone());
            tokio::spawn(async move { erp.create(&order).await })
        })
        .collect();
    for poster in posters {
        let posted = poster.await.unwrap();
        assert!(!matches!(posted, Err(CallError::Refused { .. } | CallError::Down { .. })), "{posted:?}");
    }
    post(&live, &order).await;
    assert_eq!(Books::of(&live, "shop-1").await, paid());
    assert_eq!(live.people.free("SKU-A").await, free - 2);
}

/// Waybill's own ledger keeps this from happening. Where the ERP had less than it said, both orders are there and paid, and one of them
/// waits: no piece is promised twice.
#[tokio::test(flavor = "multi_thread")]
async fn the_last_piece_is_reserved_for_one_of_two_orders() {
    let live = Live::new().await;
    let last = |reference: &str, customer: u64| {
        Wanted::new(&facts(), reference)
            .line(&sku("LAST-ONE"), 1, 9_900, &[(facts().twenty, 1_980)])
            .with(|order| order.customer_id = Some(customer))
            .done()
    };
    let (one, other) = (last("shop-1", 7), last("shop-2", 8));
    tokio::join!(post(&live, &one), post(&live, &other));
    let mut shipments = Books::of(&live, "shop-1").await.shipments;
    shipments.extend(Books::of(&live, "shop-2").await.shipments);
    shipments.sort();
    assert_eq!(shipments, ["assigned", "waiting"]);
    assert_eq!(live.people.free("LAST-ONE").await, -1, "what is missing shows");
}
