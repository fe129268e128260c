//! `waybill store …` on the command line.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::json;
use waybill_domain::{ErpSlug, StoreConfig, StoreSlug, WarehouseSlug};
use waybill_workflow::ports::Configs;

use super::{NewSecrets, NewStore, PolicyChanges, add, check, read_mapping, read_records};
use crate::deployment::{Deployment, block_on, webhook_path};
use crate::erps::command::ca;
use crate::table::{print as print_table, table};
use crate::{Failure, print, secret};

/// What to do with stores.
#[derive(Debug, Subcommand)]
pub enum StoreCommand {
    /// Add a store, or change what is said of one; then enter its webhooks in WooCommerce and check it
    Add(Box<AddArgs>),
    /// Try everything Waybill needs of a store, and say in words what is wrong; exit status 1 if something is
    Check {
        /// Its name in this deployment
        store: StoreSlug,
        /// Address of this deployment's HTTP API, the part of the stack's output WebhookUrl before /v1; the local system's is known
        #[arg(long, value_name = "URL", env = "WAYBILL_API_URL")]
        api_url: Option<String>,
        /// Print one JSON object instead of text
        #[arg(long)]
        json: bool,
    },
    /// List the stores
    List {
        /// Print one JSON array instead of text
        #[arg(long)]
        json: bool,
    },
}

/// What is said about a store; what is left out stays as it was.
#[derive(Debug, Args)]
pub struct AddArgs {
    /// Its name in this deployment: a-z, 0-9 and hyphens; it is part of the webhooks' address
    store: StoreSlug,
    /// Address of the WordPress site; https, or http on this machine
    #[arg(long)]
    url: Option<String>,
    /// The ERP its orders go to
    #[arg(long)]
    erp: Option<ErpSlug>,
    /// The warehouse that is pushed to; without one, the bus and the API tell what to ship
    #[arg(long)]
    warehouse: Option<WarehouseSlug>,
    /// Push to no warehouse any more
    #[arg(long, conflicts_with = "warehouse")]
    no_warehouse: bool,
    /// File with the webhook secret, or several, one a line; - for standard input; else the environment variable
    /// WAYBILL_WEBHOOK_SECRET, else it is asked for
    #[arg(long, value_name = "FILE")]
    webhook_secret_file: Option<PathBuf>,
    /// Rotation: go on accepting the webhook secrets that are known, beside the new one
    #[arg(long)]
    keep_webhook_secrets: bool,
    /// File with the REST API's consumer key; else WAYBILL_CONSUMER_KEY, else it is asked for
    #[arg(long, value_name = "FILE")]
    consumer_key_file: Option<PathBuf>,
    /// File with the REST API's consumer secret; else WAYBILL_CONSUMER_SECRET, else it is asked for
    #[arg(long, value_name = "FILE")]
    consumer_secret_file: Option<PathBuf>,
    /// PEM file of its certificate authority, if that is a private one
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Trust the system's certificate authorities again
    #[arg(long, conflicts_with = "ca_file")]
    system_ca: bool,
    /// File with the whole mapping: CSV with store_sku,erp_sku[,shippable], or JSON
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
    /// JSON file with the records of the ERP that stand for this store's; `waybill erp records` lists them
    #[arg(long, value_name = "FILE")]
    records: Option<PathBuf>,
    /// The ERP uses the store's SKUs where the mapping says nothing [first: false, an unmapped SKU holds the order]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    same_skus: Option<bool>,
    /// Post cash-on-delivery orders before they are paid [first: true]
    #[arg(long, value_name = "BOOL")]
    accept_cash_on_delivery: Option<bool>,
    /// Post orders that wait for a bank transfer or cheque [first: false]
    #[arg(long, value_name = "BOOL")]
    accept_bank_transfer_on_hold: Option<bool>,
    /// Post orders that are short of stock as backorders; otherwise they are held [first: false]
    #[arg(long, value_name = "BOOL")]
    backorder_short_stock: Option<bool>,
    /// Accept orders without a customer account [first: true]
    #[arg(long, value_name = "BOOL")]
    accept_guests: Option<bool>,
    /// Post orders whose payment is authorised and not captured yet [first: false]
    #[arg(long, value_name = "BOOL")]
    accept_authorised: Option<bool>,
    /// Have the payment gateway pay back what a return is worth; otherwise a person pays it [first: true]
    #[arg(long, value_name = "BOOL")]
    refund_through_gateway: Option<bool>,
}

/// Runs it.
///
/// # Errors
/// One sentence on what is wrong.
pub fn run(command: StoreCommand) -> Result<(), Failure> {
    block_on(async {
        let deployment = Deployment::ambient().await?;
        match command {
            StoreCommand::Add(args) => run_add(&deployment, *args).await,
            StoreCommand::Check { store, api_url, json } => {
                check::check(&deployment, &store, api_url.as_deref()).await?.conclude(json)
            }
            StoreCommand::List { json } => {
                let mut stores = deployment.dynamo.stores().await.map_err(|error| deployment.explain(&error))?;
                stores.sort_by(|a, b| a.slug.cmp(&b.slug));
                print(&if json { serde_json::to_string(&stores.iter().map(view).collect::<Vec<_>>())? } else { list(&stores) })
            }
        }
    })
}

async fn run_add(deployment: &Deployment, args: AddArgs) -> Result<(), Failure> {
    let slug = args.store.clone();
    let known = deployment.secrets.store(&slug).await.map_err(|error| deployment.explain(&error))?;
    let secrets = secrets(&args, known.is_none())?;
    let mapping = text_of(args.mapping.as_deref())?.map(|text| read_mapping(&text)).transpose()?;
    let records = text_of(args.records.as_deref())?.map(|text| read_records(&text)).transpose()?;
    let new = NewStore {
        base_url: args.url,
        ca_pem: ca(args.ca_file.as_deref(), args.system_ca)?,
        erp: args.erp,
        warehouse: if args.no_warehouse { Some(None) } else { args.warehouse.map(Some) },
        policies: PolicyChanges {
            accept_cash_on_delivery: args.accept_cash_on_delivery,
            accept_bank_transfer_on_hold: args.accept_bank_transfer_on_hold,
            backorder_short_stock: args.backorder_short_stock,
            accept_guests: args.accept_guests,
            accept_authorised: args.accept_authorised,
            refund_through_gateway: args.refund_through_gateway,
        },
        mapping,
        records,
        same_skus: args.same_skus,
    };
    let config = add(deployment, &slug, &new, &secrets).await?;
    let url = deployment.webhook_url(&slug, None);
    let url = url.unwrap_or_else(|| format!("<the stack's output WebhookUrl, which ends with {}>", webhook_path(&slug)));
    print(&format!(
        "store {slug} is at version {}; functions that know an older one take it up within a minute\n\
         webhooks  order.created, order.updated, order.deleted and order.restored, with the secret, to\n          {url}\n\
         next      waybill store check {slug}{}",
        config.version,
        warning(&config)
    ))
}

/// The text of a file that is given.
fn text_of(file: Option<&Path>) -> Result<Option<String>, Failure> {
    let read = |path: &Path| fs::read_to_string(path).map_err(|error| format!("{} cannot be read: {error}", path.display()));
    Ok(file.map(read).transpose()?)
}

/// A store whose orders would all be held is accepted, because its mapping may come later; but not in silence.
fn warning(config: &StoreConfig) -> &'static str {
    if config.mapping.same_skus || !config.mapping.skus.is_empty() {
        return "";
    }
    "\nbut       there is no mapping yet: until --mapping or --same-skus is given, every order is held with sku_unmapped"
}

/// What is given; what a new store cannot do without is asked for.
fn secrets(args: &AddArgs, new: bool) -> Result<NewSecrets, Failure> {
    let read = |what: &str, file: &Option<PathBuf>, variable: &str, option: &str| {
        let file = file.as_deref();
        if new { secret::required(what, file, variable, option).map(Some) } else { secret::given(what, file, variable) }
    };
    let webhook = read("the webhook secret", &args.webhook_secret_file, "WAYBILL_WEBHOOK_SECRET", "--webhook-secret-file")?;
    Ok(NewSecrets {
        webhook: webhook.iter().flat_map(|text| text.lines()).filter(|line| !line.is_empty()).map(str::to_owned).collect(),
        keep_webhook: args.keep_webhook_secrets,
        consumer_key: read("the consumer key", &args.consumer_key_file, "WAYBILL_CONSUMER_KEY", "--consumer-key-file")?,
        consumer_secret: read(
            "the consumer secret",
            &args.consumer_secret_file,
            "WAYBILL_CONSUMER_SECRET",
            "--consumer-secret-file",
        )?,
    })
}

fn view(store: &StoreConfig) -> serde_json::Value {
    json!({
        "store": store.slug,
        "version": store.version,
        "url": store.base_url,
        "private_ca": store.ca_pem.is_some(),
        "erp": store.erp,
        "warehouse": store.warehouse,
        "policies": store.policies,
        "same_skus": store.mapping.same_skus,
        "mapped_skus": store.mapping.skus.len(),
        "records": store.records,
    })
}

fn list(stores: &[StoreConfig]) -> String {
    if stores.is_empty() {
        return "no stores; `waybill store add` adds one".to_owned();
    }
    let mut rows = table(&["STORE", "VERSION", "URL", "CA", "ERP", "WAREHOUSE", "MAPPED SKUS"]);
    for store in stores {
        let ca = if store.ca_pem.is_some() { "private" } else { "system" };
        let rest = if store.mapping.same_skus { ", the rest as it is" } else { "" };
        rows.add_row([
            store.slug.to_string(),
            store.version.to_string(),
            store.base_url.clone(),
            ca.to_owned(),
            store.erp.to_string(),
            store.warehouse.as_ref().map_or("-", WarehouseSlug::as_str).to_owned(),
            format!("{}{rest}", store.mapping.skus.len()),
        ]);
    }
    print_table(&rows)
}
