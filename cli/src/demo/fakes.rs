//! The store, the ERP and the warehouse of the demo, connected to the local system by the functions behind `store add`, `erp add`,
//! `warehouse add`, `client add` and `stock pull`.

use std::collections::BTreeMap;

use waybill_domain::{Circuit, CircuitState, Endpoint, ErpConfig, ErpSlug, StoreConfig, StoreSlug};
use waybill_testkit::erp::{FakeErp, FakeErpConfig};
use waybill_testkit::store::{FakeStore, FakeStoreConfig, NewWebhook};
use waybill_testkit::warehouse::{FakeWarehouse, FakeWarehouseConfig, WarehouseClient};
use waybill_workflow::ports::{Circuits, Configs, Scope};

use super::{Kind, RealErp};
use crate::Failure;
use crate::clients::{self, NewClient};
use crate::deployment::Deployment;
use crate::erps::{self, NewErp};
use crate::stock::command::pull_from;
use crate::stores::{self, NewSecrets, NewStore};
use crate::warehouses::{self, NewWarehouse};

/// The secret of the demo's webhooks. No secret at all: it signs invented orders on this machine's loopback interface.
const WEBHOOK_SECRET: &str = "demo-webhook-secret";
/// The secret of the demo's warehouse, which is none either.
const WAREHOUSE_SECRET: &str = "demo-warehouse-secret";
/// Pieces of every article but the one that is to be short: more than a thousand orders of any kind want.
const PLENTY: i64 = 100_000;
/// Pieces of the article that is to be short; an order of that kind wants 999.
const FEW: i64 = 20;
const SHORT_SKU: &str = "LAMP-DESK";
/// Where the fake warehouse takes pushes.
const WAREHOUSE_PATH: &str = "/waybill/fulfilments";
/// Demos that can run side by side on one local system.
const SIDE_BY_SIDE: u32 = 9;

/// A running store, ERP and warehouse that this deployment knows.
pub struct Fakes {
    /// The store.
    pub store: FakeStore,
    /// The ERP.
    pub erp: FakeErp,
    /// The warehouse, which is pushed to.
    pub warehouse: FakeWarehouse,
    /// Its other half, which reports.
    pub client: WarehouseClient,
    /// The store's name in the deployment; the others have the same.
    pub slug: StoreSlug,
    /// Where orders are posted to instead of the fake ERP.
    pub tryton: Option<RealErp>,
}

impl Fakes {
    /// Starts all, makes them known to the deployment, and seeds the ledger from the ERP's figures.
    ///
    /// The functions keep configurations for a minute. So a demo that ran before on this system is gone on with, on the ports it had;
    /// only if those are taken others get a name of their own.
    ///
    /// # Errors
    /// One sentence on what could not be set up.
    pub async fn connect(deployment: &Deployment) -> Result<Self, Failure> {
        Self::connect_to(deployment, None).await
    }

    /// The same with a real ERP, which knows nothing of earlier demos: all get a name of their own.
    ///
    /// # Errors
    /// One sentence on what could not be set up.
    pub async fn connect_to(deployment: &Deployment, tryton: Option<RealErp>) -> Result<Self, Failure> {
        let first = if tryton.is_some() { "tryton" } else { "demo" };
        for number in 1..=SIDE_BY_SIDE {
            let name = if number == 1 { first.to_owned() } else { format!("{first}-{number}") };
            if let Some(fakes) = Self::start(deployment, &name, tryton.is_some()).await? {
                let fakes = Self { tryton, ..fakes };
                fakes.make_known(deployment, &name).await?;
                return Ok(fakes);
            }
        }
        Err("the ports of all demos that ran on this local system are taken; `waybill local down` forgets them".into())
    }

    /// The kinds of order that its ERP can show.
    #[must_use]
    pub fn kinds(&self) -> Vec<Kind> {
        if self.tryton.is_some() { Kind::of_tryton() } else { Kind::ALL.to_vec() }
    }

    /// Starts those of this name; `None` if their addresses cannot be had, or there were some of this name and must not have been.
    async fn start(deployment: &Deployment, name: &str, new: bool) -> Result<Option<Self>, Failure> {
        let slug: StoreSlug = name.parse()?;
        let explain = |error| deployment.explain(&error);
        let store = deployment.dynamo.store(&slug).await.map_err(explain)?;
        if new && store.is_some() {
            return Ok(None);
        }
        let erp = deployment.dynamo.erp(&name.parse()?).await.map_err(explain)?;
        let warehouse = deployment.dynamo.warehouse(&name.parse()?).await.map_err(explain)?;
        let (Some(store_port), Some(erp_port), Some(warehouse_port)) = (
            port_to_take(store.as_ref().map(|config| config.base_url.as_str())),
            port_to_take(erp.as_ref().map(|config| config.base_url.as_str())),
            port_to_take(warehouse.as_ref().map(|config| config.url.as_str())),
        ) else {
            return Ok(None);
        };
        let before = deployment.dynamo.orders(Some(&slug)).await.map_err(explain)?;
        // Refunds have ids of the same series.
        let ids = before.iter().flat_map(|order| order.refunds.iter().map(|refund| refund.id).chain([order.key.id]));
        let last_id = ids.max();
        let webhook_url = deployment.webhook_url(&slug, None).ok_or("the demo runs on the local system only")?;
        let config = FakeStoreConfig {
            port: store_port,
            first_id: last_id.map_or(FakeStoreConfig::default().first_id, |id| id.saturating_add(1)),
            webhooks: NewWebhook::for_orders(&webhook_url, WEBHOOK_SECRET),
            fulfillments: true,
            ..FakeStoreConfig::default()
        };
        let stock = config.products.iter().filter(|product| !product.sku.is_empty()).map(|product| {
            let pieces = if product.sku == SHORT_SKU { FEW } else { PLENTY };
            (product.sku.clone(), pieces)
        });
        let erp = FakeErpConfig { port: erp_port, stock: stock.collect::<BTreeMap<_, _>>(), ..FakeErpConfig::default() };
        let secrets = vec![WAREHOUSE_SECRET.to_owned()];
        let warehouse = FakeWarehouseConfig { port: warehouse_port, slug: name.to_owned(), secrets };
        let (Ok(erp), Ok(store), Ok(warehouse)) =
            (FakeErp::start(erp).await, FakeStore::start(config).await, FakeWarehouse::start(warehouse).await)
        else {
            return Ok(None);
        };
        let api = deployment.api_url().ok_or("the demo runs on the local system only")?;
        let client = WarehouseClient::new(api, name, WAREHOUSE_SECRET);
        Ok(Some(Fakes { store, erp, warehouse, client, slug, tryton: None }))
    }

    async fn make_known(&self, deployment: &Deployment, name: &str) -> Result<(), Failure> {
        let erp_slug: ErpSlug = name.parse()?;
        let erp = self.add_erp(deployment, &erp_slug).await?;
        self.add_warehouse(deployment, name).await?;
        self.add_store(deployment, &erp_slug).await?;
        let client = NewClient {
            stores: vec![self.slug.clone()],
            scopes: vec![Scope::Shipments, Scope::Returns, Scope::Fulfilments],
            secret: Some(WAREHOUSE_SECRET.to_owned()),
            drop_old: false,
        };
        clients::add(deployment, &name.parse()?, &client).await?;
        for endpoint in [Endpoint::Erp(erp_slug), Endpoint::Store(self.slug.clone()), Endpoint::Warehouse(name.parse()?)] {
            close(deployment, endpoint).await?;
        }
        pull_from(deployment, &erp).await?;
        Ok(())
    }

    async fn add_erp(&self, deployment: &Deployment, slug: &ErpSlug) -> Result<ErpConfig, Failure> {
        if let Some(tryton) = &self.tryton {
            return tryton.add(deployment, slug).await;
        }
        let new = NewErp {
            base_url: Some(self.erp.base_url()),
            slots: Some(4),
            settle_seconds: Some(30),
            orders_per_minute: Some(600),
            ..NewErp::default()
        };
        let before = deployment.dynamo.erp(slug).await.map_err(|error| deployment.explain(&error))?;
        match before {
            // Another version would be the same, and the functions would read it for nothing.
            Some(before) if erps::merge(slug, Some(before.clone()), &new)? == before => Ok(before),
            _ => erps::add(deployment, slug, &new, Some(&self.erp.token())).await,
        }
    }

    async fn add_warehouse(&self, deployment: &Deployment, name: &str) -> Result<(), Failure> {
        let slug = name.parse()?;
        let new = NewWarehouse { url: Some(self.warehouse.url()), orders_per_minute: Some(600), ..NewWarehouse::default() };
        let before = deployment.dynamo.warehouse(&slug).await.map_err(|error| deployment.explain(&error))?;
        if before.is_none() || before != warehouses::merge(&slug, before.clone(), &new).ok() {
            warehouses::add(deployment, &slug, &new).await?;
        }
        Ok(())
    }

    async fn add_store(&self, deployment: &Deployment, erp: &ErpSlug) -> Result<StoreConfig, Failure> {
        let new = NewStore {
            base_url: Some(self.store.url().to_owned()),
            erp: Some(erp.clone()),
            warehouse: Some(Some(self.slug.as_str().parse()?)),
            same_skus: Some(true),
            ..NewStore::default()
        };
        let before = deployment.dynamo.store(&self.slug).await.map_err(|error| deployment.explain(&error))?;
        if let Some(before) = before
            && stores::merge(&self.slug, Some(before.clone()), &new)? == before
        {
            return Ok(before);
        }
        let keys = FakeStoreConfig::default();
        let secrets = NewSecrets {
            webhook: vec![WEBHOOK_SECRET.to_owned()],
            consumer_key: Some(keys.consumer_key),
            consumer_secret: Some(keys.consumer_secret),
            ..NewSecrets::default()
        };
        let mut config = stores::add(deployment, &self.slug, &new, &secrets).await?;
        if let Some(tryton) = &self.tryton {
            config.records.insert(erp.clone(), tryton.records());
            config = deployment.dynamo.put_store(&config).await?;
        }
        Ok(config)
    }
}

/// The port to listen on: that of the configured address, any for none. `None` if the address is not one that a demo made.
fn port_to_take(base_url: Option<&str>) -> Option<u16> {
    match base_url {
        None => Some(0),
        Some(url) => {
            let rest = url.strip_prefix("http://127.0.0.1:")?;
            rest.strip_suffix(WAREHOUSE_PATH).unwrap_or(rest).parse().ok()
        }
    }
}

/// Forgets that the endpoint was down or slow when an earlier demo had ended, and what an older demo's store could not do.
async fn close(deployment: &Deployment, endpoint: Endpoint) -> Result<(), Failure> {
    let circuit = deployment.dynamo.circuit(&endpoint).await.map_err(|error| deployment.explain(&error))?;
    let troubled = circuit.failures > 0 || circuit.slowed.is_some() || !circuit.calls.is_empty();
    if troubled || circuit.state != CircuitState::Closed || circuit.fulfillments == Some(false) {
        let closed = Circuit { version: circuit.version.saturating_add(1), ..Circuit::closed(endpoint) };
        deployment.dynamo.save_circuit(&closed).await.map_err(|error| deployment.explain(&error))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::port_to_take;

    #[test]
    fn only_an_address_that_a_demo_made_is_gone_on_with() {
        assert_eq!(port_to_take(None), Some(0));
        assert_eq!(port_to_take(Some("http://127.0.0.1:4711")), Some(4711));
        assert_eq!(port_to_take(Some("http://127.0.0.1:4712/waybill/fulfilments")), Some(4712));
        assert_eq!(port_to_take(Some("https://shop.example")), None);
        assert_eq!(port_to_take(Some("http://127.0.0.1:4711/shop")), None);
    }
}
