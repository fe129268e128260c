//! What every connection to an ERP begins with: an HTTP client by its configuration, and a token that is never shown.

use std::time::Duration;

use reqwest::header::HeaderValue;
use waybill_domain::ErpConfig;
use waybill_workflow::CallError;

use super::refusals::config_invalid;
use crate::http::{Http, HttpConfig};

/// The client for this ERP.
///
/// # Errors
/// `erp_config_invalid` when the address or the CA cannot be used.
pub(super) fn http(config: &ErpConfig) -> Result<Http, CallError> {
    let timeout = Duration::from_secs(u64::from(config.timeout_seconds.max(1)));
    let settings = HttpConfig {
        ca_pem: config.ca_pem.clone(),
        connect_timeout: timeout.min(Duration::from_secs(5)),
        timeout,
        ..HttpConfig::new(&config.base_url)
    };
    Http::new(&settings).map_err(|error| config_invalid(&error.to_string()))
}

/// `Authorization: Bearer <token>`, marked as sensitive.
///
/// # Errors
/// `erp_config_invalid` when no header can carry the token.
pub(super) fn bearer(token: &str) -> Result<HeaderValue, CallError> {
    let unusable = || config_invalid("the token of the ERP is empty or has characters that a header cannot have");
    if token.trim().is_empty() {
        return Err(unusable());
    }
    let mut authorization = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| unusable())?;
    authorization.set_sensitive(true);
    Ok(authorization)
}
