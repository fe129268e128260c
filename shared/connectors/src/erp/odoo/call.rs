//! One request to a model's method, in neither transport's words.

use serde_json::{Map, Value, json};
use waybill_workflow::CallError;

/// A call of a method. In `/json/2` every argument has its name; in `/jsonrpc` ids and arguments come in order, and options by name.
pub(super) struct Call {
    pub(super) model: &'static str,
    pub(super) method: &'static str,
    pub(super) ids: Option<Vec<u64>>,
    /// In the order the method takes them.
    pub(super) arguments: Vec<(&'static str, Value)>,
    pub(super) options: Vec<(&'static str, Value)>,
    pub(super) context: Map<String, Value>,
    /// Changes something in the ERP.
    pub(super) writes: bool,
}

impl Call {
    fn new(model: &'static str, method: &'static str, ids: Option<&[u64]>, writes: bool) -> Self {
        let ids = ids.map(<[u64]>::to_vec);
        Self { model, method, ids, arguments: Vec::new(), options: Vec::new(), context: Map::new(), writes }
    }

    /// The fields of the records that a domain describes.
    pub(super) fn search(model: &'static str, domain: Value, fields: &[&str]) -> Self {
        Self {
            arguments: vec![("domain", domain)],
            options: vec![("fields", json!(fields))],
            ..Self::new(model, "search_read", None, false)
        }
    }

    /// The fields of records by id.
    pub(super) fn read(model: &'static str, ids: &[u64], fields: &[&str]) -> Self {
        Self { arguments: vec![("fields", json!(fields))], ..Self::new(model, "read", Some(ids), false) }
    }

    /// Makes one record.
    pub(super) fn create(model: &'static str, values: Value) -> Self {
        Self { arguments: vec![("vals_list", json!([values]))], ..Self::new(model, "create", None, true) }
    }

    pub(super) fn write(model: &'static str, ids: &[u64], values: Value) -> Self {
        Self { arguments: vec![("vals", values)], ..Self::new(model, "write", Some(ids), true) }
    }

    /// Makes or changes one record by its external id, which is unique.
    pub(super) fn load(model: &'static str, columns: Vec<(&'static str, String)>) -> Self {
        let (fields, row): (Vec<&str>, Vec<String>) = columns.into_iter().unzip();
        Self { arguments: vec![("fields", json!(fields)), ("data", json!([row]))], ..Self::new(model, "load", None, true) }
    }

    /// A method that takes records and nothing else.
    pub(super) fn button(model: &'static str, method: &'static str, ids: &[u64]) -> Self {
        Self::new(model, method, Some(ids), true)
    }

    /// Changes nothing, and needs no right but to be let in.
    pub(super) fn hello() -> Self {
        Self::new("res.users", "context_get", None, false)
    }

    pub(super) fn with(mut self, key: &str, value: Value) -> Self {
        self.context.insert(key.to_owned(), value);
        self
    }

    pub(super) fn within(mut self, context: Map<String, Value>) -> Self {
        self.context.extend(context);
        self
    }

    /// As a wizard that is opened on this record.
    pub(super) fn on(self, model: &str, id: u64) -> Self {
        self.with("active_model", json!(model)).with("active_ids", json!([id]))
    }

    /// At most so many, by id.
    pub(super) fn page(mut self, limit: usize) -> Self {
        self.options.extend([("limit", json!(limit)), ("order", json!("id"))]);
        self
    }

    /// The ERP cannot be used as it is.
    pub(super) fn down(&self, reason: &str) -> CallError {
        CallError::Down { reason: self.reason(reason) }
    }

    /// The answer proves nothing.
    pub(super) fn unclear(&self, reason: &str) -> CallError {
        let reason = self.reason(reason);
        if self.writes { CallError::Unknown { reason } } else { CallError::Down { reason } }
    }

    /// Never with content: what was asked, and a reason in our own words.
    pub(super) fn reason(&self, reason: &str) -> String {
        format!("{}.{}: {reason}", self.model, self.method)
    }
}
