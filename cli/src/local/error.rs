//! What can go wrong, in sentences for the person in front of the terminal.

use std::io;
use std::path::PathBuf;

/// Why the local system is not up.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// Not inside a checkout of the project.
    #[error("{0} is not inside a checkout of Waybill (no infra/local/launch.py and template.yaml above it)")]
    NotAProject(PathBuf),
    /// No usable Python.
    #[error("the local system needs Python 3.10 or newer, and `python3` is {found}; install it or put it on the PATH")]
    NoPython {
        /// What was found instead.
        found: String,
    },
    /// Python without the parts that make a virtual environment.
    #[error("{python} cannot make virtual environments; install its venv module (Debian and Ubuntu: `apt install python3-venv`)")]
    NoVenv {
        /// The interpreter.
        python: String,
    },
    /// No compiler to build the functions with.
    #[error("the functions are built with `cargo`, which is not on the PATH; install Rust from https://rustup.rs")]
    NoCargo,
    /// The packages could not be fetched.
    #[error("the local AWS's packages cannot be fetched; the first `waybill local up` needs the Python package index")]
    NoPackageIndex,
    /// Too little space.
    #[error("{path} has {free_mb} MB free and the local system needs {needed_mb} MB")]
    DiskFull {
        /// The folder.
        path: PathBuf,
        /// What is there.
        free_mb: u64,
        /// What is needed.
        needed_mb: u64,
    },
    /// Somebody else has the port.
    #[error("port {port} on 127.0.0.1 is taken by another program; end that or choose another port with `--port`")]
    PortTaken {
        /// The port.
        port: u16,
    },
    /// It runs already, elsewhere.
    #[error("the local system already runs on port {running}; `waybill local down` ends it, or leave `--port {asked}` out")]
    OtherPort {
        /// Where it runs.
        running: u16,
        /// What was asked for.
        asked: u16,
    },
    /// Nothing is up.
    #[error("the local system is not running; `waybill local up` starts it")]
    NotRunning,
    /// No such function.
    #[error("there is no log of `{asked}`; there is {known}")]
    NoSuchLog {
        /// What was asked for.
        asked: String,
        /// The names there are.
        known: String,
    },
    /// A stage ended with a message of its own.
    #[error("{stage} failed: {reason}")]
    Stage {
        /// Which stage.
        stage: &'static str,
        /// Its last words, or what is known.
        reason: String,
    },
    /// A file or folder could not be used.
    #[error("{what}: {source}")]
    File {
        /// What was tried, with the path.
        what: String,
        /// Why not.
        source: io::Error,
    },
    /// The local AWS did not answer as expected.
    #[error("the local AWS does not answer: {0}")]
    Answer(String),
}

impl LocalError {
    /// For `map_err` on a file operation: what was tried on which path.
    pub(super) fn file(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::File { what, source }
    }

    /// A failed stage. Of a text of many lines the last one that says something is the reason.
    pub(super) fn stage(stage: &'static str, output: &str) -> Self {
        let last = output.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("it said nothing");
        let reason = last.trim_start_matches("error: ").trim_start_matches("ERROR: ").to_owned();
        Self::Stage { stage, reason }
    }
}

#[cfg(test)]
mod tests {
    use super::LocalError;

    #[test]
    fn a_taken_port_names_the_port_and_the_option() {
        let text = LocalError::PortTaken { port: 4566 }.to_string();
        assert!(text.contains("4566") && text.contains("--port"), "{text}");
    }

    #[test]
    fn the_reason_of_a_stage_is_its_last_line_without_the_mark() {
        let error = LocalError::stage("the deployment", "packing intake\nerror: no binary for relay\n\n");
        assert_eq!(error.to_string(), "the deployment failed: no binary for relay");
        assert_eq!(LocalError::stage("pip", "").to_string(), "pip failed: it said nothing");
    }
}
