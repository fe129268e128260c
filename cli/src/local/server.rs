//! The process of the local AWS: started detached, found again by the lock it holds, ended by its own id.
//!
//! `launch.py` holds an advisory lock on `server.lock` while it lives and writes `server.json` under it. A crash, even of the machine,
//! releases the lock, so a stale file is never taken for a running server, nor a stranger's process for ours.

use std::fs::{self, File, TryLockError};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::DEFAULT_PORT;
use super::endpoints::Endpoints;
use super::error::LocalError;
use super::http;
use super::place::Place;
use super::progress::Progress;

const STARTS_WITHIN: Duration = Duration::from_secs(30);
const ENDS_WITHIN: Duration = Duration::from_secs(10);
const LOOK_AGAIN: Duration = Duration::from_millis(25);

/// What the running server has written about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Running {
    pub pid: i32,
    pub port: u16,
    /// Digest of what it was started from; another one now means that it must be started again.
    pub made_of: String,
}

/// The server of this instance, if it runs.
pub(super) fn running(place: &Place) -> Result<Option<Running>, LocalError> {
    if !lock_is_held(&place.state.join("server.lock"))? {
        return Ok(None);
    }
    // It has the lock a moment before it has written the file.
    let until = Instant::now() + Duration::from_secs(5);
    while Instant::now() < until {
        if let Some(found) = fs::read(place.state.join("server.json")).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok())
        {
            return Ok(Some(found));
        }
        sleep(LOOK_AGAIN);
    }
    Err(LocalError::stage("reading server.json", "the server runs and does not say where"))
}

/// The port to use; ends early when it cannot be had.
pub(super) fn choose_port(place: &Place, asked: Option<u16>) -> Result<u16, LocalError> {
    match (running(place)?, asked) {
        (Some(running), None | Some(0)) => Ok(running.port),
        (Some(running), Some(asked)) if running.port == asked => Ok(asked),
        (Some(running), Some(asked)) => Err(LocalError::OtherPort { running: running.port, asked }),
        (None, Some(asked)) => free_port(asked),
        // After a crash the port it had, so that stores and shells that know it go on working.
        (None, None) => free_port(Endpoints::load(place).map_or(DEFAULT_PORT, |before| before.port)),
    }
}

/// `port` if nobody listens on it, or any free one for 0.
fn free_port(port: u16) -> Result<u16, LocalError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|_| LocalError::PortTaken { port })?;
    Ok(listener.local_addr().map_err(LocalError::file("a free port"))?.port())
}

/// Starts the server, or leaves it alone if it runs and is the one that is wanted.
pub(super) fn start(place: &Place, python: &Path, port: u16, progress: &dyn Progress) -> Result<Running, LocalError> {
    let made_of = made_of(place)?;
    if let Some(running) = running(place)? {
        if running.made_of == made_of && http::healthy(running.port) {
            return Ok(running);
        }
        progress.step("starting the local AWS again");
        stop(place)?;
    } else {
        progress.step("starting the local AWS");
    }
    let mut child = spawn(place, python, port, &made_of)?;
    let until = Instant::now() + STARTS_WITHIN;
    loop {
        let problem = LocalError::file("the local AWS's process");
        if child.try_wait().map_err(problem)?.is_some() {
            return Err(LocalError::stage("starting the local AWS", &fs::read_to_string(place.server_log()).unwrap_or_default()));
        }
        if http::healthy(port)
            && let Some(running) = running(place)?
        {
            return Ok(running);
        }
        if Instant::now() > until {
            stop(place)?;
            return Err(LocalError::stage(
                "starting the local AWS",
                "it did not answer within 30 s; see `waybill local logs aws`",
            ));
        }
        sleep(LOOK_AGAIN);
    }
}

fn spawn(place: &Place, python: &Path, port: u16, made_of: &str) -> Result<Child, LocalError> {
    let log = place.server_log();
    let problem = || LocalError::file(format!("{} cannot be written", log.display()));
    if log.exists() {
        fs::rename(&log, log.with_extension("log.old")).map_err(problem())?;
    }
    // An earlier server's, which must not be taken for this one's before it has written its own.
    let described = place.state.join("server.json");
    if described.exists() {
        fs::remove_file(&described).map_err(LocalError::file(format!("{} cannot be removed", described.display())))?;
    }
    let out = File::create(&log).map_err(problem())?;
    let errors = out.try_clone().map_err(problem())?;
    let mut command = Command::new(python);
    command.arg(place.infra("launch.py")).arg("--state").arg(&place.state);
    command.args(["--port", &port.to_string(), "--made-of", made_of]);
    // The functions inherit this environment. Nothing of the caller's may reach them: no credentials, no proxy.
    command.env_clear().envs(std::env::vars_os().filter(|(name, _)| name == "PATH" || name == "HOME" || name == "LANG"));
    command.current_dir(&place.state).stdin(Stdio::null()).stdout(out).stderr(errors);
    command.spawn().map_err(LocalError::file(format!("{} cannot be started", python.display())))
}

/// Ends the server and its functions. Answers whether it ran.
pub(super) fn stop(place: &Place) -> Result<bool, LocalError> {
    let Some(running) = running(place)? else { return Ok(false) };
    let pid = Pid::from_raw(running.pid).ok_or_else(|| LocalError::stage("ending the local AWS", "its process id is 0"))?;
    let lock = place.state.join("server.lock");
    for signal in [Signal::TERM, Signal::KILL] {
        // It leads a group of its own, in which only its functions are. The lock is held, so the id is still its own.
        let _gone_meanwhile = kill_process_group(pid, signal).or_else(|_| kill_process(pid, signal));
        let until = Instant::now() + ENDS_WITHIN;
        while Instant::now() < until {
            if !lock_is_held(&lock)? {
                return Ok(true);
            }
            sleep(LOOK_AGAIN);
        }
    }
    Err(LocalError::stage("ending the local AWS", &format!("process {} does not end", running.pid)))
}

fn lock_is_held(path: &Path) -> Result<bool, LocalError> {
    let Ok(file) = File::open(path) else { return Ok(false) };
    match file.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(LocalError::file(format!("{} cannot be locked", path.display()))(error)),
    }
}

/// Digest of the files that decide how the server behaves.
fn made_of(place: &Place) -> Result<String, LocalError> {
    let mut digest = Sha256::new();
    for name in ["launch.py", "requirements.txt"] {
        let path = place.infra(name);
        digest.update(fs::read(&path).map_err(LocalError::file(format!("{} cannot be read", path.display())))?);
    }
    Ok(digest.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::{free_port, lock_is_held};
    use crate::local::LocalError;
    use std::fs::File;
    use std::net::{Ipv4Addr, TcpListener};

    #[test]
    fn a_taken_port_is_refused_and_zero_finds_a_free_one() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("some port is free");
        let port = taken.local_addr().expect("bound").port();
        assert!(matches!(free_port(port), Err(LocalError::PortTaken { port: named }) if named == port));
        assert_ne!(free_port(0).expect("some port is free"), 0);
    }

    #[test]
    fn a_file_counts_as_held_only_while_its_lock_is() {
        let path = std::env::temp_dir().join(format!("waybill-lock-{}", std::process::id()));
        assert!(!lock_is_held(&path).expect("no file, no lock"));
        let holder = File::create(&path).expect("writable");
        holder.lock().expect("nobody has it");
        assert!(lock_is_held(&path).expect("readable"));
        drop(holder);
        assert!(!lock_is_held(&path).expect("readable"));
        std::fs::remove_file(path).expect("just made");
    }
}
