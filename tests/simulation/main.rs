//! The simulator: orders by the thousand through every fault at once, under a clock that only moves when there is nothing to do before.
//!
//! Each case is a plan drawn from a seed: lives of orders (sold, paid, edited, cancelled, shipped, refunded, sent back) and weather (endpoints
//! down, silent or busy; tables, queues, bus and secrets failing; invocations killed; messages doubled, late, lost; clocks apart). All
//! invocations interleave at every call they make. After everything that happens the invariants must hold, and when the weather is over, every
//! order must come to rest.
//!
//! `WAYBILL_SIM_SEED=n` runs one seed, `WAYBILL_SIM_MINUTES=n` runs fresh seeds for so long. A plan that fails is made smaller before it is shown.

#[allow(dead_code, reason = "each test uses a part of what tests share")]
#[path = "../common/mod.rs"]
mod common;

mod checks;
mod lives;
mod plan;
mod run;

use std::env;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use plan::Plan;
use run::{Tally, play, shrunk};
use waybill_testkit::memory::Mutation;

/// Cases of an ordinary run: some thousand orders.
const CASES: u64 = 700;

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{variable} is not a number: {text:?}")))
}

/// Says what is wrong with this seed, and the smallest plan in which it still is.
fn complain(seed: u64, why: &str) -> ! {
    let (plan, why_then) = shrunk(seed, None);
    panic!(
        "seed {seed}: {why}\n\nreplay: WAYBILL_SIM_SEED={seed} cargo test -p waybill-tests --test simulation\n\nsmallest: {why_then}\n{plan:#?}"
    );
}

#[test]
fn whatever_happens_nothing_is_lost_and_nothing_is_done_twice() {
    if let Some(seed) = number("WAYBILL_SIM_SEED") {
        if let Err(why) = play(&Plan::of(seed), None) {
            complain(seed, &why);
        }
        return;
    }
    let ends = number("WAYBILL_SIM_MINUTES").map(|minutes| Instant::now() + Duration::from_secs(60 * minutes));
    let fresh = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs() * 1_000;
    let first = if ends.is_some() { fresh } else { 0 };
    let next = AtomicU64::new(first);
    let go_on = |seed: u64| ends.map_or(seed < first + CASES, |ends| Instant::now() < ends);
    let work = || {
        let mut tally = Tally::default();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if !go_on(seed) {
                return Ok(tally);
            }
            tally += play(&Plan::of(seed), None).map_err(|why| (seed, why))?;
        }
    };
    let results = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(|thread| thread.join().expect("a case that panics is an answer")).collect::<Vec<_>>()
    });
    let mut all = Tally::default();
    for result in results {
        match result {
            Ok(tally) => all += tally,
            Err((seed, why)) => complain(seed, &why),
        }
    }
    println!("{} cases: {all}", next.into_inner() - first);
}

/// A simulation that could not see a broken protocol would prove nothing.
#[test]
fn a_broken_protocol_is_caught() {
    for mutation in Mutation::ALL {
        let caught = (0..CASES).find_map(|seed| play(&Plan::of(seed), Some(mutation)).err().map(|why| (seed, why)));
        let Some((seed, why)) = caught else { panic!("{mutation:?} was not seen in {CASES} cases") };
        println!("{mutation:?} is caught by seed {seed}: {why}");
    }
}

#[test]
fn a_seed_replays_to_the_last_call() {
    for seed in 0..5 {
        let [one, other] = [(), ()].map(|()| play(&Plan::of(seed), None).map(|tally| tally.to_string()));
        assert_eq!(one, other, "seed {seed}");
    }
}

/// What shrinks is smaller, fails for the same kind of reason, and fails again.
#[test]
fn a_failing_plan_shrinks() {
    let mutation = Some(Mutation::ProbeTooEarly);
    let seed = (0..CASES).find(|seed| play(&Plan::of(*seed), mutation).is_err()).expect("one is caught");
    let whole = Plan::of(seed);
    let (smallest, why) = shrunk(seed, mutation);
    assert_eq!(play(&smallest, mutation).expect_err("it still fails"), why);
    assert!(smallest.size() * 2 <= whole.size(), "{} of {}: {smallest:?}", smallest.size(), whole.size());
}
