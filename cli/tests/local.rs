//! The local system's whole life, for real: installed, started, built, deployed, used, crashed, repaired, ended.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use waybill_cli::local::progress::Quiet;
use waybill_cli::local::{self, Endpoints, LocalError, Logs, UpOptions};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_path_buf()
}

/// A folder of its own, so that a developer's own system is left alone.
fn state() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("local-life")
}

fn up(port: Option<u16>) -> Result<Endpoints, LocalError> {
    local::up(&UpOptions { port, state: Some(state()), as_tests_do: true }, &Quiet)
}

fn post(endpoints: &Endpoints, path: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", endpoints.port)).expect("it listens");
    let path = format!(
        "{}{path}",
        endpoints.api_url.split_once("127.0.0.1").and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..])).expect("a path")
    );
    write!(stream, "POST {path} HTTP/1.0\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}")
        .expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answered");
    answer.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn it_comes_up_serves_survives_a_crash_and_ends() {
    local::down(Some(state())).expect("left by an aborted run, or nothing");

    let first = up(Some(0)).expect("comes up");
    assert_eq!(first.stack, "created");
    assert_eq!(first.functions.len(), fs::read_dir(root().join("functions")).expect("the functions").count());
    assert!(first.tables.contains(&"waybill-orders".to_owned()) && first.queues.contains_key("waybill-relay-dlq"));

    // The route and the function behind it are there: an unknown store is the function's own refusal, not the gateway's.
    let refused = post(&first, "/v1/webhooks/woocommerce/nobody");
    assert!(refused.contains(" 401 "), "{refused}");
    assert!(post(&first, "/v1/nothing").contains(" 404 "));

    let again = up(None).expect("is up");
    assert_eq!((again.stack.as_str(), again.port, again.pid), ("unchanged", first.port, first.pid));
    assert!(matches!(up(Some(1)), Err(LocalError::OtherPort { running, asked: 1 }) if running == first.port));
    assert!(matches!(Logs::of(Some(state()), Some("nope")), Err(LocalError::NoSuchLog { .. })));
    let lines = Logs::of(Some(state()), Some("intake")).and_then(|mut logs| logs.next_lines()).expect("readable");
    assert!(!lines.is_empty(), "intake logged nothing");

    let killed = Command::new("kill").args(["-9", &first.pid.to_string()]).status().expect("kill runs");
    assert!(killed.success());
    while local::endpoints(Some(state())).expect("readable").is_some() {}
    assert!(local::status(Some(state())).expect("readable").crashed);
    let repaired = up(None).expect("is repaired");
    assert_eq!((repaired.stack.as_str(), repaired.port), ("created", first.port));
    let status = local::status(Some(state())).expect("readable");
    assert!(status.running && !status.crashed && status.queues.is_empty(), "{status:?}");

    assert!(local::down(Some(state())).expect("ends"));
    assert!(!local::down(Some(state())).expect("has ended"));
    assert!(local::endpoints(Some(state())).expect("readable").is_none());

    refuses_what_it_was_not_written_for();
}

/// Another version, a private name that is gone, other parameters: each must end the start with one sentence.
fn refuses_what_it_was_not_written_for() {
    let other = state().join("other-version");
    let packaged = other.join("ministack-9.9.9.dist-info");
    fs::create_dir_all(&packaged).expect("writable");
    fs::write(packaged.join("METADATA"), "Metadata-Version: 2.1\nName: ministack\nVersion: 9.9.9\n").expect("writable");
    assert_refused(Some(&other), "pass", "ministack 9.9.9 is installed");
    assert_refused(
        None,
        "import ministack.services.eventbridge as e; del e._invoke_target",
        "eventbridge._invoke_target does not exist",
    );
    assert_refused(
        None,
        "import ministack.services.lambda_svc as l; l._execute_function = lambda other: None",
        "_execute_function takes ['other']",
    );
}

fn assert_refused(path: Option<&Path>, before: &str, why: &str) {
    let script = format!(
        "{before}\nimport runpy, sys\nsys.argv = ['launch.py', '--state', {:?}, '--port', '1']\nrunpy.run_path({:?}, run_name='__main__')",
        state(),
        root().join("infra/local/launch.py"),
    );
    let mut python = Command::new(root().join(".waybill/local/venv/bin/python"));
    python.args(["-c", &script]);
    if let Some(path) = path {
        python.env("PYTHONPATH", path);
    }
    let output = python.output().expect("installed by `up`");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains(why) && said.contains("not started"), "{said}");
}

#[test]
fn the_pinned_version_is_the_installed_one() {
    let read = |name: &str| fs::read_to_string(root().join("infra/local").join(name)).expect("readable");
    let pinned =
        read("launch.py").lines().find_map(|line| line.strip_prefix("PINNED = ").map(|v| v.trim_matches('"').to_owned()));
    let pinned = pinned.expect("launch.py pins a version");
    assert!(
        read("requirements.txt").contains(&format!("ministack=={pinned} ")),
        "requirements.txt has another version than {pinned}"
    );
    assert!(
        read("requirements.in").contains(&format!("ministack=={pinned}\n")),
        "requirements.in has another version than {pinned}"
    );
}
