//! What the functions cost the machine: start, size and memory of each; time and CPU of each on the happy path.
//!
//! Figures of one machine at one hour: compare ratios and counts, never milliseconds of two machines.

mod rig;
#[path = "../template/yaml.rs"]
mod yaml;

use std::time::Duration;

use rig::aws::Aws;
use rig::build::{self, Built, SLUGS};
use rig::process::Function;
use rig::world::{Batches, Leg, World};

/// Starts per binary; the median counts.
const STARTS: usize = 15;
/// Orders per round, and rounds: a disturbed round shows in the spread, and the quietest one counts.
const ORDERS: usize = 200;
const ROUNDS: usize = 5;

fn main() {
    let Some(built) = build::functions() else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        starts(&built).await;
        warm(&built, "one message per invocation", Batches::SINGLE).await;
        warm(&built, "full batches", Batches::FULL).await;
    });
}

async fn starts(built: &Built) {
    let aws = Aws::start(Vec::new()).await;
    println!("start: from the start of the process to its first `next`, {STARTS} times");
    println!("{:<12} {:>9} {:>9} {:>9} {:>10} {:>10}", "function", "median ms", "least ms", "CPU ms", "binary MB", "memory MB");
    for slug in SLUGS {
        let (mut cold, mut cpu, mut memory) = (Vec::new(), Vec::new(), 0);
        for _ in 0..STARTS {
            let function = Function::start(built, slug, &aws.url()).await;
            cold.push(function.cold);
            cpu.push(function.cpu());
            memory = memory.max(function.peak_memory());
            function.end().await;
        }
        cold.sort();
        cpu.sort();
        let size = std::fs::metadata(built.folder.join(slug)).expect("the binary").len();
        let (median, least, cpu) = (ms(cold[STARTS / 2]), ms(cold[0]), ms(cpu[STARTS / 2]));
        println!("{slug:<12} {median:>9.1} {least:>9.1} {cpu:>9.1} {:>10.1} {:>10.1}", megabytes(size), megabytes(memory));
    }
    println!();
}

async fn warm(built: &Built, what: &str, batches: Batches) {
    let mut world = World::warm(built).await;
    let mut rounds: Vec<Vec<Leg>> = Vec::new();
    for _ in 0..ROUNDS {
        rounds.push(world.orders(ORDERS, batches).await);
    }
    println!("warm, {what}: {ROUNDS} rounds of {ORDERS} orders; per delivery, command or stream record");
    println!(
        "{:<12} {:<15} {:>8} {:>8} {:>8} {:>8} {:>8} {:>9}",
        "function", "given", "CPU ms", "median", "wall ms", "own ms", "calls", "logged B"
    );
    let (mut total, mut total_calls) = (0.0, 0.0);
    for leg in 0..rounds[0].len() {
        let mut legs: Vec<&Leg> = rounds.iter().map(|round| &round[leg]).collect();
        legs.sort_by_key(|leg| leg.cpu);
        let (best, middle) = (legs[0], legs[ROUNDS / 2]);
        let each = best.messages as f64;
        let (cpu, calls) = (ms(best.cpu) / each, best.calls.len() as f64 / each);
        total += ms(best.cpu) / ORDERS as f64;
        total_calls += best.calls.len() as f64 / ORDERS as f64;
        println!(
            "{:<12} {:<15} {cpu:>8.3} {:>8.3} {:>8.2} {:>8.2} {calls:>8.2} {:>9.0}",
            best.slug,
            best.given,
            ms(middle.cpu) / each,
            ms(best.wall) / each,
            ms(best.wall.saturating_sub(best.aws)) / each,
            best.logged as f64 / each,
        );
    }
    println!("an order     all of it       {total:>8.3} ms of CPU, {total_calls:.2} calls");
    let memory: Vec<String> = world.peak_memory().map(|(slug, bytes)| format!("{slug} {:.1}", megabytes(bytes))).collect();
    println!("peak memory in MB: {}\n", memory.join(", "));
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1_000_000.0
}
