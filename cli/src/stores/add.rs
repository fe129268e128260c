//! Adds a store, or changes one: what is not said stays as it was.

use std::collections::BTreeMap;

use waybill_connectors::http::{Http, HttpConfig};
use waybill_domain::{ErpRecords, ErpSlug, Mapping, Policies, StoreConfig, StoreSlug, WarehouseSlug};
use waybill_workflow::ports::{Configs, StoreSecrets};

use crate::Failure;
use crate::deployment::Deployment;

/// What is said about a store.
#[derive(Debug, Clone, Default)]
pub struct NewStore {
    /// Address of the WordPress site.
    pub base_url: Option<String>,
    /// PEM of its private CA; `Some("")` goes back to the system's authorities.
    pub ca_pem: Option<String>,
    /// The ERP its orders go to.
    pub erp: Option<ErpSlug>,
    /// The warehouse that is told by pushes what to ship; `Some(None)`: none any more.
    pub warehouse: Option<Option<WarehouseSlug>>,
    /// Policies.
    pub policies: PolicyChanges,
    /// The whole mapping.
    pub mapping: Option<Mapping>,
    /// The records of its ERP that stand for it.
    pub records: Option<ErpRecords>,
    /// Whether the ERP uses the store's SKUs where the mapping says nothing.
    pub same_skus: Option<bool>,
}

/// Policies that are said; see [`Policies`].
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "named as the policies are")]
pub struct PolicyChanges {
    pub accept_cash_on_delivery: Option<bool>,
    pub accept_bank_transfer_on_hold: Option<bool>,
    pub backorder_short_stock: Option<bool>,
    pub accept_guests: Option<bool>,
    pub accept_authorised: Option<bool>,
    pub refund_through_gateway: Option<bool>,
}

impl PolicyChanges {
    fn apply(&self, policies: &mut Policies) {
        let set = |policy: &mut bool, said: Option<bool>| *policy = said.unwrap_or(*policy);
        set(&mut policies.accept_cash_on_delivery, self.accept_cash_on_delivery);
        set(&mut policies.accept_bank_transfer_on_hold, self.accept_bank_transfer_on_hold);
        set(&mut policies.backorder_short_stock, self.backorder_short_stock);
        set(&mut policies.accept_guests, self.accept_guests);
        set(&mut policies.accept_authorised, self.accept_authorised);
        set(&mut policies.refund_through_gateway, self.refund_through_gateway);
    }
}

/// Secrets that are given.
#[derive(Clone, Default)]
pub struct NewSecrets {
    /// Webhook secrets, the newest first; empty leaves those that are known.
    pub webhook: Vec<String>,
    /// Keep the known webhook secrets behind the new ones: deliveries signed before the change are still on their way.
    pub keep_webhook: bool,
    /// REST key.
    pub consumer_key: Option<String>,
    /// REST secret.
    pub consumer_secret: Option<String>,
}

impl NewSecrets {
    /// Nothing is given.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.webhook.is_empty() && self.consumer_key.is_none() && self.consumer_secret.is_none()
    }
}

/// The configuration that follows from what was and what is said. Its version is the one it was read with.
///
/// # Errors
/// One sentence on what is missing or cannot be.
pub fn merge(slug: &StoreSlug, before: Option<StoreConfig>, new: &NewStore) -> Result<StoreConfig, String> {
    let mut config = match (before, &new.base_url, &new.erp) {
        (Some(before), _, _) => before,
        (None, Some(base_url), Some(erp)) => StoreConfig {
            slug: slug.clone(),
            version: 0,
            base_url: base_url.clone(),
            ca_pem: None,
            erp: erp.clone(),
            warehouse: None,
            policies: Policies::default(),
            mapping: Mapping::default(),
            records: BTreeMap::new(),
        },
        (None, None, _) => return Err(format!("store {slug} is new: say where it is with --url")),
        (None, Some(_), None) => return Err(format!("store {slug} is new: say which ERP its orders go to with --erp")),
    };
    if let Some(base_url) = &new.base_url {
        config.base_url = base_url.trim_end_matches('/').to_owned();
    }
    if let Some(pem) = &new.ca_pem {
        config.ca_pem = Some(pem.clone()).filter(|pem| !pem.is_empty());
    }
    if let Some(erp) = &new.erp {
        config.erp = erp.clone();
    }
    if let Some(warehouse) = &new.warehouse {
        config.warehouse.clone_from(warehouse);
    }
    new.policies.apply(&mut config.policies);
    if let Some(mapping) = &new.mapping {
        config.mapping = mapping.clone();
    }
    if let Some(records) = &new.records {
        config.records.insert(config.erp.clone(), records.clone());
    }
    config.mapping.same_skus = new.same_skus.unwrap_or(config.mapping.same_skus);
    let http = HttpConfig { ca_pem: config.ca_pem.clone(), ..HttpConfig::new(&config.base_url) };
    Http::new(&http).map_err(|error| error.to_string())?;
    Ok(config)
}

/// The secrets that follow from those that were and those that are given.
///
/// # Errors
/// One sentence on what is missing.
pub fn merge_secrets(slug: &StoreSlug, before: Option<StoreSecrets>, new: &NewSecrets) -> Result<StoreSecrets, String> {
    let mut secrets = before.unwrap_or_default();
    if !new.webhook.is_empty() {
        let known = std::mem::replace(&mut secrets.webhook_secrets, new.webhook.clone());
        if new.keep_webhook {
            secrets.webhook_secrets.extend(known.into_iter().filter(|known| !new.webhook.contains(known)));
        }
    }
    if let Some(key) = &new.consumer_key {
        secrets.consumer_key.clone_from(key);
    }
    if let Some(secret) = &new.consumer_secret {
        secrets.consumer_secret.clone_from(secret);
    }
    let missing = [
        (secrets.webhook_secrets.is_empty(), "webhook secret (--webhook-secret-file)"),
        (secrets.consumer_key.is_empty(), "REST key (--consumer-key-file)"),
        (secrets.consumer_secret.is_empty(), "REST secret (--consumer-secret-file)"),
    ];
    let missing: Vec<&str> = missing.into_iter().filter(|(missing, _)| *missing).map(|(_, what)| what).collect();
    if missing.is_empty() { Ok(secrets) } else { Err(format!("store {slug} has no {}", missing.join(" and no "))) }
}

/// Writes a store: the secrets first, so that no function meets a store whose deliveries it cannot judge.
///
/// # Errors
/// One sentence on what is missing, cannot be, or did not answer.
pub async fn add(
    deployment: &Deployment,
    slug: &StoreSlug,
    new: &NewStore,
    secrets: &NewSecrets,
) -> Result<StoreConfig, Failure> {
    let explain = |error| deployment.explain(&error);
    let before = deployment.dynamo.store(slug).await.map_err(explain)?;
    let config = merge(slug, before, new)?;
    if deployment.dynamo.erp(&config.erp).await.map_err(explain)?.is_none() {
        return Err(format!("there is no ERP {}; add it first with `waybill erp add {}`", config.erp, config.erp).into());
    }
    if let Some(warehouse) = &config.warehouse
        && deployment.dynamo.warehouse(warehouse).await.map_err(explain)?.is_none()
    {
        let text = format!("there is no warehouse {warehouse}; add it first with `waybill warehouse add {warehouse}`");
        return Err(text.into());
    }
    if new.records.is_some() || new.erp.is_some() {
        let stores = deployment.dynamo.stores().await.map_err(explain)?;
        if let Some(clash) = clash(&config, &stores) {
            return Err(clash.into());
        }
    }
    let known = deployment.secrets.store(slug).await.map_err(explain)?;
    let merged = merge_secrets(slug, known.clone(), secrets)?;
    if known.as_ref() != Some(&merged) {
        deployment.secrets.put_store(slug, &merged).await.map_err(explain)?;
        if known.is_some() {
            deployment.secrets_known_everywhere().await;
        }
    }
    Ok(deployment.dynamo.put_store(&config).await?)
}

/// Why this store cannot share its ERP with the others: one entry has one stock ledger, so its stores share the warehouse that the figures
/// are of, and the company.
pub(super) fn clash(store: &StoreConfig, others: &[StoreConfig]) -> Option<String> {
    let place = |store: &StoreConfig| store.records_in(&store.erp).map(|records| (records.company, records.warehouse));
    let mut same = others.iter().filter(|other| other.slug != store.slug && other.erp == store.erp);
    let other = same.find(|other| place(store).is_some() && place(other).is_some_and(|of| Some(of) != place(store)))?;
    Some(format!(
        "store {} sells for another company or ships from another warehouse of ERP {}, and one entry of an ERP has one stock ledger: add the ERP \
         a second time under another name with `waybill erp add`, and give it to one of the two stores with `waybill store add --erp`",
        other.slug, store.erp
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slug() -> StoreSlug {
        "shop".parse().unwrap()
    }

    fn new() -> NewStore {
        NewStore { base_url: Some("https://shop.example/".to_owned()), erp: Some("acme".parse().unwrap()), ..NewStore::default() }
    }

    #[test]
    fn a_new_store_promises_nothing_and_a_changed_one_keeps_what_is_not_said() {
        let first = merge(&slug(), None, &new()).unwrap();
        assert_eq!((first.base_url.as_str(), first.policies), ("https://shop.example", Policies::default()));
        assert!(first.mapping.find("MUG").is_none(), "nothing is mapped unless it is said");
        let policies =
            PolicyChanges { backorder_short_stock: Some(true), refund_through_gateway: Some(false), ..PolicyChanges::default() };
        let warehouse = Some("berlin".parse().unwrap());
        let change = NewStore { policies, same_skus: Some(true), warehouse: Some(warehouse.clone()), ..NewStore::default() };
        let second = merge(&slug(), Some(first.clone()), &change).unwrap();
        assert!(second.policies.backorder_short_stock && second.mapping.find("MUG").is_some());
        assert!(!second.policies.refund_through_gateway && !second.policies.accept_authorised);
        assert_eq!((&second.base_url, &second.erp, &second.warehouse), (&first.base_url, &first.erp, &warehouse));
        let kept = merge(&slug(), Some(second.clone()), &NewStore::default()).unwrap();
        assert_eq!(kept.warehouse, warehouse);
        let none = merge(&slug(), Some(second), &NewStore { warehouse: Some(None), ..NewStore::default() }).unwrap();
        assert_eq!(none.warehouse, None);
    }

    #[test]
    fn stores_of_one_erp_share_its_warehouse() {
        let records = |warehouse: u64| {
            let text = format!(
                r#"{{"company": 1, "warehouse": {warehouse}, "payment_journal": 5, "shipping_article": "S", "fee_article": "F",
                "refund_article": "R", "rounding_article": "C"}}"#
            );
            crate::stores::read_records(&text).unwrap()
        };
        let store = |slug: &str, warehouse| {
            let said = NewStore { records: Some(records(warehouse)), ..new() };
            merge(&slug.parse().unwrap(), None, &said).unwrap()
        };
        let (one, same, other) = (store("shop", 4), store("brand-b", 4), store("brand-c", 5));
        assert_eq!(clash(&one, &[one.clone(), same.clone()]), None);
        assert!(clash(&one, &[same, other.clone()]).unwrap().contains("store brand-c"));
        let elsewhere = StoreConfig { erp: "second".parse().unwrap(), ..other };
        assert_eq!(clash(&one, &[elsewhere]), None);
        let without = merge(&"plain".parse().unwrap(), None, &new()).unwrap();
        assert_eq!(clash(&one, &[without]), None);
    }

    #[test]
    fn what_is_missing_or_cannot_be_is_said() {
        let said = |new: NewStore| merge(&slug(), None, &new).unwrap_err();
        assert!(said(NewStore { base_url: None, ..new() }).contains("--url"));
        assert!(said(NewStore { erp: None, ..new() }).contains("--erp"));
        assert!(said(NewStore { base_url: Some("http://shop.example".to_owned()), ..new() }).contains("https"));
        assert!(said(NewStore { ca_pem: Some("x".to_owned()), ..new() }).contains("PEM"));
    }

    #[test]
    fn secrets_rotate_with_the_old_ones_kept_for_a_while_or_not() {
        let nothing = merge_secrets(&slug(), None, &NewSecrets::default()).unwrap_err();
        assert!(nothing.contains("webhook secret") && nothing.contains("--consumer-key-file"), "{nothing}");
        let first = NewSecrets {
            webhook: vec!["one".to_owned()],
            consumer_key: Some("ck".to_owned()),
            consumer_secret: Some("cs".to_owned()),
            ..NewSecrets::default()
        };
        let first = merge_secrets(&slug(), None, &first).unwrap();
        let next = NewSecrets { webhook: vec!["two".to_owned()], keep_webhook: true, ..NewSecrets::default() };
        let both = merge_secrets(&slug(), Some(first.clone()), &next).unwrap();
        assert_eq!((both.webhook_secrets, both.consumer_key), (vec!["two".to_owned(), "one".to_owned()], "ck".to_owned()));
        let alone = merge_secrets(&slug(), Some(first), &NewSecrets { keep_webhook: false, ..next }).unwrap();
        assert_eq!(alone.webhook_secrets, ["two"]);
    }
}
