//! Queues.

use serde_json::{Value, json};
use waybill_aws::{Queues, Sqs};
use waybill_contracts::{Command, Origin};
use waybill_domain::Step;
use waybill_workflow::ports::{CommandQueue, Delivery, Outgoing, Spool, Spooled};

use crate::canned::{Answer, Canned, error, ok};

fn queue(canned: &Canned) -> Sqs {
    let urls = Step::ALL.map(|step| (step, format!("http://queues/{step}")));
    Sqs::new(&canned.config, Queues::new(urls))
}

fn outgoing(step: Step, id: u64) -> Outgoing {
    let command = Command::new(step, format!("shop/{id}").parse().unwrap(), Origin::Commit, 3);
    Outgoing { command, delay_seconds: 7 }
}

/// A batch of which these entries failed.
fn failed(ids: &'static [&'static str], sender: bool) -> Answer {
    let entry = move |id: &&str| json!({ "Id": id, "SenderFault": sender, "Code": "InternalError", "Message": "shop/1" });
    ok(json!({ "Successful": [], "Failed": ids.iter().map(entry).collect::<Vec<_>>() }))
}

fn ids(body: &Value) -> Vec<&str> {
    body["Entries"].as_array().unwrap().iter().map(|entry| entry["Id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn commands_go_in_tens_to_their_steps_queue() {
    let canned = Canned::new([failed(&[], false), failed(&[], false), failed(&[], false), failed(&[], false)]).await;
    let mut commands: Vec<Outgoing> = (1..=23).map(|id| outgoing(Step::Reserve, id)).collect();
    commands.insert(5, outgoing(Step::Validate, 99));
    queue(&canned).send(&commands).await.unwrap();
    let requests = canned.requests();
    let sizes: Vec<(&str, usize)> =
        requests.iter().map(|request| (request.body["QueueUrl"].as_str().unwrap(), ids(&request.body).len())).collect();
    let reserve = "http://queues/reserve";
    assert_eq!(sizes, [("http://queues/validate", 1), (reserve, 10), (reserve, 10), (reserve, 3)]);
    let entry = &requests[3].body["Entries"][2];
    assert_eq!((&entry["MessageGroupId"], &entry["DelaySeconds"]), (&json!("shop"), &json!(7)));
    let command: Command = serde_json::from_str(entry["MessageBody"].as_str().unwrap()).unwrap();
    assert_eq!(command, outgoing(Step::Reserve, 23).command);
}

#[tokio::test]
async fn only_entries_that_failed_are_sent_again() {
    let canned = Canned::new([failed(&["1", "3"], false), failed(&[], false)]).await;
    let commands: Vec<Outgoing> = (1..=5).map(|id| outgoing(Step::Reserve, id)).collect();
    queue(&canned).send(&commands).await.unwrap();
    let requests = canned.requests();
    assert_eq!(ids(&requests[0].body), ["0", "1", "2", "3", "4"]);
    assert_eq!(ids(&requests[1].body), ["1", "3"]);
}

#[tokio::test]
async fn what_fails_twice_is_an_error_and_our_own_fault_is_one_at_once() {
    let commands: Vec<Outgoing> = (1..=5).map(|id| outgoing(Step::Reserve, id)).collect();
    let canned = Canned::new([failed(&["1", "3"], false), failed(&["3"], false)]).await;
    let refused = queue(&canned).send(&commands).await.unwrap_err();
    assert_eq!(refused.to_string(), "queues is unavailable: 1 of 2 not taken: InternalError");
    assert_eq!(canned.requests().len(), 2);
    let canned = Canned::new([failed(&["1"], true)]).await;
    assert!(queue(&canned).send(&commands).await.is_err());
    assert_eq!(canned.requests().len(), 1);
}

#[tokio::test]
async fn a_step_without_a_queue_is_an_error_and_nothing_is_no_request() {
    let canned = Canned::new([]).await;
    let queues = Sqs::new(&canned.config, Queues::default());
    assert!(queues.send(&[outgoing(Step::Refund, 1)]).await.unwrap_err().to_string().contains("WAYBILL_QUEUE_REFUND"));
    queues.send(&[]).await.unwrap();
    assert_eq!(canned.requests().len(), 0);
}

#[tokio::test]
async fn a_delivery_that_is_too_large_for_a_message_is_not_sent() {
    let canned = Canned::new([ok(json!({ "MessageId": "1" }))]).await;
    let mut spooled = Spooled { delivery: Delivery { store: "shop".to_owned(), ..Delivery::default() }, verified: true };
    spooled.delivery.body = b"{\"id\":1042,\"status\":\"processing\"}".repeat(20_000);
    queue(&canned).spool(&spooled).await.unwrap();
    let requests = canned.requests();
    assert_eq!(requests[0].body["QueueUrl"], "http://queues/intake");
    let text = requests[0].body["MessageBody"].as_str().unwrap();
    assert_eq!(waybill_aws::spooled_from_message(text).unwrap(), spooled);
    // Bytes that do not compress: every one follows from the hash of those before.
    let mut seed = waybill_domain::ContentHash::of(b"");
    spooled.delivery.body = Vec::new();
    while spooled.delivery.body.len() < 1_100_000 {
        seed = waybill_domain::ContentHash::of(seed.as_str().as_bytes());
        spooled.delivery.body.extend(seed.as_str().bytes());
    }
    let refused = queue(&canned).spool(&spooled).await.unwrap_err();
    assert!(refused.to_string().ends_with("bytes are more than a message can have"), "{refused}");
    assert_eq!(canned.requests().len(), 1);
}

#[tokio::test]
async fn a_store_that_is_no_slug_names_no_group() {
    let canned = Canned::new([ok(json!({ "MessageId": "1" }))]).await;
    let delivery = Delivery { store: "../\u{0}".to_owned(), ..Delivery::default() };
    queue(&canned).spool(&Spooled { delivery, verified: false }).await.unwrap();
    assert_eq!(canned.requests()[0].body["MessageGroupId"], Value::Null);
}

#[tokio::test]
async fn visibility_is_changed_in_tens_and_every_batch_is_tried() {
    let canned = Canned::new([error(400, "QueueDoesNotExist"), failed(&[], false), failed(&["0"], true)]).await;
    let messages: Vec<(String, u32)> = (0..25).map(|number| (format!("receipt-{number}"), 100_000)).collect();
    let refused = queue(&canned).change_visibility("http://queues/refund", &messages).await.unwrap_err();
    assert_eq!(refused.to_string(), "queues is unavailable: InternalError");
    let requests = canned.requests();
    assert_eq!(requests.iter().map(|request| ids(&request.body).len()).collect::<Vec<_>>(), [10, 10, 5]);
    assert_eq!(requests[2].body["Entries"][4]["ReceiptHandle"], "receipt-24");
    assert_eq!(requests[2].body["Entries"][4]["VisibilityTimeout"], 43_200, "SQS takes twelve hours at most");
}
