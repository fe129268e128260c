//! The bus.

use serde_json::{Value, json};
use waybill_aws::{Bus, Names};
use waybill_contracts::Fact;
use waybill_workflow::ports::FactBus;

use crate::canned::{Answer, Canned, Request, ok};
use crate::commits::story;

fn facts(count: usize) -> Vec<Fact> {
    let order = story().pop().unwrap();
    (0..count).map(|number| Fact { seq: u32::try_from(number).unwrap(), ..Fact::of(&order, &order.events[4]) }).collect()
}

fn sequence(request: &Request) -> Vec<u64> {
    let detail = |entry: &Value| serde_json::from_str::<Value>(entry["Detail"].as_str().unwrap()).unwrap();
    request.body["Entries"].as_array().unwrap().iter().map(|entry| detail(entry)["seq"].as_u64().unwrap()).collect()
}

/// An answer with these outcomes, `true` for taken. The request succeeds either way.
fn taken(outcomes: &'static [bool]) -> Answer {
    let entry = |taken: &bool| if *taken { json!({ "EventId": "1" }) } else { json!({ "ErrorCode": "ThrottlingException" }) };
    let failed = outcomes.iter().filter(|taken| !**taken).count();
    ok(json!({ "FailedEntryCount": failed, "Entries": outcomes.iter().map(entry).collect::<Vec<_>>() }))
}

async fn publish(canned: &Canned, count: usize) -> Result<(), String> {
    Bus::new(&canned.config, &Names::new("test")).publish(&facts(count)).await.map_err(|error| error.to_string())
}

#[tokio::test]
async fn facts_go_in_tens_with_their_time_and_type() {
    let canned = Canned::new([taken(&[true; 10]), taken(&[true; 2])]).await;
    assert_eq!(publish(&canned, 12).await, Ok(()));
    let requests = canned.requests();
    assert_eq!((sequence(&requests[0]).len(), sequence(&requests[1])), (10, vec![10, 11]));
    let entry = &requests[0].body["Entries"][0];
    assert_eq!((&entry["Source"], &entry["DetailType"]), (&json!("waybill"), &json!("order.posted")));
    assert_eq!((&entry["EventBusName"], entry["Time"].as_f64()), (&json!("test"), Some(1_767_268_800.0)));
}

#[tokio::test]
async fn only_facts_that_failed_are_published_again() {
    let canned = Canned::new([taken(&[true, false, true, false]), taken(&[true, true])]).await;
    assert_eq!(publish(&canned, 4).await, Ok(()));
    assert_eq!(sequence(&canned.requests()[1]), [1, 3]);
}

#[tokio::test]
async fn a_fact_that_fails_twice_is_an_error() {
    let canned = Canned::new([taken(&[true, false, false]), taken(&[true, false])]).await;
    assert_eq!(publish(&canned, 3).await, Err("bus is unavailable: 1 of 2 not taken: ThrottlingException".to_owned()));
}

#[tokio::test]
async fn a_count_that_names_no_entries_is_an_error() {
    let canned = Canned::new([ok(json!({ "FailedEntryCount": 1, "Entries": [] }))]).await;
    assert_eq!(publish(&canned, 2).await, Err("bus is unavailable: 1 of 2 not taken: no code".to_owned()));
}
