//! The Python that runs the local AWS, in a virtual environment with pinned packages.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::error::LocalError;
use super::place::Place;
use super::progress::Progress;

const OLDEST: (u32, u32) = (3, 10);

/// The interpreter with the pinned packages; installs them if they are not there or their list has changed.
pub(super) fn ready(place: &Place, progress: &dyn Progress) -> Result<PathBuf, LocalError> {
    let list = place.infra("requirements.txt");
    let wanted = fs::read_to_string(&list).map_err(LocalError::file(format!("{} cannot be read", list.display())))?;
    let environment = place.shared.join("venv");
    let python = environment.join("bin/python");
    let stamp = environment.join("installed-requirements.txt");
    if is_current(&wanted, fs::read_to_string(&stamp).ok().as_deref()) && runs(&python) {
        return Ok(python);
    }
    let base = find()?;
    place.check_space()?;
    progress.step("installing the local AWS");
    run(Command::new(&base).args(["-m", "venv", "--clear"]).arg(&environment), "making a virtual environment").map_err(
        |error| {
            let text = error.to_string();
            if text.contains("ensurepip") || text.contains("No module named venv") {
                LocalError::NoVenv { python: base.clone() }
            } else {
                error
            }
        },
    )?;
    let mut install = Command::new(&python);
    install
        .args(["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "--require-hashes", "-r"])
        .arg(&list);
    run(&mut install, "installing the local AWS's packages")?;
    // Last, so that an interrupted installation is begun again.
    fs::write(&stamp, wanted).map_err(LocalError::file(format!("{} cannot be written", stamp.display())))?;
    Ok(python)
}

/// Whether what was installed is what is wanted now.
fn is_current(wanted: &str, installed: Option<&str>) -> bool {
    installed == Some(wanted)
}

fn runs(python: &PathBuf) -> bool {
    Command::new(python).args(["-c", ""]).status().is_ok_and(|status| status.success())
}

/// The first of the usual names that is new enough. `python3` alone may be an old one beside a newer.
fn find() -> Result<String, LocalError> {
    let mut found = "not there".to_owned();
    for name in ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10", "python"] {
        let Ok(output) = Command::new(name).arg("--version").output() else { continue };
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        match version(&text) {
            Some(version) if version >= OLDEST => return Ok(name.to_owned()),
            Some(_) if name == "python3" => found = text,
            _ => {}
        }
    }
    Err(LocalError::NoPython { found })
}

/// `Python 3.11.7` as (3, 11).
fn version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.strip_prefix("Python ")?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

fn run(command: &mut Command, stage: &'static str) -> Result<(), LocalError> {
    let output = command.output().map_err(LocalError::file(stage))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    // What pip says when it reached no index: it knows of no version at all.
    if said.contains("(from versions: none)") {
        return Err(LocalError::NoPackageIndex);
    }
    // pip's last line is often advice; the reason is its first line of error.
    let reason = said
        .lines()
        .find(|line| line.starts_with("ERROR: ") || line.contains("ensurepip") || line.contains("No module named"))
        .unwrap_or(&said)
        .to_owned();
    Err(LocalError::stage(stage, &reason))
}

#[cfg(test)]
mod tests {
    use super::{OLDEST, is_current, version};

    #[test]
    fn versions_are_read_and_compared_as_numbers() {
        assert_eq!(version("Python 3.11.7"), Some((3, 11)));
        assert!(version("Python 3.9.18") < Some(OLDEST));
        assert!(version("Python 3.10.0rc1") >= Some(OLDEST));
        assert_eq!(version("pyenv: python3: command not found"), None);
    }

    #[test]
    fn any_change_of_the_list_installs_again() {
        assert!(is_current("a==1", Some("a==1")));
        assert!(!is_current("a==2", Some("a==1")));
        assert!(!is_current("a==1", None));
    }
}
