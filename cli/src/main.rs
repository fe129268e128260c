//! The `waybill` command.

use std::process::ExitCode;

use clap::Parser;
use waybill_cli::args::Cli;

fn main() -> ExitCode {
    // A wrong option or argument ends here, with exit code 2.
    let cli = Cli::parse();
    match waybill_cli::run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("waybill: {error}");
            ExitCode::FAILURE
        }
    }
}
