//! What the rows look like and what they cost.

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};
use waybill_aws::dynamo::row::{Mark, order_from, order_from_image, row_from};
use waybill_domain::{ContentHash, ErpState, Fulfilment, Order, OrderKey, Pieces, Refund};
use waybill_testkit::contract::happy_path;

use crate::image::image;
use crate::size::size;

/// A happy path whose commits are some seconds apart, as they are.
fn story() -> Vec<Order> {
    let key: OrderKey = "shop-berlin/104233".parse().unwrap();
    let mut story = happy_path(&key, &[("TSHIRT-BLUE-L", 2), ("MUG-0042", 1)]);
    for event in story.iter_mut().flat_map(|order| &mut order.events) {
        let cause: i64 = event.cause.trim_start_matches('#').parse().unwrap_or(0);
        event.at.0 += cause * 1_713;
    }
    story
}

#[test]
fn a_happy_order_costs_one_write_unit_per_commit() {
    let sizes: Vec<(u32, usize)> =
        story().iter().map(|order| (order.seq, size(&row_from(order, &Mark::random()).unwrap()))).collect();
    assert_eq!(sizes.iter().map(|(events, _)| *events).collect::<Vec<_>>(), [1, 2, 3, 4, 6, 8]);
    for (events, size) in sizes {
        // Up to the ERP's answer some room is left for longer article and document numbers than these.
        let most = if events <= 6 { 920 } else { 1_024 };
        assert!(size <= most, "{size} bytes with {events} events");
    }
}

#[test]
fn the_relay_reads_what_a_step_wrote() {
    for order in story() {
        let row = row_from(&order, &Mark::random()).unwrap();
        assert_eq!(order_from_image(image(&row)).as_ref(), Ok(&order));
        assert_eq!(order_from(row), Ok(order));
    }
}

#[test]
fn what_mostly_equals_something_else_may_differ_from_it() {
    let mut order = story().pop().unwrap();
    order.content.as_mut().unwrap().goods = ContentHash::of(b"other goods");
    order.erp.content = Some(ContentHash::of(b"other content"));
    order.fulfilment.requested = Pieces::from([(2, 1)]);
    let row = row_from(&order, &Mark::random()).unwrap();
    assert_eq!(order_from(row), Ok(order.clone()));
    // Nothing is to be shipped any more; nothing was ever sent.
    order.fulfilment.requested.clear();
    (order.erp.content, order.erp.goods) = (None, None);
    let row = row_from(&order, &Mark::random()).unwrap();
    assert_eq!(order_from(row), Ok(order));
}

/// As the first release wrote it, which knew neither fulfilments nor what was sent, and whose refunds named a credit note.
#[test]
fn the_row_of_the_first_release_is_read() {
    let image: Value = serde_json::from_str(include_str!("first_release.json")).unwrap();
    let order = order_from_image(image).unwrap();
    assert_eq!(order.fulfilment, Fulfilment::default());
    assert_eq!(order.refunds, [Refund::seen(9, "10.50".parse().unwrap())]);
    assert_eq!(order.erp.content, None);
    let content = order.content.as_ref().unwrap();
    assert_eq!((order.erp.state, order.erp.goods.as_ref()), (ErpState::Posted, Some(&content.goods)));
    assert_eq!((order.version, order.events.len(), order.busy_since), (5, 5, None));
    let row = row_from(&order, &Mark::random()).unwrap();
    assert_eq!(order_from(row), Ok(order), "and written in the present form");
}

#[test]
fn the_lane_is_in_the_row_only_while_there_is_one() {
    let lanes: Vec<Option<String>> = story()
        .iter()
        .map(|order| row_from(order, &Mark::random()).unwrap().remove("lane").map(|lane| lane.as_s().unwrap().clone()))
        .collect();
    let open = Some(format!("open#{}", story()[0].key.shard(8)));
    assert_eq!(lanes, [open.clone(), open.clone(), open.clone(), open, None, None]);
}

#[test]
fn other_rows_are_not_taken_for_records() {
    let order = story().pop().unwrap();
    let mut page = row_from(&order, &Mark::random()).unwrap();
    page.insert("sk".to_owned(), AttributeValue::S("log#000000".to_owned()));
    assert!(order_from(page).is_err());
    let mut newer = row_from(&order, &Mark::random()).unwrap();
    newer.insert("stage".to_owned(), AttributeValue::S("teleported-to-4711".to_owned()));
    let error = order_from(newer).unwrap_err().to_string();
    assert!(!error.contains("4711"), "{error} shows what is in the row");
    assert!(order_from_image(json!({ "pk": "shop/1" })).is_err());
}

#[test]
fn every_write_has_its_own_mark() {
    let (one, other) = (Mark::random(), Mark::random());
    let row = row_from(&story()[0], &one).unwrap();
    assert!(one.is_on(&row));
    assert!(!other.is_on(&row));
}
