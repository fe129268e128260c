//! This release's functions beside those of the previous one, on one deployment, as they are for minutes during every deployment and
//! every rollback: orders of all kinds end as they must, whoever has which step.
//!
//! The template is the present one. A function that the previous release has not is the present one's throughout.

mod mixed;
mod previous;

use std::path::{Path, PathBuf};

use mixed::{Deployed, Mix};

/// Functions that go with one release while the others go with the other. What one writes, another reads: the row from intake to relay, the
/// commands from relay and sweep to the steps, the row between the steps, the ledger from reserve to post-to-erp, and the circuits and the
/// idempotency table between all.
const SOME: [&str; 5] = ["intake", "reserve", "relay", "refund", "api"];

/// One test, because one local system serves all of it.
#[test]
fn two_releases_run_side_by_side() {
    let tmp = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let present = Deployed::build_present();
    let previous = previous::build(&tmp);
    let mix = |name: &str, is_previous: fn(&str) -> bool| Mix::of(&tmp.join("versions"), name, &present, &previous, is_previous);
    let (all_new, all_old) = (mix("present", |_| false), mix("previous", |_| true));
    let (some_old, others_old) = (mix("some", |slug| SOME.contains(&slug)), mix("others", |slug| !SOME.contains(&slug)));
    assert!(differ(&all_new, &all_old), "the previous release is this one");

    let system = Deployed::up(&all_old);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let shop = system.shop().await;
        // Deployed in two halves and rolled back in two halves, with orders on their way.
        shop.every_kind_ends_while(&[&some_old, &all_new, &others_old, &all_old]).await;
        for mix in [&others_old, &some_old, &all_new] {
            shop.every_kind_ends_with(mix).await;
        }
        shop.what_is_of_the_future_waits().await;
    });
}

fn differ(one: &Mix, other: &Mix) -> bool {
    let read = |folder: &Path| std::fs::read(folder.join("relay")).expect("a binary");
    read(one.folder()) != read(other.folder())
}
