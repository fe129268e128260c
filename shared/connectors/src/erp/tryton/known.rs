//! Records that do not change from order to order, kept for a while: articles, currencies, countries, journals, storage zones.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::json;
use waybill_domain::Sku;
use waybill_domain::money::Currency;
use waybill_workflow::CallError;

use super::Desk;
use super::client::Call;
use super::wire::{Coded, Id};
use crate::erp::refusals::{config_invalid, refused};

/// How long they are believed.
const KEEP: Duration = Duration::from_secs(600);
/// More than this is not kept.
const MOST: usize = 20_000;

/// What was read, and when. That a record is missing is not kept: somebody makes it, and tries again.
struct Cache<K, V>(Mutex<HashMap<K, (Instant, V)>>);

impl<K: Eq + Hash, V: Clone> Cache<K, V> {
    fn new() -> Self {
        Self(Mutex::new(HashMap::new()))
    }

    fn get(&self, key: &K) -> Option<V> {
        let map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        map.get(key).filter(|(since, _)| since.elapsed() < KEEP).map(|(_, value)| value.clone())
    }

    fn put(&self, key: K, value: V) {
        let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if map.len() >= MOST {
            map.clear();
        }
        map.insert(key, (Instant::now(), value));
    }
}

/// An article.
#[derive(Clone, Copy, Deserialize)]
pub(super) struct Article {
    pub(super) id: u64,
    /// The unit its pieces are counted in.
    #[serde(rename = "default_uom")]
    pub(super) unit: u64,
}

/// A country, and its states by code (`US-IL`).
#[derive(Clone)]
pub(super) struct Country {
    pub(super) id: u64,
    pub(super) states: HashMap<String, u64>,
}

/// All of one database.
pub(super) struct Known {
    articles: Cache<Sku, Article>,
    currencies: Cache<Currency, u64>,
    countries: Cache<String, Country>,
    journals: Cache<u64, Currency>,
    storages: Cache<u64, u64>,
}

impl Known {
    pub(super) fn new() -> Self {
        Self {
            articles: Cache::new(),
            currencies: Cache::new(),
            countries: Cache::new(),
            journals: Cache::new(),
            storages: Cache::new(),
        }
    }
}

#[derive(Deserialize)]
struct ArticleRow {
    code: Option<String>,
    #[serde(flatten)]
    article: Article,
}

#[derive(Deserialize)]
struct CountryRow {
    id: u64,
    subdivisions: Vec<StateRow>,
}

#[derive(Deserialize)]
struct StateRow {
    id: u64,
    code: String,
}

#[derive(Deserialize)]
struct JournalRow {
    currency: Coded,
}

#[derive(Deserialize)]
struct WarehouseRow {
    storage_location: Option<u64>,
}

impl Desk {
    /// The articles with these numbers; those that are not known are asked for together.
    pub(super) async fn articles(&self, skus: &[&Sku]) -> Result<HashMap<Sku, Article>, CallError> {
        let kept = &self.erp.known.articles;
        let mut found: HashMap<Sku, Article> = skus.iter().filter_map(|sku| Some(((*sku).clone(), kept.get(sku)?))).collect();
        let missing: Vec<&str> = skus.iter().filter(|sku| !found.contains_key(**sku)).map(|sku| sku.as_str()).collect();
        if !missing.is_empty() {
            let call = Call::search("articles", "product.product", &["code", "default_uom"], &json!([["code", "in", missing]]));
            let rows: Vec<ArticleRow> = self.client.call(&call).await.map_err(|verdict| verdict.of_read())?;
            for row in rows {
                let Some(Ok(sku)) = row.code.as_deref().map(str::parse::<Sku>) else { continue };
                kept.put(sku.clone(), row.article);
                found.insert(sku, row.article);
            }
        }
        match skus.iter().find(|sku| !found.contains_key(**sku)) {
            Some(sku) => Err(refused("erp_unknown_sku", format!("Tryton has no active article with the number {sku}"))),
            None => Ok(found),
        }
    }

    pub(super) async fn currency(&self, currency: &Currency) -> Result<u64, CallError> {
        if let Some(id) = self.erp.known.currencies.get(currency) {
            return Ok(id);
        }
        let call = Call::search("currency", "currency.currency", &[], &json!([["code", "=", currency.code()]]));
        let rows: Vec<Id> = self.client.call(&call).await.map_err(|verdict| verdict.of_read())?;
        let missing = || refused("erp_not_found", format!("Tryton has no active currency {currency}"));
        let id = rows.first().ok_or_else(missing)?.id;
        self.erp.known.currencies.put(currency.clone(), id);
        Ok(id)
    }

    /// `None` for an address without a country.
    pub(super) async fn country(&self, code: &str) -> Result<Option<Country>, CallError> {
        if code.is_empty() {
            return Ok(None);
        }
        let key = code.to_owned();
        if let Some(country) = self.erp.known.countries.get(&key) {
            return Ok(Some(country));
        }
        let call = Call::search("country", "country.country", &["subdivisions.code"], &json!([["code", "=", code]]));
        let rows: Vec<CountryRow> = self.client.call(&call).await.map_err(|verdict| verdict.of_read())?;
        let code: String = code.chars().filter(char::is_ascii_alphanumeric).take(3).collect();
        let missing =
            || refused("erp_not_found", format!("Tryton has no country {code}; load them with trytond_import_countries"));
        let row = rows.into_iter().next().ok_or_else(missing)?;
        let states = row.subdivisions.into_iter().map(|state| (state.code, state.id)).collect();
        let country = Country { id: row.id, states };
        self.erp.known.countries.put(key, country.clone());
        Ok(Some(country))
    }

    /// Refuses a payment journal that counts another money: the amount would be booked as its own.
    pub(super) async fn prove_journal(&self, journal: u64, currency: &Currency) -> Result<(), CallError> {
        let there = match self.erp.known.journals.get(&journal) {
            Some(there) => there,
            None => {
                let call = Call::get("payment journal", "account.statement.journal", journal, &["currency.code"]);
                let row: JournalRow = self.client.call(&call).await.map_err(|verdict| verdict.of_read())?;
                let there = Currency::new(&row.currency.code);
                self.erp.known.journals.put(journal, there.clone());
                there
            }
        };
        if there == *currency {
            return Ok(());
        }
        Err(config_invalid(&format!("the payment journal {journal} is in {there}, the order in {currency}; map another one")))
    }

    /// Where the warehouse keeps what can be sold.
    pub(super) async fn storage(&self) -> Result<u64, CallError> {
        let warehouse = self.records.warehouse;
        if let Some(storage) = self.erp.known.storages.get(&warehouse) {
            return Ok(storage);
        }
        let call = Call::get("warehouse", "stock.location", warehouse, &["storage_location"]);
        let row: WarehouseRow = self.client.call(&call).await.map_err(|verdict| verdict.of_read())?;
        let no = || config_invalid(&format!("the location {warehouse} is no warehouse: it has no storage zone"));
        let storage = row.storage_location.ok_or_else(no)?;
        self.erp.known.storages.put(warehouse, storage);
        Ok(storage)
    }
}
