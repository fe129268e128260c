//! The `waybill` command.

use std::io;
use std::process::ExitCode;

use clap::Parser;
use waybill_cli::args::Cli;

fn main() -> ExitCode {
    // A wrong option or argument ends here, with exit code 2.
    let cli = Cli::parse();
    match waybill_cli::run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        // `waybill local logs --follow | head`: the reader has seen enough.
        Err(error) if error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe) => {
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("waybill: {error}");
            ExitCode::FAILURE
        }
    }
}
