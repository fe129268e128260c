//! The local system with its own deliveries turned off: what a function does is what an event file makes it do.

use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use waybill_cli::deployment::Deployment;
use waybill_cli::local::{self, Endpoints, Logs, UpOptions, progress::Quiet as Silent};
use waybill_cli::stores::{NewSecrets, NewStore};
use waybill_cli::{erps, stock, stores};
use waybill_contracts::{Command, Origin};
use waybill_domain::{OrderKey, Step};
use waybill_testkit::erp::{FakeErp, FakeErpConfig};
use waybill_testkit::memory::samples::cents;
use waybill_testkit::store::{FakeStore, FakeStoreConfig, MailAbout, OrderKind};
use waybill_workflow::ports::{DeadLetter, DeadLetters, Log, Orders};

use crate::{made, read};

/// The running local system; it ends with this value.
pub struct Quiet {
    state: PathBuf,
    endpoints: Endpoints,
}

/// A client of it, and the store and ERP its functions talk to.
pub struct Connected {
    endpoints: Endpoints,
    deployment: Deployment,
    http: reqwest::Client,
    store: FakeStore,
    erp: FakeErp,
}

impl Quiet {
    pub fn up() -> Self {
        let state = Path::new(env!("CARGO_TARGET_TMPDIR")).join("events");
        local::down(Some(state.clone())).expect("left by an aborted run, or nothing");
        let options = UpOptions { port: Some(0), state: Some(state.clone()), as_tests_do: true };
        let endpoints = local::up(&options, &Silent).expect("the local system comes up");
        Quiet { state, endpoints }
    }

    pub async fn connect(&self) -> Connected {
        // One provider for the whole process; another test may have installed it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let config = FakeStoreConfig::default();
        let stock = config.products.iter().filter(|product| !product.sku.is_empty()).map(|product| (product.sku.clone(), 100));
        let erp = FakeErpConfig { stock: stock.collect(), ..FakeErpConfig::default() };
        let connected = Connected {
            endpoints: self.endpoints.clone(),
            deployment: Deployment::local(&self.endpoints).await,
            http: reqwest::Client::builder().timeout(Duration::from_secs(60)).build().expect("a client"),
            erp: FakeErp::start(erp).await.expect("an ERP"),
            store: FakeStore::start(config).await.expect("a store"),
        };
        connected.turn_deliveries_off().await;
        connected
    }

    /// These facts are in the bus's log.
    pub fn bus_has(&self, names: &[&str]) {
        let lines = Logs::of(Some(self.state.clone()), Some("facts")).and_then(|mut logs| logs.next_lines()).expect("readable");
        for name in names {
            assert!(lines.iter().any(|line| line.message.contains(name)), "nobody heard of {name}: {lines:?}");
        }
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        if let Err(error) = local::down(Some(self.state.clone())) {
            eprintln!("the local system did not end: {error}");
        }
    }
}

impl Connected {
    async fn aws(&self, method: Method, path: &str, target: Option<&str>, body: &Value) -> Value {
        let request = self.http.request(method, format!("{}{path}", self.endpoints.aws_endpoint_url));
        let request = target.into_iter().fold(request, |request, target| {
            request.header("x-amz-target", target).header("content-type", "application/x-amz-json-1.1")
        });
        let answer = request.body(body.to_string()).send().await.expect("the local AWS answers");
        let (status, failed) = (answer.status(), answer.headers().contains_key("x-amz-function-error"));
        let text = answer.text().await.expect("a body");
        assert!(status.is_success() && !failed, "{path} {target:?}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    /// No queue, no stream and no schedule invokes a function any more.
    async fn turn_deliveries_off(&self) {
        const MAPPINGS: &str = "/2015-03-31/event-source-mappings/";
        let mappings = self.aws(Method::GET, MAPPINGS, None, &Value::Null).await;
        let mappings = mappings["EventSourceMappings"].as_array().expect("mappings");
        assert_eq!(mappings.len(), 20, "seven queues, a stream and twelve dead-letter queues");
        for mapping in mappings {
            let path = format!("{MAPPINGS}{}", mapping["UUID"].as_str().expect("an id"));
            self.aws(Method::PUT, &path, None, &json!({ "Enabled": false })).await;
        }
        for slug in ["sweep", "erp-poll"] {
            let rule = json!({ "Name": format!("{}-{slug}", self.endpoints.deployment) });
            self.aws(Method::POST, "/", Some("AWSEvents.DisableRule"), &rule).await;
        }
    }

    /// The store and the ERP of the event files. The store is as it was when it had sent the last of its deliveries.
    pub async fn seed(&self) {
        let acme = "acme".parse().expect("a slug");
        let new = erps::NewErp { base_url: Some(self.erp.base_url()), ..erps::NewErp::default() };
        let config = erps::add(&self.deployment, &acme, &new, Some(&self.erp.token())).await.expect("the ERP is added");
        let new = NewStore {
            base_url: Some(self.store.url().to_owned()),
            erp: Some(acme),
            same_skus: Some(true),
            ..NewStore::default()
        };
        let keys = FakeStoreConfig::default();
        let secrets = NewSecrets {
            webhook: vec![made::SECRET.to_owned()],
            consumer_key: Some(keys.consumer_key),
            consumer_secret: Some(keys.consumer_secret),
            ..NewSecrets::default()
        };
        let shop = "shop".parse().expect("a slug");
        stores::add(&self.deployment, &shop, &new, &secrets).await.expect("the store is added");
        stock::command::pull_from(&self.deployment, &config).await.expect("the stock is pulled");

        use OrderKind as K;
        let at = |time: &str| {
            let time = format!("2026-11-23T{time}Z").parse().expect("a time");
            self.store.turn(|knobs| knobs.clock_at = Some(time));
        };
        at("09:00:00");
        // As the fixtures were made, from which intake's events are: order 1001 to 1012.
        let kinds = [K::Plain, K::Guest, K::Variation, K::Coupon, K::FeeTwoRates, K::TaxInclusive, K::BankTransfer];
        let more = [K::CashOnDelivery, K::WrongTotals, K::SameSkuTwice, K::NoSku, K::Unpaid];
        let ids: Vec<u64> = kinds.into_iter().chain(more).map(|kind| self.store.place(kind)).collect();
        assert_eq!(ids, (1001..=1012).collect::<Vec<_>>());
        at("09:05:00");
        self.store.pay(1012);
        at("09:07:00");
        self.store.refund_amount(1012, cents(500)).expect("refunded");
        at("09:30:00");
    }

    /// Gives a function an event.
    pub async fn invoke(&self, slug: &str, event: &Value) -> Value {
        let path = format!("/2015-03-31/functions/{}-{slug}/invocations", self.endpoints.deployment);
        self.aws(Method::POST, &path, None, event).await
    }

    /// An order's stage, or why it is held; then its shipments, returns and refunds.
    pub async fn state_of(&self, key: &str) -> String {
        let key: OrderKey = key.parse().expect("a key");
        let Some(order) = self.deployment.dynamo.load(&key).await.expect("the orders table answers") else {
            return "unknown".to_owned();
        };
        let word = |value: Value| value.as_str().unwrap_or_default().to_owned();
        let stage = || word(serde_json::to_value(order.stage).expect("JSON"));
        let mut said = vec![order.hold.as_ref().map_or_else(stage, |hold| format!("held: {}", hold.code))];
        for shipment in &order.fulfilment.shipments {
            let told = if shipment.told == shipment.revision { "told" } else { "not told" };
            said.push(format!("{} {told}", shipment.id));
        }
        for one in &order.returns {
            said.push(format!(
                "{} {}",
                one.id,
                one.refund.map_or("not refunded".to_owned(), |refund| format!("refund {refund}"))
            ));
        }
        for refund in &order.refunds {
            let state = word(serde_json::to_value(refund.state).expect("JSON"));
            said.push(format!("{} {} {state}", refund.id, refund.amount));
        }
        said.join(", ")
    }

    /// The dead letters, by queue and message.
    pub async fn letters(&self) -> Vec<DeadLetter> {
        let mut letters = self.deployment.dynamo.letters().await.expect("the table of dead letters answers");
        letters.sort_by(|a, b| a.id.cmp(&b.id));
        letters
    }

    /// What became of the orders outside.
    pub fn outside_is_right(&self) {
        let mailed = |order: u64| self.store.mails(order).into_iter().map(|mail| mail.about).collect::<Vec<_>>();
        let note = |id: &str| MailAbout::Note(format!("Your order is on its way: shipment {id} with DHL"));
        assert_eq!(mailed(1001), [note("P-1001"), MailAbout::Refunded]);
        assert_eq!(mailed(1003), [note("P-1003"), MailAbout::Completed]);
        let status = |order: u64| self.store.order(order).map(|order| order.status);
        assert_eq!((status(1001).as_deref(), status(1003).as_deref()), (Some("processing"), Some("completed")));
        let credits: Vec<String> =
            self.erp.credit_notes().iter().map(|note| format!("{} {}", note.new.reference, note.new.total.0)).collect();
        assert_eq!(credits, ["shop-1012-refund-1013 5.00", "shop-1001-refund-1014 15.35"]);
    }

    /// The relay has asked for validation of the order that was received, once per event that tells of it, and for nothing else.
    pub async fn relay_has_sent(&self) {
        let mut asked = Vec::new();
        for step in Step::ALL {
            let queue = &self.endpoints.queues[&self.deployment.names.queue(step)];
            let receive = json!({ "QueueUrl": queue, "MaxNumberOfMessages": 10 });
            let answer = self.aws(Method::POST, "/", Some("AmazonSQS.ReceiveMessage"), &receive).await;
            let messages = answer["Messages"].as_array().cloned().unwrap_or_default();
            asked.extend(
                messages.iter().map(|message| {
                    serde_json::from_str::<Command>(message["Body"].as_str().expect("a body")).expect("a command")
                }),
            );
        }
        // On a slow machine the sweep has asked again for orders that did not move meanwhile.
        asked.retain(|command| command.origin == Origin::Commit);
        let received = &made::story()[0];
        let command = Command::new(Step::Validate, received.key.clone(), Origin::Commit, received.seq);
        assert_eq!(asked, [command.clone(), command]);
    }

    /// The log page in this file is what the table has after such a page was written.
    pub async fn log_pages_are_as_in(&self, file: &str) {
        let event = read(file);
        let expected = &event["Records"][0]["dynamodb"];
        let story = made::story();
        let end = story.last().expect("an end");
        let first = end.events.get(..end.events.len().min(8)).expect("a page");
        self.deployment.dynamo.put_page(&end.key, 0, first).await.expect("written");
        let get = json!({ "TableName": self.deployment.names.table("orders"), "Key": expected["Keys"] });
        let answer = self.aws(Method::POST, "/", Some("DynamoDB_20120810.GetItem"), &get).await;
        assert_eq!(answer["Item"], expected["NewImage"]);
    }
}
