//! The poll of ERPs that do not tell by themselves: what it finds becomes the reports that others push, once each.

use std::collections::BTreeMap;

use waybill_domain::circuit::feeds::FeedMark;
use waybill_domain::{At, Circuit, CircuitState, Endpoint, ErpRecords, ErpSlug, Feed, Sku};
use waybill_testkit::memory::{Fault, FaultMode, Manners, World, samples};
use waybill_workflow::ports::Runtime;
use waybill_workflow::ports::erp::{ErpReturn, ErpShipment, StockChange};
use waybill_workflow::steps::erp_poll::Polled;

const KEY: &str = "shop/16";

fn acme() -> ErpSlug {
    "acme".parse().expect("slug")
}

fn erp() -> Endpoint {
    Endpoint::Erp(acme())
}

/// An ERP that is polled and has one order of two pieces of each SKU; the marks of its feeds are where the clock is.
async fn world() -> World {
    let world = World::with_shop();
    world.poll_erp(&acme());
    let order = world.place(&samples::order(16, &[("SKU-A", 2), ("SKU-B", 2)]));
    world.receive(&order).await;
    world.settle(Manners::default()).await;
    assert_eq!(world.poll().await, Some(Polled::default()), "what was before the ERP was polled is not ours");
    world
}

fn parcel(id: &str, tracking: &str, lines: &[(u64, u32)]) -> ErpShipment {
    ErpShipment {
        id: id.to_owned(),
        reference: "shop-16".to_owned(),
        shipped_at: At(1_767_225_700_000),
        carrier: "DHL".to_owned(),
        tracking: tracking.to_owned(),
        lines: lines.to_vec(),
    }
}

fn ships(world: &World, shipment: ErpShipment) {
    let mut state = world.state();
    let now = state.now;
    state.erp.feeds.shipments.push((now, shipment));
}

/// Five minutes later.
async fn polled(world: &World) -> Polled {
    world.pass_seconds(301);
    let polled = world.poll().await.expect("the poll ends well");
    world.settle(Manners::default()).await;
    polled
}

fn told(world: &World) -> Vec<String> {
    let state = world.state();
    let order = &state.orders[&KEY.parse().expect("key")];
    order.fulfilment.shipments.iter().map(|one| format!("{} r{} told {}", one.id, one.revision, one.told)).collect()
}

#[tokio::test]
async fn a_shipment_of_the_erp_reaches_the_store_and_the_same_one_polled_again_is_known() {
    let world = world().await;
    world.pass_seconds(301);
    ships(&world, parcel("6612", "T-1", &[(1, 2), (2, 1)]));
    let first = world.poll().await.expect("polled");
    world.settle(Manners::default()).await;
    assert_eq!((first.reported, first.known), (1, 0));
    assert_eq!(told(&world), ["acme-6612 r1 told 1"]);
    assert!(world.state().desk.notes.values().flatten().any(|note| format!("{note:?}").contains("T-1")), "the customer was told");
    let commits = |world: &World| world.calls().iter().filter(|call| call.op == "orders.commit").count();
    let before = commits(&world);
    let second = polled(&world).await;
    assert_eq!((second.reported, second.known), (0, 1), "it is within the overlap, and known");
    assert_eq!(commits(&world), before);
    // Some ERPs have no other time than that of the last change.
    let now = world.now();
    let touched = ErpShipment { shipped_at: now, ..parcel("6612", "T-1", &[(1, 2), (2, 1)]) };
    world.state().erp.feeds.shipments[0] = (now, touched);
    assert_eq!(polled(&world).await.known, 1, "no customer is told that nothing changed");
    world.pass_seconds(3_600);
    polled(&world).await;
    assert_eq!(polled(&world).await.known, 0, "by now it is behind the mark");
}

#[tokio::test]
async fn another_tracking_number_is_a_correction() {
    let world = world().await;
    ships(&world, parcel("6612", "", &[(1, 2)]));
    polled(&world).await;
    let now = world.now();
    world.state().erp.feeds.shipments[0] = (now, parcel("6612", "T-2", &[(1, 2)]));
    assert_eq!(polled(&world).await.reported, 1);
    assert_eq!(told(&world), ["acme-6612 r2 told 2"]);
    assert_eq!(world.state().reports_dead, [""; 0]);
}

#[tokio::test]
async fn a_return_is_refunded_in_the_store_and_not_put_on_the_shelf_a_second_time() {
    let world = world().await;
    ships(&world, parcel("1", "T-1", &[(1, 2), (2, 2)]));
    polled(&world).await;
    let returned = ErpReturn {
        id: "stock.shipment.out.return/7".to_owned(),
        reference: "shop-16".to_owned(),
        returned_at: world.now(),
        lines: vec![(1, 1)],
        credit_note: None,
    };
    let now = world.now();
    world.state().erp.feeds.returns.push((now, returned));
    assert_eq!(polled(&world).await.reported, 1);
    let state = world.state();
    let order = &state.orders[&KEY.parse().expect("key")];
    assert!(order.returns[0].id.starts_with("acme-") && order.returns[0].refund.is_some(), "{:?}", order.returns);
    let (note, _) = &state.erp.credits[0];
    assert_eq!(note.lines.iter().map(|line| (line.line, line.quantity, line.restock)).collect::<Vec<_>>(), [(1, 1, 0)]);
}

#[tokio::test]
async fn a_return_that_has_its_credit_note_gets_no_other() {
    let world = world().await;
    ships(&world, parcel("1", "T-1", &[(1, 2), (2, 2)]));
    polled(&world).await;
    let now = world.now();
    let note = Some("CN-77".to_owned());
    let returned = ErpReturn {
        id: "7".to_owned(),
        reference: "shop-16".to_owned(),
        returned_at: now,
        lines: vec![(1, 1)],
        credit_note: note,
    };
    world.state().erp.feeds.returns.push((now, returned));
    polled(&world).await;
    assert!(world.order(KEY).expect("there").returns[0].refund.is_some(), "the customer has the money");
    assert_eq!(world.state().erp.credits.len(), 0);
}

#[tokio::test]
async fn figures_land_in_the_ledger_and_older_ones_change_nothing() {
    let world = world().await;
    let sku: Sku = "SKU-A".parse().expect("sku");
    let free = |world: &World| world.state().stock[&(acme(), sku.clone())].free;
    world.pass_seconds(100);
    let now = world.now();
    let change = |free, at| (now, StockChange { sku: sku.clone(), free, at });
    world.state().erp.feeds.stock.push(change(77, now));
    assert_eq!(polled(&world).await.reported, 1);
    assert_eq!(free(&world), 77);
    world.state().erp.feeds.stock = vec![change(5, now.minus_seconds(60))];
    polled(&world).await;
    assert_eq!(free(&world), 77, "an older figure");
}

#[tokio::test]
async fn what_is_not_ours_and_what_cannot_be_read_keep_nothing_behind_them_from_being_taken() {
    let world = world().await;
    for reference in ["other-16", "shop-999", "SO/2026/0001", "shop-16-refund-3"] {
        ships(&world, ErpShipment { reference: reference.to_owned(), ..parcel("1", "T", &[(1, 1)]) });
    }
    ships(&world, parcel("2", "T", &[]));
    ships(&world, parcel("3", "T-3", &[(1, 1)]));
    world.state().erp.feeds.unreadable.insert("shipments", vec!["GET shipments: item 4 cannot be read".to_owned()]);
    let polled = polled(&world).await;
    assert_eq!((polled.foreign, polled.unreadable, polled.reported), (4, 2, 1));
    assert_eq!(told(&world), ["acme-3 r1 told 1"]);
    assert_eq!(world.state().circuits[&erp()].state, CircuitState::Closed, "an item is no outage");
}

#[tokio::test]
async fn an_order_that_came_back_to_life_is_found_by_its_second_reference() {
    let world = world().await;
    ships(&world, ErpShipment { reference: "shop-16-r2".to_owned(), ..parcel("1", "T", &[(1, 1)]) });
    assert_eq!(polled(&world).await.reported, 1);
    assert_eq!(told(&world), ["acme-1 r1 told 1"]);
}

/// The ERP goes away between two pages: what was taken stays taken, the reading goes on where it stopped.
#[tokio::test]
async fn an_outage_in_the_middle_of_a_reading() {
    let world = world().await;
    for id in 1..=5 {
        ships(&world, parcel(&id.to_string(), "T", &[(1, 1)]));
    }
    world.pass_seconds(301);
    let pages = |world: &World| world.state().erp.feeds.asked.iter().filter(|(feed, ..)| *feed == "shipments").count();
    let before = pages(&world);
    // Every call of the ERP fails from the second page of shipments on.
    let calls = world.calls().len();
    let nth = {
        let rehearsal = self::world().await;
        for id in 1..=5 {
            ships(&rehearsal, parcel(&id.to_string(), "T", &[(1, 1)]));
        }
        rehearsal.pass_seconds(301);
        let from = rehearsal.calls().len();
        rehearsal.poll().await;
        let calls = rehearsal.calls();
        let mut shipments = calls[from..].iter().enumerate().filter(|(_, call)| call.op == "erp.shipments");
        shipments.nth(1).expect("a second page").0
    };
    world.plan_fault(Fault { call: calls + nth, mode: FaultMode::Before, times: 1 });
    let cut = world.poll().await.expect("an ERP that is down is no failure of ours");
    assert_eq!((cut.reported, cut.failed), (2, 1));
    let row = world.state().circuits[&erp()].clone();
    assert_eq!((row.failures, row.feeds["shipments"].goes_on.as_ref().map(|on| on.cursor.as_str())), (1, Some("2")));
    world.pass_seconds(60);
    let rest = world.poll().await.expect("it goes on");
    assert_eq!((rest.reported, rest.failed), (3, 0));
    world.settle(Manners::default()).await;
    assert_eq!(told(&world).len(), 5);
    assert_eq!(pages(&world) - before, 3, "no page was asked for twice");
}

#[tokio::test]
async fn an_erp_that_is_down_opens_its_circuit_and_is_left_alone_by_polls() {
    let world = world().await;
    world.state().erp.health.down.insert(acme());
    world.pass_seconds(301);
    for _ in 0..3 {
        world.pass_seconds(60);
        assert_eq!(world.poll().await.expect("polled").failed, 1);
    }
    assert_eq!(world.state().circuits[&erp()].state, CircuitState::Open);
    let asked = world.state().erp.health.calls.len();
    world.pass_seconds(60);
    let left = world.poll().await.expect("polled");
    assert_eq!((left.failed, left.left), (0, 1));
    assert_eq!(world.state().erp.health.calls.len(), asked);
    assert!(left.behind_seconds >= 480, "{left:?}");
}

/// The ERP's clock, or what it commits late.
#[tokio::test]
async fn what_has_an_earlier_time_than_the_last_poll_is_found_within_the_hour() {
    let world = world().await;
    polled(&world).await;
    let earlier = world.now().minus_seconds(3_000);
    world.state().erp.feeds.shipments.push((earlier, parcel("1", "T", &[(1, 1)])));
    assert_eq!(polled(&world).await.reported, 1);
    assert_eq!(told(&world), ["acme-1 r1 told 1"]);
}

#[tokio::test]
async fn a_page_that_follows_on_itself_does_not_end_the_reading() {
    let world = world().await;
    for id in 1..=5 {
        ships(&world, parcel(&id.to_string(), "T", &[(1, 1)]));
    }
    world.state().erp.feeds.circles = true;
    let read = world.state().circuits[&erp()].feeds["shipments"].read;
    let circled = polled(&world).await;
    assert_eq!((circled.reported, circled.failed), (2, 1));
    assert_eq!(world.state().circuits[&erp()].feeds["shipments"].read, read, "the mark stays");
    world.state().erp.feeds.circles = false;
    polled(&world).await;
    assert_eq!(told(&world).len(), 5);
}

#[tokio::test]
async fn a_feed_that_is_refused_is_asked_again_in_its_time_and_not_every_minute() {
    let world = world().await;
    world.state().erp.feeds.not_offered.insert("returns");
    polled(&world).await;
    let asked = |world: &World| world.state().erp.feeds.asked.iter().filter(|(feed, ..)| *feed == "returns").count();
    assert_eq!(asked(&world), 1);
    for _ in 0..4 {
        world.pass_seconds(60);
        world.poll().await;
    }
    assert_eq!(asked(&world), 1);
    world.pass_seconds(61);
    let again = world.poll().await.expect("polled");
    assert_eq!((asked(&world), again.failed), (2, 1));
    assert!(again.behind_seconds >= 600, "it is behind, and the alarm says so: {again:?}");
}

#[tokio::test]
async fn a_return_that_people_change_after_it_was_refunded_is_left_to_people() {
    let world = world().await;
    ships(&world, parcel("1", "T-1", &[(1, 2), (2, 2)]));
    polled(&world).await;
    let now = world.now();
    let back = |pieces| ErpReturn {
        id: "7".to_owned(),
        reference: "shop-16".to_owned(),
        returned_at: now,
        lines: vec![(1, pieces)],
        credit_note: None,
    };
    world.state().erp.feeds.returns.push((now, back(1)));
    polled(&world).await;
    let now = world.now();
    world.state().erp.feeds.returns[0] = (now, back(2));
    assert_eq!(polled(&world).await.unreadable, 1);
    assert_eq!(world.state().reports_dead, [""; 0], "and no letter dies of it");
    assert_eq!(world.order(KEY).expect("there").refunds.len(), 1);
}

#[tokio::test]
async fn a_shipment_of_an_order_that_is_not_known_to_be_posted_waits_for_it() {
    let world = World::with_shop();
    world.poll_erp(&acme());
    world.poll().await;
    let order = world.place(&samples::order(16, &[("SKU-A", 2), ("SKU-B", 2)]));
    world.receive(&order).await;
    ships(&world, parcel("1", "T", &[(1, 1)]));
    world.pass_seconds(301);
    assert_eq!(world.poll().await.expect("polled").reported, 1);
    assert_eq!(world.state().reports.len(), 1, "it waits");
    world.settle(Manners::default()).await;
    world.take_reports().await;
    world.settle(Manners::default()).await;
    assert_eq!(told(&world), ["acme-1 r1 told 1"]);
}

/// One feed that is broken does not keep the others from being read.
#[tokio::test]
async fn a_feed_that_fails_for_good_keeps_no_other_from_being_read() {
    for broken in ["not offered", "down"] {
        let world = world().await;
        match broken {
            "down" => world.state().erp.feeds.down.insert("returns"),
            _ => world.state().erp.feeds.not_offered.insert("returns"),
        };
        for minute in 0..8 {
            if minute == 4 {
                ships(&world, parcel("1", "T", &[(1, 1)]));
            }
            world.pass_seconds(90);
            world.poll().await;
            world.settle(Manners::default()).await;
        }
        assert_eq!(told(&world).len(), 1, "{broken}");
        let row = world.state().circuits[&erp()].clone();
        assert_eq!(row.polled_at, Some(row.feeds["returns"].read), "the slowest is where all go on if the marks are lost");
    }
}

#[tokio::test]
async fn a_place_in_the_list_that_the_erp_has_forgotten_begins_the_reading_anew() {
    let world = world().await;
    for id in 1..=3 {
        ships(&world, parcel(&id.to_string(), "T", &[(1, 1)]));
    }
    world.state().erp.feeds.forgotten.insert("2".to_owned());
    assert_eq!(polled(&world).await.failed, 1);
    world.state().erp.feeds.forgotten.clear();
    world.pass_seconds(301);
    world.poll().await;
    world.settle(Manners::default()).await;
    assert_eq!(told(&world).len(), 3);
}

#[tokio::test]
async fn orders_come_first_until_the_poll_is_late() {
    let world = world().await;
    world.pass_seconds(301);
    let busy = |world: &World| {
        // Orders take every turn as it comes: the next one is always a little ahead.
        let mut state = world.state();
        let now = state.now;
        let row = state.circuits.get_mut(&erp()).expect("a row");
        (row.version, row.turn) = (row.version + 1, Some(now.plus_seconds(3)));
    };
    let asked = |world: &World| world.state().erp.feeds.asked.len();
    let before = asked(&world);
    // It would wait for a turn; here none comes, because the clock stands still but for the waiting.
    for _ in 0..3 {
        busy(&world);
        if let Some(row) = world.state().circuits.get_mut(&erp()) {
            row.turn = Some(row.turn.expect("set").plus_seconds(60));
        }
        assert_eq!(world.poll().await.expect("polled").left, 1);
    }
    assert_eq!(asked(&world), before);
    world.pass_seconds(900);
    busy(&world);
    world.poll().await;
    assert!(asked(&world) > before, "it is late, and takes its turn as an order does");
}

#[tokio::test]
async fn slots_that_are_taken_are_not_taken_from_orders() {
    let world = world().await;
    world.pass_seconds(301);
    let until = world.now().plus_seconds(600);
    world.state().circuits.get_mut(&erp()).expect("a row").calls =
        vec![waybill_domain::circuit::enter::CallOut { token: 999, until }];
    assert_eq!(world.poll().await.expect("polled").left, 1);
    assert_eq!(world.state().circuits[&erp()].calls.len(), 1);
}

/// Whatever fails on our side once, every report arrives, and nothing is done twice.
#[tokio::test]
async fn whatever_fails_once_nothing_is_lost_or_doubled() {
    let prepared = async || {
        let world = world().await;
        for (id, line) in [("1", 1), ("2", 1), ("3", 2)] {
            ships(&world, parcel(id, "T", &[(line, 1)]));
        }
        world.pass_seconds(301);
        world
    };
    let rehearsal = prepared().await;
    let from = rehearsal.calls().len();
    rehearsal.poll().await;
    let calls = rehearsal.calls().len() - from;
    assert!(calls > 20, "{calls}");
    for number in 0..calls {
        for mode in FaultMode::ALL {
            let world = prepared().await;
            let from = world.calls().len();
            world.plan_fault(Fault { call: from + number, mode, times: 1 });
            for _ in 0..4 {
                world.poll().await;
                world.settle(Manners::default()).await;
                world.pass_seconds(60);
            }
            world.take_reports().await;
            world.settle(Manners::default()).await;
            let ids: Vec<String> = told(&world);
            assert_eq!(ids.len(), 3, "call {number}, {mode:?}: {ids:?}, {:?}", world.state().reports_dead);
            assert!(ids.iter().all(|id| id.ends_with("r1 told 1")), "call {number}, {mode:?}: {ids:?}");
        }
    }
}

fn records(warehouse: u64, shop: u64) -> ErpRecords {
    let sku = |text: &str| text.parse().expect("sku");
    ErpRecords {
        company: 1,
        warehouse,
        shop: Some(shop),
        sales_journal: None,
        payment_journal: 5,
        payment_journals: BTreeMap::new(),
        taxes: BTreeMap::new(),
        carrier: None,
        carriers: BTreeMap::new(),
        guest_customer: None,
        shipping_article: sku("SHIP"),
        fee_article: sku("FEE"),
        refund_article: sku("REFUND"),
        rounding_article: sku("ROUND"),
        rounding_limit: samples::cents(2),
    }
}

#[tokio::test]
async fn stores_with_their_own_shops_have_their_own_feeds_and_share_the_figures() {
    let world = World::with_shop();
    world.poll_erp(&acme());
    {
        let mut state = world.state();
        for (slug, shop) in [("shop", 1), ("brand-b", 2), ("brand-c", 2)] {
            let store = waybill_domain::StoreConfig {
                slug: slug.parse().expect("slug"),
                records: [(acme(), records(4, shop))].into(),
                ..samples::store()
            };
            state.stores.insert(store.slug.clone(), store);
        }
    }
    world.poll().await;
    let names: Vec<String> = world.state().circuits[&erp()].feeds.keys().cloned().collect();
    assert_eq!(names, ["returns/1.4.1", "returns/1.4.2", "shipments/1.4.1", "shipments/1.4.2", "stock/1.4"]);
}

/// A release that does not know of the marks drops them: reading goes on where the slowest was, and nothing is left out.
#[test]
fn marks_that_were_dropped_are_made_up_for() {
    let (early, late) = (At(1_000_000), At(2_000_000));
    let names = || ["shipments", "stock"].into_iter();
    let row = Circuit::closed(erp()).with_feed("shipments", FeedMark::at(early), names(), late);
    let row = row.with_feed("stock", FeedMark::at(late), names(), late);
    assert_eq!(row.polled_at, Some(early));
    let dropped = Circuit { feeds: BTreeMap::new(), ..row };
    assert_eq!(dropped.feed("stock", At(9_000_000)).read, early);
    let fewer = dropped.with_feed("stock", FeedMark::at(late), ["stock"].into_iter(), late);
    assert_eq!((fewer.feeds.len(), fewer.polled_at), (1, Some(late)), "a feed that is no more keeps nobody back");
}

#[tokio::test]
async fn an_erp_that_nobody_said_to_poll_is_not_asked() {
    let world = World::with_shop();
    for _ in 0..3 {
        world.pass_seconds(301);
        assert_eq!(world.poll().await, Some(Polled::default()));
    }
    assert_eq!(world.state().erp.feeds.asked.len(), 0);
    assert!(!world.state().erps[&acme()].polls.contains(&Feed::Shipments));
}
