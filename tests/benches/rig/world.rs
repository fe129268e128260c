//! A deployment on loopback, and orders that go their whole way through it. The bench plays the event sources: it hands on what was
//! sent and what was committed, in batches of the sizes it is asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};
use waybill_aws::{Dynamo, Names};
use waybill_domain::At;
use waybill_testkit::erp::{FakeErp, FakeErpConfig};
use waybill_testkit::memory::samples;
use waybill_workflow::ports::StockLedger;

use super::aws::{Aws, Seen};
use super::build::Built;
use super::calls::Call;
use super::process::{DEPLOYMENT, Function, queue_url};
use super::{backends, events};

/// The article of `events/intake`.
const SKU: &str = "MUG-BLUE";

/// How many messages an invocation gets.
#[derive(Debug, Clone, Copy)]
pub struct Batches {
    /// Of the steps' queues.
    pub steps: usize,
    /// Of the queue of post-to-erp.
    pub posts: usize,
    /// Records of the stream.
    pub records: usize,
}

impl Batches {
    /// One message per invocation: an idle system.
    pub const SINGLE: Self = Batches { steps: 1, posts: 1, records: 1 };
    /// As many as the template allows: a busy one.
    pub const FULL: Self = Batches { steps: 10, posts: 2, records: 25 };
}

/// One function's part in the way of all orders.
pub struct Leg {
    /// The function.
    pub slug: &'static str,
    /// What it was given: `order.created`, `of intake`.
    pub given: &'static str,
    /// Deliveries, messages or records.
    pub messages: usize,
    /// Invocations.
    pub invocations: usize,
    /// Time between giving events and getting answers.
    pub wall: Duration,
    /// Of this, what AWS on loopback took.
    pub aws: Duration,
    /// CPU of the function's process.
    pub cpu: Duration,
    /// Bytes it logged.
    pub logged: u64,
    /// What it asked of AWS.
    pub calls: Vec<Call>,
    /// Facts on the bus.
    pub facts: usize,
}

/// A deployment whose functions are warm.
pub struct World {
    aws: Aws,
    erp: FakeErp,
    functions: BTreeMap<&'static str, Function>,
    next_id: u64,
}

impl World {
    /// Starts everything, and takes some orders through it, so that connections are open and configuration is known.
    pub async fn warm(built: &Built) -> Self {
        let pieces = BTreeMap::from([(SKU.to_owned(), 1_000_000)]);
        let erp = FakeErp::start(FakeErpConfig { stock: pieces, ..FakeErpConfig::default() }).await.expect("a free port");
        let aws = Aws::start(secrets(&erp)).await;
        set_up(&aws, &erp).await;
        let mut functions = BTreeMap::new();
        for slug in ["intake", "validate", "reserve", "post-to-erp", "relay"] {
            functions.insert(slug, Function::start(built, slug, &aws.url()).await);
        }
        let mut world = World { aws, erp, functions, next_id: 1002 };
        world.orders(10, Batches::SINGLE).await;
        world
    }

    /// Takes so many orders from their first delivery to the ERP; what each leg of the way took. Panics if one does not get there.
    pub async fn orders(&mut self, count: usize, batches: Batches) -> Vec<Leg> {
        let before = self.erp.orders().len();
        let mut given: Vec<[Value; 2]> = Vec::new();
        for _ in 0..count {
            given.push(events::deliveries(self.next_id));
            self.next_id += 1;
        }
        assert!(self.next_id < 10_000, "the sample's number has four digits");
        let (created, updated): (Vec<_>, Vec<_>) = given.into_iter().map(|[created, updated]| (created, updated)).unzip();
        let mut legs = Vec::new();
        let mut seen = self.leg(&mut legs, ("intake", "order.created"), created, count).await;
        seen.messages = self.relay(&mut legs, "of intake", &seen, batches).await;
        let nothing = self.leg(&mut legs, ("intake", "order.updated"), updated, count).await;
        assert_eq!(nothing.changed.len(), 0, "the second delivery says nothing new");
        for (step, relayed) in [("validate", "of validate"), ("reserve", "of reserve"), ("post-to-erp", "of post-to-erp")] {
            let bodies = for_step(step, &seen.messages, count);
            let size = if step == "post-to-erp" { batches.posts } else { batches.steps };
            let batched = bodies.chunks(size).map(|bodies| events::queue(step, bodies)).collect();
            seen = self.leg(&mut legs, (step, "its command"), batched, count).await;
            seen.messages = self.relay(&mut legs, relayed, &seen, batches).await;
        }
        assert_eq!(seen.messages.len(), 0, "a posted order is at its end");
        let references: BTreeSet<String> = self.erp.orders().into_iter().skip(before).map(|order| order.new.reference).collect();
        assert_eq!(references.len(), count, "every order is in the ERP, once");
        legs
    }

    /// The most memory each function ever had, in bytes.
    pub fn peak_memory(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.functions.iter().map(|(slug, function)| (*slug, function.peak_memory()))
    }

    async fn relay(&mut self, legs: &mut Vec<Leg>, given: &'static str, seen: &Seen, batches: Batches) -> Vec<(String, String)> {
        let batched = seen.changed.chunks(batches.records).map(events::stream).collect();
        self.leg(legs, ("relay", given), batched, seen.changed.len()).await.messages
    }

    /// Gives a function these events, one after the other.
    async fn leg(
        &mut self,
        legs: &mut Vec<Leg>,
        (slug, given): (&'static str, &'static str),
        events: Vec<Value>,
        messages: usize,
    ) -> Seen {
        self.aws.take();
        let function = self.functions.get_mut(slug).expect("it runs");
        let (cpu, logged) = (function.cpu(), function.logged());
        let mut wall = Duration::ZERO;
        for event in &events {
            let (answer, took) = function.invoke(event).await;
            let good = answer["statusCode"] == 200 || answer["batchItemFailures"] == json!([]);
            assert!(good, "{slug} answered {answer}");
            wall += took;
        }
        let (cpu, logged) = (function.cpu().saturating_sub(cpu), function.logged() - logged);
        let mut seen = self.aws.take();
        let calls = std::mem::take(&mut seen.calls);
        let (aws, facts, invocations) = (seen.busy, seen.facts, events.len());
        legs.push(Leg { slug, given, messages, invocations, wall, aws, cpu, logged, calls, facts });
        seen
    }
}

fn for_step(step: &str, messages: &[(String, String)], count: usize) -> Vec<String> {
    let queue = queue_url(step);
    let bodies: Vec<String> = messages.iter().filter(|(to, _)| *to == queue).map(|(_, body)| body.clone()).collect();
    assert_eq!((bodies.len(), messages.len()), (count, count), "one command per order, for {step}");
    bodies
}

fn secrets(erp: &FakeErp) -> Vec<(String, String)> {
    let store = json!({"webhook_secrets": [events::SECRET], "consumer_key": "ck_bench", "consumer_secret": "cs_bench"});
    let erp = json!({"token": erp.token()});
    vec![(format!("{DEPLOYMENT}/store/shop"), store.to_string()), (format!("{DEPLOYMENT}/erp/acme"), erp.to_string())]
}

/// Tables as in the template, a store, an ERP, and stock.
async fn set_up(aws: &Aws, erp: &FakeErp) {
    let client = backends::client(&aws.url());
    let names = Names::new(DEPLOYMENT);
    backends::create_tables(&client, &names).await;
    let dynamo = Dynamo::with_client(client, &names);
    let mut store = samples::store();
    store.version = 0;
    dynamo.put_store(&store).await.expect("a store");
    let mut config = samples::erp();
    config.version = 0;
    config.base_url = erp.base_url();
    dynamo.put_erp(&config).await.expect("an ERP");
    let sku = SKU.parse().expect("a SKU");
    dynamo.pull(&config.slug, &sku, 1_000_000, At(1_795_424_400_000)).await.expect("stock");
}
