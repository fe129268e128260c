//! The demo, for real: the real template and functions on the local AWS, run twice, and once with an ERP that books a cent too much,
//! so that a demo is seen to fail. Then the commands that look at what it left.

use std::path::{Path, PathBuf};

use waybill_cli::demo::{Fakes, Kind, Outcome, follow, judge, text};
use waybill_cli::deployment::{Deployment, now};
use waybill_cli::local::{self, Endpoints, UpOptions, progress::Quiet};
use waybill_cli::orders::{attention, gaps, retry};
use waybill_domain::{Order, OrderKey, Stage};
use waybill_workflow::ports::{Orders, Timeline};

/// A local system of this test alone, which ends with it.
struct System(PathBuf);

impl Drop for System {
    fn drop(&mut self) {
        if let Err(error) = local::down(Some(self.0.clone())) {
            eprintln!("the local system did not end: {error}");
        }
    }
}

fn up() -> (System, Endpoints) {
    let state = Path::new(env!("CARGO_TARGET_TMPDIR")).join("demo");
    local::down(Some(state.clone())).expect("left by an aborted run, or nothing");
    let system = System(state.clone());
    let options = UpOptions { port: Some(0), state: Some(state), as_tests_do: true };
    (system, local::up(&options, &Quiet).expect("the local system comes up"))
}

async fn demo(deployment: &Deployment, endpoints: &Endpoints, change: impl FnOnce(&Fakes)) -> Outcome {
    let fakes = Fakes::connect(deployment).await.expect("connected");
    change(&fakes);
    let placed = follow(deployment, &fakes, Kind::ALL.len(), |_| {}).await.expect("followed");
    let outcome = judge(&placed, &fakes.erp.orders(), endpoints);
    // What a person would see of a failure.
    eprintln!("{}", text(&outcome, &placed));
    outcome
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_ends_as_it_must_again_and_again_and_a_cent_too_much_is_found() {
    let (_system, endpoints) = tokio::task::spawn_blocking(up).await.expect("up");
    let deployment = Deployment::local(&endpoints).await;
    for _ in 0..2 {
        let outcome = demo(&deployment, &endpoints, |_| {}).await;
        assert!(outcome.ok && outcome.money.equal, "{outcome:?}");
        assert_eq!(outcome.orders.len(), 9);
        assert_ne!(outcome.money.erp, "0");
    }

    let cent = |fakes: &Fakes| fakes.erp.knobs(|knobs| knobs.booked_drift = "0.01".parse().expect("a decimal"));
    let outcome = demo(&deployment, &endpoints, cent).await;
    assert!(!outcome.ok && !outcome.money.equal, "{outcome:?}");
    let differing = outcome.orders.iter().filter(|order| order.hold.as_deref() == Some("erp_total_differs"));
    assert_eq!(differing.count(), 7, "{outcome:?}");

    look_at_what_is_left(&deployment).await;
}

async fn look_at_what_is_left(deployment: &Deployment) {
    let dynamo = &deployment.dynamo;
    let store = "demo".parse().expect("a slug");
    let all = dynamo.orders(Some(&store)).await.expect("listed");
    assert_eq!(all.len(), 27);
    assert!(dynamo.orders(Some(&"dem".parse().expect("a slug"))).await.expect("listed").is_empty(), "a store is not its prefix");
    let load = |keys: Vec<OrderKey>| async move { dynamo.orders_by_key(&keys).await };
    let held = attention(dynamo, load, Some(&store), now()).await.expect("found by the index");
    let expected = all.iter().filter(|order| order.hold.is_some()).count();
    assert_eq!((held.len(), expected), (2 + 2 + 9, 13));
    assert!(held.iter().all(|order| order.hold.is_some()));

    let posted = all.iter().find(|order| order.stage == Stage::Posted && order.hold.is_none()).expect("posted");
    assert!(retry(dynamo, &posted.key, now()).await.expect_err("not held").to_string().contains("is not held"));
    let short = with_code(&held, "short_stock");
    retry(dynamo, &short.key, now()).await.expect("sent on");
    let again = held_again(deployment, short).await;
    let (record, events) = dynamo.story(&again.key).await.expect("readable").expect("there");
    assert_eq!(gaps(&record, &events), []);
    let names: Vec<&str> = events.iter().map(|event| event.kind.name()).collect();
    assert_eq!(names, ["order.received", "order.validated", "order.held", "order.retried", "order.held"]);
}

fn with_code<'a>(orders: &'a [Order], code: &str) -> &'a Order {
    orders.iter().find(|order| order.hold.as_ref().is_some_and(|hold| hold.code == code)).expect("held")
}

/// The step ran again, and found the same.
async fn held_again(deployment: &Deployment, before: &Order) -> Order {
    for _ in 0..300 {
        let order = deployment.dynamo.load(&before.key).await.expect("readable").expect("there");
        if order.seq >= before.seq + 2 && order.hold.is_some() {
            return order;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("{} was not held again within 30 s", before.key);
}
