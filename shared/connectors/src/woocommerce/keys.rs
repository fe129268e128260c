//! Where the keys of a store's REST API come from.

use std::future::Future;

use waybill_domain::StoreSlug;
use waybill_workflow::Unavailable;
use waybill_workflow::ports::StoreSecrets;

/// A source of REST keys.
pub trait RestKeys: Sync {
    /// The secrets of a store; `None` if it has none.
    fn rest_keys(&self, store: &StoreSlug) -> impl Future<Output = Result<Option<StoreSecrets>, Unavailable>> + Send;
}

/// The same keys for every store: for a command line that was just given them, and for tests.
#[derive(Debug, Clone, Default)]
pub struct FixedKeys(pub StoreSecrets);

impl RestKeys for FixedKeys {
    async fn rest_keys(&self, _: &StoreSlug) -> Result<Option<StoreSecrets>, Unavailable> {
        Ok(Some(self.0.clone()))
    }
}
