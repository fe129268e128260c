//! The `waybill` command as a library, so that tests and other commands use what the command line uses.

pub mod args;
pub mod check;
pub mod clients;
pub mod demo;
pub mod deployment;
pub mod erps;
pub mod letters;
pub mod local;
pub mod orders;
pub mod secret;
pub mod stock;
pub mod stores;
mod table;
pub mod warehouses;

use std::io::{self, Write};

/// Why a command failed. Its text is one sentence for a person.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Runs one command. Results go to standard output, progress to standard error.
///
/// # Errors
/// One sentence on what is wrong and, where there is one, the way out.
pub fn run(cli: args::Cli) -> Result<(), Failure> {
    match cli.command {
        args::Command::Demo(args) => demo::command::run(args),
        args::Command::Local(args) => local::command::run(args),
        args::Command::Store(command) => stores::command::run(command),
        args::Command::Erp(command) => erps::command::run(command),
        args::Command::Client(command) => clients::command::run(command),
        args::Command::Warehouse(command) => warehouses::command::run(command),
        args::Command::Stock(command) => stock::command::run(command),
        args::Command::Orders(args) => orders::command::orders(args),
        args::Command::Order(command) => orders::command::order(command),
        args::Command::DeadLetters(args) => letters::command::dead_letters(args),
        args::Command::Redrive(args) => letters::command::redrive(args),
    }
}

/// Prints a result. A reader that has seen enough (`| head`) is no failure.
fn print(text: &str) -> Result<(), Failure> {
    match writeln!(io::stdout(), "{text}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
