//! Commands: "look at this order, your step may be due". A command carries no content: the step loads the record and decides.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use waybill_domain::{OrderKey, Step};

/// Why the command was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// By the relay, following a commit.
    Commit,
    /// By the sweep, because the order has not moved.
    Sweep,
    /// By the sweep, from the line before an endpoint: the order may call while the line drains.
    Line,
}

/// A message on a step's queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Command {
    /// Version of this contract.
    pub v: Version1,
    /// The step that is asked.
    #[schemars(with = "String")]
    pub step: Step,
    /// The order, `store/id`. Also the correlation id of everything about it.
    #[schemars(with = "String")]
    pub order: OrderKey,
    /// Why.
    pub origin: Origin,
    /// The number of the order's newest event when the command was sent: the cause of what the step does.
    pub seq: u32,
}

impl Command {
    /// A command of the current version.
    pub fn new(step: Step, order: OrderKey, origin: Origin, seq: u32) -> Self {
        Command { v: Version1, step, order, origin, seq }
    }
}

/// The number 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Version1;

impl Serialize for Version1 {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(1)
    }
}

impl<'de> Deserialize<'de> for Version1 {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u8::deserialize(deserializer)? {
            1 => Ok(Version1),
            other => Err(serde::de::Error::custom(format!(
                "version {other} of this contract is not known here; deploy the newer release"
            ))),
        }
    }
}

impl JsonSchema for Version1 {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Version1".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "const": 1 })
    }
}
