//! Asks an ERP with a connector of its own whether Waybill can work with it. What it may do shows in the mapping's check.

use waybill_connectors::erp::AnyErp;
use waybill_domain::ErpConfig;
use waybill_workflow::CallError;
use waybill_workflow::ports::erp_directory::ErpDirectory;

use crate::check::{Report, reach};

/// Whether the ERP answers, has the database, and lets the token in.
pub(super) async fn greet(report: &mut Report, config: &ErpConfig, token: &str) {
    if reach::client(report, &config.base_url, config.ca_pem.as_deref()).is_none() {
        return;
    }
    let answer = match AnyErp::new(config, token) {
        Ok(erp) => erp.greet().await,
        Err(error) => Err(error),
    };
    match answer {
        Ok(greeting) => {
            let database = config.database.as_ref().map_or(String::new(), |database| format!(", database {database},"));
            let version = greeting.version;
            report.fine("reach", format!("{version} answers at {}{database} and accepts the token", config.base_url));
        }
        Err(error) => report.wrong("reach", refusal(config, &error)),
    }
}

/// Why the ERP did not answer well, with what to do.
fn refusal(config: &ErpConfig, error: &CallError) -> String {
    let slug = &config.slug;
    match error {
        CallError::Busy { reason, .. } => format!("it asks to be left alone for now ({reason}); check again later"),
        CallError::Down { reason } | CallError::Unknown { reason } => format!(
            "it does not answer as it should ({reason}): is it up, is {} its address, is the database right, and does it accept the token? \
             `waybill erp add {slug}` takes --url, --database and --token-file",
            config.base_url
        ),
        CallError::Refused { code, message } if code == "erp_config_invalid" => message.clone(),
        CallError::Refused { code, message } => {
            format!(
                "{message} ({code}); give the user of the token what it needs in the ERP, or another token with `waybill erp add {slug} --token-file FILE`"
            )
        }
    }
}
