//! The connector for Tryton 8.2, over its REST. `README.md` beside this file says how Tryton behaves and what was made of it.
//!
//! An order is a `sale.sale` with the documents Tryton makes of it; a credit note is one of negative quantities. `sales` brings either to
//! its confirmation, `posting` to its end; `orders`, `credits` and `cancel` say of what. `customers` and `known` find the records a sale
//! names. `stock`, `feeds` and `documents` read. Below them `client` sends and judges, `wire` has the records as they are on the line,
//! `error` decides what an answer proves.

mod cancel;
mod client;
mod clock;
mod credits;
mod customers;
mod directory;
mod documents;
mod error;
mod feeds;
mod known;
mod orders;
mod posting;
mod sales;
mod stock;
mod wire;

use std::sync::Arc;

use waybill_domain::{ErpConfig, ErpRecords};
use waybill_workflow::CallError;

use super::refusals::config_invalid;
use client::Client;
use known::Known;

/// A connection to one database of a Tryton, on behalf of a store. Cheap to clone; build it once per configuration and keep it, so that
/// what was looked up stays known.
#[derive(Clone)]
pub struct TrytonErp {
    client: Client,
    known: Arc<Known>,
    records: Option<Arc<ErpRecords>>,
}

impl TrytonErp {
    /// Prepares the connection; sends nothing. `key` is that of a `res.user.application` of the kind `rest`.
    ///
    /// # Errors
    /// [`CallError::Refused`] with the code `erp_config_invalid` when the address, the CA, the database or the key cannot be used.
    pub fn new(config: &ErpConfig, key: &str) -> Result<Self, CallError> {
        Ok(Self { client: Client::new(config, key)?, known: Arc::new(Known::new()), records: None })
    }

    /// The same connection on behalf of a store with these records.
    ///
    /// # Errors
    /// [`CallError::Refused`] with the code `erp_config_invalid` when there are none, or no shop among them.
    pub fn of_store(&self, records: Option<&ErpRecords>) -> Result<Self, CallError> {
        let records = records
            .ok_or_else(|| config_invalid("Tryton needs the store's records; add them with `waybill store add --records`"))?;
        if records.shop.is_none() {
            return Err(config_invalid(
                "Tryton needs a web shop among the store's records: order references are unique within it",
            ));
        }
        Ok(Self { records: Some(Arc::new(records.clone())), client: self.client.of_company(records.company), ..self.clone() })
    }

    /// Where one operation is done: its calls together have a limit.
    fn desk(&self) -> Result<Desk, CallError> {
        let client = self.client.for_sequence();
        Ok(Desk { client, ..self.archive()? })
    }

    /// Where lists are read: each call may take its time.
    fn archive(&self) -> Result<Desk, CallError> {
        let records = self.records.clone().ok_or_else(|| config_invalid("a connection to Tryton that is of no store"))?;
        let shop = records.shop.ok_or_else(|| config_invalid("Tryton needs a web shop among the store's records"))?;
        Ok(Desk { client: self.client.clone(), erp: self.clone(), records, shop })
    }
}

/// One operation of a store.
struct Desk {
    erp: TrytonErp,
    client: Client,
    records: Arc<ErpRecords>,
    shop: u64,
}
