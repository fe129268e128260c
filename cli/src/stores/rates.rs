//! The tax rates of a store, read through its REST API.

use serde::Deserialize;
use waybill_connectors::http::Http;
use waybill_domain::money::Decimal;
use waybill_workflow::ports::StoreSecrets;

use super::catalogue::each;

/// A tax rate of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StoreRate {
    /// By this the mapping names it.
    pub(super) id: u64,
    /// Per cent.
    pub(super) per_cent: Decimal,
    label: String,
    country: String,
}

impl StoreRate {
    /// One of a test.
    #[cfg(test)]
    pub(super) fn sample(id: u64, per_cent: i64) -> Self {
        StoreRate { id, per_cent: Decimal::from(per_cent), label: "VAT".to_owned(), country: String::new() }
    }

    /// For a sentence.
    pub(super) fn name(&self) -> String {
        let country = if self.country.is_empty() { "every country" } else { &self.country };
        format!("{} ({:?}, {country})", self.id, self.label)
    }
}

#[derive(Deserialize)]
struct Rate {
    id: u64,
    #[serde(default)]
    country: String,
    rate: String,
    #[serde(default)]
    name: String,
}

/// Reads all rates.
///
/// # Errors
/// What kept it from reading, in words without content.
pub(super) async fn read(http: &Http, keys: &StoreSecrets) -> Result<Vec<StoreRate>, String> {
    let mut rates = Vec::new();
    let mut odd = 0_u32;
    let whole = each(http, keys, &["taxes"], "id,country,rate,name", |rate: Rate| match rate.rate.trim().parse() {
        Ok(per_cent) => rates.push(StoreRate { id: rate.id, per_cent, label: rate.name, country: rate.country }),
        Err(_) => odd = odd.saturating_add(1),
    })
    .await?;
    match (whole, odd) {
        (true, 0) => Ok(rates),
        (true, odd) => Err(format!("{odd} of them have no rate")),
        (false, _) => Err("there are more than are read".to_owned()),
    }
}
