//! What it does when it is told to misbehave: what the client sees, and whether the work is done.

use std::time::Duration;

use serde_json::json;
use waybill_testkit::erp::{Commit, Fault, Op, OrderState, Scripted, Then, Trigger};

use crate::support::{Setup, order};

/// What a client sees of a create that meets the fault: the status, `silence` or `hung up`; and how many orders there are then.
async fn create_with(fault: Fault) -> (String, usize) {
    let setup = Setup::new().await;
    setup.erp.next(Op::CreateOrder, 1, fault);
    let seen = match setup.try_post("/v1/orders", &order("shop-1")).await {
        Ok(got) => format!("{} {}", got.status, got.kind.split(';').next().unwrap()),
        Err(error) if error.is_timeout() => "silence".to_owned(),
        Err(error) => {
            assert!(!error.is_connect(), "{error}");
            "hung up".to_owned()
        }
    };
    (seen, setup.erp.orders_with("shop-1").len())
}

#[tokio::test]
async fn every_fault_is_what_its_name_says() {
    let mut seen = Vec::new();
    for (name, fault) in Fault::all() {
        let (what, orders) = create_with(fault).await;
        seen.push(format!("{name}: {what}, {orders}"));
    }
    assert_eq!(
        seen,
        [
            "timeout_after_commit: silence, 1",
            "late_commit: silence, 0",
            "hang: silence, 0",
            "drop_before_commit: hung up, 0",
            "drop_after_commit: hung up, 1",
            "truncated_answer: hung up, 1",
            "rejected_500: 500 application/json, 0",
            "foreign_json_500: 500 application/json, 0",
            "html_500: 500 text/html, 0",
            "bad_gateway_after_commit: 502 text/html, 1",
            "half_done: 500 text/html, 1",
            "contention: 503 application/json, 0",
            "outage: 503 application/json, 0",
            "no_database: 404 text/html, 0",
            "unauthorized: 401 text/html, 0",
            "throttled: 429 application/json, 0",
            "garbage: 200 text/html, 0",
            "garbage_after_commit: 200 text/html, 1",
        ]
    );
}

#[tokio::test]
async fn a_slow_answer_is_the_true_one() {
    assert_eq!(create_with(Fault::slow_answer(50)).await, ("201 application/json".to_owned(), 1));
    assert_eq!(create_with(Fault::slow_answer(60_000)).await, ("silence".to_owned(), 1));
    assert_eq!(create_with(Fault::outage_after(60_000)).await, ("silence".to_owned(), 0));
}

#[tokio::test]
async fn work_goes_on_when_the_client_has_hung_up() {
    let setup = Setup::new().await;
    setup.erp.knobs(|knobs| knobs.latency_ms = 2_000);
    assert!(setup.try_post("/v1/orders", &order("shop-1")).await.unwrap_err().is_timeout());
    setup.erp.behave();
    setup.erp.next(Op::CreateOrder, 1, Fault::late_commit(2_000));
    assert!(setup.try_post("/v1/orders", &order("shop-2")).await.unwrap_err().is_timeout());
    assert_eq!(setup.find("shop-1").await.len() + setup.find("shop-2").await.len(), 0);
    let done = async {
        while setup.erp.orders().len() < 2 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), done).await.unwrap();
    assert_eq!(setup.find("shop-1").await.len(), 1);
    assert_eq!(setup.find("shop-2").await.len(), 1);
}

#[tokio::test]
async fn a_half_done_order_is_finished_by_the_next_try() {
    let setup = Setup::new().await;
    setup.erp.next(Op::CreateOrder, 1, Fault::half_done());
    assert_eq!(setup.create("shop-1").await.status, 500);
    let half = &setup.find("shop-1").await[0];
    assert_eq!((&half["state"], &half["confirmed_at"]), (&json!("pending"), &json!(null)));
    assert_eq!(setup.erp.free("A"), Some(10));
    assert_eq!(setup.create("shop-1").await.status, 201);
    assert_eq!(setup.erp.orders_with("shop-1").len(), 1);
    assert_eq!(setup.erp.orders()[0].state, OrderState::Confirmed);
    assert_eq!(setup.erp.free("A"), Some(8));
}

#[tokio::test]
async fn the_script_comes_first_then_triggers_then_the_standing_fault() {
    let setup = Setup::new().await;
    setup.erp.knobs(|knobs| knobs.fault = Some(Fault::contention()));
    let trigger = |order: &str| Trigger {
        order: order.to_owned(),
        op: Some(Op::CreateOrder),
        times: Some(1),
        fault: Fault::rejected_500(),
    };
    setup.erp.trigger(trigger("shop-1"));
    setup.erp.trigger(trigger("no-shop-2"));
    setup
        .erp
        .script([Scripted { op: Some(Op::CreateOrder), fault: Some(Fault::throttled(9)) }, Scripted { op: None, fault: None }]);
    assert_eq!(setup.get("/v1/status").await.status, 200, "the second entry, which takes any request");
    let throttled = setup.create("shop-1").await;
    assert_eq!((throttled.status, throttled.retry_after.as_deref()), (429, Some("9")));
    assert_eq!(setup.create("shop-1").await.status, 500, "the trigger by reference");
    assert_eq!(setup.create("shop-1").await.status, 503, "the trigger is used up");
    assert_eq!(setup.create("shop-2").await.status, 500, "the trigger by number");
    assert_eq!(setup.get("/v1/status").await.json["code"], "contention");
    setup.erp.knobs(|knobs| knobs.fault_ops = vec![Op::CreateOrder]);
    assert_eq!(setup.get("/v1/status").await.status, 200);
    setup.erp.behave();
    assert_eq!(setup.create("shop-1").await.status, 201);
    assert_eq!(setup.erp.counts().faults, 5);
}

#[tokio::test]
async fn every_third_request() {
    let setup = Setup::new().await;
    setup.erp.knobs(|knobs| {
        knobs.fault = Some(Fault::contention());
        knobs.fault_every = 3;
    });
    let mut statuses = Vec::new();
    for _ in 0..6 {
        statuses.push(setup.get("/v1/status").await.status);
    }
    assert_eq!(statuses, [200, 200, 503, 200, 200, 503]);
}

#[tokio::test]
async fn more_requests_than_workers_is_contention() {
    let setup = Setup::new().await;
    setup.erp.knobs(|knobs| {
        knobs.workers = 2;
        knobs.latency_ms = 100;
    });
    let status = async || setup.get("/v1/status").await.status;
    let (a, b, c) = tokio::join!(status(), status(), status());
    let mut statuses = [a, b, c];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 503]);
    assert_eq!(status().await, 200);
    let counts = setup.erp.counts();
    assert_eq!((counts.peak, counts.now), (3, 0));
}

#[tokio::test]
async fn it_can_book_another_total() {
    let setup = Setup::new().await;
    setup.erp.knobs(|knobs| knobs.booked_drift = "0.01".parse().unwrap());
    assert_eq!(setup.create("shop-1").await.json["total"], "29.76");
}

#[tokio::test]
async fn down_is_refused_and_the_books_stay() {
    let mut setup = Setup::new().await;
    setup.create("shop-1").await;
    setup.erp.go_down();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let refused = setup.try_post("/v1/orders", &order("shop-2")).await.unwrap_err();
    assert!(refused.is_connect(), "{refused:?}");
    setup.erp.come_back().await.unwrap();
    assert_eq!(setup.find("shop-1").await.len(), 1);
}

#[tokio::test]
async fn another_process_drives_it_over_http() {
    let setup = Setup::new().await;
    let patch = async |body: serde_json::Value| {
        let url = format!("{}/_fake/knobs", setup.erp.base_url());
        setup.send(setup.http.patch(url).json(&body)).await.unwrap()
    };
    let knobs = patch(json!({ "fault": "no_database", "latency_ms": 1 })).await;
    assert_eq!((&knobs.json["latency_ms"], &knobs.json["unique_references"]), (&json!(1), &json!(true)));
    assert_eq!(setup.get("/v1/status").await.status, 404);
    let unknown = patch(json!({ "fault": "bad_mood" })).await;
    assert_eq!(unknown.status, 422, "{}", unknown.text);
    assert_eq!(patch(json!({ "mood": 1 })).await.status, 422);
    assert_eq!(patch(json!({ "fault": null })).await.status, 200);
    assert_eq!(setup.get("/v1/status").await.status, 200);

    let whole = json!({ "commit": { "late": 5 }, "then": { "reply": { "status": 504, "body": "<p>" } } });
    let parsed: Fault = serde_json::from_value(whole).unwrap();
    let reply = Then::Reply { status: 504, body: "<p>".to_owned(), retry_after: None };
    assert_eq!(parsed, Fault { delay_ms: 0, commit: Commit::Late(5), then: reply });

    let script = json!([{ "op": "create_order", "fault": "timeout_after_commit" }]);
    assert_eq!(setup.post("/_fake/script", &script).await.status, 204);
    let trigger = json!({ "order": "shop-2", "fault": "rejected_500" });
    assert_eq!(setup.post("/_fake/triggers", &trigger).await.status, 204);
    assert!(setup.try_post("/v1/orders", &order("shop-1")).await.unwrap_err().is_timeout());
    assert_eq!(setup.create("shop-2").await.status, 500);
    assert_eq!(setup.post("/_fake/behave", &json!({})).await.status, 204);
    assert_eq!(setup.create("shop-2").await.status, 201);
    let stock = json!({ "sku": "C", "on_hand": 3 });
    assert_eq!(setup.post("/_fake/stock", &stock).await.json, json!({ "sku": "C", "free": 3 }));
    let ship = json!({ "reference": "shop-1", "units": { "A": 1 }, "tracking": "T" });
    assert_eq!(setup.post("/_fake/ship", &ship).await.json["units"], json!({ "1": 1 }));
    assert_eq!(setup.post("/_fake/ship", &json!({ "reference": "shop-9" })).await.status, 409);
    let orders = setup.get("/_fake/orders").await.json;
    let references: Vec<&str> = orders.as_array().unwrap().iter().map(|o| o["new"]["reference"].as_str().unwrap()).collect();
    assert_eq!(references, ["shop-1", "shop-2"]);
    assert_eq!(setup.get("/_fake/counts").await.json["requests"]["create_order"], 3);
    assert_eq!(setup.get("/_fake/credit-notes").await.json, json!([]));
}
