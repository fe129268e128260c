//! `waybill demo` on the command line.

use std::io::{IsTerminal, stderr};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::follow::Progress;
use super::{Fakes, Outcome, Placed, RealErp, follow, judge};
use crate::deployment::{Deployment, block_on};
use crate::local::progress::{Progress as _, Shown};
use crate::local::{self, Endpoints, UpOptions};
use crate::{Failure, print};

/// The ERP of the demo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum WhichErp {
    /// One that is played by this process
    Fake,
    /// A real Tryton with a PostgreSQL of its own; the first time takes two minutes more
    Tryton,
}

/// How much of it.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// How many orders to place; the kinds take turns, and there is one of each unless said otherwise
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    orders: Option<u32>,
    /// Which ERP the orders are posted to
    #[arg(long, value_enum, default_value = "fake")]
    erp: WhichErp,
    /// Print one JSON object as the last line instead of a table
    #[arg(long)]
    json: bool,
    /// Port of the local system, as for `waybill local up`
    #[arg(long)]
    port: Option<u16>,
    /// Folder of the local system's files, as for `waybill local`
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
}

/// Runs it. The local system stays up afterwards, whatever came of the demo.
///
/// # Errors
/// One sentence; also if an order did not end as it must, or the money does not agree.
pub fn run(args: DemoArgs) -> Result<(), Failure> {
    let count = args.orders.map(usize::try_from).transpose()?;
    let progress = Shown::new();
    let elsewhere = args.state.is_some();
    let endpoints = local::up(&UpOptions { port: args.port, state: args.state, ..UpOptions::default() }, &progress)?;
    let tryton = match args.erp {
        WhichErp::Fake => None,
        WhichErp::Tryton => {
            progress.step("starting Tryton");
            Some(RealErp::start(&local::project()?)?)
        }
    };
    drop(progress);
    let (outcome, placed) = block_on(async {
        tokio::select! {
            outcome = play(&endpoints, count, tryton) => outcome,
            stopped = tokio::signal::ctrl_c() => {
                stopped?;
                Err("stopped; the local system stays up, `cargo waybill local down` ends it".into())
            }
        }
    })?;
    print(&if args.json { serde_json::to_string(&outcome)? } else { super::text(&outcome, &placed) })?;
    if elsewhere {
        eprintln!("for those commands: export WAYBILL_LOCAL_STATE={}", outcome.endpoints.state.display());
    }
    conclude(&outcome)
}

async fn play(endpoints: &Endpoints, count: Option<usize>, tryton: Option<RealErp>) -> Result<(Outcome, Vec<Placed>), Failure> {
    let deployment = Deployment::local(endpoints).await;
    let fakes = Fakes::connect_to(&deployment, tryton).await?;
    let count = count.unwrap_or(fakes.kinds().len());
    let bar = Bar::new(count);
    let placed = follow(&deployment, &fakes, count, |progress| bar.show(progress)).await?;
    bar.finish();
    let counts = fakes.store.counts();
    if counts.failed > 0 {
        eprintln!("{} webhook deliveries failed; `cargo waybill local logs intake` says why", counts.failed);
    }
    Ok((judge(&placed, &fakes.evidence(&placed).await, endpoints), placed))
}

fn conclude(outcome: &Outcome) -> Result<(), Failure> {
    let wrong = outcome.orders.iter().filter(|order| !order.ok).count();
    match (wrong, outcome.ok) {
        (_, true) => Ok(()),
        (0, false) => Err("the money of store, Waybill and ERP does not agree".into()),
        (wrong, false) => Err(format!(
            "{wrong} of {} orders did not end as they must; `cargo waybill order show STORE/ID` tells the story of each",
            outcome.orders.len()
        )
        .into()),
    }
}

/// Progress on standard error: a bar on a terminal, now and then a line elsewhere.
struct Bar {
    bar: Option<ProgressBar>,
    count: usize,
    said: std::cell::Cell<Option<(Instant, Progress)>>,
}

impl Bar {
    fn new(count: usize) -> Self {
        let bar = stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(u64::try_from(count).unwrap_or(u64::MAX));
            let style =
                ProgressStyle::with_template("{bar:40} {pos}/{len} orders at their end{msg}, {elapsed}").expect("a constant");
            bar.set_style(style);
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        Self { bar, count, said: std::cell::Cell::new(None) }
    }

    fn show(&self, progress: Progress) {
        const EVERY: Duration = Duration::from_secs(5);
        if let Some(bar) = &self.bar {
            bar.set_position(u64::try_from(progress.ended).unwrap_or(u64::MAX));
            let open = progress.placed.saturating_sub(progress.ended);
            bar.set_message(format!(", {open} on their way"));
            return;
        }
        let due = self.said.get().is_none_or(|(at, said)| at.elapsed() >= EVERY && said != progress);
        if due || progress.ended == self.count {
            eprintln!("{} of {} orders placed, {} at their end", progress.placed, self.count, progress.ended);
            self.said.set(Some((Instant::now(), progress)));
        }
    }

    fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
