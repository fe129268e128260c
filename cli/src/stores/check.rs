//! Tries everything Waybill needs of a store, in the order in which it would fail: address, keys, rights, webhooks, SKUs, ERP.

use std::collections::BTreeSet;

use waybill_connectors::erp::AnyErp;
use waybill_connectors::http::{Http, HttpConfig};
use waybill_connectors::woocommerce::{FixedKeys, WooCommerce};
use waybill_domain::{At, ErpConfig, ErpConnector, Sku, StoreConfig, StoreSlug};
use waybill_workflow::CallError;
use waybill_workflow::ports::{Configs, StoreSecrets, Storefront};

use super::add::clash;
use super::catalogue::{self, Catalogue};
use super::{rates, records, webhooks};
use crate::check::{Report, reach, some_of};
use crate::deployment::{Deployment, now};
use crate::{Failure, erps};

/// A store, and the ERP behind it, as they are configured.
#[derive(Debug)]
pub struct Connected<'a> {
    /// The store.
    pub store: &'a StoreConfig,
    /// Its secrets.
    pub secrets: &'a StoreSecrets,
    /// Where its webhooks should deliver to, if that is known.
    pub webhook_url: Option<&'a str>,
    /// Its ERP, if the deployment has it.
    pub erp: Option<&'a ErpConfig>,
    /// The ERP's token, if there is one.
    pub token: Option<&'a str>,
}

/// Checks a store of the deployment.
///
/// # Errors
/// If the deployment does not answer, or has no such store; what is wrong with the store is in the report.
pub async fn check(deployment: &Deployment, slug: &StoreSlug, api_url: Option<&str>) -> Result<Report, Failure> {
    let explain = |error| deployment.explain(&error);
    let store = deployment.dynamo.store(slug).await.map_err(explain)?;
    let store = store.ok_or_else(|| format!("there is no store {slug}; add it with `waybill store add {slug}`"))?;
    let secrets = deployment.secrets.store(slug).await.map_err(explain)?.unwrap_or_default();
    let webhook_url = deployment.webhook_url(slug, api_url);
    let erp = deployment.dynamo.erp(&store.erp).await.map_err(explain)?;
    let token = deployment.secrets.erp_token(&store.erp).await.map_err(explain)?;
    let connected = Connected {
        store: &store,
        secrets: &secrets,
        webhook_url: webhook_url.as_deref(),
        erp: erp.as_ref(),
        token: token.as_deref(),
    };
    let mut report = examine(&connected, now()).await;
    let stores = deployment.dynamo.stores().await.map_err(explain)?;
    if let Some(clash) = clash(&store, &stores) {
        report.wrong("records", clash);
    }
    Ok(report)
}

/// Examines the store, then its ERP, then whether the two mean the same articles. `now` is this machine's time.
pub async fn examine(connected: &Connected<'_>, now: At) -> Report {
    let store = connected.store;
    let mut report = Report::new(format!("store {}", store.slug));
    let catalogue = look(&mut report, connected, now).await;
    let Some(erp) = connected.erp else {
        report.wrong(
            "erp",
            format!("its ERP {} is not in this deployment; add it with `waybill erp add {}`", store.erp, store.erp),
        );
        return report;
    };
    let of_erp = erps::check(erp, connected.token).await;
    let erp_answers = of_erp.ok;
    report.take(of_erp);
    if let (true, Some(token)) = (erp_answers, connected.token) {
        mapped_records(&mut report, connected, erp, token).await;
    }
    if let (true, Some(catalogue), Some(token)) = (erp_answers, catalogue, connected.token) {
        let unknown = match erps::connect(erp, token, store.records_in(&erp.slug)) {
            Ok(connection) => erps::unknown_skus(&connection, &mapped(store, &catalogue)).await,
            Err(error) => Err(error),
        };
        match unknown {
            Ok(unknown) => articles(&mut report, store, &unknown),
            Err(error) => report.wrong("articles", format!("ERP {} does not say which articles it has: {error}", erp.slug)),
        }
    }
    report
}

/// Whether the ERP has what the store's records name, and all tax rates lead to a tax of it.
async fn mapped_records(report: &mut Report, connected: &Connected<'_>, erp: &ErpConfig, token: &str) {
    let store = connected.store;
    if store.records_in(&erp.slug).is_none() {
        if erp.connector != ErpConnector::Rest {
            let text = format!(
                "it names no records of ERP {0}, and no order can be posted; `waybill erp records {0}` lists what there is; run                  `waybill store add {1} --records FILE`",
                erp.slug, store.slug
            );
            report.wrong("records", text);
        }
        return;
    }
    let http = HttpConfig { ca_pem: store.ca_pem.clone(), ..HttpConfig::new(&store.base_url) };
    let rates = match Http::new(&http) {
        Ok(http) => rates::read(&http, connected.secrets).await,
        Err(error) => Err(error.to_string()),
    };
    if let Err(reason) = &rates {
        report.wrong("taxes", format!("its tax rates cannot be read ({reason}); the REST key has to be of a shop manager"));
    }
    match AnyErp::new(erp, token) {
        Ok(directory) => records::check(report, store, &directory, rates.ok().as_deref()).await,
        Err(error) => report.wrong("records", format!("ERP {}: {error}", erp.slug)),
    }
}

/// Looks at the store alone; what it sells, if it says so.
async fn look(report: &mut Report, connected: &Connected<'_>, now: At) -> Option<Catalogue> {
    let (config, secrets) = (connected.store, connected.secrets);
    keys(report, config, secrets);
    let http = reach::client(report, &config.base_url, config.ca_pem.as_deref())?;
    let index = reach::get(report, &http, &config.base_url, &["wp-json", ""], |request| request).await?;
    if index.json::<serde_json::Map<String, serde_json::Value>>().is_none() {
        report.wrong(
            "reach",
            format!(
                "{} answers {} at wp-json, and not with WordPress's REST API; correct the address, or turn on permalinks in WordPress",
                config.base_url, index.status
            ),
        );
        return None;
    }
    report.fine("reach", format!("WordPress answers at {}", config.base_url));
    reach::clock(report, &index, now, "changes are missed");
    let store = WooCommerce::new(FixedKeys(secrets.clone()));
    match store.site(config).await {
        Ok(site) => report.fine(
            "version",
            format!(
                "WooCommerce {} on WordPress {} lets the REST key in; its currency is {}",
                site.version, site.wordpress, site.currency
            ),
        ),
        Err(error) => {
            report.wrong("access", refusal(&error, config, "its system status"));
            if is_about_the_key(&error) {
                // Whatever else is asked ends the same.
                return None;
            }
        }
    }
    match store.modified_since(config, now).await {
        Ok(_) => report.fine("orders", "the REST key may read orders"),
        Err(error) => report.wrong("orders", refusal(&error, config, "orders")),
    }
    match store.may_write(config).await {
        Ok(()) => report.fine("writes", "the REST key may write"),
        Err(error) => report.wrong("writes", refusal(&error, config, "whether the REST key may write")),
    }
    match store.webhooks(config).await {
        Ok(found) => webhooks::judge(report, &config.slug, &found, connected.webhook_url),
        Err(error) => report.wrong("webhooks", refusal(&error, config, "webhooks")),
    }
    skus(report, config, &http, secrets).await
}

fn keys(report: &mut Report, config: &StoreConfig, secrets: &StoreSecrets) {
    let slug = &config.slug;
    match secrets.webhook_secrets.len() {
        0 => report.wrong(
            "secrets",
            format!("there is no webhook secret, so every delivery is refused; run `waybill store add {slug} --webhook-secret-file FILE`"),
        ),
        1 => {}
        several => report.note(
            "secrets",
            format!("{several} webhook secrets are accepted; when all webhooks have the newest one, add the store again with that one alone"),
        ),
    }
}

fn is_about_the_key(error: &CallError) -> bool {
    matches!(error, CallError::Refused { code, .. } if code == "store_unauthorized" || code == "store_key_missing")
}

/// Why the store did not answer well, with what to do.
fn refusal(error: &CallError, config: &StoreConfig, what: &str) -> String {
    let slug = &config.slug;
    match error {
        CallError::Refused { code, message } => match code.as_str() {
            "store_unauthorized" => format!(
                "401: {message}; make a key in WooCommerce, Settings, Advanced, REST API, and run `waybill store add {slug} \
                 --consumer-key-file FILE --consumer-secret-file FILE`"
            ),
            "store_forbidden" => {
                format!("403: the REST key may not read {what}; make a key for a user who is shop manager ({message})")
            }
            "store_write_forbidden" => format!(
                "the REST key may only read, so shipments and refunds do not reach the store; make a key with the permission read/write for a \
                 user who is shop manager, and run `waybill store add {slug} --consumer-key-file FILE --consumer-secret-file FILE`"
            ),
            "store_key_missing" => format!(
                "there is no REST key; run `waybill store add {slug} --consumer-key-file FILE --consumer-secret-file FILE`"
            ),
            _ => format!("{what} cannot be read: {message} ({code})"),
        },
        CallError::Busy { reason, .. } => format!("the store asks to be left alone for now ({reason}); check again later"),
        CallError::Down { reason } | CallError::Unknown { reason } => {
            format!("{what} cannot be read: {reason}; look at the log of the store's server, and at what stands before it")
        }
    }
}

async fn skus(report: &mut Report, config: &StoreConfig, http: &Http, secrets: &StoreSecrets) -> Option<Catalogue> {
    let catalogue = match catalogue::read(http, secrets).await {
        Ok(catalogue) => catalogue,
        Err(reason) => {
            report.wrong("skus", format!("its products cannot be read ({reason}); the REST key needs to read products"));
            return None;
        }
    };
    let unmapped: Vec<String> = catalogue.skus.iter().filter(|sku| config.mapping.find(sku).is_none()).cloned().collect();
    let all = catalogue.skus.len();
    if unmapped.is_empty() {
        report.fine("skus", format!("all {all} SKUs are mapped"));
    } else {
        report.wrong(
            "skus",
            format!(
                "{} of {all} SKUs are not mapped: {}; orders of them are held; add them to the mapping and run `waybill store add {} --mapping FILE`",
                unmapped.len(),
                some_of(&unmapped),
                config.slug
            ),
        );
    }
    if !catalogue.without.is_empty() {
        let ids: Vec<String> = catalogue.without.iter().map(u64::to_string).collect();
        report.note(
            "skus",
            format!(
                "{} products or variations have no SKU: {}; orders of them are held until they have one",
                ids.len(),
                some_of(&ids)
            ),
        );
    }
    if catalogue.cut {
        report.note("skus", format!("the store has more products than were looked at ({all} SKUs)"));
    }
    Some(catalogue)
}

/// The ERP's articles that the store's SKUs lead to.
fn mapped(config: &StoreConfig, catalogue: &Catalogue) -> BTreeSet<Sku> {
    catalogue.skus.iter().filter_map(|sku| config.mapping.find(sku)).map(|mapped| mapped.erp_sku).collect()
}

fn articles(report: &mut Report, config: &StoreConfig, unknown: &[Sku]) {
    if unknown.is_empty() {
        report.fine("articles", format!("ERP {} knows every article the store's SKUs lead to", config.erp));
        return;
    }
    let names: Vec<String> = unknown.iter().map(Sku::to_string).collect();
    report.wrong(
        "articles",
        format!(
            "ERP {} does not know {} articles: {}; create them there, or correct the mapping",
            config.erp,
            names.len(),
            some_of(&names)
        ),
    );
}
