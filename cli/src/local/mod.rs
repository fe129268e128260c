//! The whole system on this machine: a local AWS in the project's ignored folder, the real template, the real functions.
//!
//! ```no_run
//! use waybill_cli::local::{self, UpOptions, progress::Quiet};
//!
//! let endpoints = local::up(&UpOptions::default(), &Quiet)?;
//! println!("{}", endpoints.webhook_url("shop"));
//! local::down(None)?;
//! # Ok::<(), local::LocalError>(())
//! ```

mod build;
pub mod command;
mod deploy;
mod endpoints;
mod error;
mod http;
mod logs;
mod place;
pub mod progress;
mod python;
mod server;
mod status;

use std::path::{Path, PathBuf};

pub use endpoints::{Endpoints, ambient};
pub use error::LocalError;
pub use logs::{LogLine, Logs};
pub use status::{QueueDepth, Status, status};

use build::Selection;
use place::Place;
use progress::Progress;

/// The port of the local AWS unless another is asked for.
pub const DEFAULT_PORT: u16 = 4566;

/// How to bring the local system up.
#[derive(Debug, Clone, Default)]
pub struct UpOptions {
    /// Port on 127.0.0.1; 0 takes any free one. Unless given: the port it runs on already, else [`DEFAULT_PORT`].
    pub port: Option<u16>,
    /// Folder of this instance's files. Unless given: `WAYBILL_LOCAL_STATE`, else `.waybill/local` of the project.
    /// Instances with different folders and ports run side by side.
    pub state: Option<PathBuf>,
    /// Build the functions with the dependency features that `cargo test --workspace` selects, so that a test compiles nothing a second
    /// time. Otherwise with those of `cargo run` for this command.
    pub as_tests_do: bool,
}

impl UpOptions {
    fn selection(&self) -> Selection {
        if self.as_tests_do { Selection::WorkspaceWithTests } else { Selection::CommandAndFunctions }
    }
}

/// Brings the local system up, or up to date: installs, starts, builds and deploys what is missing or has changed. Returns when it is
/// ready for requests. Repairs what a crash or an interrupted `up` has left.
///
/// # Errors
/// A missing prerequisite or a failed stage, as one sentence.
pub fn up(options: &UpOptions, progress: &dyn Progress) -> Result<Endpoints, LocalError> {
    up_with(options, None, progress)
}

/// As [`up`], with the functions as they lie in a folder, one binary for each, which are packed for this instance alone. Unless given,
/// they are built.
///
/// # Errors
/// As [`up`].
pub fn up_with(options: &UpOptions, binaries: Option<&Path>, progress: &dyn Progress) -> Result<Endpoints, LocalError> {
    let place = Place::find(options.state.as_deref())?;
    let _one_at_a_time = place.lock_for_up(progress)?;
    // Before the slow stages, so that a taken port is known at once.
    let port = server::choose_port(&place, options.port)?;
    let python = python::ready(&place, progress)?;
    let (binaries, packed) = match binaries {
        Some(given) => (given.to_path_buf(), place.state.join("code")),
        None => (build::functions(&place, options.selection(), progress)?, place.shared.join("code")),
    };
    let running = server::start(&place, &python, port, progress)?;
    let deployed = deploy::deploy(&place, &python, &binaries, &packed, running.port, progress)?;
    let endpoints = Endpoints { port: running.port, pid: running.pid, state: place.state.clone(), ..deployed };
    endpoints.save(&place)?;
    Ok(endpoints)
}

/// Builds the functions, as [`up`] does, and answers the folder with the binaries.
///
/// # Errors
/// As [`up`].
pub fn build(options: &UpOptions, progress: &dyn Progress) -> Result<PathBuf, LocalError> {
    build::functions(&Place::find(options.state.as_deref())?, options.selection(), progress)
}

/// The checkout that this command is of.
///
/// # Errors
/// There is none here.
pub fn project() -> Result<PathBuf, LocalError> {
    Ok(Place::find(None)?.root)
}

/// Ends the local system; its data is gone with it. Answers whether it was running.
///
/// # Errors
/// If the folder cannot be used, or the process does not end.
pub fn down(state: Option<PathBuf>) -> Result<bool, LocalError> {
    let place = Place::find(state.as_deref())?;
    let was_running = server::stop(&place)?;
    Endpoints::forget(&place)?;
    Ok(was_running)
}

/// The endpoints of the running local system, if it is up and deployed.
///
/// # Errors
/// If the folder cannot be used.
pub fn endpoints(state: Option<PathBuf>) -> Result<Option<Endpoints>, LocalError> {
    let place = Place::find(state.as_deref())?;
    Ok(if server::running(&place)?.is_some() { Endpoints::load(&place) } else { None })
}
