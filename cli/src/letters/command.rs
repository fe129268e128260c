//! `waybill dead-letters` and `waybill redrive` on the command line.

use std::io::{self, BufRead, IsTerminal, Write};

use clap::Args;
use serde_json::json;
use waybill_domain::{At, StoreSlug};
use waybill_workflow::ports::{DeadLetter, DeadLetters};

use super::{Filter, Item, Ways, list, plan, table_of};
use crate::deployment::{Deployment, block_on, now};
use crate::{Failure, print};

/// Which letters.
#[derive(Debug, Args)]
pub struct DeadLettersArgs {
    /// Only those of this store
    #[arg(long, value_name = "STORE")]
    store: Option<StoreSlug>,
    /// Print one JSON array instead of text
    #[arg(long)]
    json: bool,
}

/// What to send on again.
#[derive(Debug, Args)]
pub struct RedriveArgs {
    /// Only what is held with this code; all dead letters have the code dead_letter
    #[arg(long, value_name = "CODE")]
    code: Option<String>,
    /// Only what is of this store
    #[arg(long, value_name = "STORE")]
    store: Option<StoreSlug>,
    /// Only what is held, or dead, since then: a time such as 2026-11-23T09:00:00Z, or 90m, 2h, 3d ago
    #[arg(long, value_name = "TIME", value_parser = since)]
    since: Option<At>,
    /// Show what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Do it without asking
    #[arg(long)]
    yes: bool,
}

fn since(text: &str) -> Result<At, String> {
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return Ok(At(time.as_millisecond()));
    }
    let wrong = || "a time is like 2026-11-23T09:00:00Z, or like 90m, 2h, 3d".to_owned();
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(wrong)?;
    let seconds: u32 = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(wrong()),
    };
    let seconds = number.parse::<u32>().ok().and_then(|number| number.checked_mul(seconds)).ok_or_else(wrong)?;
    Ok(now().minus_seconds(seconds))
}

/// Lists dead letters.
///
/// # Errors
/// One sentence on what did not answer.
pub fn dead_letters(args: DeadLettersArgs) -> Result<(), Failure> {
    block_on(async {
        let deployment = Deployment::ambient().await?;
        let mut letters = deployment.dynamo.letters().await.map_err(|error| deployment.explain(&error))?;
        letters.retain(|letter| args.store.is_none() || letter.store == args.store);
        letters.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        print(&if args.json { serde_json::to_string(&letters.iter().map(view).collect::<Vec<_>>())? } else { list(&letters) })
    })
}

/// A letter for scripts.
pub(super) fn view(letter: &DeadLetter) -> serde_json::Value {
    json!({
        "letter": letter.id.to_string(),
        "queue": letter.id.queue,
        "store": letter.store,
        "order": letter.order.as_ref().map(ToString::to_string),
        "since": letter.at.to_string(),
        "attempts": letter.receives,
        "trace": letter.trace,
        "error": letter.error,
    })
}

/// Shows what is to be done, then does it.
///
/// # Errors
/// One sentence on what did not answer, or how many were not sent on.
pub fn redrive(args: RedriveArgs) -> Result<(), Failure> {
    block_on(async {
        let deployment = Deployment::ambient().await?;
        let filter = Filter { code: args.code, store: args.store, since: args.since };
        let items = plan(&deployment.dynamo, &filter, now()).await.map_err(|error| deployment.explain(&error))?;
        print(&table_of(&items))?;
        let count = items.iter().filter(|item| item.acts()).count();
        if args.dry_run || count == 0 {
            return Ok(());
        }
        if !args.yes && !agreed(count)? {
            return Err("nothing was done".into());
        }
        run(&deployment, &items).await
    })
}

async fn run(deployment: &Deployment, items: &[Item]) -> Result<(), Failure> {
    let ways = Ways { tables: &deployment.dynamo, queues: &deployment.queues, bus: &deployment.bus };
    let (mut done, mut failed) = (0_u32, 0_u32);
    for item in items.iter().filter(|item| item.acts()) {
        match super::redrive(&ways, item, now()).await {
            Ok(said) => {
                done = done.saturating_add(1);
                print(&format!("{}: {said}", item.name()))?;
            }
            Err(error) => {
                failed = failed.saturating_add(1);
                print(&format!("{}: NOT DONE: {error}", item.name()))?;
            }
        }
    }
    print(&format!("{done} sent on, {failed} not"))?;
    if failed == 0 { Ok(()) } else { Err(format!("{failed} could not be sent on; the same command tries them again").into()) }
}

/// Asks whoever sits there.
fn agreed(count: usize) -> Result<bool, Failure> {
    if !io::stdin().is_terminal() {
        return Err("nobody is there to be asked: --yes does it, --dry-run only shows it".into());
    }
    eprint!("Send these {count} on? [y/N] ");
    io::stderr().flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_moment_or_so_long_ago() {
        assert_eq!(since("2026-01-01T00:00:00Z"), Ok(At(1_767_225_600_000)));
        let hour = now().since(since("1h").unwrap()) / 1000;
        assert!((3_599..=3_601).contains(&hour), "{hour}");
        for wrong in ["", "h", "1", "1w", "-1h", "yesterday", "99999999999d", "ü"] {
            assert!(since(wrong).is_err(), "{wrong}");
        }
    }
}
