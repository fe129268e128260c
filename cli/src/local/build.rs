//! The functions, built as the rest of the workspace is: one profile, so that nothing is compiled twice.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use serde_json::Value;

use super::error::LocalError;
use super::place::Place;
use super::progress::Progress;

const STAGE: &str = "building the functions";

/// What cargo is asked to build besides the functions. It unifies the features of dependencies over all of it, and other features mean
/// another compilation of the whole AWS SDK; so it is asked for what it has been asked for before.
#[derive(Debug, Clone, Copy)]
pub(super) enum Selection {
    /// As `cargo run` for this command: its dependencies have the features of the functions' too.
    CommandAndFunctions,
    /// As `cargo test --workspace`.
    WorkspaceWithTests,
}

/// Builds every function and answers the folder with the binaries.
pub(super) fn functions(place: &Place, selection: Selection, progress: &dyn Progress) -> Result<PathBuf, LocalError> {
    progress.step(STAGE);
    let slugs = slugs(&place.root.join("functions"))?;
    let cargo = env::var_os("CARGO").filter(|cargo| !cargo.is_empty()).unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(&place.root).args(["build", "--message-format", "json-render-diagnostics", "--color", "never"]);
    match selection {
        Selection::CommandAndFunctions => {
            command.args(["--bins", "--package", env!("CARGO_PKG_NAME")]);
            command.args(slugs.iter().map(|slug| format!("--package=waybill-{slug}")));
        }
        Selection::WorkspaceWithTests => {
            command.args(["--workspace", "--bins", "--tests"]);
        }
    }
    // What `cargo run` and `cargo test` tell this process about its own package: build scripts would take it for a change.
    for (name, _) in env::vars_os().filter(|(name, _)| is_about_a_package(&name.to_string_lossy())) {
        command.env_remove(name);
    }
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(|_| LocalError::NoCargo)?;
    let out = child.stdout.take().expect("piped");
    let said = BufReader::new(child.stderr.take().expect("piped"));
    // Both pipes at once: a full one would stop cargo.
    let artifacts = thread::spawn(move || {
        BufReader::new(out).lines().map_while(Result::ok).filter_map(|line| executable(&line)).collect::<Vec<_>>()
    });
    let mut messages = Vec::new();
    for line in said.lines().map_while(Result::ok) {
        progress.detail(line.trim());
        messages.push(line);
    }
    let executables = artifacts.join().expect("reads lines only");
    let status = child.wait().map_err(LocalError::file("cargo"))?;
    if !status.success() {
        progress.print(&messages.join("\n"));
        let first = messages.iter().find(|line| line.starts_with("error")).map_or("cargo says nothing", String::as_str);
        return Err(LocalError::stage(STAGE, first));
    }
    folder_of(&executables).ok_or_else(|| LocalError::stage(STAGE, "cargo named no binary"))
}

fn is_about_a_package(variable: &str) -> bool {
    ["CARGO_MANIFEST_", "CARGO_PKG_", "CARGO_BIN_", "CARGO_CRATE_NAME", "CARGO_PRIMARY_PACKAGE", "CARGO_TARGET_TMPDIR", "OUT_DIR"]
        .iter()
        .any(|prefix| variable.starts_with(prefix))
}

/// The functions of the workspace, by folder.
fn slugs(folder: &Path) -> Result<Vec<String>, LocalError> {
    let problem = || LocalError::file(format!("{} cannot be read", folder.display()));
    let mut slugs = Vec::new();
    for entry in fs::read_dir(folder).map_err(problem())? {
        let entry = entry.map_err(problem())?;
        if entry.path().join("Cargo.toml").is_file() {
            slugs.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    slugs.sort();
    Ok(slugs)
}

/// The binary that one of cargo's messages is about; not the tests of one.
fn executable(line: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(line).ok()?;
    if message["target"]["kind"] != serde_json::json!(["bin"]) || message["profile"]["test"] == true {
        return None;
    }
    message["executable"].as_str().map(PathBuf::from)
}

fn folder_of(executables: &[PathBuf]) -> Option<PathBuf> {
    executables.first()?.parent().map(Path::to_path_buf)
}

#[cfg(test)]
mod tests {
    use super::{executable, folder_of, is_about_a_package, slugs};
    use std::path::{Path, PathBuf};

    #[test]
    fn the_folder_comes_from_what_cargo_says() {
        let line = r#"{"reason":"compiler-artifact","target":{"kind":["bin"],"name":"relay"},"profile":{"test":false},"executable":"/somewhere/debug/relay"}"#;
        let found: Vec<_> = executable(line).into_iter().collect();
        assert_eq!(folder_of(&found), Some(PathBuf::from("/somewhere/debug")));
        assert_eq!(executable(r#"{"reason":"build-finished","success":true}"#), None);
        let of_a_test =
            r#"{"target":{"kind":["bin"],"name":"relay"},"profile":{"test":true},"executable":"/somewhere/debug/deps/relay-1"}"#;
        assert_eq!(executable(of_a_test), None);
        assert_eq!(executable("not json"), None);
    }

    #[test]
    fn the_outer_cargo_is_not_passed_on_but_its_settings_are() {
        assert!(is_about_a_package("CARGO_PKG_NAME") && is_about_a_package("CARGO_MANIFEST_DIR"));
        assert!(
            !is_about_a_package("CARGO_TARGET_DIR")
                && !is_about_a_package("CARGO_HOME")
                && !is_about_a_package("CARGO_PROFILE_DEV_DEBUG")
        );
    }

    #[test]
    fn every_function_of_the_workspace_is_built() {
        let functions = Path::new(env!("CARGO_MANIFEST_DIR")).join("../functions");
        let slugs = slugs(&functions).expect("the folder is there");
        assert!(["intake", "relay", "sweep"].iter().all(|slug| slugs.contains(&(*slug).to_owned())), "{slugs:?}");
    }
}
