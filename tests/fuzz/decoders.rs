//! Messages: commands, put-aside deliveries, facts, events of HTTP API and stream; and bodies that unpack to more than there is memory.

use std::io::Write as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use serde_json::{Value, json};
use waybill_aws::spooled_from_message;
use waybill_aws::sqs::spool;
use waybill_contracts::{Command, Fact, Origin, Unread};
use waybill_domain::Step;
use waybill_lambda::{http, stream};
use waybill_testkit::contract::happy_path;
use waybill_workflow::ports::{Delivery, Spooled};

use crate::budget::{PERSONAL, assert_says_nothing, fuzz};
use crate::mutate::mutation;

/// An event file of the repository.
fn event(path: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../events").join(path);
    serde_json::from_slice(&std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))).expect("JSON")
}

#[test]
fn a_command() {
    let command = Command::new(Step::PostToErp, "shop/16".parse().expect("a key"), Origin::Line, 7);
    let text = serde_json::to_string(&command).expect("JSON");
    fuzz(&mutation(), |mutation| match Command::read(&mutation.text(&text)) {
        Ok(read) => assert_eq!(Command::read(&serde_json::to_string(&read).expect("JSON")), Ok(read)),
        Err(refused) => assert_says_nothing(&format!("{refused} {refused:?}")),
    });
}

#[test]
fn a_fact() {
    let order = happy_path(&"shop/16".parse().expect("a key"), &[("SKU-A", 2)]).pop().expect("a story");
    let fact = Fact::of(&order, order.events.last().expect("an event"));
    let text = serde_json::to_string(&fact).expect("JSON");
    fuzz(&mutation(), |mutation| {
        if let Ok(read) = serde_json::from_str::<Fact>(&mutation.text(&text)) {
            assert!(serde_json::to_string(&read).is_ok());
        }
    });
}

fn put_aside(body: Vec<u8>) -> Spooled {
    let delivery = Delivery {
        store: "shop".to_owned(),
        topic: Some("order.updated".to_owned()),
        signature: Some("c2ln".to_owned()),
        delivery_id: Some("d-1".to_owned()),
        content_type: Some("application/json".to_owned()),
        body,
    };
    Spooled { delivery, verified: true }
}

#[test]
fn a_put_aside_delivery() {
    let body = format!(r#"{{"id":16,"billing":{{"first_name":"{PERSONAL}"}}}}"#).into_bytes();
    let text = spool::message(&put_aside(body)).expect("written");
    fuzz(&mutation(), |mutation| match spooled_from_message(&mutation.text(&text)) {
        Ok(read) => assert_eq!(spooled_from_message(&spool::message(&read).expect("written")), Ok(read)),
        Err(refused) => assert_says_nothing(&format!("{refused} {refused:?}")),
    });
}

/// The bytes inside: broken in any way, they are either what was packed or nothing.
#[test]
fn a_damaged_body_is_never_another_body() {
    let body = br#"{"id":16,"line_items":[{"id":1,"quantity":2}]}"#.repeat(20);
    let message: Value = serde_json::from_str(&spool::message(&put_aside(body.clone())).expect("written")).expect("JSON");
    let packed = STANDARD.decode(message["body"].as_str().expect("text")).expect("base64");
    fuzz(&(any::<prop::sample::Index>(), any::<u8>(), any::<bool>()), |(at, byte, cut)| {
        let mut damaged = packed.clone();
        let at = at.index(damaged.len());
        if cut {
            damaged.truncate(at)
        } else {
            damaged[at] = byte
        }
        let mut message = message.clone();
        message["body"] = json!(STANDARD.encode(damaged));
        if let Ok(read) = spooled_from_message(&message.to_string()) {
            assert_eq!(read.delivery.body, body);
        }
    });
}

#[test]
fn a_body_that_unpacks_to_more_than_a_body_can_be_is_refused() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    // A gigabyte of nothing is a megabyte in gzip.
    let nothing = vec![0; 1 << 20];
    for _ in 0..1024 {
        encoder.write_all(&nothing).expect("written");
    }
    let bomb = encoder.finish().expect("packed");
    let message = json!({"v": 1, "store": "shop", "body": STANDARD.encode(bomb), "verified": true});
    let refused = spooled_from_message(&message.to_string());
    assert_eq!(refused, Err(Unread::Strange("its body does not unpack".to_owned())));
}

#[test]
fn an_event_of_the_http_api() {
    let events: Vec<Value> =
        ["intake/order-created.json", "intake/order-base64.json", "api/reports.json"].into_iter().map(event).collect();
    fuzz(&(prop::sample::select(events), mutation()), |(event, mutation)| {
        if let Some(event) = mutation.json(&event) {
            let delivery = http::delivery(&event);
            assert!(delivery.body.len() <= event.to_string().len());
            let _ = (format!("{:?}", delivery.topic), http::api_request(&event).path);
        }
    });
}

#[test]
fn an_event_of_the_stream() {
    let events: Vec<Value> =
        ["relay/happy-path.json", "relay/way-back.json", "relay/unreadable.json"].into_iter().map(event).collect();
    fuzz(&(prop::sample::select(events), mutation()), |(event, mutation)| {
        if let Some(Ok(batch)) = mutation.json(&event).map(stream::read) {
            batch.broken.iter().for_each(|(_, why)| assert_says_nothing(why));
            batch.orders.iter().for_each(crate::rows::assert_can_be_worked_with);
        }
    });
}
