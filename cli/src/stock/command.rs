//! `waybill stock …` on the command line.

use clap::Subcommand;
use waybill_domain::{ErpConfig, ErpSlug};
use waybill_workflow::ports::Configs;

use super::{Pulled, pull};
use crate::deployment::{Deployment, block_on};
use crate::stock::pull::PullError;
use crate::{Failure, erps, print};

/// What to do with the ledger.
#[derive(Debug, Subcommand)]
pub enum StockCommand {
    /// Take over what the ERP calls free; run it before the first order, and whenever the figures differ
    Pull {
        /// Only this ERP; all of them otherwise
        #[arg(long, value_name = "ERP")]
        erp: Option<ErpSlug>,
        /// Print one JSON array instead of text
        #[arg(long)]
        json: bool,
    },
}

/// Runs it.
///
/// # Errors
/// One sentence on what is wrong.
pub fn run(command: StockCommand) -> Result<(), Failure> {
    let StockCommand::Pull { erp, json } = command;
    block_on(async {
        let deployment = Deployment::ambient().await?;
        let configs = match erp {
            Some(slug) => vec![erps::command::find(&deployment, &slug).await?],
            None => deployment.dynamo.erps().await.map_err(|error| deployment.explain(&error))?,
        };
        if configs.is_empty() {
            return Err("there is no ERP; add one with `waybill erp add`".into());
        }
        let (mut pulled, mut failures) = (Vec::new(), Vec::new());
        for config in &configs {
            // One that does not answer keeps no other from being pulled.
            match pull_from(&deployment, config).await {
                Ok(figures) => pulled.push(figures),
                Err(failure) => failures.push(failure.to_string()),
            }
        }
        if json {
            print(&serde_json::to_string(&pulled)?)?;
            return ended(&failures);
        }
        let line = |pulled: &Pulled| {
            let kept = if pulled.kept > 0 { format!(", {} had a newer figure", pulled.kept) } else { String::new() };
            format!("ERP {}: {} SKUs as of {}{kept}", pulled.erp, pulled.set, pulled.as_of)
        };
        if !pulled.is_empty() {
            print(&pulled.iter().map(line).collect::<Vec<_>>().join("\n"))?;
        }
        ended(&failures)
    })
}

/// The command fails when an ERP was not pulled.
fn ended(failures: &[String]) -> Result<(), Failure> {
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n").into()) }
}

/// Pulls the figures of one configured ERP.
///
/// # Errors
/// One sentence on what is wrong.
pub async fn pull_from(deployment: &Deployment, config: &ErpConfig) -> Result<Pulled, Failure> {
    let slug = &config.slug;
    let token = deployment.secrets.erp_token(slug).await.map_err(|error| deployment.explain(&error))?;
    let token =
        token.ok_or_else(|| format!("ERP {slug} has no token; give it one with `waybill erp add {slug} --token-file FILE`"))?;
    let stores = deployment.dynamo.stores().await.map_err(|error| deployment.explain(&error))?;
    // Stores of one ERP share its ledger, so they share the warehouse that the figures are of.
    let mut of_erp = stores.iter().filter(|store| store.erp == *slug);
    let records = of_erp.find_map(|store| store.records_in(slug));
    let erp = erps::connect(config, &token, records).map_err(|error| format!("ERP {slug}: {error}"))?;
    pull(slug, &erp, &deployment.dynamo).await.map_err(|error| match error {
        PullError::Ledger(error) => deployment.explain(&error).into(),
        PullError::Erp(error) => format!("ERP {slug}: {}; `waybill erp check {slug}` says more", PullError::Erp(error)).into(),
    })
}
