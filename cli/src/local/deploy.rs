//! Runs the deployment script and reads what it prints.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use super::endpoints::Endpoints;
use super::error::LocalError;
use super::place::Place;
use super::progress::Progress;

const STAGE: &str = "the deployment";

/// Deploys the template and the functions, which are packed into the folder `packed`; what is unchanged is left alone.
pub(super) fn deploy(
    place: &Place,
    python: &Path,
    binaries: &Path,
    packed: &Path,
    port: u16,
    progress: &dyn Progress,
) -> Result<Endpoints, LocalError> {
    progress.step("deploying");
    let mut command = Command::new(python);
    command.arg(place.infra("deploy.py")).args(["--port", &port.to_string()]);
    command.arg("--template").arg(place.root.join("template.yaml")).arg("--binaries").arg(binaries);
    command.arg("--cache").arg(packed);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(LocalError::file(STAGE))?;
    let mut out = child.stdout.take().expect("piped");
    let printed = thread::spawn(move || {
        let mut text = String::new();
        out.read_to_string(&mut text).map(|_| text)
    });
    let mut said = String::new();
    for line in BufReader::new(child.stderr.take().expect("piped")).lines().map_while(Result::ok) {
        progress.detail(&line);
        said = said + &line + "\n";
    }
    let printed = printed.join().expect("reads only").map_err(LocalError::file(STAGE))?;
    if !child.wait().map_err(LocalError::file(STAGE))?.success() {
        return Err(LocalError::stage(STAGE, &said));
    }
    serde_json::from_str(&printed).map_err(|error| LocalError::stage(STAGE, &format!("it printed no endpoints ({error})")))
}
