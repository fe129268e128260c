//! One environment: the process of a function, and what the kernel says of it.

use std::fs;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};

use super::build::Built;
use super::runtime::Runtime;

/// The deployment of the benches.
pub const DEPLOYMENT: &str = "bench";

/// A function that has asked for its first event.
pub struct Function {
    /// How long that took from the start of the process.
    pub cold: Duration,
    runtime: Runtime,
    child: Child,
    logged: Arc<AtomicU64>,
}

impl Function {
    /// Starts it, with this address of AWS, and waits until it is ready.
    pub async fn start(built: &Built, slug: &str, aws: &str) -> Self {
        let mut runtime = Runtime::start().await;
        let mut command = Command::new(built.folder.join(slug));
        command.env_clear().envs([
            ("AWS_LAMBDA_RUNTIME_API", runtime.address()),
            ("AWS_LAMBDA_FUNCTION_NAME", format!("{DEPLOYMENT}-{slug}")),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256".to_owned()),
            ("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{DEPLOYMENT}-{slug}")),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "bench".to_owned()),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "bench".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "bench".to_owned()),
            ("AWS_SESSION_TOKEN", "bench".to_owned()),
            ("WAYBILL_DEPLOYMENT", DEPLOYMENT.to_owned()),
            ("WAYBILL_RELEASE", "4f2a9c1".to_owned()),
            ("WAYBILL_AWS_ENDPOINT", aws.to_owned()),
            ("WAYBILL_QUEUE", queue_url(slug)),
            ("RUST_LOG", "info".to_owned()),
        ]);
        command.envs(
            ["intake", "validate", "reserve", "post-to-erp", "ship-update", "refund"]
                .map(|step| (format!("WAYBILL_QUEUE_{}", step.to_ascii_uppercase().replace('-', "_")), queue_url(step))),
        );
        command.kill_on_drop(true).stdout(Stdio::piped()).stdin(Stdio::null());
        let started = Instant::now();
        let mut child = command.spawn().expect("the binary starts");
        let cold = runtime.asked().await.duration_since(started);
        let logged = Arc::new(AtomicU64::new(0));
        let mut log = child.stdout.take().expect("piped");
        let count = logged.clone();
        tokio::spawn(async move {
            let mut buffer = vec![0; 64 * 1024];
            while let Ok(read @ 1..) = log.read(&mut buffer).await {
                count.fetch_add(u64::try_from(read).unwrap_or(0), Ordering::Relaxed);
            }
        });
        Function { cold, runtime, child, logged }
    }

    /// Gives it an event; its answer, and how long that took.
    pub async fn invoke(&mut self, event: &Value) -> (Value, Duration) {
        self.runtime.invoke(event).await
    }

    /// CPU time so far, user and system, of all threads: in nanoseconds, where `/proc/<pid>/stat` counts in hundredths of a second.
    pub fn cpu(&self) -> Duration {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.pid())).expect("the process lives");
        let used = tasks.filter_map(|task| {
            let scheduled = fs::read_to_string(task.ok()?.path().join("schedstat")).expect("a kernel with scheduler statistics");
            scheduled.split(' ').next()?.parse().ok().map(Duration::from_nanos)
        });
        used.sum()
    }

    /// The most memory it ever had, in bytes.
    pub fn peak_memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("the process lives");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
        line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1024
    }

    /// Bytes it has logged.
    pub fn logged(&self) -> u64 {
        self.logged.load(Ordering::Relaxed)
    }

    /// Ends it.
    pub async fn end(mut self) {
        self.child.kill().await.expect("it can be ended");
    }

    fn pid(&self) -> u32 {
        self.child.id().expect("it lives")
    }
}

/// The address of a queue; nobody connects to it, it names the queue in a request.
pub fn queue_url(step: &str) -> String {
    format!("https://sqs.us-east-1.amazonaws.com/123456789012/{DEPLOYMENT}-{step}")
}
