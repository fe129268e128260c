//! How long to go on, and what holds of every case.

use std::env;
use std::fmt::Debug;
use std::time::{Duration, Instant};

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

/// Cases of a test, unless `WAYBILL_FUZZ` says otherwise.
const CASES: u32 = 256;
/// Nothing that is read takes longer, on a busy machine.
const SOON: Duration = Duration::from_secs(10);
/// Stands for personal data in what is changed; nobody's error may show it.
pub const PERSONAL: &str = "Erika Mustermann";

/// Gives `check` inputs until the budget is used up. A failing one is made small and shown.
pub fn fuzz<S: Strategy>(strategy: &S, check: impl Fn(S::Value))
where
    S::Value: Debug,
{
    let asked = env::var("WAYBILL_FUZZ").unwrap_or_default();
    let seconds: Option<u64> = asked.strip_suffix('s').map(|number| number.parse().expect("WAYBILL_FUZZ=60s"));
    let cases = if seconds.is_none() && !asked.is_empty() { asked.parse().expect("WAYBILL_FUZZ=1000") } else { CASES };
    let until = seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    loop {
        let config = Config { cases, failure_persistence: None, ..Config::default() };
        let run = TestRunner::new(config).run(strategy, |input| {
            let begun = Instant::now();
            check(input);
            if begun.elapsed() > SOON { Err(TestCaseError::fail(format!("took {:?}", begun.elapsed()))) } else { Ok(()) }
        });
        run.unwrap_or_else(|failure| panic!("{failure}"));
        if until.is_none_or(|until| Instant::now() > until) {
            return;
        }
    }
}

/// What an error says, or a value that is logged.
pub fn assert_says_nothing(text: &str) {
    assert!(!text.contains(PERSONAL), "shows what it read: {text}");
}

/// A runtime for one thread.
pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}
