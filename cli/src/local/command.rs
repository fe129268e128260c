//! `waybill local …` on the command line.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::thread::sleep;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::logs::Logs;
use super::place::Place;
use super::progress::Shown;
use super::status::Status;
use super::{LocalError, UpOptions};
use crate::Failure;

/// What to do with which instance of the local system.
#[derive(Debug, Args)]
pub struct LocalArgs {
    /// Folder of this instance's files, else `WAYBILL_LOCAL_STATE`; instances with different folders and ports run side by side
    #[arg(long, value_name = "DIR", global = true)]
    state: Option<PathBuf>,
    #[command(subcommand)]
    command: LocalCommand,
}

#[derive(Debug, Subcommand)]
enum LocalCommand {
    /// Install, start, build and deploy what is missing or has changed, and print the endpoints
    Up {
        /// Print one JSON object instead of text
        #[arg(long)]
        json: bool,
        /// Port on 127.0.0.1, 4566 unless it runs already; 0 takes any free one
        #[arg(long)]
        port: Option<u16>,
    },
    /// End it; its data is gone with it
    Down,
    /// Say what runs and what lies in the queues
    Status {
        /// Print one JSON object instead of text
        #[arg(long)]
        json: bool,
    },
    /// Print the logs of the functions and the bus
    Logs {
        /// A function's name without the prefix, `facts` for the bus, or `aws` for the local AWS itself; all but `aws` unless given
        #[arg(value_name = "FUNCTION")]
        source: Option<String>,
        /// Go on printing what comes
        #[arg(long, short)]
        follow: bool,
    },
    /// Print the environment for AWS tools, for `eval "$(waybill local env)"`
    Env,
}

/// Runs it.
///
/// # Errors
/// One sentence on what is wrong.
pub fn run(args: LocalArgs) -> Result<(), Failure> {
    let state = args.state;
    match args.command {
        LocalCommand::Up { json, port } => up(json, &UpOptions { port, state, as_tests_do: false }),
        LocalCommand::Down => {
            let text = if super::down(state)? { "the local system has ended" } else { "the local system was not running" };
            Ok(print(text)?)
        }
        LocalCommand::Status { json } => {
            let status = super::status(state)?;
            Ok(print(&if json { serde_json::to_string(&status)? } else { describe(&status) })?)
        }
        LocalCommand::Logs { source, follow } => logs(source.as_deref(), follow, state),
        LocalCommand::Env => {
            let endpoints = super::endpoints(state)?.ok_or(LocalError::NotRunning)?;
            let lines = endpoints.environment().map(|(name, value)| format!("export {name}={value}"));
            Ok(print(&lines.join("\n"))?)
        }
    }
}

fn up(json: bool, options: &UpOptions) -> Result<(), Failure> {
    let progress = Shown::new();
    let endpoints = super::up(options, &progress)?;
    drop(progress);
    if json {
        return Ok(print(&serde_json::to_string(&endpoints)?)?);
    }
    let text = format!(
        "webhooks   {}\nAWS        {}  (eval \"$(waybill local env)\")\nlogs       waybill local logs --follow\nend        waybill local down",
        endpoints.webhook_url("STORE"),
        endpoints.aws_endpoint_url,
    );
    Ok(print(&text)?)
}

fn describe(status: &Status) -> String {
    let state = status.state.display();
    let (Some(pid), Some(port)) = (status.pid, status.port) else {
        let how = if status.crashed { "ended without `down`; `waybill local up` starts it again" } else { "is not running" };
        return format!("the local system of {state} {how}");
    };
    let mut lines = vec![format!("the local system of {state} runs on port {port}, process {pid}")];
    match &status.endpoints {
        None => lines.push("nothing is deployed; `waybill local up` does it".to_owned()),
        Some(endpoints) => {
            lines.push(format!("webhooks   {}", endpoints.webhook_url("STORE")));
            lines.push(format!("functions  {}", endpoints.functions.join(" ")));
        }
    }
    for depth in &status.queues {
        lines.push(format!(
            "{}: {} waiting, {} in flight, {} delayed",
            depth.queue, depth.waiting, depth.in_flight, depth.delayed
        ));
    }
    if status.endpoints.is_some() && status.queues.is_empty() {
        lines.push("all queues are empty".to_owned());
    }
    lines.join("\n")
}

fn logs(source: Option<&str>, follow: bool, state: Option<PathBuf>) -> Result<(), Failure> {
    if source == Some("aws") {
        return server_log(follow, state);
    }
    let mut logs = Logs::of(state, source)?;
    loop {
        for line in logs.next_lines()? {
            let mark = if source.is_some() { String::new() } else { format!("{:<12} ", line.source) };
            print(&format!("{mark}{}", line.message))?;
        }
        if !follow {
            return Ok(());
        }
        sleep(Duration::from_millis(500));
    }
}

/// The server's own log is a file and is there after a crash too.
fn server_log(follow: bool, state: Option<PathBuf>) -> Result<(), Failure> {
    let path = Place::find(state.as_deref())?.server_log();
    let mut shown = 0;
    loop {
        let text = fs::read(&path).map_err(|_| LocalError::NotRunning)?;
        // It begins anew when the server is started again.
        shown = if shown > text.len() { 0 } else { shown };
        io::stdout().write_all(&text[shown..])?;
        shown = text.len();
        if !follow {
            return Ok(());
        }
        sleep(Duration::from_millis(500));
    }
}

fn print(text: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{text}")
}
