//! `waybill warehouse …` on the command line.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;
use waybill_domain::{ClientSlug, WarehouseConfig, WarehouseSlug};
use waybill_workflow::ports::{Clients, Configs};

use super::{NewWarehouse, add, check};
use crate::deployment::{Deployment, block_on, now};
use crate::erps::command::ca;
use crate::table::{print as print_table, table};
use crate::{Failure, print};

/// What to do with warehouses that are pushed to.
#[derive(Debug, Subcommand)]
pub enum WarehouseCommand {
    /// Add a warehouse that is pushed to, or change what is said of one; then check it, and name it in `store add --warehouse`
    Add(AddArgs),
    /// Ask whether somebody answers at a warehouse's address, without pushing anything; exit status 1 if something is wrong
    Check {
        /// Its name in this deployment
        warehouse: WarehouseSlug,
        /// Print one JSON object instead of text
        #[arg(long)]
        json: bool,
    },
    /// List the warehouses that are pushed to
    List {
        /// Print one JSON array instead of text
        #[arg(long)]
        json: bool,
    },
}

/// What is said about a warehouse; what is left out stays as it was.
#[derive(Debug, Args)]
pub struct AddArgs {
    /// Its name in this deployment: a-z, 0-9 and hyphens; pushes are signed with the secret of the client of the same name
    warehouse: WarehouseSlug,
    /// Where fulfilments are posted to, whole (docs/warehouse-push.openapi.yaml); https, or http on this machine
    #[arg(long)]
    url: Option<String>,
    /// PEM file of its certificate authority, if that is a private one
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Trust the system's certificate authorities again
    #[arg(long, conflicts_with = "ca_file")]
    system_ca: bool,
    /// Seconds until Waybill gives up on an answer [first: 20]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=50))]
    timeout_seconds: Option<u32>,
    /// Orders per minute that are let through after an outage [first: 60]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    orders_per_minute: Option<u32>,
}

/// Runs it.
///
/// # Errors
/// One sentence on what is wrong.
pub fn run(command: WarehouseCommand) -> Result<(), Failure> {
    block_on(async {
        let deployment = Deployment::ambient().await?;
        match command {
            WarehouseCommand::Add(args) => run_add(&deployment, args).await,
            WarehouseCommand::Check { warehouse, json } => {
                let config = deployment.dynamo.warehouse(&warehouse).await.map_err(|error| deployment.explain(&error))?;
                let config = config.ok_or_else(|| {
                    format!("there is no warehouse {warehouse}; add it with `waybill warehouse add {warehouse}`")
                })?;
                check(&config, secrets(&deployment, &warehouse).await?, now()).await.conclude(json)
            }
            WarehouseCommand::List { json } => {
                let mut warehouses = deployment.dynamo.warehouses().await.map_err(|error| deployment.explain(&error))?;
                warehouses.sort_by(|a, b| a.slug.cmp(&b.slug));
                print(&if json {
                    serde_json::to_string(&warehouses.iter().map(view).collect::<Vec<_>>())?
                } else {
                    list(&warehouses)
                })
            }
        }
    })
}

/// How many secrets the client of the warehouse's name has.
async fn secrets(deployment: &Deployment, warehouse: &WarehouseSlug) -> Result<usize, Failure> {
    let client: ClientSlug = warehouse.as_str().parse()?;
    let client = deployment.secrets.client(&client, true).await.map_err(|error| deployment.explain(&error))?;
    Ok(client.map_or(0, |client| client.secrets.len()))
}

async fn run_add(deployment: &Deployment, args: AddArgs) -> Result<(), Failure> {
    let slug = args.warehouse;
    let new = NewWarehouse {
        url: args.url,
        ca_pem: ca(args.ca_file.as_deref(), args.system_ca)?,
        timeout_seconds: args.timeout_seconds,
        orders_per_minute: args.orders_per_minute,
    };
    let config = add(deployment, &slug, &new).await?;
    let but = match secrets(deployment, &slug).await? {
        0 => format!(
            "\nbut   there is no secret to sign with yet; until there is, orders are held with warehouse_secret_missing:\n      \
             waybill client add {slug} --store STORE --scope shipments,returns,fulfilments"
        ),
        _ => String::new(),
    };
    print(&format!(
        "warehouse {slug} is at version {}; functions that know an older one take it up within a minute\n\
         next  waybill warehouse check {slug}\n\
         then  waybill store add STORE --warehouse {slug}{but}",
        config.version
    ))
}

fn view(warehouse: &WarehouseConfig) -> serde_json::Value {
    json!({
        "warehouse": warehouse.slug,
        "version": warehouse.version,
        "url": warehouse.url,
        "private_ca": warehouse.ca_pem.is_some(),
        "timeout_seconds": warehouse.timeout_seconds,
        "orders_per_minute": warehouse.orders_per_minute,
    })
}

fn list(warehouses: &[WarehouseConfig]) -> String {
    if warehouses.is_empty() {
        return "no warehouses are pushed to; `waybill warehouse add` adds one".to_owned();
    }
    let mut rows = table(&["WAREHOUSE", "VERSION", "URL", "CA"]);
    for warehouse in warehouses {
        let ca = if warehouse.ca_pem.is_some() { "private" } else { "system" };
        rows.add_row([warehouse.slug.to_string(), warehouse.version.to_string(), warehouse.url.clone(), ca.to_owned()]);
    }
    print_table(&rows)
}
