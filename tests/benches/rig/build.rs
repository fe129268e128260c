//! The functions, built as they are deployed.
//!
//! `WAYBILL_BENCH_BINARIES` names a folder of binaries that were built elsewhere, each under its slug: what `cargo demo` built, say, whose
//! requests are the same and whose milliseconds are not.

use std::env;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

/// Every function, in the order an order meets them.
pub const SLUGS: [&str; 10] =
    ["intake", "validate", "reserve", "post-to-erp", "relay", "ship-update", "refund", "sweep", "api", "erp-poll"];

/// Where the binaries are.
pub struct Built {
    /// The folder.
    pub folder: PathBuf,
}

/// Builds all of them in release. Cargo's own words go to standard error: with link-time optimisation it takes minutes the first time.
/// `None` when this is no `cargo bench`: `cargo test --all-targets` runs benches too, and nobody wants to wait for this there.
pub fn functions() -> Option<Built> {
    if !env::args().any(|argument| argument == "--bench") {
        println!("a bench, not a test: `cargo bench` runs it");
        return None;
    }
    if let Some(folder) = env::var_os("WAYBILL_BENCH_BINARIES") {
        println!("binaries of {}\n", folder.display());
        return Some(Built { folder: folder.into() });
    }
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    command.args(["build", "--release", "--bins", "--message-format", "json-render-diagnostics"]);
    command.args(SLUGS.map(|slug| format!("--package=waybill-{slug}")));
    // What `cargo bench` tells this process about its own package: build scripts would take it for a change.
    for (name, _) in env::vars_os() {
        if ["CARGO_MANIFEST_", "CARGO_PKG_", "CARGO_BIN_", "OUT_DIR"].iter().any(|own| name.to_string_lossy().starts_with(own)) {
            command.env_remove(name);
        }
    }
    let mut child = command.stdout(Stdio::piped()).spawn().expect("cargo can be started");
    let said = BufReader::new(child.stdout.take().expect("piped"));
    let binaries: Vec<PathBuf> = said.lines().map_while(Result::ok).filter_map(|line| binary(&line)).collect();
    assert!(child.wait().expect("cargo ends").success(), "the functions do not build");
    let folder = binaries.first().and_then(|path| path.parent()).expect("cargo names the binaries").to_path_buf();
    println!("binaries of the release profile\n");
    Some(Built { folder })
}

fn binary(line: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(line).ok()?;
    message["executable"].as_str().map(PathBuf::from)
}
