//! What must not happen twice does not, though who does it is slow, dies, or is asked again a year later: the claim may be gone by then, the
//! record is not.

#[allow(dead_code, reason = "each test uses a part of what tests share")]
mod common;

use common::invariants::assert_invariants;
use common::stories::Chapter;
use waybill_contracts::{Command, Origin};
use waybill_domain::{Change, ErpState, Order, OrderKey, RefundState, Stage, Step};
use waybill_testkit::memory::{Fault, FaultMode, Manners, World, deliver};
use waybill_workflow::StepError;
use waybill_workflow::commit::{Committed, commit, context, settle};
use waybill_workflow::dispose::{Disposition, dispose};
use waybill_workflow::error::Failure;
use waybill_workflow::ports::Runtime;

const YEAR: u32 = 31_536_000;

fn key() -> OrderKey {
    "shop/16".parse().expect("a key")
}

fn command() -> Command {
    Command::new(Step::PostToErp, key(), Origin::Commit, 3)
}

/// A world in which these chapters were told, the last one until a call of this port is out: it was made, and the process that made it gives no
/// sign of life.
async fn out(chapters: &[Chapter], op: &str) -> World {
    let (last, before) = chapters.split_last().expect("a chapter");
    for call in 0.. {
        let world = World::with_shop();
        for chapter in before {
            chapter.happen(&world).await;
            world.settle(Manners::default()).await;
        }
        last.happen(&world).await;
        world.plan_fault(Fault { call: world.calls().len() + call, mode: FaultMode::CrashAfter, times: 1 });
        world.work(Manners::default()).await;
        let hit = world.fault_hit().unwrap_or_else(|| panic!("{op} is never called"));
        if hit.op == op {
            return world;
        }
    }
    unreachable!("one of the calls is it, or none is left")
}

/// The call that creates the order in the ERP is out. With it, the record as the process that made it knows it.
async fn posting() -> (World, Order) {
    let world = out(&[Chapter::Placed], "erp.create").await;
    let record = world.order("shop/16").expect("the record");
    assert_eq!((record.erp.state, documents(&world)), (ErpState::Posting, 1));
    (world, record)
}

/// A year passes, in which everything ends that ends by itself; what is left is the record.
async fn a_year_later(world: &World) {
    world.state().queues.clear();
    world.state().stream.clear();
    world.pass_seconds(YEAR);
    world.sweep().await;
    world.settle(Manners::default()).await;
    assert_invariants(world, "a year later");
}

fn documents(world: &World) -> usize {
    world.state().erp.orders.len()
}

/// The change that the slow process has in its hands: the ERP's answer.
fn answer(world: &World) -> Vec<Change> {
    let record = world.state().erp.orders.first().cloned().expect("created");
    let (confirmed_at, documents) = (record.confirmed_at, record.documents);
    vec![Change::Posted { confirmed_at, documents, to_ship: [(1, 2), (2, 1)].into(), push: None }]
}

#[tokio::test]
async fn an_answer_that_comes_after_the_lease_changes_nothing() {
    let (world, known) = posting().await;
    // The lease ends, somebody else looks the order up in the ERP, and it goes on.
    world.settle(Manners::default()).await;
    let posted = world.order("shop/16").expect("the record");
    assert_eq!((posted.stage, documents(&world)), (Stage::Posted, 1));
    // Now the slow process has its answer, and writes it as if nothing had happened.
    let context = context(&world, &command());
    let late = commit(&world, &known, answer(&world), &context).await;
    assert_eq!(late, Ok(Committed::Overtaken));
    let waits = |order: &Order| matches!(order.erp.state, ErpState::Posting | ErpState::Unknown);
    assert_eq!(settle(&world, known, answer(&world), &context, waits).await, Ok(None));
    assert_eq!(world.order("shop/16"), Some(posted));
}

#[tokio::test]
async fn a_failure_that_comes_after_the_lease_changes_nothing() {
    let (world, _) = posting().await;
    world.settle(Manners::default()).await;
    let posted = world.order("shop/16").expect("the record");
    let probe = world.now().plus_seconds(90);
    let refused = || vec![Change::PostingRefused { why: "busy".to_owned() }];
    let failures = [
        (StepError::Indeterminate { probe, reason: "no answer".to_owned() }, Vec::new()),
        (StepError::Terminal { code: "erp_refused".to_owned(), message: "no".to_owned() }, Vec::new()),
        (StepError::Defect { reason: "a slip".to_owned() }, refused()),
    ];
    for (error, first) in failures {
        let said = format!("{error:?}");
        let end = dispose(&world, &command(), Err(Failure { error, first, about: None }), 1).await;
        assert!(!matches!(end, Disposition::Retry { .. }), "{said}: {end:?}");
        assert_eq!(world.order("shop/16"), Some(posted.clone()), "{said}");
    }
    world.settle(Manners::default()).await;
    assert_eq!(documents(&world), 1);
}

#[tokio::test]
async fn nobody_calls_while_the_lease_lasts() {
    let (world, known) = posting().await;
    let until = known.erp.until.expect("a lease");
    while world.now() < until {
        deliver(&world, &command(), 1).await;
        assert!(world.now() >= until || world.order("shop/16").as_ref() == Some(&known), "at {}", world.now());
        world.pass_seconds(20);
    }
    assert_eq!(documents(&world), 1);
}

#[tokio::test]
async fn a_posting_without_an_answer_is_looked_up_a_year_later() {
    let (world, _) = posting().await;
    a_year_later(&world).await;
    assert_eq!((world.order("shop/16").map(|order| order.stage), documents(&world)), (Some(Stage::Posted), 1));
}

#[tokio::test]
async fn a_credit_note_without_an_answer_is_looked_up_a_year_later() {
    let world = out(&[Chapter::Placed, Chapter::RefundedPiece], "erp.credit").await;
    assert_eq!(world.state().erp.credits.len(), 1);
    a_year_later(&world).await;
    assert_eq!(world.state().erp.credits.len(), 1);
    assert!(is_credited(&world));
}

#[tokio::test]
async fn a_refund_in_the_store_without_an_answer_is_looked_up_a_year_later() {
    let chapters =
        [Chapter::Placed, Chapter::ShippedPart, Chapter::ShippedRest, Chapter::ReturnAnnounced, Chapter::ReturnInspected];
    let world = out(&chapters, "store.create_refund").await;
    let made = || world.state().desk.refunds.values().map(Vec::len).sum::<usize>();
    assert_eq!(made(), 1);
    a_year_later(&world).await;
    assert_eq!((made(), world.state().erp.credits.len()), (1, 1));
    assert!(is_credited(&world));
}

fn is_credited(world: &World) -> bool {
    let refunds = world.order("shop/16").expect("the record").refunds;
    matches!(refunds.as_slice(), [refund] if refund.state == RefundState::Credited)
}
