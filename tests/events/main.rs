//! Every file in `events/`: it is what its generator makes, and the function it is for, the real binary on the local AWS, answers it as
//! `answers.json` says. `infra/local/sam-invoke-all.py` gives the same files to `sam local invoke` and expects the same answers.

mod after;
mod letters;
mod made;
mod quiet;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value};
use waybill_aws::order_from_image;

use quiet::Quiet;

/// One line of `answers.json`. The order of the lines is the order of the events: each finds what those before it have left.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    /// Path below `events/`; its folder names the function.
    file: String,
    /// What the answer has; it may have more.
    answer: Map<String, Value>,
    /// The same where no store and no ERP is connected, if it differs: what the script expects.
    #[serde(default)]
    #[expect(dead_code, reason = "the script reads it")]
    alone: Option<Map<String, Value>>,
    /// What has become of orders: see [`quiet::Connected::state_of`].
    #[serde(default)]
    then: BTreeMap<String, String>,
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_path_buf()
}

fn expected() -> Vec<Expected> {
    serde_json::from_str(include_str!("answers.json")).expect("answers.json")
}

fn read(file: &str) -> Value {
    let bytes = fs::read(repository().join("events").join(file)).unwrap_or_else(|error| panic!("events/{file}: {error}"));
    serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("events/{file}: {error}"))
}

/// The files below `events/` but the READMEs, as `answers.json` names them.
fn present() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for folder in fs::read_dir(repository().join("events")).expect("the folder") {
        let folder = folder.expect("an entry");
        let slug = folder.file_name().to_string_lossy().into_owned();
        if slug == "README.md" {
            continue;
        }
        for file in fs::read_dir(folder.path()).expect("a folder for each function") {
            let name = file.expect("an entry").file_name().to_string_lossy().into_owned();
            if name != "README.md" {
                found.insert(format!("{slug}/{name}"));
            }
        }
    }
    found
}

#[test]
fn files_are_what_the_generator_makes() {
    for (file, made) in made::files() {
        let path = repository().join("events").join(&file);
        if std::env::var_os("WAYBILL_REGENERATE").is_some() {
            fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
            fs::write(&path, format!("{made:#}\n")).expect("writable");
        }
        assert!(
            read(&file) == made,
            "events/{file} is not what this release makes; run this test again with WAYBILL_REGENERATE=1 and look at the difference"
        );
    }
}

#[test]
fn every_file_is_used_and_every_function_has_one() {
    let listed = expected();
    let files: BTreeSet<String> = listed.iter().map(|expected| expected.file.clone()).collect();
    assert_eq!(files.len(), listed.len(), "a file is listed twice");
    assert_eq!(files, present(), "answers.json and events/ name different files");
    let used: BTreeSet<&str> = files.iter().filter_map(|file| file.split_once('/')).map(|(slug, _)| slug).collect();
    let functions = fs::read_dir(repository().join("functions")).expect("the functions");
    for function in functions.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()) {
        assert!(used.contains(function.as_str()), "{function} has no event");
    }
}

#[test]
fn stream_images_are_the_orders_they_were_made_from() {
    for (file, story) in [("relay/happy-path.json", made::story()), ("relay/way-back.json", after::way_back())] {
        let event = read(file);
        let records = event["Records"].as_array().expect("records");
        let orders: Vec<_> = records.iter().map(|record| order_from_image(record["dynamodb"]["NewImage"].clone())).collect();
        assert_eq!(orders, story.into_iter().map(Ok).collect::<Vec<_>>(), "events/{file}");
    }
}

#[test]
fn every_event_gets_its_answer() {
    let system = Quiet::up();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let connected = system.connect().await;
        connected.seed().await;
        for Expected { file, answer, then, .. } in expected() {
            let (slug, _) = file.split_once('/').expect("a folder");
            let given = connected.invoke(slug, &read(&file)).await;
            for (name, value) in answer {
                assert_eq!(given[&name], value, "events/{file}: {name} of {given}");
            }
            for (key, expected) in then {
                assert_eq!(connected.state_of(&key).await, expected, "{key} after events/{file}");
            }
        }
        letters::are_kept(&connected.letters().await);
        connected.outside_is_right();
        connected.relay_has_sent().await;
        connected.log_pages_are_as_in("relay/passed-over.json").await;
    });
    system.bus_has(&[
        "order.received",
        "order.posted",
        "fulfilment.requested",
        "shipment.reported",
        "return.inspected",
        "refund.credited",
    ]);
}
