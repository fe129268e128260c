//! Cargo unifies the features of dependencies over the packages it is asked to build. If the command alone selected others than the
//! command with the functions, the first `waybill local up` would compile the AWS SDK a second time: minutes.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Package and version to features, for what `arguments` select.
fn features(arguments: &[String]) -> BTreeMap<String, String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--edges", "normal,build", "--prefix", "none", "--format", "{p}|{f}"])
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("names");
    let lines = text.lines().map(|line| line.trim_end_matches(" (*)"));
    lines.filter_map(|line| line.split_once('|')).map(|(package, features)| (package.to_owned(), features.to_owned())).collect()
}

#[test]
fn the_command_and_the_functions_share_one_build_of_every_dependency() {
    let functions = Path::new(env!("CARGO_MANIFEST_DIR")).join("../functions");
    let slugs = fs::read_dir(functions).expect("the functions").map(|entry| entry.expect("readable").file_name());
    let mut together = vec!["--package=waybill-cli".to_owned()];
    let alone = features(&together);
    together.extend(slugs.map(|slug| format!("--package=waybill-{}", slug.display())));
    let together = features(&together);
    let differ: Vec<_> = alone.iter().filter(|(package, features)| together.get(*package) != Some(features)).collect();
    assert!(alone.len() > 100, "cargo tree told nothing");
    assert!(differ.is_empty(), "other features when the functions are built too: {differ:#?}");
}
