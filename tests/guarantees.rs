//! docs/GUARANTEES.md against the tests: every promise names what proves it, and what is named is there and is run.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What a line names: `path.rs::test`.
fn named(line: &str) -> Vec<(&str, &str)> {
    let quoted = line.split('`').skip(1).step_by(2);
    quoted.filter_map(|text| text.split_once("::")).filter(|(path, _)| path.ends_with(".rs")).collect()
}

/// Whether a test of this name is run: by the test harness, by the `main.rs` beside it (the parts of the chain), or by the contract suite.
fn is_run(path: &str, test: &str) -> bool {
    let source = read(path);
    let Some(at) = source.find(&format!("fn {test}(")) else { return false };
    let above = source[..at].rfind('\n').map_or("", |end| &source[..end]);
    let attributes: Vec<&str> =
        above.lines().rev().map(str::trim).take_while(|line| line.starts_with("#[") || line.starts_with("//")).collect();
    if attributes.iter().any(|line| *line == "#[test]" || line.starts_with("#[tokio::test")) {
        return !attributes.iter().any(|line| line.starts_with("#[ignore"));
    }
    let (folder, file) = path.rsplit_once('/').expect("a folder");
    let module = file.trim_end_matches(".rs");
    let called = format!("{module}::{test}");
    ["main.rs", "mod.rs"].iter().any(|main| {
        let main = format!("{folder}/{main}");
        root().join(&main).is_file()
            && read(&main).split(|c: char| !c.is_alphanumeric() && c != '_' && c != ':').any(|word| word == called)
    })
}

#[test]
fn every_promise_names_what_proves_it_and_that_is_run() {
    let page = read("docs/GUARANTEES.md");
    let (promised, not_promised) = page.split_once("\n## What it rests on\n").expect("two parts");
    let rows: Vec<&str> = promised.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| promised")).collect();
    assert!(rows.len() > 20, "the tables are read in another way now: {} rows", rows.len());
    for row in &rows {
        assert!(!named(row).is_empty(), "nothing proves it: {row}");
    }
    let missing: Vec<String> = rows
        .iter()
        .flat_map(|row| named(row))
        .chain(not_promised.lines().flat_map(named))
        .filter(|(path, test)| !is_run(path, test))
        .map(|(path, test)| format!("{path}::{test}"))
        .collect();
    assert!(missing.is_empty(), "named in docs/GUARANTEES.md, and not there or not run: {missing:#?}");
}

#[test]
fn a_test_that_is_gone_or_is_not_run_is_seen() {
    assert!(is_run("tests/guarantees.rs", "every_promise_names_what_proves_it_and_that_is_run"));
    assert!(is_run("tests/properties.rs", "never_oversold"), "inside of proptest!");
    assert!(is_run("tests/chain/outages.rs", "orders_wait_out_an_erp_that_is_down"), "a part of the chain");
    assert!(is_run("shared/testkit/src/contract/claims.rs", "one_owner_at_a_time"), "a check of the contract suite");
    assert!(!is_run("tests/guarantees.rs", "named"), "a function that is no test");
    assert!(!is_run("tests/guarantees.rs", "no_such_test"));
}
