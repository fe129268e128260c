//! A warehouse that works.

use std::sync::atomic::{AtomicBool, Ordering};

use waybill_connectors::warehouse::PushedWarehouses;
use waybill_domain::ClientSlug;
use waybill_testkit::warehouse::{FakeWarehouse, FakeWarehouseConfig};
use waybill_workflow::ports::{Client, Clients, WarehouseDesk};
use waybill_workflow::{CallError, Unavailable};

use crate::support::{Secrets, config, fulfilment, kind, setup};

#[tokio::test]
async fn what_is_to_leave_arrives_signed_and_saying_it_again_changes_nothing() {
    let (fake, desk, config) = setup().await;
    desk.push(&config, &fulfilment(1)).await.unwrap();
    desk.push(&config, &fulfilment(1)).await.unwrap();
    let told = fake.fulfilment("brand-b-1042").unwrap();
    assert_eq!(
        (told.order.as_str(), told.number.as_str(), told.revision, told.cancelled),
        ("brand-b/1042", "B-2026/77", 1, false)
    );
    let lines: Vec<_> = told.lines.iter().map(|line| (line.line, line.sku.as_str(), line.quantity)).collect();
    assert_eq!(lines, [(11, "A", 2), (12, "B", 1)]);
    let counts = fake.counts();
    assert_eq!((counts.taken, counts.repeated, counts.unsigned, counts.malformed), (1, 1, 0, 0));
}

#[tokio::test]
async fn a_later_revision_counts_whatever_comes_after_it_and_no_lines_are_a_cancellation() {
    let (fake, desk, config) = setup().await;
    let mut nothing = fulfilment(3);
    nothing.lines.clear();
    for push in [fulfilment(2), nothing, fulfilment(1)] {
        desk.push(&config, &push).await.unwrap();
    }
    let told = fake.fulfilment("brand-b-1042").unwrap();
    assert_eq!((told.revision, told.cancelled, told.lines.len()), (3, true, 0));
    assert_eq!(fake.counts().older, 1);
}

#[tokio::test]
async fn a_revision_that_says_two_things_is_refused() {
    let (fake, desk, config) = setup().await;
    desk.push(&config, &fulfilment(1)).await.unwrap();
    let mut other = fulfilment(1);
    other.lines[0].quantity = 5;
    let error = desk.push(&config, &other).await.unwrap_err();
    let message = "the warehouse refuses the fulfilment with status 409 (revision_conflict)".to_owned();
    assert_eq!(error, CallError::Refused { code: "warehouse_refused".into(), message });
    assert_eq!(fake.fulfilment("brand-b-1042").unwrap().lines[0].quantity, 2);
}

#[tokio::test]
async fn the_newest_secret_signs_and_rotation_needs_no_restart() {
    let fake = FakeWarehouse::start(FakeWarehouseConfig::default()).await.unwrap();
    let (secrets, config) = (Secrets::of(&["new"]), config(&fake.url()));
    let desk = PushedWarehouses::new(secrets.clone());
    assert_eq!(kind(desk.push(&config, &fulfilment(1)).await), "down", "a wrong secret is no fault of the order");
    fake.set_secrets(&["fake-warehouse-secret", "new"]);
    assert_eq!(kind(desk.push(&config, &fulfilment(1)).await), "ok");
    secrets.set(Some(&["newer", "new"]));
    assert_eq!(kind(desk.push(&config, &fulfilment(1)).await), "down");
    fake.set_secrets(&["newer"]);
    assert_eq!(kind(desk.push(&config, &fulfilment(1)).await), "ok");
    assert_eq!(fake.counts().unsigned, 2);
}

/// Shows the secret that was rotated away until somebody asks past it.
#[derive(Default)]
struct Stale(AtomicBool);

impl Clients for Stale {
    async fn client(&self, _: &ClientSlug, fresh: bool) -> Result<Option<Client>, Unavailable> {
        let new = self.0.fetch_or(fresh, Ordering::SeqCst) || fresh;
        let secret = if new { "fake-warehouse-secret" } else { "rotated-away" };
        Ok(Some(Client { secrets: vec![secret.to_owned()], ..Client::default() }))
    }
}

#[tokio::test]
async fn a_refused_signature_has_the_secret_read_again() {
    let (fake, _, config) = setup().await;
    let desk = PushedWarehouses::new(Stale::default());
    assert_eq!(kind(desk.push(&config, &fulfilment(1)).await), "down");
    assert_eq!(kind(desk.push(&config, &fulfilment(1)).await), "ok");
    assert_eq!(fake.counts().unsigned, 1);
}

#[tokio::test]
async fn a_changed_address_is_used_from_the_next_push_on() {
    let (first, desk, old) = setup().await;
    desk.push(&old, &fulfilment(1)).await.unwrap();
    let second = FakeWarehouse::start(FakeWarehouseConfig::default()).await.unwrap();
    desk.push(&config(&second.url()), &fulfilment(2)).await.unwrap();
    assert_eq!((first.counts().taken, second.counts().taken), (1, 1));
}
