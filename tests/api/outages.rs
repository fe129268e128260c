//! What is down: the client is told to come again, and what it then sends is taken once.

use serde_json::json;
use waybill_testkit::memory::{Fault, FaultMode, World};
use waybill_workflow::steps::api::{ApiAnswer, ApiRequest, handle};

use crate::{FULFILMENT, RETURNS, SHIPMENTS, back, body, parcel, post, signed, world};

async fn send(world: &World, request: &ApiRequest) -> ApiAnswer {
    world.enter(None);
    handle(world, request).await
}

/// The requests whose every call is made to fail. The claim's is the one after the secret's.
fn requests(world: &World) -> Vec<ApiRequest> {
    let blocked = json!({"blocked": "damaged", "at": "2026-01-01T00:00:00Z"});
    vec![
        post(world, SHIPMENTS, &parcel()),
        post(world, RETURNS, &back()),
        post(world, FULFILMENT, &blocked),
        signed(world, "GET", FULFILMENT, b""),
    ]
}

#[tokio::test]
async fn every_call_may_fail_and_the_report_is_taken_once() {
    let mut hit = 0;
    for number in 0..4 {
        for mode in FaultMode::ALL {
            for call in 0.. {
                let world = world().await;
                let before = world.order("shop/16");
                let request = requests(&world).remove(number);
                world.plan_fault(Fault { call: world.calls().len() + call, mode, times: 1 });
                let answer = send(&world, &request).await;
                let Some(failed) = world.fault_hit() else { break };
                hit += 1;
                let what = format!("{} {mode:?} at {}", request.path, failed.op);
                assert!(matches!(answer.status, 200 | 503), "{what}: {answer:?}");
                if answer.status == 503 {
                    assert_eq!(body(&answer)["error"]["code"], "temporarily_unavailable", "{what}");
                    assert!(answer.retry_after.is_some_and(|seconds| seconds > 0), "{what}");
                }
                let done = matches!(mode, FaultMode::After | FaultMode::CrashAfter) && failed.op == "orders.commit";
                if answer.status == 503 && !done {
                    assert_eq!(world.order("shop/16"), before, "{what}: nothing is stored");
                }
                // The very same request is taken, too: its signature was given back, unless who took it could not be told so.
                let crashed = matches!(mode, FaultMode::CrashBefore | FaultMode::CrashAfter);
                let again = send(&world, &request).await;
                let kept = answer.status == 200 || crashed || (failed.op == "idempotency.claim" && mode == FaultMode::After);
                if !kept {
                    assert_eq!(again.status, 200, "{what}");
                }
                world.pass_seconds(1);
                let anew = send(&world, &requests(&world).remove(number)).await;
                assert_eq!(anew.status, 200, "{what}");
                if request.method == "POST" && (done || answer.status == 200 || again.status == 200) {
                    assert_eq!(anew.outcome, "known", "{what}");
                }
            }
        }
    }
    assert!(hit > 60, "only {hit} calls were made to fail");
}

#[tokio::test]
async fn while_dynamodb_or_secrets_manager_is_down_nothing_is_stored() {
    for number in 0..4 {
        for first in 0..3 {
            let world = world().await;
            let before = world.order("shop/16");
            world.plan_fault(Fault { call: world.calls().len() + first, mode: FaultMode::Before, times: 1_000 });
            for _ in 0..3 {
                let answer = send(&world, &requests(&world).remove(number)).await;
                assert_eq!((answer.status, answer.outcome), (503, "temporarily_unavailable"));
                assert_eq!(world.order("shop/16"), before);
                world.pass_seconds(1);
            }
        }
    }
}
