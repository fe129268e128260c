//! Which feeds an ERP has for us, and a page of one.
//!
//! A connection is on behalf of a store and its records. Stores that share company, warehouse and shop share their feeds; what is free is
//! the same in all shops of a warehouse.

use std::collections::BTreeMap;

use waybill_domain::{At, ErpConfig, ErpRecords, Feed, StoreConfig};

use crate::error::CallError;
use crate::ports::erp::{ErpReturn, ErpReturns, ErpShipment, ErpShipments, ErpStockChanges, Page, StockChange};

/// How far a reading reaches back behind the last one, in seconds. The ERP dates its changes by its own clock, which nobody keeps, often with the
/// beginning of a transaction that ends minutes later. What is known is not reported again, so an hour costs a read of each order.
const OVERLAP_SECONDS: u32 = 3_600;
/// The same for figures, each of which is reported again.
const STOCK_OVERLAP_SECONDS: u32 = 900;

/// A feed, and on whose behalf it is read.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    /// Its name in the row: the feed's, and the records that tell it from others.
    pub(super) name: String,
    feed: Feed,
    pub(super) records: Option<ErpRecords>,
}

/// Items of one feed.
pub(super) enum Items {
    Shipments(Vec<ErpShipment>),
    Returns(Vec<ErpReturn>),
    Stock(Vec<StockChange>),
}

/// A page of a feed.
pub(super) struct FeedPage {
    pub(super) items: Items,
    pub(super) unreadable: Vec<String>,
    pub(super) next: Option<String>,
}

/// The feeds of an ERP: each once. An ERP without stores has none: nothing of it would be ours.
pub(super) fn feeds_of(erp: &ErpConfig, stores: &[&StoreConfig]) -> Vec<Reading> {
    let mut feeds: BTreeMap<String, Reading> = BTreeMap::new();
    for store in stores {
        for feed in &erp.polls {
            let records = store.records_in(&erp.slug);
            let name = match records {
                None => feed.name().to_owned(),
                Some(records) => {
                    let shop = records.shop.filter(|_| *feed != Feed::Stock);
                    let shop = shop.map(|shop| format!(".{shop}")).unwrap_or_default();
                    format!("{}/{}.{}{shop}", feed.name(), records.company, records.warehouse)
                }
            };
            let reading = Reading { name: name.clone(), feed: *feed, records: records.cloned() };
            feeds.entry(name).or_insert(reading);
        }
    }
    feeds.into_values().collect()
}

impl Reading {
    /// From when on changes are asked for, if all before `read` are known.
    pub(super) fn since(&self, read: At) -> At {
        let overlap = if self.feed == Feed::Stock { STOCK_OVERLAP_SECONDS } else { OVERLAP_SECONDS };
        read.minus_seconds(overlap)
    }

    /// One page.
    pub(super) async fn page(
        &self,
        erp: &(impl ErpShipments + ErpReturns + ErpStockChanges),
        since: At,
        cursor: Option<&str>,
    ) -> Result<FeedPage, CallError> {
        fn page<T>(page: Page<T>, items: impl Fn(Vec<T>) -> Items) -> FeedPage {
            FeedPage { items: items(page.items), unreadable: page.unreadable, next: page.next }
        }
        Ok(match self.feed {
            Feed::Shipments => page(erp.shipments_since(since, cursor).await?, Items::Shipments),
            Feed::Returns => page(erp.returns_since(since, cursor).await?, Items::Returns),
            Feed::Stock => page(erp.stock_changes_since(since, cursor).await?, Items::Stock),
        })
    }
}
