//! The connector for the generic contract, `docs/erp-rest.openapi.yaml`.
//!
//! `orders` creates, finds, amends and cancels, `credits` does credit notes, `feeds` reads the lists. Below them `client` sends and
//! judges, `wire` has the bodies as they are on the line, `transform` puts the workflow's words into them and back, `error` decides
//! what an answer proves.

mod client;
mod credits;
mod directory;
mod error;
mod feeds;
mod orders;
mod transform;
mod wire;

use waybill_domain::ErpConfig;
use waybill_workflow::CallError;

use crate::erp::scrub::Scrub;
use client::{Call, Client};
use error::Verdict;

/// A connection to one ERP. Cheap to clone; build it once per configuration and keep it, so that connections stay open.
#[derive(Clone)]
pub struct RestErp {
    client: Client,
}

impl RestErp {
    /// Prepares the connection; sends nothing.
    ///
    /// # Errors
    /// [`CallError::Refused`] with the code `erp_config_invalid` when the address, the CA or the token cannot be used.
    pub fn new(config: &ErpConfig, token: &str) -> Result<Self, CallError> {
        Client::new(config, token).map(|client| Self { client })
    }

    /// What a verdict means for an operation that an ERP may leave out. A bare 404 to it comes from an ERP without the operation, or
    /// from nobody at all, and the difference is an open circuit for everybody's orders: the status, which every ERP has, tells.
    async fn failed(&self, call: &Call<'_>, verdict: Verdict, scrub: &Scrub) -> CallError {
        if verdict.is_bare_404() && call.cannot.is_some() && self.is_there().await {
            error::not_offered(call)
        } else if call.is_write() {
            verdict.of_write(call, scrub)
        } else {
            verdict.of_read(call)
        }
    }

    async fn is_there(&self) -> bool {
        let status: Result<wire::Status, Verdict> = self.client.call(&Call::read("status", &["v1", "status"])).await;
        status.is_ok_and(|status| status.settle_seconds > 0)
    }
}
