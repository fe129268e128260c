//! Adds a warehouse, or changes one: what is not said stays as it was.

use waybill_connectors::http::Http;
use waybill_connectors::warehouse::http_config;
use waybill_domain::{WarehouseConfig, WarehouseSlug};
use waybill_workflow::ports::Configs;

use crate::Failure;
use crate::deployment::Deployment;

/// What is said about a warehouse.
#[derive(Debug, Clone, Default)]
pub struct NewWarehouse {
    /// Where fulfilments are posted to, whole.
    pub url: Option<String>,
    /// PEM of its private CA; `Some("")` goes back to the system's authorities.
    pub ca_pem: Option<String>,
    /// Seconds until Waybill gives up on an answer.
    pub timeout_seconds: Option<u32>,
    /// Orders per minute after an outage.
    pub orders_per_minute: Option<u32>,
}

/// The configuration that follows from what was and what is said. Its version is the one it was read with.
///
/// # Errors
/// One sentence on what is missing or cannot be.
pub fn merge(slug: &WarehouseSlug, before: Option<WarehouseConfig>, new: &NewWarehouse) -> Result<WarehouseConfig, String> {
    let mut config = match (before, &new.url) {
        (Some(before), _) => before,
        (None, None) => return Err(format!("warehouse {slug} is new: say where it is pushed to with --url")),
        (None, Some(url)) => WarehouseConfig {
            slug: slug.clone(),
            version: 0,
            url: url.clone(),
            ca_pem: None,
            timeout_seconds: 20,
            orders_per_minute: 60,
        },
    };
    if let Some(url) = &new.url {
        // Whole: to some servers an address with a slash at its end is another one.
        config.url.clone_from(url);
    }
    if let Some(pem) = &new.ca_pem {
        config.ca_pem = Some(pem.clone()).filter(|pem| !pem.is_empty());
    }
    config.timeout_seconds = new.timeout_seconds.unwrap_or(config.timeout_seconds);
    config.orders_per_minute = new.orders_per_minute.unwrap_or(config.orders_per_minute);
    Http::new(&http_config(&config)).map_err(|error| error.to_string())?;
    Ok(config)
}

/// Writes a warehouse.
///
/// # Errors
/// One sentence on what is missing, cannot be, or did not answer.
pub async fn add(deployment: &Deployment, slug: &WarehouseSlug, new: &NewWarehouse) -> Result<WarehouseConfig, Failure> {
    let before = deployment.dynamo.warehouse(slug).await.map_err(|error| deployment.explain(&error))?;
    Ok(deployment.dynamo.put_warehouse(&merge(slug, before, new)?).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slug() -> WarehouseSlug {
        "berlin".parse().unwrap()
    }

    #[test]
    fn a_new_warehouse_has_careful_defaults_and_a_changed_one_keeps_what_is_not_said() {
        let new = NewWarehouse { url: Some("https://wms.example/waybill/".to_owned()), ..NewWarehouse::default() };
        let first = merge(&slug(), None, &new).unwrap();
        assert_eq!(
            (first.url.as_str(), first.timeout_seconds, first.orders_per_minute),
            ("https://wms.example/waybill/", 20, 60)
        );
        let change = NewWarehouse { timeout_seconds: Some(5), ..NewWarehouse::default() };
        assert_eq!(merge(&slug(), Some(first.clone()), &change), Ok(WarehouseConfig { timeout_seconds: 5, ..first }));
    }

    #[test]
    fn what_cannot_be_is_said_before_anything_is_written() {
        let said = |new: NewWarehouse| merge(&slug(), None, &new).unwrap_err();
        let at = |url: &str| NewWarehouse { url: Some(url.to_owned()), ..NewWarehouse::default() };
        assert!(said(NewWarehouse::default()).contains("--url"));
        assert!(said(at("http://wms.example/push")).contains("https"));
        assert!(said(at("https://wms.example/push?token=1")).contains("plain"));
        assert!(said(NewWarehouse { ca_pem: Some("nonsense".to_owned()), ..at("https://wms.example") }).contains("PEM"));
        assert!(merge(&slug(), None, &at("http://127.0.0.1:8080/push")).is_ok(), "this machine may be reached without TLS");
    }
}
