//! The pull: the ERP's figures, into the ledger.

use futures_util::stream::{self, StreamExt};
use serde::Serialize;
use waybill_domain::ErpSlug;
use waybill_workflow::ports::StockLedger;
use waybill_workflow::ports::erp::ErpAvailability;
use waybill_workflow::{CallError, Unavailable};

/// Rows written at once.
const AT_ONCE: usize = 16;

/// Why a pull stopped. What was written before stays, and is right.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// The ERP did not answer well.
    #[error("the ERP does not give its figures: {0}")]
    Erp(#[from] CallError),
    /// The ledger did not answer.
    #[error(transparent)]
    Ledger(#[from] Unavailable),
}

/// What a pull did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pulled {
    /// The ERP.
    pub erp: ErpSlug,
    /// The moment of the figures, by the ERP's clock, RFC 3339.
    pub as_of: String,
    /// SKUs whose figure was set.
    pub set: u64,
    /// SKUs for which the ledger had a figure as new.
    pub kept: u64,
}

/// Sets the ledger of an ERP to the ERP's own figures, for all its SKUs.
///
/// # Errors
/// If the ERP or the ledger does not answer.
pub async fn pull(slug: &ErpSlug, erp: &impl ErpAvailability, ledger: &impl StockLedger) -> Result<Pulled, PullError> {
    let figures = erp.availability(&[]).await?;
    let mut pulled = Pulled { erp: slug.clone(), as_of: figures.as_of.to_string(), set: 0, kept: 0 };
    let as_of = figures.as_of;
    let writes = figures.items.into_iter().map(|item| async move { ledger.pull(slug, &item.sku, item.free, as_of).await });
    let mut written = stream::iter(writes).buffer_unordered(AT_ONCE);
    while let Some(set) = written.next().await {
        let count = if set? { &mut pulled.set } else { &mut pulled.kept };
        *count = count.saturating_add(1);
    }
    Ok(pulled)
}

#[cfg(test)]
mod tests {
    use waybill_domain::At;
    use waybill_domain::Sku;
    use waybill_testkit::memory::World;
    use waybill_workflow::ports::erp::{Availability, Free};

    use super::*;

    struct Figures(At, Vec<(&'static str, i64)>);

    impl ErpAvailability for Figures {
        async fn availability(&self, skus: &[Sku]) -> Result<Availability, CallError> {
            assert!(skus.is_empty(), "a pull asks for everything");
            let items = self.1.iter().map(|(sku, free)| Free { sku: sku.parse().unwrap(), free: *free }).collect();
            Ok(Availability { as_of: self.0, items })
        }
    }

    #[tokio::test]
    async fn the_ledger_has_the_erps_figures_and_keeps_those_that_are_as_new() {
        let (world, slug): (_, ErpSlug) = (World::with_shop(), "acme".parse().unwrap());
        let now = world.state().now;
        let later = Figures(now.plus_seconds(60), vec![("SKU-A", 7), ("SKU-NEW", -2)]);
        let pulled = pull(&slug, &later, &world).await.unwrap();
        assert_eq!((pulled.set, pulled.kept), (2, 0));
        let free = |sku: &str| world.state().stock[&(slug.clone(), sku.parse().unwrap())].available;
        assert_eq!((free("SKU-A"), free("SKU-NEW"), free("SKU-B")), (7, -2, 3));
        let again = Figures(now, vec![("SKU-A", 100)]);
        assert_eq!(pull(&slug, &again, &world).await.unwrap().kept, 1);
        assert_eq!(free("SKU-A"), 7);
    }
}
