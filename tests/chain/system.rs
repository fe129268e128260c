//! A local system of this test alone, which ends with it, and what the parts of the test do with it.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::json;
use waybill_cli::deployment::Deployment;
use waybill_cli::local::{self, Endpoints, UpOptions, progress::Quiet};
use waybill_cli::stores::{NewSecrets, NewStore};
use waybill_cli::{erps, stock, stores};
use waybill_domain::{Order, OrderKey, next};
use waybill_testkit::erp::FakeErp;
use waybill_workflow::ports::Orders;

/// How long an order may take to come to rest on a busy machine; longer than a store's settle time and an order's turn in the sweep.
const PATIENCE: Duration = Duration::from_secs(150);

/// User name and password of every store's REST API.
pub const KEYS: (&str, &str) = ("ck_test", "cs_test");

/// The running local system.
pub struct System {
    state: PathBuf,
    endpoints: Endpoints,
}

/// A client of it.
pub struct Connected {
    pub endpoints: Endpoints,
    pub deployment: Deployment,
    pub http: reqwest::Client,
}

impl System {
    /// A system of this name: several run side by side.
    pub fn up(name: &str) -> Self {
        let state = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        local::down(Some(state.clone())).expect("left by an aborted run, or nothing");
        let options = UpOptions { port: Some(0), state: Some(state.clone()), as_tests_do: true };
        let endpoints = local::up(&options, &Quiet).expect("the local system comes up");
        System { state, endpoints }
    }

    pub async fn connect(&self) -> Connected {
        // One provider for the whole process; another test may have installed it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Connected {
            endpoints: self.endpoints.clone(),
            deployment: Deployment::local(&self.endpoints).await,
            http: reqwest::Client::builder().timeout(Duration::from_secs(30)).build().expect("a client"),
        }
    }
}

impl Drop for System {
    fn drop(&mut self) {
        if let Err(error) = local::down(Some(self.state.clone())) {
            eprintln!("the local system did not end: {error}");
        }
    }
}

impl Connected {
    /// Makes an ERP and a store known, as `waybill erp add`, `waybill store add` and `waybill stock pull` do.
    pub async fn add(&self, name: &str, store_url: &str, erp: &FakeErp, secrets: &[&str]) {
        let slug = name.parse().expect("a slug");
        let new = erps::NewErp {
            base_url: Some(erp.base_url()),
            slots: Some(2),
            timeout_seconds: Some(2),
            settle_seconds: Some(3),
            orders_per_minute: Some(6_000),
            ..erps::NewErp::default()
        };
        let config = erps::add(&self.deployment, &slug, &new, Some(&erp.token())).await.expect("the ERP is added");
        let new =
            NewStore { base_url: Some(store_url.to_owned()), erp: Some(slug), same_skus: Some(true), ..NewStore::default() };
        let secrets = NewSecrets {
            webhook: secrets.iter().map(|secret| (*secret).to_owned()).collect(),
            consumer_key: Some(KEYS.0.to_owned()),
            consumer_secret: Some(KEYS.1.to_owned()),
            ..NewSecrets::default()
        };
        let store = name.parse().expect("a slug");
        stores::add(&self.deployment, &store, &new, &secrets).await.expect("the store is added");
        stock::command::pull_from(&self.deployment, &config).await.expect("the stock is pulled");
    }

    /// The order as it is.
    pub async fn order(&self, key: &str) -> Option<Order> {
        self.deployment.dynamo.load(&key.parse().expect("a key")).await.expect("the orders table answers")
    }

    /// The order, once `ready` says that it has come to what is waited for.
    pub async fn until(&self, key: &str, what: &str, ready: impl Fn(&Order) -> bool) -> Order {
        let key: OrderKey = key.parse().expect("a key");
        let begun = Instant::now();
        loop {
            let order = self.deployment.dynamo.load(&key).await.expect("the orders table answers");
            match order {
                Some(order) if ready(&order) => return order,
                order if begun.elapsed() > PATIENCE => panic!("{key} did not come to {what}; it is {order:#?}"),
                _ => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    }

    /// The order, once nothing is to be done for it.
    pub async fn at_rest(&self, key: &str) -> Order {
        self.until(key, "rest", |order| next(order).is_empty() && order.stale.is_none()).await
    }

    /// Runs a function once, as its schedule would.
    pub async fn invoke(&self, function: &str) -> serde_json::Value {
        self.try_invoke(function).await.unwrap_or_else(|error| panic!("{function}: {error}"))
    }

    /// Runs a function that may fail.
    pub async fn try_invoke(&self, function: &str) -> Result<serde_json::Value, serde_json::Value> {
        let endpoints = &self.endpoints;
        let url = format!("{}/2015-03-31/functions/{}-{function}/invocations", endpoints.aws_endpoint_url, endpoints.deployment);
        let answer = self.http.post(url).body("{}").send().await.expect("the local AWS answers");
        let failed = answer.headers().contains_key("x-amz-function-error");
        let body: serde_json::Value = serde_json::from_str(&answer.text().await.expect("a body")).expect("JSON");
        if failed { Err(body) } else { Ok(body) }
    }

    /// Puts events on the bus: source, detail-type and detail of each.
    pub async fn put_events(&self, events: &[(&str, &str, &serde_json::Value)]) {
        let entry = |(source, detail_type, detail): &(&str, &str, &serde_json::Value)| {
            json!({
                "EventBusName": self.endpoints.bus,
                "Source": source,
                "DetailType": detail_type,
                "Detail": detail.to_string(),
            })
        };
        let body = json!({ "Entries": events.iter().map(entry).collect::<Vec<_>>() });
        let request = self.http.post(&self.endpoints.aws_endpoint_url).header("x-amz-target", "AWSEvents.PutEvents");
        let answer = request.header("content-type", "application/x-amz-json-1.1").body(body.to_string()).send().await;
        let answer = answer.expect("the local AWS answers");
        assert!(answer.status().is_success(), "PutEvents: {}", answer.status());
    }
}
