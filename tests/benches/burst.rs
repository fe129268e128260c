//! A burst of five times the ERP's rate, in the simulator: how long it takes to drain against the ideal, how many calls are out at the ERP
//! meanwhile, and what waiting costs an order in requests to AWS. The clock is virtual: nothing is timed, and every run prints the same.

use std::collections::BTreeMap;

use waybill_domain::At;
use waybill_testkit::memory::samples::order;
use waybill_testkit::memory::{Errand, Simulation, World};

/// Orders of the burst.
const ORDERS: u64 = 300;
/// What the ERP bears: one order a second.
const PER_MINUTE: u32 = 60;

struct Run {
    /// From the first order to the last document, in seconds.
    seconds: u64,
    /// Documents confirmed in each minute.
    posted: Vec<usize>,
    /// Calls out at the ERP in each minute: on average, and at most.
    out: Vec<(f64, usize)>,
    /// Minutes in all, and so sweeps.
    minutes: u64,
    /// Requests to AWS, by port.
    requests: BTreeMap<&'static str, f64>,
}

fn main() {
    let idle = simulate(0, 1);
    let calm = simulate(ORDERS, 2_000);
    let burst = simulate(ORDERS, 200);
    let [calm, burst] = [calm, burst].map(|run| run.less(&idle));
    println!("{ORDERS} orders within {} s, and an ERP that bears {PER_MINUTE} a minute\n", ORDERS / 5);
    let ideal = ORDERS * 60 / u64::from(PER_MINUTE);
    println!("drained after {} s; ideal {ideal} s; ratio {:.2}", burst.seconds, burst.seconds as f64 / ideal as f64);
    println!("\nMINUTE  POSTED  CALLS OUT: MEAN  MOST");
    for (minute, (posted, (mean, most))) in burst.posted.iter().zip(&burst.out).enumerate() {
        println!("{:6}  {posted:6}  {mean:15.2}  {most:4}", minute + 1);
    }
    println!("\nREQUESTS PER ORDER    CALM  BURST  EXTRA");
    let mut sums = [0.0; 2];
    let ports: std::collections::BTreeSet<_> = calm.requests.keys().chain(burst.requests.keys()).collect();
    for port in ports {
        let [before, after] = [&calm, &burst].map(|run| run.requests.get(port).copied().unwrap_or(0.0) / ORDERS as f64);
        sums[0] += before;
        sums[1] += after;
        println!("{port:20} {before:5.2}  {after:5.2}  {:+5.2}", after - before);
    }
    println!("{:20} {:5.2}  {:5.2}  {:+5.2}", "all", sums[0], sums[1], sums[1] - sums[0]);
}

/// Orders that come every so many milliseconds.
fn simulate(orders: u64, every_ms: u64) -> Run {
    let world = World::with_shop();
    let begin = world.state().now;
    world.shelve("SKU-A", 100_000);
    world.state().erps.values_mut().for_each(|erp| {
        erp.orders_per_minute = PER_MINUTE;
        erp.slots = 2;
    });
    let mut simulation = Simulation::new(world.clone(), 1, Vec::new(), None);
    for id in 1..=orders {
        let seconds = u32::try_from(id * every_ms / 1000).expect("an hour at most");
        simulation.at(seconds, Box::new(move |world| Some(Errand::Deliver(world.place(&order(id, &[("SKU-A", 1)]))))));
    }
    simulation.run(|_| Ok(())).expect("it comes to rest");
    let state = world.state();
    let confirmed: Vec<At> = state.erp.orders.iter().map(|record| record.confirmed_at).collect();
    assert_eq!(confirmed.len() as u64, orders, "every order is posted, once");
    let last = confirmed.iter().max().copied().unwrap_or(begin);
    let minutes = state.now.since(begin) / 60_000;
    drop(state);
    let minute = |at: &At| usize::try_from(at.since(begin) / 60_000).expect("few");
    let mut posted = vec![0; minute(&last) + 1];
    confirmed.iter().for_each(|at| posted[minute(at)] += 1);
    let out = calls_out(&simulation.calls_out(), begin, posted.len());
    let requests =
        simulation.counts().into_iter().filter_map(|(op, count)| requests(op).map(|(port, each)| (port, count as f64 * each)));
    let mut by_port = BTreeMap::new();
    requests.for_each(|(port, count)| *by_port.entry(port).or_insert(0.0) += count);
    Run { seconds: last.since(begin) / 1000, posted, out, minutes, requests: by_port }
}

/// The request to AWS behind a port's method, and how many it is. Configuration and secrets are cached for minutes; messages are received and
/// deleted in batches that AWS's pollers choose, so their sending stands for them.
fn requests(op: &'static str) -> Option<(&'static str, f64)> {
    Some(match op {
        "orders.load" => ("GetItem orders", 1.0),
        "orders.commit" => ("writes of orders", 1.0),
        "snapshots.put" => ("PutItem snapshots", 1.0),
        "snapshots.get" => ("GetItem snapshots", 1.0),
        "circuits.circuit" => ("GetItem endpoints", 1.0),
        "circuits.save" => ("PutItem endpoints", 1.0),
        // One query per shard.
        "lanes.oldest" | "lanes.count" => ("Query by-lane", 8.0),
        "sqs.send" => ("SendMessageBatch", 1.0),
        "events.publish" => ("PutEvents", 1.0),
        "log.put_page" => ("PutItem log", 1.0),
        "idempotency.claim" | "idempotency.give_back" => ("claims", 1.0),
        _ => return None,
    })
}

/// How many calls were out in each minute: on average, and at most.
fn calls_out(changes: &[(At, usize)], begin: At, minutes: usize) -> Vec<(f64, usize)> {
    let at = |minute: usize| At(begin.0 + 60_000 * i64::try_from(minute).expect("few"));
    let in_minute = |minute: usize| {
        let (from, to) = (at(minute), at(minute + 1));
        let mut now = from;
        let mut out = changes.iter().rev().find(|(when, _)| *when <= from).map_or(0, |(_, out)| *out);
        let (mut sum, mut most) = (0.0, out);
        for (when, next) in changes.iter().filter(|(when, _)| *when > from && *when <= to) {
            sum += out as f64 * when.since(now) as f64;
            (now, out) = (*when, *next);
            most = most.max(out);
        }
        sum += out as f64 * to.since(now) as f64;
        (sum / 60_000.0, most)
    };
    (0..minutes).map(in_minute).collect()
}

impl Run {
    /// Without what an idle system asks for in as many minutes.
    fn less(mut self, idle: &Run) -> Run {
        for (port, count) in &mut self.requests {
            let each_minute = idle.requests.get(port).copied().unwrap_or(0.0) / idle.minutes as f64;
            *count -= each_minute * self.minutes as f64;
        }
        self
    }
}
