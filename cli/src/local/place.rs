//! Where things are: the checkout, what all instances share, and the folder of one instance.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::error::LocalError;
use super::progress::Progress;

/// Space for the Python packages, the packed functions and what the local AWS keeps, with room to spare.
const NEEDED_MB: u64 = 500;

/// The folders and files of one instance.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// The checkout.
    pub root: PathBuf,
    /// What instances share: installed packages, packed functions.
    pub shared: PathBuf,
    /// This instance's own files.
    pub state: PathBuf,
}

impl Place {
    /// Finds the checkout around the current folder, else the one this program was built from, and makes the folders.
    pub(super) fn find(state: Option<&Path>) -> Result<Self, LocalError> {
        let here = env::current_dir().map_err(LocalError::file("the current folder cannot be used"))?;
        let built_from = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = checkout_around(&here)
            .or_else(|| checkout_around(built_from))
            .ok_or_else(|| LocalError::NotAProject(here.clone()))?;
        let shared = root.join(".waybill/local");
        let given = state
            .map(Path::to_path_buf)
            .or_else(|| env::var_os("WAYBILL_LOCAL_STATE").filter(|v| !v.is_empty()).map(PathBuf::from));
        // The server runs in another folder than this program.
        let state = given.map_or_else(|| shared.clone(), |given| here.join(given));
        for folder in [&shared, &state] {
            fs::create_dir_all(folder).map_err(LocalError::file(format!("{} cannot be made", folder.display())))?;
        }
        Ok(Self { root, shared, state })
    }

    /// A file of the local AWS's part of the project.
    pub(super) fn infra(&self, name: &str) -> PathBuf {
        self.root.join("infra/local").join(name)
    }

    /// What the server and the functions printed.
    pub(super) fn server_log(&self) -> PathBuf {
        self.state.join("server.log")
    }

    /// Waits for another `up` on this instance, and for another that installs or packs. Held until dropped.
    pub(super) fn lock_for_up(&self, progress: &dyn Progress) -> Result<File, LocalError> {
        lock(&self.shared.join("up.lock"), progress)
    }

    /// Says so if there is too little space for a new installation.
    pub(super) fn check_space(&self) -> Result<(), LocalError> {
        let found = rustix::fs::statvfs(&self.shared)
            .map_err(|error| LocalError::file(format!("{} cannot be looked at", self.shared.display()))(error.into()))?;
        let free_mb = found.f_bavail * found.f_frsize / 1_000_000;
        if free_mb < NEEDED_MB {
            return Err(LocalError::DiskFull { path: self.shared.clone(), free_mb, needed_mb: NEEDED_MB });
        }
        Ok(())
    }
}

fn checkout_around(start: &Path) -> Option<PathBuf> {
    let found =
        start.ancestors().find(|folder| folder.join("infra/local/launch.py").is_file() && folder.join("template.yaml").is_file());
    found.map(Path::to_path_buf)
}

fn lock(path: &Path, progress: &dyn Progress) -> Result<File, LocalError> {
    let problem = || LocalError::file(format!("{} cannot be locked", path.display()));
    let file = File::create(path).map_err(problem())?;
    if file.try_lock().is_err() {
        progress.step("waiting for another `waybill local up`");
        file.lock().map_err(problem())?;
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::{Place, checkout_around};
    use std::path::Path;

    #[test]
    fn the_checkout_is_found_from_inside_it_and_not_from_outside() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert_eq!(checkout_around(&here.join("src/local")).as_deref(), here.parent());
        assert_eq!(checkout_around(Path::new("/")), None);
    }

    #[test]
    fn an_own_state_folder_leaves_what_is_shared_where_it_is() {
        let own = std::env::temp_dir().join(format!("waybill-place-{}", std::process::id()));
        let place = Place::find(Some(&own)).expect("inside the checkout");
        assert_eq!(place.state, own);
        assert_eq!(place.shared, place.root.join(".waybill/local"));
        std::fs::remove_dir_all(own).expect("just made");
    }
}
