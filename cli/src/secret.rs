//! Where secrets come from: a file, standard input, the environment, or a prompt. Never an argument, which everybody on the machine can
//! read in the process list, and which the shell writes down.

use std::env;
use std::fs;
use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::path::Path;

use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

use crate::Failure;

/// Reads a secret: from `file` (`-` is standard input), else from the environment variable. `None` if neither is given. The line ending
/// is not part of it.
///
/// # Errors
/// If the file cannot be read, is not text or is empty.
pub fn given(what: &str, file: Option<&Path>, variable: &str) -> Result<Option<String>, Failure> {
    match file {
        Some(path) => {
            let text = read(what, path)?;
            let secret = text.trim_end_matches(['\r', '\n']);
            if secret.is_empty() {
                Err(format!("{what}: {} is empty", path.display()).into())
            } else {
                Ok(Some(secret.to_owned()))
            }
        }
        None => Ok(env::var(variable).ok().filter(|secret| !secret.is_empty())),
    }
}

/// As [`given`], else asks for it when a person is there. Nothing that is typed is shown.
///
/// # Errors
/// As [`given`], and if nothing was given and nobody can be asked.
pub fn required(what: &str, file: Option<&Path>, variable: &str, option: &str) -> Result<String, Failure> {
    if let Some(secret) = given(what, file, variable)? {
        return Ok(secret);
    }
    if !io::stdin().is_terminal() {
        return Err(format!("{what} is needed: give it with {option} FILE (- is standard input) or in {variable}").into());
    }
    let secret = ask(what)?;
    if secret.is_empty() { Err(format!("{what} is needed").into()) } else { Ok(secret) }
}

fn read(what: &str, path: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let answer = if path == Path::new("-") {
        io::stdin().read_to_string(&mut text).map(|_| ())
    } else {
        fs::read_to_string(path).map(|read| text = read)
    };
    answer.map(|()| text).map_err(|error| format!("{what}: {} cannot be read: {error}", path.display()).into())
}

/// Asks on the terminal with the echo switched off.
fn ask(what: &str) -> io::Result<String> {
    let stdin = io::stdin();
    let shown = tcgetattr(&stdin)?;
    let mut hidden = shown.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    write!(io::stderr(), "{what}: ")?;
    tcsetattr(&stdin, OptionalActions::Flush, &hidden)?;
    let mut line = String::new();
    let answer = stdin.lock().read_line(&mut line);
    tcsetattr(&stdin, OptionalActions::Flush, &shown)?;
    writeln!(io::stderr())?;
    answer.map(|_| line.trim_end_matches(['\r', '\n']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::given;

    #[test]
    fn a_file_wins_and_its_line_ending_is_no_part_of_the_secret() {
        let path = std::env::temp_dir().join(format!("waybill-secret-{}", std::process::id()));
        std::fs::write(&path, " s3 cret\r\n").unwrap();
        assert_eq!(given("the token", Some(&path), "PATH").unwrap().as_deref(), Some(" s3 cret"));
        std::fs::write(&path, "\n").unwrap();
        assert!(given("the token", Some(&path), "PATH").unwrap_err().to_string().ends_with("is empty"));
        std::fs::remove_file(&path).unwrap();
        assert!(given("the token", Some(&path), "PATH").is_err());
        assert!(given("the token", None, "PATH").unwrap().is_some());
        assert_eq!(given("the token", None, "WAYBILL_NOT_SET").unwrap(), None);
    }
}
