//! The functions of the previous release, built from the history.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The previous release. The commit that makes a release sets this to the release before it.
const COMMIT: &str = "3b9a8f794e7e7e6f76f6ed0e87e887283a4a9e24";
/// The version of its packages, here. Cargo tells packages of two checkouts in one build folder apart by name and version alone: each commit
/// has its own, or what an older one left there would be taken for it.
fn version() -> String {
    format!("0.0.0-g{COMMIT}")
}

/// Builds them and answers the folder with the binaries. The packages that both releases use are compiled once: the build folder is this
/// workspace's own.
pub fn build(tmp: &Path) -> PathBuf {
    let root = tmp.join("previous").join(COMMIT);
    if !root.join("complete").is_file() {
        fetch(&root);
    }
    let out = tmp.join("previous/out");
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // What the outer cargo says of this package is not meant for this one.
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CARGO_")) {
        if name != "CARGO_HOME" {
            cargo.env_remove(name);
        }
    }
    cargo
        .current_dir(&root)
        .env("CARGO_BUILD_BUILD_DIR", tmp.parent().expect("of the build folder"))
        .env("CARGO_TARGET_DIR", &out);
    // One small test stands for all of them: with it dependencies have the features that `cargo test --workspace` has given them.
    cargo.args(["build", "--locked", "--workspace", "--test", "schema"]);
    for function in functions(&root) {
        cargo.args(["--bin", &function]);
    }
    run(&mut cargo, "the previous release does not build");
    out.join("debug")
}

/// The functions that it has.
fn functions(root: &Path) -> Vec<String> {
    let folder = fs::read_dir(root.join("functions")).expect("a folder");
    let mut slugs: Vec<String> = folder.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    slugs.sort();
    slugs
}

/// Takes its files from the history.
fn fetch(root: &Path) {
    let _left_by_an_aborted_run = fs::remove_dir_all(root);
    fs::create_dir_all(root).expect("a folder");
    let archive = root.join("archive.tar");
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let known = git(here).args(["cat-file", "-e", COMMIT]).output().is_ok_and(|answer| answer.status.success());
    if !known {
        // A shallow clone. What cannot be fetched is said below.
        let _ = git(here).args(["fetch", "--quiet", "--unshallow"]).output();
    }
    run(
        git(here).args([OsStr::new("archive"), OsStr::new("--output"), archive.as_os_str(), OsStr::new(COMMIT)]),
        "the history does not reach back to the previous release; `git fetch --unshallow` makes it so",
    );
    run(Command::new("tar").current_dir(root).args(["--extract", "--file", "archive.tar"]), "the archive does not unpack");
    fs::remove_file(archive).expect("just made");
    let manifest = root.join("Cargo.toml");
    let text = fs::read_to_string(&manifest).expect("a manifest");
    fs::write(manifest, text.replacen("version = \"0.1.0\"", &format!("version = \"{}\"", version()), 1)).expect("written");
    let lock = root.join("Cargo.lock");
    let text = fs::read_to_string(&lock).expect("a lock file");
    let packages: Vec<String> = text.split("[[package]]").map(renamed).collect();
    fs::write(lock, packages.join("[[package]]")).expect("written");
    fs::write(root.join("complete"), "").expect("written");
}

/// A package of the lock file, with its own version if it is one of the workspace's.
fn renamed(package: &str) -> String {
    let own = package.trim_start().starts_with("name = \"waybill");
    if own { package.replacen("version = \"0.1.0\"", &format!("version = \"{}\"", version()), 1) } else { package.to_owned() }
}

fn git(folder: &Path) -> Command {
    let mut git = Command::new("git");
    // Whoever runs the tests may not be who cloned.
    git.args(["-c", "safe.directory=*", "-C"]).arg(folder.parent().expect("the checkout"));
    git
}

fn run(command: &mut Command, otherwise: &str) {
    let ran = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{otherwise}: {command:?}: {error}"));
    assert!(ran.status.success(), "{otherwise}:\n{}", String::from_utf8_lossy(&ran.stderr));
}
