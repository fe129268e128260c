//! Both transports' requests and answers.

use axum::http::HeaderMap;
use serde_json::{Map, Value, json};

use super::State;
use super::calls::{Asked, by_name, perform};
use super::db::Record;
use super::oops::Oops;

/// An answer before it becomes HTTP.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: String,
}

impl Reply {
    fn json(status: u16, body: &Value) -> Self {
        Self { status, body: body.to_string() }
    }

    /// What every path says while there is no database, or none of that name.
    pub(super) fn no_database() -> Self {
        let body = "<!DOCTYPE html>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n<p>No database is selected and the requested URL was not found in the server-wide controllers.</p>\n";
        Self { status: 404, body: body.to_owned() }
    }

    fn not_found() -> Self {
        Self { status: 404, body: "<!doctype html><title>404 Not Found</title>".to_owned() }
    }
}

/// A request, understood.
pub(super) enum Request {
    /// One that is answered without the books: the version, the login, what cannot be read.
    Known(Reply),
    /// A call, and how it is answered.
    Call(Box<Asked>, Way),
}

/// The transport of a call.
#[derive(Clone, Copy)]
pub(super) enum Way {
    Json2,
    JsonRpc,
}

/// Reads a request.
pub(super) fn understand(state: &State, method: &str, path: &str, headers: &HeaderMap, body: &[u8]) -> Request {
    let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
    match (method, segments.as_slice()) {
        ("GET", ["web", "version"]) if state.db.version >= 19 => {
            let info = json!({ "version_info": version_info(state), "version": format!("{}.0", state.db.version) });
            Request::Known(Reply::json(200, &info))
        }
        ("POST", ["json", "2", model, call]) if state.db.version >= 19 => json2(state, model, call, headers, body),
        ("POST", ["jsonrpc"]) if !state.knobs.no_jsonrpc => jsonrpc(state, body),
        _ => Request::Known(Reply::not_found()),
    }
}

fn version_info(state: &State) -> Value {
    json!([state.db.version, 0, 0, "final", 0, ""])
}

fn json2(state: &State, model: &str, method: &str, headers: &HeaderMap, body: &[u8]) -> Request {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if header("x-odoo-database") != state.database {
        return Request::Known(Reply::no_database());
    }
    let refuse = |oops: Oops| {
        let (status, body) = oops.json2();
        Request::Known(Reply::json(status, &body))
    };
    if header("authorization") != format!("Bearer {}", state.key) {
        return refuse(Oops::bad_key());
    }
    let Ok(Value::Object(mut arguments)) = serde_json::from_slice::<Value>(body) else { return refuse(Oops::bad_json()) };
    let context = object(arguments.remove("context"));
    Request::Call(Box::new(Asked { model: model.to_owned(), method: method.to_owned(), arguments, context }), Way::Json2)
}

fn object(value: Option<Value>) -> Record {
    match value {
        Some(Value::Object(object)) => object,
        _ => Map::new(),
    }
}

fn jsonrpc(state: &State, body: &[u8]) -> Request {
    let known = |body: Value| Request::Known(Reply::json(200, &body));
    let Ok(said) = serde_json::from_slice::<Value>(body) else { return Request::Known(Reply::not_found()) };
    let id = &said["id"];
    let result = |value: Value| known(json!({ "jsonrpc": "2.0", "id": id, "result": value }));
    let refuse = |oops: &Oops| known(json!({ "jsonrpc": "2.0", "id": id, "error": oops.jsonrpc() }));
    let params = &said["params"];
    let args = params["args"].as_array().map(Vec::as_slice).unwrap_or_default();
    match (params["service"].as_str(), params["method"].as_str(), args) {
        (Some("common"), Some("version"), []) => {
            let serie = format!("{}.0", state.db.version);
            result(json!({
                "server_version": serie, "server_version_info": version_info(state), "server_serie": serie, "protocol_version": 1,
            }))
        }
        (Some("common"), Some("authenticate"), [database, login, key, Value::Object(_)]) => {
            let lets_in = *database == json!(state.database) && *login == json!(state.login) && *key == json!(state.key);
            result(if lets_in { json!(2) } else { json!(false) })
        }
        (
            Some("object"),
            Some("execute_kw"),
            [database, uid, key, model, method, Value::Array(positional), Value::Object(named)],
        ) => {
            if *database != json!(state.database) || *uid != json!(2) || *key != json!(state.key) {
                return refuse(&Oops::bad_key());
            }
            let mut arguments = named.clone();
            let context = object(arguments.remove("context"));
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let mut asked = Asked { model: text(model), method: text(method), arguments, context };
            match by_name(&mut asked, positional, state.db.version) {
                Ok(()) => Request::Call(Box::new(asked), Way::JsonRpc),
                Err(oops) => refuse(&oops),
            }
        }
        _ => refuse(&Oops::wrong("params")),
    }
}

/// Does a call and answers it.
pub(super) fn answer(state: &mut State, asked: &Asked, way: Way) -> Reply {
    state.db.now = super::now();
    let result = match state.knobs.forbidden.iter().find(|(model, method)| *model == asked.model && *method == asked.method) {
        Some((model, method)) => Err(Oops::access(format!("You are not allowed to {method} {model}"))),
        None => match state.knobs.refused.iter().find(|(model, method, _)| *model == asked.model && *method == asked.method) {
            Some((_, _, message)) => Err(Oops::user(message.clone())),
            None => perform(&mut state.db, asked),
        },
    };
    match (way, result) {
        (Way::Json2, Ok(value)) => Reply::json(200, &value),
        (Way::Json2, Err(oops)) => {
            let (status, body) = oops.json2();
            Reply::json(status, &body)
        }
        (Way::JsonRpc, Ok(value)) => Reply::json(200, &json!({ "jsonrpc": "2.0", "id": 1, "result": value })),
        (Way::JsonRpc, Err(oops)) => Reply::json(200, &json!({ "jsonrpc": "2.0", "id": 1, "error": oops.jsonrpc() })),
    }
}
