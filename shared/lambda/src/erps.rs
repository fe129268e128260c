//! Connections to ERPs, built from configuration and secret, kept while neither changes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use waybill_aws::Secrets;
use waybill_connectors::erp::AnyErp;
use waybill_domain::{ErpConfig, ErpRecords, ErpSlug};
use waybill_workflow::CallError;

/// The connections of this environment.
#[derive(Clone, Default)]
pub struct ErpConnections(Arc<Mutex<HashMap<ErpSlug, Kept>>>);

struct Kept {
    config: ErpConfig,
    token: String,
    erp: AnyErp,
}

impl ErpConnections {
    /// The connection for this configuration, on behalf of the store with these records.
    ///
    /// # Errors
    /// [`CallError::Refused`] when there is no token or the configuration cannot work; [`CallError::Busy`] when Secrets Manager does
    /// not answer.
    pub async fn connect(
        &self,
        secrets: &Secrets,
        config: &ErpConfig,
        records: Option<&ErpRecords>,
    ) -> Result<AnyErp, CallError> {
        let token = secrets.erp_token(&config.slug).await;
        let token = token.map_err(|error| CallError::Busy { after_seconds: None, reason: error.to_string() })?;
        let Some(token) = token else {
            let message = format!("there is no token for the ERP {:?}; set it with `waybill erp add`", config.slug.as_str());
            return Err(CallError::Refused { code: "erp_token_missing".to_owned(), message });
        };
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = kept.get(&config.slug).filter(|known| known.config == *config && known.token == token) {
            return known.erp.of_store(records);
        }
        let erp = AnyErp::new(config, &token)?;
        let of_store = erp.of_store(records)?;
        kept.insert(config.slug.clone(), Kept { config: config.clone(), token, erp });
        Ok(of_store)
    }
}
