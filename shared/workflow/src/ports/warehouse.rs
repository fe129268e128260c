//! Warehouses: they report, they ask, and some are pushed to.

use std::future::Future;

use waybill_domain::{ClientSlug, FulfilmentOrder, StoreSlug, WarehouseConfig};

use crate::error::{CallError, Unavailable};

/// What a client of Waybill's own API may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Report shipments.
    Shipments,
    /// Report returns and refunds.
    Returns,
    /// Read what is to be shipped, with the address, and report what is blocked.
    Fulfilments,
}

/// A client of Waybill's own API: a warehouse, an ERP. Never shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Client {
    /// Any of these may sign.
    pub secrets: Vec<String>,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// For which stores.
    pub stores: Vec<StoreSlug>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Client({} secrets, {:?}, {:?})", self.secrets.len(), self.scopes, self.stores)
    }
}

/// Who may call.
pub trait Clients: Sync {
    /// A client; `None` if there is no such client. `fresh` asks past the cache (at most every few seconds per client).
    fn client(&self, slug: &ClientSlug, fresh: bool) -> impl Future<Output = Result<Option<Client>, Unavailable>> + Send;
}

/// A request as its sender signed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignedRequest<'a> {
    /// Seconds since 1970, as in the header.
    pub timestamp: &'a str,
    /// In capitals.
    pub method: &'a str,
    /// Without host, stage and query.
    pub path: &'a str,
    /// The raw bytes; empty for a GET.
    pub body: &'a [u8],
}

/// How clients sign.
pub trait ClientSignatures: Sync {
    /// Whether one of the secrets made this signature, in constant time; works as hard when there are none. Only one text is the signature
    /// of a request: it can be remembered by it.
    fn is_signed(&self, secrets: &[String], request: &SignedRequest<'_>, signature: &str) -> bool;
}

/// Warehouses that are told what to ship by an HTTP request of ours.
pub trait WarehouseDesk: Sync {
    /// Tells the warehouse what it is to ship. Saying it again changes nothing: the id and the revision name it.
    fn push(
        &self,
        warehouse: &WarehouseConfig,
        fulfilment: &FulfilmentOrder,
    ) -> impl Future<Output = Result<(), CallError>> + Send;
}
