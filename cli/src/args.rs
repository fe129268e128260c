//! What can be said on the command line: one variant per command, whose own arguments stand in the command's module.

use clap::{Parser, Subcommand};

use crate::local;

/// The control plane between WooCommerce stores and ERPs.
#[derive(Debug, Parser)]
#[command(name = "waybill", version, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the whole system on this machine: no Docker, no AWS account
    Local(local::command::LocalArgs),
}
