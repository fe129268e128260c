//! Asks an ERP whether Waybill can work with it.

use std::collections::BTreeSet;

use serde::Deserialize;
use waybill_domain::{ErpConfig, ErpConnector, Sku};
use waybill_workflow::CallError;
use waybill_workflow::ports::erp::ErpAvailability;

use super::greeting;
use crate::check::{Report, reach};

/// What the contract's `GET /v1/status` answers.
#[derive(Deserialize)]
struct Status {
    name: String,
    version: String,
    settle_seconds: u32,
    permissions: Vec<String>,
}

/// What Waybill cannot do without.
const NEEDED: [&str; 2] = ["orders", "availability"];
/// What a person does when the ERP may not, and the orders that are held for it.
const USEFUL: [(&str, &str); 3] = [
    ("cancel", "orders that are cancelled after posting"),
    ("credit_notes", "orders that are refunded"),
    ("amend", "orders that are changed after posting"),
];

/// Whether the ERP answers, lets the token in, and may do what Waybill needs.
pub async fn check(config: &ErpConfig, token: Option<&str>) -> Report {
    let mut report = Report::new(format!("ERP {}", config.slug));
    let Some(token) = token else {
        report.wrong("token", format!("it has no token; give it one with `waybill erp add {} --token-file FILE`", config.slug));
        return report;
    };
    if config.connector != ErpConnector::Rest {
        greeting::greet(&mut report, config, token).await;
        return report;
    }
    if let Some(http) = reach::client(&mut report, &config.base_url, config.ca_pem.as_deref())
        && let Some(answer) =
            reach::get(&mut report, &http, &config.base_url, &["v1", "status"], |request| request.bearer_auth(token)).await
    {
        match answer.status {
            200 => match answer.json() {
                Some(status) => judge(&mut report, config, &status),
                None => report.wrong(
                    "answer",
                    format!(
                        "what answers at {} is no Waybill ERP API: its status is not JSON of the contract; correct the address",
                        config.base_url
                    ),
                ),
            },
            401 => report.wrong(
                "token",
                format!(
                    "401: it does not accept the token; give it the right one with `waybill erp add {} --token-file FILE`",
                    config.slug
                ),
            ),
            403 => {
                report.wrong("permissions", "403: its token may not even ask for the status; give it the permission in the ERP")
            }
            404 => {
                report.wrong("answer", format!("404: there is no Waybill ERP API at {}; correct the address", config.base_url))
            }
            503 => report.wrong("answer", "503: it answers that it cannot work; look at the ERP and its database"),
            other => report.wrong("answer", format!("it answers {other} to a question about its status; look at its log")),
        }
    }
    report
}

fn judge(report: &mut Report, config: &ErpConfig, status: &Status) {
    report.fine("reach", format!("{} {} answers at {} and accepts the token", status.name, status.version, config.base_url));
    let may = |wanted: &str| status.permissions.iter().any(|permission| permission == wanted);
    let missing: Vec<&str> = NEEDED.into_iter().filter(|needed| !may(needed)).collect();
    if missing.is_empty() {
        report.fine("permissions", format!("the token may: {}", status.permissions.join(", ")));
    } else {
        report.wrong("permissions", format!("the token may not: {}; allow it in the ERP", missing.join(", ")));
    }
    for (useful, held) in USEFUL.into_iter().filter(|(useful, _)| !may(useful)) {
        report.note("permissions", format!("it does not offer {useful}, or not with this token: {held} are held for a person"));
    }
    if status.settle_seconds > config.settle_seconds {
        report.wrong(
            "settle",
            format!(
                "it may work on a call for {} s, but Waybill looks an unanswered call up after {} s already; \
                 run `waybill erp add {} --settle-seconds {}`",
                status.settle_seconds, config.settle_seconds, config.slug, status.settle_seconds
            ),
        );
    }
}

/// Those of these SKUs that the ERP does not know.
///
/// # Errors
/// How the call ended.
pub async fn unknown_skus(erp: &impl ErpAvailability, skus: &BTreeSet<Sku>) -> Result<Vec<Sku>, CallError> {
    if skus.is_empty() {
        // Nothing asked would be a question for everything.
        return Ok(Vec::new());
    }
    let wanted: Vec<Sku> = skus.iter().cloned().collect();
    let known: BTreeSet<Sku> = erp.availability(&wanted).await?.items.into_iter().map(|item| item.sku).collect();
    Ok(wanted.into_iter().filter(|sku| !known.contains(sku)).collect())
}
