//! Claims and circuits whose answers were lost.

use serde_json::json;
use waybill_aws::{Dynamo, Names};
use waybill_domain::{At, Circuit, ContentHash};
use waybill_workflow::ports::{Circuits, Claim, Idempotency, Saved};

use crate::canned::{Answer, Canned, Request, lost};

/// The condition failed because of the row that the first request wrote.
fn already_there() -> Answer {
    Box::new(|requests: &[Request]| {
        (400, json!({ "__type": "ConditionalCheckFailedException", "Item": requests[0].body["Item"] }))
    })
}

#[tokio::test]
async fn a_claim_whose_answer_was_lost_is_still_ours() {
    let canned = Canned::new([lost(), already_there()]).await;
    let dynamo = Dynamo::new(&canned.config, &Names::new("test"));
    let claim = dynamo.claim("slot/acme/0", &ContentHash::of(b"x"), At(1_000), At(31_001)).await.unwrap();
    let requests = canned.requests();
    let row = &requests[0].body["Item"];
    assert_eq!(claim, Claim::Fresh(row["token"]["S"].as_str().unwrap().to_owned()));
    assert_eq!(row["expires_at"]["N"], "32", "seconds, rounded up");
}

#[tokio::test]
async fn a_circuit_whose_answer_was_lost_is_saved() {
    let canned = Canned::new([lost(), already_there()]).await;
    let dynamo = Dynamo::new(&canned.config, &Names::new("test"));
    let circuit = Circuit::closed("erp/acme".parse().unwrap()).failed(At(1_000));
    assert_eq!(dynamo.save_circuit(&circuit).await, Ok(Saved::Done));
}

/// Two environments that let a call in at the same millisecond want to write the very same row: only one of them may believe that it did.
#[tokio::test]
async fn a_circuit_that_another_wrote_alike_is_not_saved() {
    let circuit = Circuit::closed("erp/acme".parse().unwrap()).failed(At(1_000));
    let alike: Answer = Box::new(|requests: &[Request]| {
        let mut row = requests[0].body["Item"].clone();
        row["w"] = json!({ "B": "c29tZWJvZHk=" });
        (400, json!({ "__type": "ConditionalCheckFailedException", "Item": row }))
    });
    let canned = Canned::new([alike]).await;
    let dynamo = Dynamo::new(&canned.config, &Names::new("test"));
    assert_eq!(dynamo.save_circuit(&circuit).await, Ok(Saved::Overtaken(Box::new(circuit))));
}
