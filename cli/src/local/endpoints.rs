//! Where a running local system can be reached; kept in a file beside it, so that other commands find it.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::error::LocalError;
use super::place::Place;

/// Any of these, and the caller has said which AWS is meant.
const SAYS_WHICH_AWS: [&str; 7] = [
    "AWS_ENDPOINT_URL",
    "AWS_PROFILE",
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "WAYBILL_AWS_ENDPOINT",
];

/// The addresses and names of a deployed local system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoints {
    /// The prefix of every name.
    pub deployment: String,
    /// What the last `up` did to the stack: `created`, `updated` or `unchanged`.
    pub stack: String,
    /// Address of every AWS service.
    pub aws_endpoint_url: String,
    /// The region everything is in.
    pub region: String,
    /// Address of the HTTP API, without a slash at its end.
    pub api_url: String,
    /// Name of the event bus.
    pub bus: String,
    /// Names of the functions.
    pub functions: Vec<String>,
    /// Names of the tables.
    pub tables: Vec<String>,
    /// Queue name to queue URL, dead-letter queues included.
    pub queues: BTreeMap<String, String>,
    /// Names of the log groups.
    pub log_groups: Vec<String>,
    /// The port on 127.0.0.1.
    #[serde(default)]
    pub port: u16,
    /// The server's process id.
    #[serde(default)]
    pub pid: i32,
    /// The instance's folder.
    #[serde(default)]
    pub state: PathBuf,
}

impl Endpoints {
    /// Where the store with this slug delivers its webhooks.
    #[must_use]
    pub fn webhook_url(&self, store: &str) -> String {
        format!("{}/v1/webhooks/woocommerce/{store}", self.api_url)
    }

    /// The environment with which any AWS client reaches this system. The credentials are none: nothing checks them.
    #[must_use]
    pub fn environment(&self) -> [(&'static str, String); 6] {
        [
            ("AWS_ENDPOINT_URL", self.aws_endpoint_url.clone()),
            ("AWS_REGION", self.region.clone()),
            ("AWS_DEFAULT_REGION", self.region.clone()),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
            ("WAYBILL_DEPLOYMENT", self.deployment.clone()),
        ]
    }

    pub(super) fn save(&self, place: &Place) -> Result<(), LocalError> {
        let (path, draft) = (file(place), file(place).with_extension("json.new"));
        let text = serde_json::to_vec_pretty(self).expect("strings and numbers");
        // Renamed into place: a reader sees the old file or the new one.
        fs::write(&draft, text)
            .and_then(|()| fs::rename(&draft, &path))
            .map_err(LocalError::file(format!("{} cannot be written", path.display())))
    }

    pub(super) fn load(place: &Place) -> Option<Self> {
        serde_json::from_slice(&fs::read(file(place)).ok()?).ok()
    }

    pub(super) fn forget(place: &Place) -> Result<(), LocalError> {
        match fs::remove_file(file(place)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(LocalError::file("endpoints.json cannot be removed")(error))
            }
            _ => Ok(()),
        }
    }
}

fn file(place: &Place) -> PathBuf {
    place.state.join("endpoints.json")
}

/// The local system, if one is up and the environment names no other AWS: what a command that was told nothing should talk to.
///
/// # Errors
/// If the folder cannot be used.
pub fn ambient() -> Result<Option<Endpoints>, LocalError> {
    if names_an_aws(|name| env::var_os(name).is_some_and(|value| !value.is_empty())) {
        return Ok(None);
    }
    match super::endpoints(None) {
        // Outside a checkout there is no local system.
        Err(LocalError::NotAProject(_)) => Ok(None),
        found => found,
    }
}

fn names_an_aws(is_set: impl Fn(&str) -> bool) -> bool {
    SAYS_WHICH_AWS.into_iter().any(is_set)
}

#[cfg(test)]
mod tests {
    use super::{Endpoints, names_an_aws};

    const PRINTED: &str = r#"{"deployment":"waybill","stack":"created","aws_endpoint_url":"http://127.0.0.1:4566","region":"us-east-1",
        "api_url":"http://127.0.0.1:4566/_aws/execute-api/waybill","bus":"waybill","functions":["waybill-intake"],"tables":["waybill-orders"],
        "queues":{"waybill-intake":"http://127.0.0.1:4566/000000000000/waybill-intake"},"log_groups":["/aws/lambda/waybill-intake"]}"#;

    #[test]
    fn what_the_deployment_prints_is_read_and_kept() {
        let read: Endpoints = serde_json::from_str(PRINTED).expect("the printed shape");
        assert_eq!(read.webhook_url("shop"), "http://127.0.0.1:4566/_aws/execute-api/waybill/v1/webhooks/woocommerce/shop");
        let kept = Endpoints { port: 4566, pid: 7, state: "/x".into(), ..read };
        let again: Endpoints = serde_json::from_str(&serde_json::to_string(&kept).expect("serializable")).expect("its own shape");
        assert_eq!(again, kept);
    }

    #[test]
    fn a_named_aws_is_never_replaced_by_the_local_one() {
        assert!(!names_an_aws(|_| false));
        for name in ["AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID"] {
            assert!(names_an_aws(|asked| asked == name), "{name}");
        }
    }
}
