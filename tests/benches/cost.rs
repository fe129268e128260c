//! What an order on the happy path costs in AWS: requests and units are counted, durations are assumed where AWS's own time decides.
//!
//! The order: `order.created` and `order.updated` with the same content, one article, an ERP that answers in 500 ms.
//! `docs/DATA.md` has the sheet that this fills.

mod price;
mod rig;
#[path = "../template/yaml.rs"]
mod yaml;

use rig::build;
use rig::calls::{in_words, per, units};
use rig::world::{Batches, Leg, World};

/// Orders that are counted; a multiple of every batch size.
const ORDERS: usize = 100;
/// How long the ERP is assumed to take; the bench does not wait for it.
const ERP_SECONDS: f64 = 0.5;

fn main() {
    let Some(built) = build::functions() else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut world = World::warm(&built).await;
        let single = world.orders(ORDERS, Batches::SINGLE).await;
        let full = world.orders(ORDERS, Batches::FULL).await;
        counts("nothing batched", &single);
        counts("full batches", &full);
        prices(&[("nothing batched", &single), ("full batches", &full)]);
    });
}

fn counts(what: &str, legs: &[Leg]) {
    println!("{what}, per order");
    println!("{:<12} {:<15} {:>6} {:>6} {:>6}  requests to AWS", "function", "given", "calls", "write", "read");
    for leg in legs {
        let (units, calls) = (units(&leg.calls), per(leg.calls.len() as f64, ORDERS));
        let (write, read) = (per(units.write, ORDERS), per(units.read, ORDERS));
        println!("{:<12} {:<15} {calls:>6} {write:>6} {read:>6}  {}", leg.slug, leg.given, in_words(&leg.calls, ORDERS));
    }
    let all: Vec<_> = legs.iter().flat_map(|leg| leg.calls.clone()).collect();
    let units = units(&all);
    let (calls, write, read) = (per(all.len() as f64, ORDERS), per(units.write, ORDERS), per(units.read, ORDERS));
    println!(
        "{:<28} {calls:>6} {write:>6} {read:>6}  ({} of the write units are the index's)\n",
        "sum",
        per(units.index, ORDERS)
    );
}

/// Counts of one way to run, per order.
struct Bill(Vec<(&'static str, f64, f64)>);

impl Bill {
    /// Lines of name, count, and dollars per million orders.
    fn of(legs: &[Leg]) -> Self {
        let orders = ORDERS as f64;
        let sum = |count: &dyn Fn(&Leg) -> f64| legs.iter().map(count).sum::<f64>() / orders;
        let units = |of: &dyn Fn(rig::calls::Units) -> f64| sum(&|leg| of(units(&leg.calls)));
        let invocations = sum(&|leg| leg.invocations as f64);
        let deliveries = sum(&|leg| if leg.slug == "intake" { leg.invocations as f64 } else { 0.0 });
        // A queue's messages are received and deleted once per invocation; the relay's sends are counted requests.
        let polls = sum(&|leg| if matches!(leg.slug, "intake" | "relay") { 0.0 } else { 2.0 * leg.invocations as f64 });
        let sends = sum(&|leg| leg.calls.iter().filter(|call| call.name == "SendMessageBatch").count() as f64);
        let logged = sum(&|leg| leg.logged as f64 + leg.invocations as f64 * price::PLATFORM_LINES) / 1000.0;
        let line = |name, count: f64, each: f64| (name, count, count * each);
        Bill(vec![
            line("write units", units(&|units| units.write), price::WRITE_UNITS),
            line("read units", units(&|units| units.read), price::READ_UNITS),
            line("HTTP API requests", deliveries, price::HTTP_API),
            line("SQS requests", polls + sends, price::SQS),
            line("events on the bus", sum(&|leg| leg.facts as f64), price::EVENTS),
            line("invocations", invocations, price::INVOCATIONS),
            line("GB-seconds, estimated", sum(&gigabyte_seconds), price::GIGABYTE_SECONDS),
            // Per million orders, a KB each is a GB.
            line("KB of logs", logged, price::LOGS_PER_GB),
        ])
    }

    fn sum(&self) -> f64 {
        self.0.iter().map(|(.., dollars)| dollars).sum()
    }
}

/// What Lambda bills for a leg: the CPU that was measured, stretched by the part of a core that a function has, its round trips at an
/// assumed time each, and the ERP's time.
fn gigabyte_seconds(leg: &Leg) -> f64 {
    let posts = if leg.slug == "post-to-erp" { leg.messages as f64 } else { 0.0 };
    let seconds = leg.cpu.as_secs_f64() / price::CORES + leg.calls.len() as f64 * price::ROUND_TRIP + posts * ERP_SECONDS;
    seconds * price::MEMORY_GB
}

fn prices(ways: &[(&str, &Vec<Leg>)]) {
    let bills: Vec<(&str, Bill)> = ways.iter().map(|(name, legs)| (*name, Bill::of(legs))).collect();
    print!("{:<24}", "dollars per million");
    for (name, _) in &bills {
        print!(" {name:>20}");
    }
    println!();
    for (index, (name, ..)) in bills[0].1.0.iter().enumerate() {
        print!("{name:<24}");
        for (_, bill) in &bills {
            let (_, count, dollars) = bill.0[index];
            print!(" {count:>12.3} {dollars:>7.2}");
        }
        println!();
    }
    print!("{:<24}", "sum");
    for (_, bill) in &bills {
        print!(" {:>20.2}", bill.sum());
    }
    println!();
}
