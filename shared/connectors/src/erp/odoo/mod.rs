//! The connector for Odoo 16 to 19 and later, by its own API; `README.md` beside this file says how it behaves.
//!
//! `orders` creates and finds, `posting` makes what belongs to a confirmed order, `amend` and `cancel` change it, `credits` and `goods` do
//! refunds, `feeds`, `transfers` and `documents` read the lists, `directory` shows what a mapping may name. Below them `parties`, `articles` and
//! `lines` put the workflow's words into Odoo's, `client` sends over one of the two ways in `transport`, `error` decides what an answer proves,
//! `row` reads records, and `versions` has all that differs between versions.

mod amend;
mod articles;
mod caches;
mod call;
mod cancel;
mod client;
mod credit_lines;
mod credits;
mod directory;
mod documents;
mod error;
mod feeds;
mod goods;
mod lines;
mod orders;
mod parties;
mod posting;
mod row;
mod transfers;
mod transport;
mod versions;

use std::sync::Arc;

use waybill_domain::{ErpConfig, ErpRecords};
use waybill_workflow::CallError;

use crate::erp::refusals::config_invalid;
use articles::Articles;
use client::Client;
use parties::Places;

/// A connection to one Odoo. Cheap to clone; clones share what is kept open and what was learned of the server.
#[derive(Clone)]
pub struct OdooErp {
    client: Client,
    records: Option<Arc<ErpRecords>>,
    articles: Arc<Articles>,
    places: Arc<Places>,
}

impl OdooErp {
    /// Prepares the connection; sends nothing.
    ///
    /// # Errors
    /// [`CallError::Refused`] with the code `erp_config_invalid` when the address, the CA, the token or the database cannot be used.
    pub fn new(config: &ErpConfig, token: &str) -> Result<Self, CallError> {
        let client = Client::new(config, token)?;
        Ok(Self { client, records: None, articles: Arc::default(), places: Arc::default() })
    }

    /// The same connection on behalf of a store with these records.
    ///
    /// # Errors
    /// [`CallError::Refused`] with the code `erp_config_invalid` when there are none.
    pub fn of_store(&self, records: Option<&ErpRecords>) -> Result<Self, CallError> {
        let records = records.ok_or_else(no_records)?;
        Ok(Self { client: self.client.of_company(records.company), records: Some(Arc::new(records.clone())), ..self.clone() })
    }

    fn records(&self) -> Result<&ErpRecords, CallError> {
        self.records.as_deref().ok_or_else(no_records)
    }
}

fn no_records() -> CallError {
    config_invalid("Odoo needs to know which of its records stand for the store's: `waybill store add --records FILE`")
}
