//! Plays a plan, counts what happened, and makes a failing plan smaller.

use std::cell::Cell;
use std::fmt;
use std::ops::AddAssign;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use proptest::strategy::ValueTree;
use waybill_testkit::memory::samples::warehouse;
use waybill_testkit::memory::{Mutation, Simulation, World};

use crate::checks::{Checks, at_rest};
use crate::plan::{Plan, tree};

/// What was played.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    orders: usize,
    posted: usize,
    held: usize,
    credited: usize,
    calls: u64,
    steps: u64,
    hours: u64,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        self.orders += other.orders;
        self.posted += other.posted;
        self.held += other.held;
        self.credited += other.credited;
        self.calls += other.calls;
        self.steps += other.steps;
        self.hours += other.hours;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally { orders, posted, held, credited, calls, steps, hours } = self;
        write!(
            f,
            "{orders} orders, {posted} ERP documents, {credited} credit notes, {held} held; {calls} calls, {steps} checks, {hours} hours"
        )
    }
}

/// Plays a plan to its end; what was wrong, if something was.
pub fn play(plan: &Plan, mutation: Option<Mutation>) -> Result<Tally, String> {
    quietly(|| catch_unwind(AssertUnwindSafe(|| simulate(plan, mutation)))).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        Err(text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_else(|| "panicked".to_owned()))
    })
}

fn simulate(plan: &Plan, mutation: Option<Mutation>) -> Result<Tally, String> {
    let world = World::with_shop();
    let begin = world.state().now;
    // Enough for most, never for all.
    let many = i64::try_from(plan.lives.len()).unwrap_or(0);
    for (sku, free) in [("SKU-A", 5 + many * 3 / 2), ("SKU-B", 2 + many / 3)] {
        world.shelve(sku, free);
    }
    if plan.pushed {
        let mut state = world.state();
        state.warehouses.insert("wms".parse().expect("slug"), warehouse());
        state.stores.values_mut().for_each(|store| store.warehouse = Some("wms".parse().expect("slug")));
    }
    world.state().erps.values_mut().for_each(|erp| erp.orders_per_minute = plan.rate);
    let mut simulation = Simulation::new(world.clone(), plan.luck, plan.weather.clone(), mutation);
    for life in &plan.lives {
        let placed = life.clone();
        simulation.at(life.begins, Box::new(move |world| placed.placed(world)));
        let mut at = life.begins;
        for (number, (gap, _)) in life.acts.iter().enumerate() {
            at += gap;
            let life = life.clone();
            simulation.at(at, Box::new(move |world| life.act(number, world)));
        }
    }
    let mut checks = Checks::default();
    let mut steps = 0;
    simulation.run(|state| {
        steps += 1;
        checks.hold(state)
    })?;
    at_rest(&simulation, plan);
    let calls = simulation.counts().values().sum();
    let state = world.state();
    Ok(Tally {
        orders: state.orders.len(),
        posted: state.erp.orders.len(),
        held: state.orders.values().filter(|order| order.hold.is_some()).count(),
        credited: state.erp.credits.len(),
        calls,
        steps,
        hours: state.now.since(begin) / 3_600_000,
    })
}

/// The smallest plan of this seed that still fails, and why. If it does not fail, the plan itself.
pub fn shrunk(seed: u64, mutation: Option<Mutation>) -> (Plan, String) {
    let mut tree = tree(seed);
    let mut smallest = (tree.current(), play(&tree.current(), mutation).err().unwrap_or_default());
    if smallest.1.is_empty() {
        return smallest;
    }
    let mut tries = 0;
    while tries < 3_000 && tree.simplify() {
        tries += 1;
        loop {
            match play(&tree.current(), mutation) {
                Err(why) => {
                    smallest = (tree.current(), why);
                    break;
                }
                Ok(_) if tree.complicate() => tries += 1,
                Ok(_) => return smallest,
            }
        }
    }
    smallest
}

thread_local! {
    static PLAYING: Cell<bool> = const { Cell::new(false) };
}

/// A case that panics is an answer, not a line on the screen.
fn quietly<T>(play: impl FnOnce() -> T) -> T {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !PLAYING.get() {
                usual(info);
            }
        }));
    });
    PLAYING.set(true);
    let result = play();
    PLAYING.set(false);
    result
}
