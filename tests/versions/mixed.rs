//! A local system of this test alone, whose functions are exchanged while orders are on their way.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::json;
use waybill_cli::demo::{Fakes, follow, judge, text};
use waybill_cli::deployment::Deployment;
use waybill_cli::erps::{self, NewErp};
use waybill_cli::local::{self, Endpoints, UpOptions, progress::Quiet};
use waybill_contracts::{Command, Origin};
use waybill_domain::{OrderKey, Stage, Step};
use waybill_testkit::erp::{Fault, Op, Trigger};
use waybill_testkit::store::OrderKind;
use waybill_workflow::ports::Orders;

/// Kinds of order that are placed at a time: each once.
const KINDS: usize = 21;
/// Between one exchange of functions and the next.
const PAUSE: Duration = Duration::from_secs(4);
/// The longest that an order is left to the sweep.
const PATIENCE: Duration = Duration::from_secs(240);

/// A folder with one binary per function.
pub struct Mix(PathBuf);

impl Mix {
    /// Some of the previous release, the others of the present one.
    pub fn of(folder: &Path, name: &str, present: &Path, previous: &Path, is_previous: fn(&str) -> bool) -> Self {
        let folder = folder.join(name);
        let _of_an_earlier_run = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder");
        let functions = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../functions")).expect("a folder");
        for slug in functions.flatten().map(|entry| entry.file_name()) {
            let old = previous.join(&slug);
            let chosen = if is_previous(&slug.to_string_lossy()) && old.is_file() { old } else { present.join(&slug) };
            symlink(chosen, folder.join(&slug)).expect("a link");
        }
        Mix(folder)
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.0
    }
}

/// The running system; it ends with this.
pub struct Deployed {
    state: PathBuf,
    endpoints: Endpoints,
}

impl Deployed {
    /// The present release's functions.
    pub fn build_present() -> PathBuf {
        local::build(&options(), &Quiet).expect("the present release builds")
    }

    /// Starts it with these functions.
    pub fn up(mix: &Mix) -> Self {
        let options = options();
        let state = options.state.clone().expect("given");
        local::down(Some(state.clone())).expect("left by an aborted run, or nothing");
        let endpoints = local::up_with(&options, Some(mix.folder()), &Quiet).expect("the local system comes up");
        Deployed { state, endpoints }
    }

    /// Store, ERP and warehouse, connected.
    pub async fn shop(&self) -> Shop<'_> {
        let deployment = Deployment::local(&self.endpoints).await;
        let fakes = Fakes::connect(&deployment).await.expect("connected");
        // A call without an answer is over soon.
        let quick = NewErp { timeout_seconds: Some(2), settle_seconds: Some(3), ..NewErp::default() };
        let erp = fakes.slug.as_str().parse().expect("a slug");
        erps::add(&deployment, &erp, &quick, None).await.expect("configured");
        // Its references are not unique, as in some real ERPs: whoever posts twice has two orders.
        fakes.erp.knobs(|knobs| knobs.unique_references = false);
        Shop { system: self, deployment, fakes }
    }
}

impl Drop for Deployed {
    fn drop(&mut self) {
        if let Err(error) = local::down(Some(self.state.clone())) {
            eprintln!("the local system did not end: {error}");
        }
    }
}

fn options() -> UpOptions {
    let state = Path::new(env!("CARGO_TARGET_TMPDIR")).join("versions/system");
    UpOptions { port: Some(0), state: Some(state), as_tests_do: true }
}

/// Deploys these functions in place of those that run.
async fn exchange(mix: &Mix) {
    let folder = mix.folder().to_path_buf();
    let up = tokio::task::spawn_blocking(move || local::up_with(&options(), Some(&folder), &Quiet).map(|_| ()));
    up.await.expect("ran").expect("deployed");
}

/// What sells on the deployment.
pub struct Shop<'a> {
    system: &'a Deployed,
    deployment: Deployment,
    fakes: Fakes,
}

impl Shop<'_> {
    /// Exchanges the functions, while orders of each kind are placed and followed to their end, and one more whose posting gets no answer.
    pub async fn every_kind_ends_while(&self, mixes: &[&Mix]) {
        let silent = self.place_unanswered();
        let begun = Instant::now();
        let exchanged = async {
            for mix in mixes {
                exchange(mix).await;
                tokio::time::sleep(PAUSE).await;
            }
        };
        let (placed, ()) = tokio::join!(follow(&self.deployment, &self.fakes, KINDS, |_| {}), exchanged);
        let placed = placed.expect("followed");
        let outcome = judge(&placed, &self.fakes.evidence(&placed).await, &self.system.endpoints);
        assert!(outcome.ok, "{}", text(&outcome, &placed));
        let reference = format!("{}-{silent}", self.fakes.slug);
        self.is_posted(silent).await;
        assert_eq!(self.fakes.erp.orders_with(&reference).len(), 1, "{reference} was looked up, not posted again");
        let dead: Vec<_> = self.queues().into_iter().filter(|(queue, _)| queue.ends_with("-dlq")).collect();
        assert!(dead.is_empty(), "{dead:?}");
        println!("{KINDS} orders in {} s", begun.elapsed().as_secs());
    }

    /// An order that the ERP creates and does not answer for. The delivery waits until the ERP knows that.
    fn place_unanswered(&self) -> u64 {
        let Fakes { store, erp, slug, .. } = &self.fakes;
        store.turn(|knobs| knobs.deliveries_paused = true);
        let id = store.place(OrderKind::Plain);
        let (op, times, fault) = (Some(Op::CreateOrder), Some(1), Fault::timeout_after_commit());
        erp.trigger(Trigger { order: format!("{slug}-{id}"), op, times, fault });
        store.turn(|knobs| knobs.deliveries_paused = false);
        id
    }

    /// Waits until the order is posted: until the sweep has come, if who called the ERP was exchanged.
    async fn is_posted(&self, id: u64) {
        let key = OrderKey { store: self.fakes.slug.clone(), id };
        let begun = Instant::now();
        loop {
            let order = self.deployment.dynamo.load(&key).await.expect("the table answers");
            if order.as_ref().is_some_and(|order| order.stage == Stage::Posted) {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "{key} is not posted: {order:#?}");
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }

    /// Orders of each kind come to their end with these functions.
    pub async fn every_kind_ends_with(&self, mix: &Mix) {
        exchange(mix).await;
        self.every_kind_ends_while(&[]).await;
    }

    /// A command and a put-aside delivery of a version that neither release knows: they come to no dead-letter queue, and stay.
    pub async fn what_is_of_the_future_waits(&self) {
        // One provider for the whole process; another part may have installed it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::new();
        let command = Command::new(Step::Validate, "demo/1".parse().expect("a key"), Origin::Commit, 1);
        let command = serde_json::to_string(&command).expect("JSON").replace("\"v\":1", "\"v\":2");
        for (queue, body) in [("waybill-validate", command.as_str()), ("waybill-intake", r#"{"v":2,"deliveries":[]}"#)] {
            let url = &self.system.endpoints.queues[queue];
            let body = json!({ "QueueUrl": url, "MessageBody": body }).to_string();
            let send = http.post(&self.system.endpoints.aws_endpoint_url).header("x-amz-target", "AmazonSQS.SendMessage");
            let sent = send.header("content-type", "application/x-amz-json-1.0").body(body).send().await;
            let status = sent.expect("the local AWS answers").status();
            assert!(status.is_success(), "{queue}: {status}");
        }
        tokio::time::sleep(Duration::from_secs(5)).await;
        // What was in the hands of a function that was exchanged is still in flight, too.
        let queues = self.queues();
        for queue in ["waybill-intake", "waybill-validate"] {
            assert!(queues.iter().any(|(name, kept)| name == queue && *kept > 0), "{queue} has let go of it: {queues:?}");
        }
        assert!(!queues.iter().any(|(name, _)| name.ends_with("-dlq")), "{queues:?}");
    }

    /// Queues that are not empty, with the messages that are in them and not ready to be received.
    fn queues(&self) -> Vec<(String, u64)> {
        let status = local::status(Some(self.system.state.clone())).expect("it runs");
        let mut queues: Vec<_> = status.queues.into_iter().map(|depth| (depth.queue, depth.in_flight + depth.delayed)).collect();
        queues.sort();
        queues
    }
}
