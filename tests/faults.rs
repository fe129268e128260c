//! Faults, derived from the saga table: for every step, every call of every port fails before its effect, after it, by contention and by
//! the end of the process; every message and every stream record comes twice, out of order, or never. Then the invariants must hold, and
//! the order must end where it would have ended.

#[allow(dead_code, reason = "each test uses a part of what tests share")]
mod common;

use std::collections::BTreeSet;

use common::invariants::{assert_invariants, assert_orders_are_right};
use common::stories::{STORIES, Story, key};
use waybill_domain::Step;
use waybill_testkit::memory::{Fault, FaultMode, Manners, World};
use waybill_workflow::saga::SAGA;

/// Where an order ended: what the faults must not change.
fn ending(world: &World) -> String {
    let order = world.state().orders.get(&key()).cloned();
    order.map_or_else(
        || "unknown".to_owned(),
        |order| {
            let told: Vec<String> = order
                .fulfilment
                .shipments
                .iter()
                .map(|shipment| format!("{} {} {} told {}", shipment.id, shipment.revision, shipment.void, shipment.told))
                .collect();
            let refunds: Vec<String> =
                order.refunds.iter().map(|refund| format!("{} {:?} {:?}", refund.amount, refund.state, refund.lines)).collect();
            let returns: Vec<String> =
                order.returns.iter().map(|one| format!("{} {:?} {}", one.id, one.state, one.refund.is_some())).collect();
            let pushed = order.fulfilment.push.as_ref().map(|push| push.told == order.fulfilment.revision);
            format!(
                "{:?}, {:?}, stock {:?} {:?}, ERP {:?}, held {:?}, waiting {:?}, shipped {told:?}, to ship {:?}, pushed {pushed:?}, \
                 refunds {refunds:?}, returns {returns:?}",
                order.stage,
                order.payment,
                order.stock.state,
                order.stock.lines,
                order.erp.state,
                order.hold.as_ref().map(|hold| &hold.code),
                order.waiting.as_ref().map(|waiting| &waiting.on),
                order.fulfilment.requested,
            )
        },
    )
}

async fn told(story: &Story, fault: Option<Fault>, manners: Manners) -> World {
    let world = World::with_shop();
    if let Some(fault) = fault {
        world.plan_fault(fault);
    }
    story.tell(&world, manners).await;
    world
}

#[tokio::test]
async fn every_step_of_the_saga_has_a_story_and_every_undo_is_told() {
    assert_eq!(SAGA.iter().map(|row| row.step).collect::<Vec<_>>(), Step::ALL, "every step stands in the saga, in order");
    for row in SAGA {
        assert!(STORIES.iter().any(|story| story.about == row.step), "{}: write a story for the step", row.step);
        if let Some(undo) = row.undo {
            let told = STORIES.iter().any(|story| story.about == row.step && story.undoes);
            assert!(told, "{}: write a story in which its undo runs: {undo}", row.step);
        }
    }
}

#[tokio::test]
async fn any_call_of_any_step_may_fail_in_any_way() {
    let mut hit: BTreeSet<(Step, &'static str)> = BTreeSet::new();
    let mut reached: BTreeSet<(Step, &'static str)> = BTreeSet::new();
    let mut runs = 0_u32;
    for story in STORIES {
        let baseline = told(story, None, Manners::default()).await;
        assert_invariants(&baseline, story.name);
        let expected = ending(&baseline);
        let calls = baseline.calls();
        reached.extend(calls.iter().filter_map(|call| call.step.map(|step| (step, call.op))));
        // The story ends with polls in which nothing happens: faults there are covered once.
        let last = calls.iter().rposition(|call| call.step.is_some()).unwrap_or(0);
        for (call, made) in calls.iter().enumerate().take(last + 1) {
            for mode in FaultMode::ALL {
                for times in [1, 6] {
                    let case = format!("{}: call {call} ({:?}) fails {times}× {mode:?}", story.name, made);
                    let world = told(story, Some(Fault { call, mode, times }), Manners::default()).await;
                    assert_invariants(&world, &case);
                    assert_eq!(ending(&world), expected, "{case}");
                    let fault = world.fault_hit().unwrap_or_else(|| panic!("{case}: the fault was never reached"));
                    hit.extend(fault.step.map(|step| (step, fault.op)));
                    runs += 1;
                }
            }
        }
    }
    println!("{runs} runs with a fault, {} places", hit.len());
    assert_eq!(hit, reached, "a call that a step makes never failed in a test");
    for row in SAGA {
        assert!(hit.iter().any(|(step, _)| *step == row.step), "{}: no fault hit the step", row.step);
    }
}

#[tokio::test]
async fn messages_may_come_twice_and_out_of_order() {
    let manners = [
        Manners { doubled: true, ..Manners::default() },
        Manners { reordered: true, ..Manners::default() },
        Manners { doubled: true, reordered: true, ..Manners::default() },
    ];
    for story in STORIES {
        let expected = ending(&told(story, None, Manners::default()).await);
        for manners in manners {
            let case = format!("{}: {manners:?}", story.name);
            let world = told(story, None, manners).await;
            assert_invariants(&world, &case);
            assert_eq!(ending(&world), expected, "{case}");
        }
    }
}

#[tokio::test]
async fn without_the_stream_the_sweep_brings_every_order_to_its_end() {
    for story in STORIES {
        let expected = ending(&told(story, None, Manners::default()).await);
        let world = told(story, None, Manners { deaf_stream: true, ..Manners::default() }).await;
        assert_orders_are_right(&world, story.name);
        assert_eq!(ending(&world), expected, "{}", story.name);
    }
}

/// The index still shows orders as open, waiting or held that have long moved on; whoever finds them there must look before acting.
#[tokio::test]
async fn an_index_that_lags_behind_misleads_nobody() {
    for story in STORIES {
        let expected = ending(&told(story, None, Manners::default()).await);
        for chapters in 1..=story.chapters.len() {
            let world = World::with_shop();
            let (before, after) = story.chapters.split_at(chapters);
            for chapter in before {
                chapter.happen(&world).await;
                // In the middle of its way, the index stops following.
                world.freeze_index();
                world.work(Manners::default()).await;
            }
            for _ in 0..3 {
                world.pass_seconds(301);
                world.sweep().await;
                world.work(Manners::default()).await;
            }
            world.thaw_index();
            world.settle(Manners::default()).await;
            for chapter in after {
                chapter.happen(&world).await;
                world.settle(Manners::default()).await;
            }
            let case = format!("{}: frozen for {chapters} chapters", story.name);
            assert_invariants(&world, &case);
            assert_eq!(ending(&world), expected, "{case}");
        }
    }
}
