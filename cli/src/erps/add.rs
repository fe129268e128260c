//! Adds an ERP, or changes one: what is not said stays as it was.

use std::collections::BTreeSet;

use waybill_connectors::http::{Http, HttpConfig};
use waybill_domain::config::ErpConnector;
use waybill_domain::{ErpConfig, ErpSlug, Feed};
use waybill_workflow::ports::Configs;

use crate::Failure;
use crate::deployment::Deployment;

/// What is said about an ERP.
#[derive(Debug, Clone, Default)]
pub struct NewErp {
    /// Address of its API.
    pub base_url: Option<String>,
    /// PEM of its private CA; `Some("")` goes back to the system's authorities.
    pub ca_pem: Option<String>,
    /// Which connector; a new one is `rest` unless it is said.
    pub connector: Option<ErpConnector>,
    /// Its database; `Some("")`: none.
    pub database: Option<String>,
    /// Whom the token belongs to; `Some("")`: nobody in particular.
    pub user: Option<String>,
    /// What it is polled for.
    pub polls: Option<BTreeSet<Feed>>,
    /// How often.
    pub poll_seconds: Option<u32>,
    /// Calls at once.
    pub slots: Option<u32>,
    /// Seconds until Waybill gives up on an answer.
    pub timeout_seconds: Option<u32>,
    /// Seconds until a call that was given up on has surely ended.
    pub settle_seconds: Option<u32>,
    /// Orders per minute after an outage.
    pub orders_per_minute: Option<u32>,
}

/// The configuration that follows from what was and what is said. Its version is the one it was read with.
///
/// # Errors
/// One sentence on what is missing or cannot be.
pub fn merge(slug: &ErpSlug, before: Option<ErpConfig>, new: &NewErp) -> Result<ErpConfig, String> {
    let mut config = match (before, &new.base_url) {
        (Some(before), _) => before,
        (None, None) => return Err(format!("ERP {slug} is new: say where it is with --url")),
        (None, Some(base_url)) => ErpConfig {
            slug: slug.clone(),
            version: 0,
            connector: new.connector.unwrap_or(ErpConnector::Rest),
            base_url: base_url.clone(),
            database: None,
            user: None,
            ca_pem: None,
            slots: 1,
            timeout_seconds: 20,
            settle_seconds: 90,
            orders_per_minute: 60,
            polls: polled_at_first(new.connector),
            poll_seconds: 300,
        },
    };
    if let Some(connector) = new.connector {
        config.connector = connector;
    }
    let filled = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    if let Some(database) = &new.database {
        config.database = filled(database);
    }
    if let Some(user) = &new.user {
        config.user = filled(user);
    }
    if let Some(polls) = &new.polls {
        config.polls.clone_from(polls);
    }
    config.poll_seconds = new.poll_seconds.unwrap_or(config.poll_seconds);
    if let Some(base_url) = &new.base_url {
        config.base_url = base_url.trim_end_matches('/').to_owned();
    }
    if let Some(pem) = &new.ca_pem {
        config.ca_pem = Some(pem.clone()).filter(|pem| !pem.is_empty());
    }
    config.slots = new.slots.unwrap_or(config.slots);
    config.timeout_seconds = new.timeout_seconds.unwrap_or(config.timeout_seconds);
    config.settle_seconds = new.settle_seconds.unwrap_or(config.settle_seconds);
    config.orders_per_minute = new.orders_per_minute.unwrap_or(config.orders_per_minute);
    if config.settle_seconds < config.timeout_seconds {
        return Err(format!(
            "--settle-seconds ({}) is shorter than --timeout-seconds ({}): before a call has ended, \"not found\" proves nothing",
            config.settle_seconds, config.timeout_seconds
        ));
    }
    if config.connector == ErpConnector::Tryton && config.database.is_none() {
        return Err(format!("Tryton keeps several databases behind one address: say which one ERP {slug} is with --database"));
    }
    let http = HttpConfig { ca_pem: config.ca_pem.clone(), ..HttpConfig::new(&config.base_url) };
    Http::new(&http).map_err(|error| error.to_string())?;
    Ok(config)
}

/// An ERP behind the generic contract may tell by itself, and so may its warehouse; the others cannot.
fn polled_at_first(connector: Option<ErpConnector>) -> BTreeSet<Feed> {
    match connector.unwrap_or(ErpConnector::Rest) {
        ErpConnector::Rest => BTreeSet::new(),
        // Returns give money back in the store: somebody has to say so.
        ErpConnector::Tryton | ErpConnector::Odoo => [Feed::Shipments, Feed::Stock].into(),
    }
}

/// Writes an ERP: the token first, so that no function meets an ERP without one.
///
/// # Errors
/// One sentence on what is missing, cannot be, or did not answer.
pub async fn add(deployment: &Deployment, slug: &ErpSlug, new: &NewErp, token: Option<&str>) -> Result<ErpConfig, Failure> {
    let explain = |error| deployment.explain(&error);
    let before = deployment.dynamo.erp(slug).await.map_err(explain)?;
    let config = merge(slug, before, new)?;
    match token {
        Some(token) => deployment.secrets.put_erp_token(slug, token).await.map_err(explain)?,
        None if deployment.secrets.erp_token(slug).await.map_err(explain)?.is_none() => {
            return Err(format!("ERP {slug} has no token yet: give it with --token-file").into());
        }
        None => {}
    }
    Ok(deployment.dynamo.put_erp(&config).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slug() -> ErpSlug {
        "acme".parse().unwrap()
    }

    #[test]
    fn a_new_erp_has_careful_defaults_and_a_changed_one_keeps_what_is_not_said() {
        let new = NewErp { base_url: Some("https://erp.example/api/".to_owned()), ..NewErp::default() };
        let first = merge(&slug(), None, &new).unwrap();
        assert_eq!((first.base_url.as_str(), first.slots, first.settle_seconds), ("https://erp.example/api", 1, 90));
        let second = merge(&slug(), Some(first.clone()), &NewErp { slots: Some(2), ..NewErp::default() }).unwrap();
        assert_eq!(second, ErpConfig { slots: 2, ..first });
    }

    #[test]
    fn what_cannot_be_is_said_before_anything_is_written() {
        let said = |new: NewErp| merge(&slug(), None, &new).unwrap_err();
        let at = |url: &str| NewErp { base_url: Some(url.to_owned()), ..NewErp::default() };
        assert!(said(NewErp::default()).contains("--url"));
        assert!(said(at("http://erp.example")).contains("https"));
        assert!(said(NewErp { settle_seconds: Some(5), ..at("https://erp.example") }).contains("--settle-seconds"));
        assert!(said(NewErp { ca_pem: Some("nonsense".to_owned()), ..at("https://erp.example") }).contains("PEM"));
        assert!(merge(&slug(), None, &at("http://127.0.0.1:8080")).is_ok(), "this machine may be reached without TLS");
    }
}
