//! The rows of the orders table: packed events, shortened fields, forms of the first release.

use proptest::prelude::*;
use serde_json::Value;
use waybill_aws::dynamo::row::{Mark, order_from, row_from};
use waybill_aws::order_from_image;
use waybill_contracts::Fact;
use waybill_domain::lane::lane;
use waybill_domain::{At, Change, Context, Order, StaleReason, Step, advance, next};

use crate::budget::{assert_says_nothing, fuzz};
use crate::mutate::mutation;

/// The images of orders at many moments, and one as the first release wrote it.
fn images() -> Vec<Value> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../events/relay");
    let mut images: Vec<Value> = ["happy-path.json", "way-back.json"]
        .into_iter()
        .flat_map(|file| {
            let event: Value = serde_json::from_slice(&std::fs::read(folder.join(file)).expect("a file")).expect("JSON");
            event["Records"].as_array().expect("records").clone()
        })
        .map(|record| record["dynamodb"]["NewImage"].clone())
        .collect();
    images.push(serde_json::from_str(include_str!("../stores/first_release.json")).expect("JSON"));
    images
}

/// What is done with every record that was read: nothing of it panics, whatever the record says.
pub fn assert_can_be_worked_with(order: &Order) {
    let _ = (next(order), lane(order), order.full_pages(), order.fresh_events());
    for event in &order.events {
        assert!(serde_json::to_string(&Fact::of(order, event)).is_ok());
    }
    let context = Context { at: At(1_795_412_400_000), step: Step::Validate, cause: "#1".to_owned(), release: "r".to_owned() };
    let changes = [Change::Doubted(StaleReason::Polled), Change::Gone, Change::StockReleased, Change::Touched(At(i64::MAX))];
    for change in changes {
        // It may be refused, in words.
        if let Err(illegal) = advance(order, vec![change], &context) {
            assert_says_nothing(&illegal.to_string());
        }
    }
    let row = row_from(order, &Mark::random()).expect("a record has a row");
    let again = order_from(row).expect("which is read");
    // Numbers of events follow one another in a row; a record whose do not was not written by Waybill.
    if order.events.iter().zip(&again.events).all(|(one, other)| one.seq == other.seq) {
        assert_eq!(again, *order);
    }
}

#[test]
fn a_row() {
    fuzz(&(prop::sample::select(images()), mutation()), |(image, mutation)| {
        let Some(image) = mutation.json(&image) else { return };
        match order_from_image(image) {
            Ok(order) => assert_can_be_worked_with(&order),
            Err(bad) => assert_says_nothing(&bad.to_string()),
        }
    });
}
