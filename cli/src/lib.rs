//! The `waybill` command as a library, so that tests and other commands use what the command line uses.

pub mod args;
pub mod local;

/// Why a command failed. Its text is one sentence for a person.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Runs one command. Results go to standard output, progress to standard error.
///
/// # Errors
/// One sentence on what is wrong and, where there is one, the way out.
pub fn run(cli: args::Cli) -> Result<(), Failure> {
    match cli.command {
        args::Command::Local(args) => local::command::run(args),
    }
}
