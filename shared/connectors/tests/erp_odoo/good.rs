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
        assert_eq!(counts, [18, 13, 3, 3, 1]);
    }
}

/// What was asked once is not asked again for the same order.
#[tokio::test]
async fn what_an_earlier_answer_gave_is_not_asked_again() {
    let (fake, erp) = setup(19).await;
    erp.create(&order("shop-1")).await.unwrap();
    let calls = fake.calls();
    // The order is read by its reference, as a draft, and confirmed: after each change, and only then.
    let of = |name: &str| calls.iter().filter(|call| *call == name).count();
    assert_eq!((of("sale.order.search_read"), of("sale.order.read"), of("account.move.read")), (1, 2, 1));
}

/// Everything that the connector needs and no recording shows stands in its README.
#[test]
fn what_was_not_measured_is_listed() {
    let readme = include_str!("../../src/erp/odoo/README.md");
    let (_, listed) = readme.split_once("## Not measured").unwrap();
    let has = |line: &str, name: &str| line.contains(&format!("`{name}`"));
    for name in waybill_testkit::odoo::not_measured() {
        let is_listed = match name.rsplit_once('.') {
            Some((model, field)) => listed.lines().any(|line| has(line, model) && has(line, field)),
            None => has(listed, &name),
        };
        assert!(is_listed, "{name}");
    }
}
