//! What goes well, and what it costs.

use waybill_workflow::ports::erp::ErpOrders;

use crate::support::{RECORDED, order, setup};

/// Each call is a round trip to the other end of the world.
#[tokio::test]
async fn calls_per_order() {
    for version in RECORDED {
        let (fake, erp) = setup(version).await;
        let mut counts = Vec::new();
        for reference in ["shop-1", "shop-2", "shop-2"] {
            fake.forget_calls();
            erp.create(&order(reference)).await.unwrap();
            counts.push(fake.calls().len());
            println!("Odoo {version}, {reference}: {} calls: {}", fake.calls().len(), fake.calls().join(", "));
        }
        fake.forget_calls();
        erp.find("shop-1").await.unwrap();
        counts.push(fake.calls().len());
        fake.forget_calls();
        erp.find("shop-404").await.unwrap();
        counts.push(fake.calls().len());
        println!(
            "Odoo {version}: first order {}, next {}, again {}, found {}, not found {}",
            counts[0], counts[1], counts[2], counts[3], counts[4]
        );
    }
}
