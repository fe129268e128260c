//! The checks. Each returns what is wrong, in words; nothing wrong is an empty list.

pub mod access;
pub mod bus;
pub mod data;
pub mod functions;
pub mod queues;
pub mod watch;

use serde_json::Value;

use crate::cloud::Template;

/// A check, and the name by which `can_fail` refers to it.
pub type Check = (&'static str, fn(&Template) -> Vec<String>);

/// Every check there is.
pub const ALL: &[Check] = &[
    ("grants", access::grants),
    ("roles", access::roles),
    ("wildcards", access::wildcards),
    ("functions", functions::functions),
    ("sources", functions::sources),
    ("environment", functions::environment),
    ("logs", functions::logs),
    ("queues", queues::queues),
    ("failure destinations", queues::failure_destinations),
    ("rules", bus::rules),
    ("topics", bus::topics),
    ("tables", data::tables),
    ("api", data::api),
    ("alarms", watch::alarms),
    ("dashboard", watch::dashboard),
    ("runbooks", watch::runbooks),
];

/// Collects faults: `faults.unless(holds, || "what is wrong")`.
#[derive(Default)]
struct Faults(Vec<String>);

impl Faults {
    fn unless(&mut self, holds: bool, fault: impl FnOnce() -> String) {
        if !holds {
            self.0.push(fault());
        }
    }

    fn equal<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, found: T, wanted: T) {
        self.unless(found == wanted, || format!("{what} is {found:?}, not {wanted:?}"));
    }
}

/// The items of a list; a single value is a list of one, as IAM reads it, and null is an empty one.
fn list(value: &Value) -> Vec<&Value> {
    match value {
        Value::Null => vec![],
        Value::Array(items) => items.iter().collect(),
        one => vec![one],
    }
}

/// `post-to-erp` as it stands in logical ids: `PostToErp`.
fn logical(slug: &str) -> String {
    slug.split('-').map(|word| word[..1].to_uppercase() + &word[1..]).collect()
}
