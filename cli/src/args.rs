//! What can be said on the command line: one variant per command, whose own arguments stand in the command's module.

use clap::{Parser, Subcommand};

use crate::{clients, demo, erps, letters, local, orders, stock, stores, warehouses};

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
    /// Show it all on this machine: a store, an ERP, orders of many kinds, each followed to its end
    Demo(demo::command::DemoArgs),
    /// Run the whole system on this machine: no Docker, no AWS account
    Local(local::command::LocalArgs),
    /// Connect stores
    #[command(subcommand)]
    Store(stores::command::StoreCommand),
    /// Connect ERPs
    #[command(subcommand)]
    Erp(erps::command::ErpCommand),
    /// Let warehouses and ERPs use Waybill's own API
    #[command(subcommand)]
    Client(clients::command::ClientCommand),
    /// Connect warehouses that are pushed to
    #[command(subcommand)]
    Warehouse(warehouses::command::WarehouseCommand),
    /// Keep the stock ledger
    #[command(subcommand)]
    Stock(stock::command::StockCommand),
    /// List orders
    Orders(orders::command::OrdersArgs),
    /// Look at one order, or send it on
    #[command(subcommand)]
    Order(orders::command::OrderCommand),
    /// List messages that failed on every attempt and were not sent on again
    DeadLetters(letters::command::DeadLettersArgs),
    /// Send dead letters and held orders on again, many at once: shows first what it would do
    Redrive(letters::command::RedriveArgs),
}
