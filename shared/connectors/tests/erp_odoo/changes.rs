//! Customers, cancellations, amendments, and who changed what in Odoo meanwhile.

use serde_json::{Value, json};
use waybill_testkit::contract::erp::Wanted;
use waybill_testkit::erp::Fault;
use waybill_workflow::CallError;
use waybill_workflow::ports::erp::{ErpAmend, ErpAvailability, ErpCancel, ErpOrders, ErpShipments};

use crate::support::{connect, facts, kind, order, records, setup};

fn contacts(rows: &[Value]) -> usize {
    rows.len() - 1
}

#[tokio::test]
async fn a_customer_and_an_address_are_made_once() {
    for version in [18, 19] {
        let (fake, erp) = setup(version).await;
        erp.create(&order("shop-1")).await.unwrap();
        assert_eq!(contacts(&fake.rows("res.partner")), 2, "the customer and one address: both are the same");
        erp.create(&order("shop-2")).await.unwrap();
        assert_eq!(contacts(&fake.rows("res.partner")), 2);
        let mut moved = order("shop-3");
        moved.shipping.address_1 = "1 New Street".to_owned();
        erp.create(&moved).await.unwrap();
        let rows = fake.rows("res.partner");
        assert_eq!(contacts(&rows), 3, "a new address of the same customer");
        let last = rows.last().unwrap();
        assert_eq!((&last["street"], &last["type"]), (&json!("1 New Street"), &json!("delivery")));
        let sold = fake.rows("sale.order").pop().unwrap();
        assert_eq!(sold["partner_shipping_id"][0], last["id"]);
        assert_ne!(sold["partner_invoice_id"], sold["partner_shipping_id"]);
        let names = rows.iter().map(|row| row["ref"].to_string().to_lowercase()).collect::<String>();
        assert!(!names.contains("jane") && !names.contains("street"), "{names}");
    }
}

#[tokio::test]
async fn guests_are_their_own_customer_or_the_one_for_all() {
    let guest = |reference: &str| {
        let mut order = order(reference);
        order.customer_id = None;
        order
    };
    let (fake, erp) = setup(19).await;
    for reference in ["shop-1", "shop-2"] {
        erp.create(&guest(reference)).await.unwrap();
    }
    assert_eq!(contacts(&fake.rows("res.partner")), 4, "two guests with an address each");
    let (fake, erp) = setup(19).await;
    let shared = erp.of_store(Some(&waybill_domain::ErpRecords { guest_customer: Some(1), ..records() })).unwrap();
    for reference in ["shop-1", "shop-2"] {
        shared.create(&guest(reference)).await.unwrap();
    }
    let rows = fake.rows("res.partner");
    assert_eq!(contacts(&rows), 1, "an address of the customer for all");
    assert_eq!(rows[1]["parent_id"][0], 1);
    assert_eq!(fake.rows("sale.order")[0]["partner_id"][0], 1);
}

/// The reference that people may edit is not the one that makes the order unique.
#[tokio::test]
async fn a_reference_that_somebody_edited_makes_no_second_order() {
    for version in [18, 19] {
        let (fake, erp) = setup(version).await;
        let first = erp.create(&order("shop-1")).await.unwrap();
        fake.edit("sale.order", 1, &json!({ "client_order_ref": "PO 4711" }));
        assert_eq!(erp.find("shop-1").await, Ok(Vec::new()));
        let again = erp.create(&order("shop-1")).await.unwrap();
        assert_eq!((again.id, again.unfinished), (first.id, None));
        assert_eq!((fake.rows("sale.order").len(), fake.rows("account.move").len(), fake.free("A")), (1, 1, Some(98)));
    }
}

#[tokio::test]
async fn an_order_that_a_person_cancelled_is_not_posted_again() {
    for version in [16, 18, 19] {
        let (fake, erp) = setup(version).await;
        let record = erp.create(&order("shop-1")).await.unwrap();
        fake.cancel("shop-1").unwrap();
        assert_eq!(kind(erp.create(&order("shop-1")).await), "erp_order_cancelled");
        assert_eq!(kind(erp.find("shop-1").await), "erp_order_cancelled");
        assert_eq!(kind(erp.amend(&record.id, &order("shop-1")).await), "erp_order_cancelled");
        assert_eq!(kind(erp.cancel(&record.id).await), "ok");
    }
}

/// The invoice is reversed and paid back once, wherever the cancellation was cut off.
#[tokio::test]
async fn a_cancellation_that_was_cut_off_goes_on() {
    for version in [18, 19] {
        let mut at = 0;
        loop {
            let (fake, erp) = setup(version).await;
            let record = erp.create(&order("shop-1")).await.unwrap();
            fake.forget_calls();
            fake.after(at, Fault::drop_after_commit());
            let ended = kind(erp.cancel(&record.id).await);
            let calls = fake.calls().len();
            fake.behave();
            assert_eq!(kind(erp.cancel(&record.id).await), "ok", "{version}, {at}");
            let bills = fake.rows("account.move");
            let refunds: Vec<_> = bills.iter().filter(|bill| bill["move_type"] == "out_refund").collect();
            assert_eq!(refunds.len(), 1, "{version}, {at}");
            assert_eq!((&refunds[0]["amount_total"], &refunds[0]["payment_state"]), (&json!(49.2), &json!("paid")));
            assert_eq!(refunds[0]["ref"], "shop-1-cancel");
            assert_eq!(fake.rows("account.payment").len(), 2, "{version}, {at}");
            assert_eq!(fake.free("A"), Some(100));
            if ended == "ok" {
                assert!(calls <= at && at > 8, "{at}");
                break;
            }
            at += 1;
        }
    }
}

/// What was cancelled stays so, and what could not be done of it is said.
#[tokio::test]
async fn a_cancellation_says_how_far_it_came() {
    for version in [18, 19] {
        let (fake, erp) = setup(version).await;
        let record = erp.create(&order("shop-1")).await.unwrap();
        let refuse = |model: &str, method: &str| vec![(model.to_owned(), method.to_owned(), "locked".to_owned())];
        fake.knobs(|knobs| knobs.refused = refuse("sale.order", "action_cancel"));
        assert_eq!(kind(erp.cancel(&record.id).await), "erp_cannot_cancel");
        assert_eq!(fake.rows("account.move").len(), 1, "nothing is reversed of an order that stands");
        fake.knobs(|knobs| knobs.refused = refuse("account.move", "action_post"));
        let CallError::Refused { message, .. } = erp.cancel(&record.id).await.unwrap_err() else { panic!() };
        assert!(message.contains("is cancelled in Odoo, and its invoice INV/2026/00001 is not reversed"), "{message}");
        fake.behave();
        assert_eq!(kind(erp.cancel(&record.id).await), "ok");
        assert_eq!(fake.rows("account.move").iter().filter(|bill| bill["move_type"] == "out_refund").count(), 1);
    }
}

/// Also what looks the same may be another address, which an open delivery has a copy of.
#[tokio::test]
async fn a_confirmed_order_is_changed_by_people() {
    for version in [18, 19] {
        let (fake, erp) = setup(version).await;
        fake.next("sale.advance.payment.inv.create", 1, &Fault::drop_before_commit());
        assert_eq!(kind(erp.create(&order("shop-1")).await), "unknown");
        let id = erp.find("shop-1").await.unwrap()[0].id.clone();
        let before = (fake.rows("sale.order"), fake.rows("sale.order.line"), fake.rows("res.partner"));
        let mut moved = order("shop-1");
        moved.shipping.address_1 = "1 New Street".to_owned();
        for wanted in [moved, order("shop-1")] {
            assert_eq!(kind(erp.amend(&id, &wanted).await), "erp_cannot_amend");
        }
        assert_eq!(before, (fake.rows("sale.order"), fake.rows("sale.order.line"), fake.rows("res.partner")));
    }
}

/// What is wanted counts, also where nothing is left to be reserved for it.
#[tokio::test]
async fn orders_beyond_the_stock_lower_the_figure_too() {
    let (_fake, erp) = setup(19).await;
    let last: waybill_domain::Sku = "LAST".parse().unwrap();
    for reference in ["shop-1", "shop-2"] {
        let order = Wanted::new(&facts(), reference).line(&last, 1, 1_000, &[(1, 200)]).done();
        assert_eq!(kind(erp.create(&order).await), "ok");
    }
    let figures = erp.availability(std::slice::from_ref(&last)).await.unwrap();
    assert_eq!(figures.items[0].free, -1);
}

/// In parts, with a number that is entered later.
#[tokio::test]
async fn shipments_in_parts_and_with_a_late_number() {
    for version in [16, 18, 19] {
        let (fake, erp) = setup(version).await;
        erp.create(&order("shop-1")).await.unwrap();
        let since = waybill_domain::At(0);
        let first = fake.ship("shop-1", Some(&[("A".to_owned(), 1)].into()), "").unwrap();
        let page = erp.shipments_since(since, None).await.unwrap();
        assert_eq!(
            (page.items.len(), page.items[0].tracking.as_str(), &page.items[0].lines),
            (1, "", &vec![(11, 1)]),
            "{version}"
        );
        fake.edit("stock.picking", first, &json!({ "carrier_tracking_ref": "T-1" }));
        fake.ship("shop-1", None, "T-2").unwrap();
        let page = erp.shipments_since(since, None).await.unwrap();
        let told: Vec<_> =
            page.items.iter().map(|item| (item.tracking.as_str(), item.carrier.as_str(), item.lines.clone())).collect();
        assert_eq!(told, [("T-1", "Parcel", vec![(11, 1)]), ("T-2", "Parcel", vec![(11, 1)])], "{version}");
    }
}

/// An order of the shop's own people has no reference of ours.
#[tokio::test]
async fn orders_of_others_are_none_of_ours() {
    let (fake, erp) = setup(19).await;
    erp.create(&order("shop-1")).await.unwrap();
    fake.ship("shop-1", None, "T-1").unwrap();
    fake.edit("sale.order", 1, &json!({ "client_order_ref": "" }));
    assert!(connect(&fake).shipments_since(waybill_domain::At(0), None).await.unwrap().items.is_empty());
}
