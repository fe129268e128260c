//! Errors as Odoo raises them, before they become an answer of one transport or the other.

use serde_json::{Value, json};

/// An exception of the server.
#[derive(Clone, Debug)]
pub(super) struct Oops {
    status: u16,
    name: &'static str,
    message: String,
}

impl Oops {
    fn new(status: u16, name: &'static str, message: String) -> Self {
        Self { status, name, message }
    }

    /// A rule of the business.
    pub(super) fn user(message: impl Into<String>) -> Self {
        Self::new(422, "odoo.exceptions.UserError", message.into())
    }

    pub(super) fn validation(message: impl Into<String>) -> Self {
        Self::new(422, "odoo.exceptions.ValidationError", message.into())
    }

    pub(super) fn missing(model: &str, id: u64) -> Self {
        let message = format!("Record does not exist or has been deleted.\n(Record: {model}({id},), User: 2)");
        Self::new(404, "odoo.exceptions.MissingError", message)
    }

    pub(super) fn access(message: String) -> Self {
        Self::new(403, "odoo.exceptions.AccessError", message)
    }

    pub(super) fn no_field(field: &str, model: &str) -> Self {
        Self::new(500, "builtins.ValueError", format!("Invalid field '{field}' in '{model}'"))
    }

    pub(super) fn no_condition(model: &str, condition: &Value) -> Self {
        Self::new(500, "builtins.ValueError", format!("Invalid field {model} in condition {condition}"))
    }

    pub(super) fn no_argument(method: &str, argument: &str) -> Self {
        let message = format!("{method}() got an unexpected keyword argument '{argument}'");
        Self::new(500, "builtins.TypeError", message)
    }

    /// A value of the wrong kind.
    pub(super) fn wrong(what: &str) -> Self {
        Self::new(500, "builtins.ValueError", format!("Wrong value for {what}"))
    }

    pub(super) fn no_model(model: &str) -> Self {
        Self::new(404, "werkzeug.exceptions.NotFound", format!("the model '{model}' does not exist"))
    }

    pub(super) fn no_method(model: &str, method: &str) -> Self {
        Self::new(404, "werkzeug.exceptions.NotFound", format!("The method '{model}.{method}' does not exist"))
    }

    pub(super) fn bad_key() -> Self {
        Self::new(401, "werkzeug.exceptions.Unauthorized", "Invalid apikey".to_owned())
    }

    pub(super) fn bad_json() -> Self {
        Self::new(400, "werkzeug.exceptions.BadRequest", "could not parse the body as json".to_owned())
    }

    pub(super) fn message(&self) -> &str {
        &self.message
    }

    /// Its status and body in `/json/2`.
    pub(super) fn json2(&self) -> (u16, Value) {
        (self.status, self.body(self.name))
    }

    /// Its body in `/jsonrpc`, where the status is always 200 and unknown models and methods are Python's own errors.
    pub(super) fn jsonrpc(&self) -> Value {
        let name = match self.status {
            404 if self.name.starts_with("werkzeug") && self.message.contains("model") => "builtins.KeyError",
            404 if self.name.starts_with("werkzeug") => "builtins.AttributeError",
            401 => "odoo.exceptions.AccessDenied",
            _ => self.name,
        };
        json!({ "code": 200, "message": "Server Error", "data": self.body(name) })
    }

    fn body(&self, name: &str) -> Value {
        // The real ones end with a traceback, and tracebacks have people's data in them.
        json!({
            "name": name,
            "message": self.message,
            "arguments": [self.message],
            "context": {},
            "debug": format!("Traceback (most recent call last): Jane Roe-Smith, 12 Harbour Lane\n{}", self.message),
        })
    }
}
