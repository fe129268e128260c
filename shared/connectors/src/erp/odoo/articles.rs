//! Articles by their number, and taxes: asked once, kept for a while.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use waybill_domain::Sku;
use waybill_workflow::CallError;

use super::OdooErp;
use super::caches::Kept;
use super::call::Call;
use super::row::rows;
use crate::erp::refusals::refused;
use crate::erp::scrub::Scrub;

/// Ids of articles and properties of taxes, per company.
pub(super) struct Articles {
    articles: Kept<(u64, Sku), u64>,
    included: Kept<(u64, u64), bool>,
}

impl Default for Articles {
    fn default() -> Self {
        Self { articles: Kept::new(), included: Kept::new() }
    }
}

impl Articles {
    /// A record that was kept is gone: all are asked for again.
    pub(super) fn forget(&self) {
        self.articles.clear();
        self.included.clear();
    }
}

impl OdooErp {
    /// The articles with these numbers.
    ///
    /// # Errors
    /// `erp_unknown_sku` when one is not there, or is there twice: Odoo's article numbers are not unique.
    pub(super) async fn articles(&self, wanted: BTreeSet<Sku>) -> Result<BTreeMap<Sku, u64>, CallError> {
        let company = self.records()?.company;
        let kept = |sku: &Sku| self.articles.articles.get(&(company, sku.clone())).map(|id| (sku.clone(), id));
        let mut known: BTreeMap<Sku, u64> = wanted.iter().filter_map(kept).collect();
        let missing: Vec<&str> = wanted.iter().filter(|sku| !known.contains_key(*sku)).map(Sku::as_str).collect();
        if missing.is_empty() {
            return Ok(known);
        }
        let domain = json!([["default_code", "in", missing]]);
        let call = || Call::search("product.product", domain.clone(), &["default_code"]);
        let answer = self.client.call(call(), &Scrub::unknown()).await?;
        let found = rows(&call(), &answer, |row| Some((row.text("default_code")?.to_owned(), row.id()?)))?;
        for sku in &wanted {
            if known.contains_key(sku) {
                continue;
            }
            let ids: Vec<u64> = found.iter().filter(|(code, _)| code == sku.as_str()).map(|(_, id)| *id).collect();
            match ids.as_slice() {
                [id] => known.insert(sku.clone(), *id),
                [] => return Err(refused("erp_unknown_sku", format!("Odoo has no article with the number {sku}"))),
                _ => return Err(refused("erp_unknown_sku", format!("Odoo has several articles with the number {sku}"))),
            };
        }
        for (sku, id) in &known {
            self.articles.articles.put((company, sku.clone()), *id);
        }
        Ok(known)
    }

    /// Which of these taxes are in the price that an article is sold at.
    ///
    /// # Errors
    /// When one is not there.
    pub(super) async fn included(&self, taxes: BTreeSet<u64>) -> Result<BTreeSet<u64>, CallError> {
        let company = self.records()?.company;
        let missing: Vec<u64> =
            taxes.iter().copied().filter(|tax| self.articles.included.get(&(company, *tax)).is_none()).collect();
        if !missing.is_empty() {
            let domain = json!([["id", "in", missing]]);
            let call = || Call::search("account.tax", domain.clone(), &["price_include"]);
            let answer = self.client.call(call(), &Scrub::unknown()).await?;
            for (tax, included) in rows(&call(), &answer, |row| Some((row.id()?, row.flag("price_include")?)))? {
                self.articles.included.put((company, tax), included);
            }
        }
        let mut result = BTreeSet::new();
        for tax in taxes {
            match self.articles.included.get(&(company, tax)) {
                Some(true) => drop(result.insert(tax)),
                Some(false) => {}
                None => return Err(refused("erp_not_found", format!("Odoo has no tax {tax}; correct the store's records"))),
            }
        }
        Ok(result)
    }
}
