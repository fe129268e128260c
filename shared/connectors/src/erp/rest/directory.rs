//! The contract has no records that a mapping could name: whoever serves it maps for itself.

use std::collections::BTreeSet;

use waybill_domain::Sku;
use waybill_workflow::CallError;
use waybill_workflow::ports::erp::ErpAvailability;
use waybill_workflow::ports::erp_directory::{ErpDirectory, ErpEntry, Greeting, RecordKind};

use super::client::Call;
use super::{RestErp, wire};
use crate::erp::text;

impl ErpDirectory for RestErp {
    async fn greet(&self) -> Result<Greeting, CallError> {
        let call = Call::read("status", &["v1", "status"]);
        let status: wire::Status = self.client.call(&call).await.map_err(|verdict| verdict.of_read(&call))?;
        Ok(Greeting { version: text::short(&format!("{} {}", status.name, status.version)) })
    }

    async fn records(&self, _kind: RecordKind) -> Result<Vec<ErpEntry>, CallError> {
        Ok(Vec::new())
    }

    async fn record(&self, _kind: RecordKind, _id: u64) -> Result<Option<ErpEntry>, CallError> {
        Ok(None)
    }

    async fn articles(&self, skus: &[Sku]) -> Result<BTreeSet<Sku>, CallError> {
        if skus.is_empty() {
            // Nothing asked would be a question for everything.
            return Ok(BTreeSet::new());
        }
        Ok(self.availability(skus).await?.items.into_iter().map(|item| item.sku).collect())
    }
}
