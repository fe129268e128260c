//! The two ways Odoo is spoken to. Both put the same [`Call`] on the line and get the same [`Spoken`] back.

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, RequestBuilder};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::call::Call;
use super::error::{Head, Said, Verdict};
use crate::http::{Answer, Http};

/// A good answer.
pub(super) struct Spoken {
    /// What the method returned.
    pub(super) value: Value,
    /// All of the answer.
    pub(super) answer: Answer,
}

/// `POST /json/2/<model>/<method>`: named arguments, errors by status.
pub(super) fn json2(http: &Http, bearer: &HeaderValue, database: &str, call: &Call) -> RequestBuilder {
    let mut body = Map::new();
    if let Some(ids) = &call.ids {
        body.insert("ids".to_owned(), json!(ids));
    }
    for (name, value) in call.arguments.iter().chain(&call.options) {
        body.insert((*name).to_owned(), value.clone());
    }
    if !call.context.is_empty() {
        body.insert("context".to_owned(), Value::Object(call.context.clone()));
    }
    http.request(Method::POST, &["json", "2", call.model, call.method])
        .header(AUTHORIZATION, bearer.clone())
        .header("X-Odoo-Database", database)
        .header(CONTENT_TYPE, "application/json")
        .body(Value::Object(body).to_string())
}

/// What an answer of `/json/2` says.
pub(super) fn heard_json2(answer: Answer) -> Result<Spoken, Verdict> {
    if answer.is_success() {
        return match answer.json() {
            Some(value) => Ok(Spoken { value, answer }),
            None => Err(Verdict::Unreadable { status: answer.status }),
        };
    }
    match answer.json::<Said>().filter(|_| answer.claims_json()) {
        Some(said) => Err(Verdict::Said(said, Head::of(&answer))),
        None => Err(Verdict::Bare(Head::of(&answer))),
    }
}

/// Who calls by `/jsonrpc`. The token goes in every body.
pub(super) struct Caller<'a> {
    pub(super) database: &'a str,
    pub(super) uid: u64,
    pub(super) token: &'a str,
}

/// `POST /jsonrpc`: arguments in order, errors inside a 200.
pub(super) fn jsonrpc(http: &Http, caller: &Caller<'_>, call: &Call) -> RequestBuilder {
    let mut arguments: Vec<Value> = call.ids.iter().map(|ids| json!(ids)).collect();
    arguments.extend(call.arguments.iter().map(|(_, value)| value.clone()));
    let mut options: Map<String, Value> = call.options.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    if !call.context.is_empty() {
        options.insert("context".to_owned(), Value::Object(call.context.clone()));
    }
    let arguments = json!([caller.database, caller.uid, caller.token, call.model, call.method, arguments, options]);
    service(http, "object", "execute_kw", &arguments)
}

/// A method of one of the services of `/jsonrpc`.
pub(super) fn service(http: &Http, service: &str, method: &str, arguments: &Value) -> RequestBuilder {
    let params = json!({ "service": service, "method": method, "args": arguments });
    http.request(Method::POST, &["jsonrpc"])
        .header(CONTENT_TYPE, "application/json")
        .body(json!({ "jsonrpc": "2.0", "method": "call", "id": 1, "params": params }).to_string())
}

#[derive(Deserialize)]
struct Envelope {
    id: Value,
    #[serde(default, deserialize_with = "present")]
    result: Option<Value>,
    #[serde(default)]
    error: Option<Failed>,
}

/// `"result": null` is a result.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

#[derive(Deserialize)]
struct Failed {
    data: Said,
}

/// What an answer of `/jsonrpc` says.
pub(super) fn heard_jsonrpc(answer: Answer) -> Result<Spoken, Verdict> {
    if !answer.is_success() {
        return Err(Verdict::Bare(Head::of(&answer)));
    }
    match answer.json::<Envelope>().filter(|envelope| envelope.id == json!(1)) {
        Some(Envelope { error: Some(failed), .. }) => Err(Verdict::Said(failed.data, Head::of(&answer))),
        Some(Envelope { result: Some(value), .. }) => Ok(Spoken { value, answer }),
        _ => Err(Verdict::Unreadable { status: answer.status }),
    }
}
