//! `waybill erp …` on the command line.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::json;
use waybill_connectors::erp::AnyErp;
use waybill_domain::{ErpConfig, ErpConnector, ErpSlug, Feed};
use waybill_workflow::ports::Configs;

use super::{NewErp, add, check, records};
use crate::deployment::{Deployment, block_on};
use crate::table::{print as print_table, table};
use crate::{Failure, print, secret};

/// The environment variable with an ERP's token.
const TOKEN: &str = "WAYBILL_ERP_TOKEN";

/// What to do with ERPs.
#[derive(Debug, Subcommand)]
pub enum ErpCommand {
    /// Add an ERP, or change what is said of one; then check it
    Add(AddArgs),
    /// Ask an ERP whether Waybill can work with it, and say in words what is wrong; exit status 1 if something is
    Check {
        /// Its name in this deployment
        erp: ErpSlug,
        /// Print one JSON object instead of text
        #[arg(long)]
        json: bool,
    },
    /// List the records of an ERP that a store's records may name: companies, warehouses, shops, journals, taxes, carriers
    Records {
        /// Its name in this deployment
        erp: ErpSlug,
        /// Print one JSON object instead of text
        #[arg(long)]
        json: bool,
    },
    /// List the ERPs
    List {
        /// Print one JSON array instead of text
        #[arg(long)]
        json: bool,
    },
}

/// What is said about an ERP; what is left out stays as it was.
#[derive(Debug, Args)]
pub struct AddArgs {
    /// Its name in this deployment: a-z, 0-9 and hyphens
    erp: ErpSlug,
    /// Address of its API; https, or http on this machine
    #[arg(long)]
    url: Option<String>,
    /// How it is spoken to: rest is the contract of docs/erp-rest.openapi.yaml [first: rest]
    #[arg(long)]
    connector: Option<Connector>,
    /// Its database, where one address has several (Tryton, Odoo); "" for none
    #[arg(long, value_name = "NAME")]
    database: Option<String>,
    /// Whom the token belongs to (Odoo 16 to 18: the login); "" for nobody in particular
    #[arg(long, value_name = "LOGIN")]
    user: Option<String>,
    /// What to ask it for, because it does not tell by itself: shipments, returns, stock; "" for nothing [first: shipments,stock for
    /// tryton and odoo, nothing for rest]. Not what a warehouse reports already
    #[arg(long, value_name = "FEEDS", value_parser = feeds)]
    poll: Option<Feeds>,
    /// How often, in seconds [first: 300]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(60..=86_400))]
    poll_seconds: Option<u32>,
    /// File with its token, - for standard input; else the environment variable WAYBILL_ERP_TOKEN, else it is asked for
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// PEM file of its certificate authority, if that is a private one
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Trust the system's certificate authorities again
    #[arg(long, conflicts_with = "ca_file")]
    system_ca: bool,
    /// Calls to it at once, over all stores [first: 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100))]
    slots: Option<u32>,
    /// Seconds until Waybill gives up on an answer [first: 20]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=50))]
    timeout_seconds: Option<u32>,
    /// Seconds until a call that was given up on has surely ended [first: 90]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=900))]
    settle_seconds: Option<u32>,
    /// Orders per minute that are let through after an outage [first: 60]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    orders_per_minute: Option<u32>,
}

/// How an ERP is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Connector {
    /// The contract of docs/erp-rest.openapi.yaml
    Rest,
    /// Tryton 8
    Tryton,
    /// Odoo 16 to 19
    Odoo,
}

impl From<Connector> for ErpConnector {
    fn from(connector: Connector) -> Self {
        match connector {
            Connector::Rest => ErpConnector::Rest,
            Connector::Tryton => ErpConnector::Tryton,
            Connector::Odoo => ErpConnector::Odoo,
        }
    }
}

/// What an ERP is polled for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Feeds(BTreeSet<Feed>);

fn feeds(text: &str) -> Result<Feeds, String> {
    let named = |name: &str| {
        let found = Feed::ALL.into_iter().find(|feed| feed.name() == name);
        found.ok_or_else(|| format!("{name:?} is none of shipments, returns and stock"))
    };
    text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(named).collect::<Result<_, _>>().map(Feeds)
}

/// Runs it.
///
/// # Errors
/// One sentence on what is wrong.
pub fn run(command: ErpCommand) -> Result<(), Failure> {
    block_on(async {
        let deployment = Deployment::ambient().await?;
        match command {
            ErpCommand::Add(args) => run_add(&deployment, args).await,
            ErpCommand::Check { erp, json } => {
                let config = find(&deployment, &erp).await?;
                let token = deployment.secrets.erp_token(&erp).await.map_err(|error| deployment.explain(&error))?;
                check(&config, token.as_deref()).await.conclude(json)
            }
            ErpCommand::Records { erp, json } => {
                let config = find(&deployment, &erp).await?;
                let token = deployment.secrets.erp_token(&erp).await.map_err(|error| deployment.explain(&error))?;
                let token = token.ok_or_else(|| {
                    format!("ERP {erp} has no token; give it one with `waybill erp add {erp} --token-file FILE`")
                })?;
                let said = |error| format!("ERP {erp}: {error}; `waybill erp check {erp}` says more");
                let listing = records::read(&AnyErp::new(&config, &token).map_err(said)?).await.map_err(said)?;
                print(&if json { listing.json().to_string() } else { listing.text() })
            }
            ErpCommand::List { json } => {
                let mut erps = deployment.dynamo.erps().await.map_err(|error| deployment.explain(&error))?;
                erps.sort_by(|a, b| a.slug.cmp(&b.slug));
                print(&if json { serde_json::to_string(&erps.iter().map(view).collect::<Vec<_>>())? } else { list(&erps) })
            }
        }
    })
}

/// The ERP with this name.
///
/// # Errors
/// If there is none, or the table does not answer.
pub(crate) async fn find(deployment: &Deployment, slug: &ErpSlug) -> Result<ErpConfig, Failure> {
    let config = deployment.dynamo.erp(slug).await.map_err(|error| deployment.explain(&error))?;
    config.ok_or_else(|| format!("there is no ERP {slug}; add it with `waybill erp add {slug}`").into())
}

async fn run_add(deployment: &Deployment, args: AddArgs) -> Result<(), Failure> {
    let slug = args.erp;
    let known = deployment.secrets.erp_token(&slug).await.map_err(|error| deployment.explain(&error))?;
    let file = args.token_file.as_deref();
    let token = match known {
        Some(_) => secret::given("the token of the ERP", file, TOKEN)?,
        None => Some(secret::required("the token of the ERP", file, TOKEN, "--token-file")?),
    };
    let new = NewErp {
        base_url: args.url,
        connector: args.connector.map(ErpConnector::from),
        database: args.database,
        user: args.user,
        polls: args.poll.map(|Feeds(polls)| polls),
        poll_seconds: args.poll_seconds,
        ca_pem: ca(args.ca_file.as_deref(), args.system_ca)?,
        slots: args.slots,
        timeout_seconds: args.timeout_seconds,
        settle_seconds: args.settle_seconds,
        orders_per_minute: args.orders_per_minute,
    };
    let config = add(deployment, &slug, &new, token.as_deref()).await?;
    print(&format!(
        "ERP {slug} is at version {}; functions that know an older one take it up within a minute\nnext: waybill erp check {slug}",
        config.version
    ))
}

/// What `--ca-file` and `--system-ca` say.
pub(crate) fn ca(file: Option<&Path>, system: bool) -> Result<Option<String>, Failure> {
    match file {
        Some(path) => {
            let pem = fs::read_to_string(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
            // Without one, what was meant to narrow trust to a private authority would widen it to all public ones.
            if !pem.contains("-----BEGIN CERTIFICATE-----") {
                let text =
                    format!("{} holds no PEM certificate; --system-ca goes back to the public authorities", path.display());
                return Err(text.into());
            }
            Ok(Some(pem))
        }
        None => Ok(system.then(String::new)),
    }
}

fn view(erp: &ErpConfig) -> serde_json::Value {
    json!({
        "erp": erp.slug,
        "version": erp.version,
        "connector": erp.connector,
        "url": erp.base_url,
        "database": erp.database,
        "user": erp.user,
        "polls": erp.polls,
        "poll_seconds": erp.poll_seconds,
        "private_ca": erp.ca_pem.is_some(),
        "slots": erp.slots,
        "timeout_seconds": erp.timeout_seconds,
        "settle_seconds": erp.settle_seconds,
        "orders_per_minute": erp.orders_per_minute,
    })
}

fn list(erps: &[ErpConfig]) -> String {
    if erps.is_empty() {
        return "no ERPs; `waybill erp add` adds one".to_owned();
    }
    let mut rows = table(&["ERP", "VERSION", "URL", "CA", "SLOTS"]);
    for erp in erps {
        let ca = if erp.ca_pem.is_some() { "private" } else { "system" };
        rows.add_row([erp.slug.to_string(), erp.version.to_string(), erp.base_url.clone(), ca.to_owned(), erp.slots.to_string()]);
    }
    print_table(&rows)
}
