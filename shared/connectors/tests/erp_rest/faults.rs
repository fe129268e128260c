//! Each misbehaviour of the fake, for a request that writes and for one that reads.

use std::time::Duration;

use waybill_connectors::erp::rest::RestErp;
use waybill_testkit::erp::{Fault, Op};
use waybill_workflow::ports::erp::ErpOrders;

use crate::support::{config, kind, order, setup};

/// The heart of it: nothing that may have happened is ever called surely not done.
#[tokio::test]
async fn every_fault_for_a_create_and_for_a_lookup() {
    let mut seen = Vec::new();
    for (name, fault) in Fault::all() {
        let (fake, erp) = setup().await;
        fake.next(Op::CreateOrder, 1, fault.clone());
        let created = kind(erp.create(&order("shop-1")).await);
        let there = fake.orders().len();
        assert!(there == 0 || created == "unknown", "{name}: {there} in the ERP, and the answer was {created}");
        fake.next(Op::FindOrders, 1, fault);
        let found = kind(erp.find("shop-1").await);
        // Whatever happened, doing it again with the same reference ends with one order.
        assert_eq!(kind(erp.create(&order("shop-1")).await), "ok", "{name}");
        if name != "late_commit" {
            assert_eq!(fake.orders_with("shop-1").len(), 1, "{name}");
        }
        seen.push(format!("{name}: {created}, {found}"));
    }
    assert_eq!(
        seen,
        [
            "timeout_after_commit: unknown, down",
            "late_commit: unknown, down",
            "hang: unknown, down",
            "drop_before_commit: unknown, down",
            "drop_after_commit: unknown, down",
            "truncated_answer: unknown, down",
            "rejected_500: erp_rejected, erp_rejected",
            "foreign_json_500: unknown, down",
            "html_500: unknown, down",
            "bad_gateway_after_commit: unknown, down",
            "half_done: unknown, down",
            "contention: busy 1, busy 1",
            "outage: down, down",
            "no_database: down, down",
            "unauthorized: down, down",
            "throttled: busy 2, busy 2",
            "garbage: unknown, down",
            "garbage_after_commit: unknown, down",
        ]
    );
}

#[tokio::test]
async fn not_found_proves_nothing_before_the_settle_time() {
    let (fake, erp) = setup().await;
    fake.next(Op::CreateOrder, 1, Fault::late_commit(3_000));
    assert_eq!(kind(erp.create(&order("shop-1")).await), "unknown");
    assert_eq!(erp.find("shop-1").await.unwrap(), []);
    let appears = async {
        while erp.find("shop-1").await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), appears).await.unwrap();
}

#[tokio::test]
async fn a_pending_order_is_not_found_and_finished_by_the_next_create() {
    let (fake, erp) = setup().await;
    fake.next(Op::CreateOrder, 1, Fault::half_done());
    assert_eq!(kind(erp.create(&order("shop-1")).await), "unknown");
    assert_eq!(erp.find("shop-1").await.unwrap(), []);
    erp.create(&order("shop-1")).await.unwrap();
    assert_eq!(fake.orders().len(), 1);
    assert_eq!(erp.find("shop-1").await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_server_that_is_gone_is_down_and_surely_did_nothing() {
    let (mut fake, erp) = setup().await;
    erp.find("shop-1").await.unwrap();
    fake.go_down();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(kind(erp.create(&order("shop-1")).await), "down");
    fake.come_back().await.unwrap();
    assert_eq!(kind(erp.create(&order("shop-1")).await), "ok");
}

#[tokio::test]
async fn a_token_that_is_not_accepted_makes_orders_wait() {
    let (fake, erp) = setup().await;
    let token = fake.token();
    fake.rotate_token("another");
    assert_eq!(kind(erp.create(&order("shop-1")).await), "down");
    fake.rotate_token(token);
    assert_eq!(kind(erp.create(&order("shop-1")).await), "ok");
}

#[tokio::test]
async fn refusals_have_the_codes_of_the_contract() {
    let (fake, erp) = setup().await;
    let changed = |change: fn(&mut waybill_domain::ErpOrder)| {
        let mut order = order("shop-1");
        change(&mut order);
        order
    };
    for (code, wrong) in [
        ("erp_total_mismatch", changed(|order| order.total = "29.76".parse().unwrap())),
        ("erp_unknown_sku", changed(|order| order.lines[0].sku = "C".parse().unwrap())),
        ("erp_insufficient_stock", changed(|order| order.lines[0].quantity = 11)),
        ("erp_malformed", changed(|order| order.lines[0].quantity = 0)),
        ("erp_malformed", changed(|order| order.net = "25.00000000001".parse().unwrap())),
    ] {
        assert_eq!(kind(erp.create(&wrong).await), code);
    }
    assert!(fake.orders().is_empty());
}

#[tokio::test]
async fn what_the_erp_books_is_what_is_reported() {
    let (fake, erp) = setup().await;
    fake.knobs(|knobs| knobs.booked_drift = "0.01".parse().unwrap());
    assert_eq!(erp.create(&order("shop-1")).await.unwrap().total.to_string(), "29.76");
}

#[test]
fn configurations_that_cannot_be_used() {
    let new = |base_url: &str, token: &str| kind(RestErp::new(&config(base_url), token).map(|_| ()));
    assert_eq!(new("https://erp.example.com", "token"), "ok");
    assert_eq!(new("http://erp.example.com", "token"), "erp_config_invalid");
    assert_eq!(new("https://erp.example.com", ""), "erp_config_invalid");
    assert_eq!(new("https://erp.example.com", "two\r\nlines"), "erp_config_invalid");
}
