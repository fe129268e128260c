//! What one release writes and another one reads says which version of its contract it follows. A version that is not known here was
//! written by a newer release: it is left to that one, and waits. The rules: docs/adr/0008.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The newest version of any contract that this release knows.
const NEWEST: u64 = 1;

/// Why a message was not read. Says nothing of what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unread {
    /// A newer release wrote it, in this version: it waits for that release.
    Newer(u64),
    /// It follows no version of the contract.
    Strange(String),
}

impl std::fmt::Display for Unread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Unread::Newer(version) => write!(f, "version {version} is of a newer release, and waits for it"),
            Unread::Strange(how) => write!(f, "of no version of this contract: {how}"),
        }
    }
}

impl std::error::Error for Unread {}

/// Reads a message. Fields that are not known here are passed over: a newer release may add what an older one need not know.
///
/// # Errors
/// [`Unread`].
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, Unread> {
    serde_json::from_str(text).map_err(|error| match newer(text) {
        Some(version) => Unread::Newer(version),
        // Not serde's own words: they quote.
        None => Unread::Strange(format!("{:?} error at line {}, column {}", error.classify(), error.line(), error.column())),
    })
}

/// The version that a text names, if it is one of the future.
fn newer(text: &str) -> Option<u64> {
    #[derive(Deserialize)]
    struct Marked {
        v: u64,
    }
    serde_json::from_str::<Marked>(text).ok().map(|marked| marked.v).filter(|version| *version > NEWEST)
}

/// The number 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Version1;

impl Serialize for Version1 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(1)
    }
}

impl<'de> Deserialize<'de> for Version1 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u64::deserialize(deserializer)? {
            1 => Ok(Version1),
            other => Err(serde::de::Error::custom(format!("version {other} of this contract is not known here"))),
        }
    }
}

impl JsonSchema for Version1 {
    fn schema_name() -> Cow<'static, str> {
        "Version1".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "const": 1 })
    }
}
