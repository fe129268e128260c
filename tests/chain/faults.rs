//! The switches by which a test breaks the local AWS, and how the test delivers by itself. What is broken hits all parts of the chain, so
//! these parts run in turn.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::{Value, json};
use waybill_cli::erps;
use waybill_domain::Stage;
use waybill_testkit::erp::{FakeErp, FakeErpConfig};
use waybill_testkit::store::{FakeStore, FakeStoreConfig, OrderKind, sign};

use crate::system::Connected;

/// Longer than a message that was interrupted stays away, a call's lease, and the sweep's patience, one after the other.
const PATIENCE: Duration = Duration::from_secs(400);

/// A fault is over after so many seconds even if the test is.
const AT_MOST_SECONDS: u32 = 90;

impl Connected {
    /// Breaks these services, in these ways, until [`Connected::mend`]; what was broken before works again.
    pub async fn fail(&self, faults: &[(&str, &str)]) {
        let fault = |how: &str| json!({ "how": how, "every": 1, "seconds": AT_MOST_SECONDS });
        let faults: Value =
            faults.iter().map(|(service, how)| ((*service).to_owned(), fault(how))).collect::<serde_json::Map<_, _>>().into();
        self.switch(reqwest::Method::PUT, "faults", &faults).await;
    }

    /// Everything works again.
    pub async fn mend(&self) {
        self.fail(&[]).await;
    }

    /// Kills a process of a function by SIGKILL, of any function if none is named, one at work if there is one. Its name, if there was one.
    pub async fn kill(&self, function: &str, pick: u64) -> Option<String> {
        let killed = self.switch(reqwest::Method::POST, "kill", &json!({ "function": function, "pick": pick })).await;
        killed["killed"].as_str().map(str::to_owned)
    }

    async fn switch(&self, method: reqwest::Method, what: &str, body: &Value) -> Value {
        let url = format!("{}/_waybill/{what}", self.endpoints.aws_endpoint_url);
        let answer = self.http.request(method, url).body(body.to_string()).send().await.expect("the local AWS answers");
        assert_eq!(answer.status(), StatusCode::OK, "{what} {body}");
        answer.json().await.expect("JSON")
    }

    /// Delivers as the store would, and answers what it was told; `None`: it was told nothing.
    pub async fn deliver(&self, store: &str, topic: &str, secret: &str, delivery_id: &str, body: &[u8]) -> Option<StatusCode> {
        let request = self
            .http
            .post(self.endpoints.webhook_url(store))
            .header("content-type", "application/json")
            .header("x-wc-webhook-topic", topic)
            .header("x-wc-webhook-delivery-id", delivery_id)
            .header("x-wc-webhook-signature", sign::signature(secret, body))
            .body(body.to_vec());
        request.send().await.ok().map(|answer| answer.status())
    }
}

/// A store that delivers nothing by itself and cannot be asked, and the ERP behind it, which takes many orders at once.
pub struct Shop {
    pub name: String,
    pub store: FakeStore,
    pub erp: FakeErp,
    /// Orders of which a delivery was answered with 200.
    pub taken: Mutex<BTreeSet<u64>>,
}

pub const SECRET: &str = "under-fire-secret";

impl Shop {
    pub async fn open(system: &Connected, name: &str) -> Self {
        let config = FakeStoreConfig::default();
        let skus = config.products.iter().filter(|product| !product.sku.is_empty());
        let stock = skus.map(|product| (product.sku.clone(), 100_000)).collect();
        let erp = FakeErp::start(FakeErpConfig { stock, ..FakeErpConfig::default() }).await.expect("an ERP");
        // Whoever posts twice has two documents, as in some real ERPs.
        erp.knobs(|knobs| knobs.unique_references = false);
        let store = FakeStore::start(config).await.expect("a store");
        // Where nobody listens: a poll of the store would find what was lost, and the loss would not show.
        system.add(name, "http://127.0.0.1:9", &erp, &[SECRET]).await;
        let wide = erps::NewErp { slots: Some(10), orders_per_minute: Some(6000), ..erps::NewErp::default() };
        erps::add(&system.deployment, &name.parse().expect("a slug"), &wide, None).await.expect("the ERP takes many");
        Shop { name: name.to_owned(), store, erp, taken: Mutex::default() }
    }

    /// Places an order. Nobody hears of it.
    pub fn place(&self) -> u64 {
        self.store.place(OrderKind::Plain)
    }

    /// Delivers an order as it is now.
    pub async fn deliver(&self, system: &Connected, id: u64) -> Option<StatusCode> {
        let body = self.store.order_json(id).expect("placed");
        let status = system.deliver(&self.name, "order.created", SECRET, &id.to_string(), &body).await;
        if status == Some(StatusCode::OK) {
            self.taken.lock().expect("nobody panicked").insert(id);
        }
        status
    }

    pub fn key(&self, id: u64) -> String {
        format!("{}/{id}", self.name)
    }

    /// Waits until the ERP has every order that was taken, and says that it has each once, and none besides. The sweep comes more often
    /// than its schedule, because orders that were interrupted wait for it.
    ///
    /// # Panics
    /// If one does not come, or comes twice.
    pub async fn arrive(&self, system: &Connected) {
        let taken = self.taken.lock().expect("nobody panicked").clone();
        let begun = Instant::now();
        let posted = || self.erp.orders().iter().map(|order| order.new.reference.clone()).collect::<BTreeSet<String>>();
        while posted().len() < taken.len() {
            let missing = || taken.iter().filter(|id| !posted().contains(&format!("{}-{id}", self.name))).collect::<Vec<_>>();
            assert!(
                begun.elapsed() < PATIENCE,
                "{}: {} of {} are posted; missing: {:?}",
                self.name,
                posted().len(),
                taken.len(),
                missing()
            );
            system.try_invoke("sweep").await.ok();
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
        for id in &taken {
            system.until(&self.key(*id), "posted", |order| order.stage >= Stage::Posted && order.call.is_none()).await;
            assert_eq!(self.erp.orders_with(&format!("{}-{id}", self.name)).len(), 1, "{}", self.key(*id));
        }
        assert_eq!(self.erp.orders().len(), taken.len(), "{}: one document for each order, and no other", self.name);
    }
}
