//! The demo, for real: the real template and functions on the local AWS. All kinds once; the first few again, on the same system; and those
//! with an ERP that books a cent too much, so that a demo is seen to fail. Then the commands that look at what is left. At last a real ERP.

use std::path::{Path, PathBuf};

use waybill_cli::demo::{Fakes, Kind, Outcome, RealErp, follow, judge, text};
use waybill_cli::deployment::{Deployment, now};
use waybill_cli::local::{self, Endpoints, UpOptions, progress::Quiet};
use waybill_cli::orders::{attention, gaps, retry, story};
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

/// Of the first kinds: plain, short stock, unpaid then paid, wrong totals, return.
const FEW: usize = 5;

async fn demo(deployment: &Deployment, endpoints: &Endpoints, count: usize, change: impl FnOnce(&Fakes)) -> Outcome {
    let fakes = Fakes::connect(deployment).await.expect("connected");
    change(&fakes);
    play(deployment, endpoints, &fakes, count).await
}

async fn play(deployment: &Deployment, endpoints: &Endpoints, fakes: &Fakes, count: usize) -> Outcome {
    let placed = follow(deployment, fakes, count, |_| {}).await.expect("followed");
    let outcome = judge(&placed, &fakes.evidence(&placed).await, endpoints);
    // What a person would see of a failure.
    eprintln!("{}", text(&outcome, &placed));
    outcome
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_ends_as_it_must_again_and_again_and_a_cent_too_much_is_found() {
    let (_system, endpoints) = tokio::task::spawn_blocking(up).await.expect("up");
    let deployment = Deployment::local(&endpoints).await;
    for count in [Kind::ALL.len(), FEW] {
        let outcome = demo(&deployment, &endpoints, count, |_| {}).await;
        assert!(outcome.ok && outcome.money.equal, "{outcome:?}");
        assert_eq!(outcome.orders.len(), count);
        assert_ne!(outcome.money.erp, "0");
        assert_ne!(outcome.money.open, "0", "what is held was paid");
    }

    let cent = |fakes: &Fakes| fakes.erp.knobs(|knobs| knobs.booked_drift = "0.01".parse().expect("a decimal"));
    let outcome = demo(&deployment, &endpoints, FEW, cent).await;
    assert!(!outcome.ok && !outcome.money.equal, "{outcome:?}");
    let differing = outcome.orders.iter().filter(|order| order.hold.as_deref() == Some("erp_total_differs"));
    assert_eq!(differing.count(), FEW - 2, "{outcome:?}");

    look_at_what_is_left(&deployment).await;
    with_tryton(&deployment, &endpoints).await;
}

/// All that a real ERP can show, among it the amendment that it refuses.
async fn with_tryton(deployment: &Deployment, endpoints: &Endpoints) {
    let start = || RealErp::start(Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the checkout"));
    let tryton = tokio::task::spawn_blocking(move || start().map_err(|error| error.to_string())).await.expect("run").expect("up");
    let fakes = Fakes::connect_to(deployment, Some(tryton)).await.expect("connected");
    let outcome = play(deployment, endpoints, &fakes, fakes.kinds().len()).await;
    assert!(outcome.ok && outcome.money.equal, "{outcome:?}");
    let held = outcome.orders.iter().filter_map(|order| order.hold.as_deref());
    assert_eq!(held.filter(|code| *code == "changed_after_posting").count(), 1, "{outcome:?}");
}

async fn look_at_what_is_left(deployment: &Deployment) {
    let dynamo = &deployment.dynamo;
    let store = "demo".parse().expect("a slug");
    let all = dynamo.orders(Some(&store)).await.expect("listed");
    assert_eq!(all.len(), Kind::ALL.len() + 2 * FEW);
    assert!(dynamo.orders(Some(&"dem".parse().expect("a slug"))).await.expect("listed").is_empty(), "a store is not its prefix");
    let load = |keys: Vec<OrderKey>| async move { dynamo.orders_by_key(&keys).await };
    let held = attention(dynamo, load, Some(&store), now()).await.expect("found by the index");
    let expected = all.iter().filter(|order| order.hold.is_some()).count();
    assert_eq!((held.len(), expected), (2 + 2 + FEW, 2 + 2 + FEW));
    assert!(held.iter().all(|order| order.hold.is_some()));

    let posted = all.iter().find(|order| order.stage == Stage::Posted && order.hold.is_none()).expect("posted");
    assert!(retry(dynamo, &posted.key, false, now()).await.expect_err("not held").to_string().contains("is not held"));
    the_story_is_on_one_screen(deployment, &all).await;
    let short = with_code(&held, "short_stock");
    retry(dynamo, &short.key, false, now()).await.expect("sent on");
    let again = held_again(deployment, short).await;
    let (record, events) = dynamo.story(&again.key).await.expect("readable").expect("there");
    assert_eq!(gaps(&record, &events), []);
    let names: Vec<&str> = events.iter().map(|event| event.kind.name()).collect();
    assert_eq!(names, ["order.received", "order.validated", "order.held", "order.retried", "order.held"]);
}

/// Whose parcel left, came back and was refunded.
async fn the_story_is_on_one_screen(deployment: &Deployment, all: &[Order]) {
    let returned = all.iter().find(|order| !order.returns.is_empty()).expect("a return");
    let (record, events) = deployment.dynamo.story(&returned.key).await.expect("readable").expect("there");
    assert_eq!(gaps(&record, &events), []);
    let page = story(&record, &events);
    eprintln!("{page}");
    for line in
        ["fulfilment  shipped", "known to demo", "shipment    P-1 DHL", "; the store knows", "return      R-1 inspected, line"]
    {
        assert!(page.contains(line), "{line} is missing");
    }
    assert!(page.contains("1 back on the shelf, for return R-1, credit note CN/"), "{page}");
    assert!(page.contains(" + open 0.00\n"), "{page}");
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
