//! reserve: takes stock for all SKUs of an order or for none, as part of the order's commit; gives it back when the order is
//! cancelled or no longer paid.

use std::collections::BTreeMap;

use waybill_contracts::Command;
use waybill_domain::next::{gives_stock_back, is_due};
use waybill_domain::stock::MAX_SKUS;
use waybill_domain::{
    Change, ContentHash, Order, OrderKey, Sku, StaleReason, Step, Stock, StockMoves, StockState, StoreConfig, StoreOrder,
};

use super::{Outcome, TRIES};
use crate::commit::{Committed, commit, contention, context};
use crate::error::{Failure, StepError};
use crate::ports::{Configs, Orders, Runtime, Shortage, Snapshots, Storefront};

/// What this step needs. Of the storefront only the wire format.
pub trait Ports: Orders + Snapshots + Configs + Storefront + Runtime {}
impl<T: Orders + Snapshots + Configs + Storefront + Runtime> Ports for T {}

/// Runs the step for the order the command names.
///
/// # Errors
/// What kept it from its work; [`crate::dispose::dispose`] deals with it.
pub async fn run(ports: &impl Ports, command: &Command) -> Result<Outcome, Failure> {
    for _ in 0..TRIES {
        let Some(order) = ports.load(&command.order).await? else { return Ok(Outcome::NothingDue) };
        if !is_due(&order, Step::Reserve, ports.now()) {
            return Ok(Outcome::NothingDue);
        }
        let context = context(ports, command);
        if gives_stock_back(&order) {
            match commit(ports, &order, vec![Change::StockReleased], &context).await? {
                Committed::Done(_) => return Ok(Outcome::Done),
                Committed::Overtaken | Committed::Short(_) => continue,
            }
        }
        let (config, seen) = match content(ports, &order).await? {
            Ok(content) => content,
            Err(doubt) => match commit(ports, &order, vec![doubt], &context).await? {
                Committed::Done(_) => return Ok(Outcome::Done),
                Committed::Overtaken | Committed::Short(_) => continue,
            },
        };
        let lines = config.mapping.wanted(&seen);
        if exceeds_one_transaction(&order, &config, &lines) {
            // The relay brings the order back at once, and then it only takes.
            match commit(ports, &order, vec![Change::StockReleased], &context).await? {
                Committed::Done(_) => return Ok(Outcome::Done),
                Committed::Overtaken | Committed::Short(_) => continue,
            }
        }
        let reserved = Change::Reserved { ledger: config.erp.clone(), lines };
        let (change, outcome) = match commit(ports, &order, vec![reserved], &context).await? {
            Committed::Done(_) => return Ok(Outcome::Done),
            Committed::Overtaken => continue,
            Committed::Short(shortages) => short(&shortages, &config),
        };
        if let Committed::Done(_) = commit(ports, &order, vec![change], &context).await? {
            return Ok(outcome);
        }
    }
    Err(contention().into())
}

/// The store's configuration and the order's content; or the doubt to commit when the content cannot be read.
pub(super) async fn content(
    ports: &(impl Snapshots + Configs + Storefront),
    order: &Order,
) -> Result<Result<(StoreConfig, StoreOrder), Change>, StepError> {
    let config = store(ports, order).await?;
    Ok(snapshot(ports, order).await?.map(|seen| (config, seen)))
}

/// The configuration of the order's store.
pub(super) async fn store(ports: &impl Configs, order: &Order) -> Result<StoreConfig, StepError> {
    ports.store(&order.key.store).await?.ok_or_else(|| {
        let message = format!("there is no store {:?} in this deployment any more", order.key.store.as_str());
        StepError::Terminal { code: "store_unknown".to_owned(), message }
    })
}

/// The content that the ERP was sent, where the store shows another one by now; `None`: it is the same, or the ERP has nothing.
pub(super) async fn posted(
    ports: &(impl Snapshots + Storefront),
    order: &Order,
) -> Result<Option<Result<StoreOrder, Change>>, StepError> {
    let shown = order.content.as_ref().map(|content| &content.hash);
    match order.erp.content.as_ref().filter(|sent| Some(*sent) != shown) {
        Some(sent) => kept(ports, &order.key, sent).await.map(Some),
        None => Ok(None),
    }
}

/// The order's content as it was kept; or the doubt to commit when it is not there or cannot be read.
pub(super) async fn snapshot(
    ports: &(impl Snapshots + Storefront),
    order: &Order,
) -> Result<Result<StoreOrder, Change>, StepError> {
    let Some(content) = &order.content else { return Ok(Err(Change::Doubted(StaleReason::SnapshotMissing))) };
    kept(ports, &order.key, &content.hash).await
}

/// The content that was kept under this hash; or the doubt to commit when it is not there or cannot be read.
async fn kept(
    ports: &(impl Snapshots + Storefront),
    key: &OrderKey,
    hash: &ContentHash,
) -> Result<Result<StoreOrder, Change>, StepError> {
    let Some(body) = ports.get(key, hash).await? else {
        return Ok(Err(Change::Doubted(StaleReason::SnapshotMissing)));
    };
    Ok(ports.parse(&body).map_err(|_| Change::Doubted(StaleReason::Unreadable)))
}

/// Whether giving back the old lines and taking the new ones moves more SKUs than a transaction holds. Then the old ones are given back
/// first: between the two others may take them, which is the price of a change of so many articles.
fn exceeds_one_transaction(order: &Order, config: &StoreConfig, lines: &BTreeMap<Sku, u32>) -> bool {
    let wanted = Stock { state: StockState::Reserved, ledger: Some(config.erp.clone()), lines: lines.clone(), ..Stock::NONE };
    order.stock.state == StockState::Reserved && StockMoves::between(&order.stock, &wanted).0.len() > MAX_SKUS
}

/// What a shortage leads to.
pub(super) fn short(shortages: &[Shortage], config: &StoreConfig) -> (Change, Outcome) {
    let words = shortages
        .iter()
        .map(|short| match short.available {
            Some(available) => format!("{}: {} wanted, {} available", short.sku, short.wanted, available.max(0)),
            None => format!("{}: the ledger has no figure; run `waybill stock pull`", short.sku),
        })
        .collect::<Vec<_>>()
        .join("; ");
    if shortages.iter().any(|short| short.available.is_none()) {
        return (Change::Held { code: "stock_unknown".to_owned(), message: words, about: None }, Outcome::Held);
    }
    if config.policies.backorder_short_stock {
        return (Change::Backordered { short: words }, Outcome::Done);
    }
    (Change::Held { code: "short_stock".to_owned(), message: words, about: None }, Outcome::Held)
}
