//! The server that plays Odoo takes what real servers took, and answers in the shape in which they answered; it refuses the same requests
//! with one name changed.

use reqwest::Client;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};
use waybill_testkit::odoo::{FakeOdoo, FakeOdooConfig};

const JSON2: &str = include_str!("../fixtures/odoo/19-json2.json");
const JSONRPC: &str = include_str!("../fixtures/odoo/18-jsonrpc.json");

async fn start(version: u64) -> FakeOdoo {
    let units = |sku: &str, units: i64| (sku.to_owned(), units);
    let config = FakeOdooConfig {
        stock: [units("TSHIRT-RED-M", 1000), units("MUG-01", 500), units("LAST-ONE", 1)].into(),
        services: vec!["WOO-SHIPPING".to_owned()],
        taxes: vec![(Decimal::from(15), false)],
        // The customers of the two recordings were the sixth and the seventh contact.
        contacts: if version == 19 { 5 } else { 6 },
        ..FakeOdooConfig::new(version)
    };
    FakeOdoo::start(config).await.unwrap()
}

/// `@MUG-01` becomes the id of that article: as text where it was text (in `load`), as a number elsewhere.
fn with_ids(fake: &FakeOdoo, value: &mut Value, in_load: bool) {
    match value {
        Value::String(text) => {
            let Some(sku) = text.strip_prefix('@') else { return };
            let id = fake.rows("product.product").iter().position(|row| row["default_code"] == sku).unwrap() + 1;
            *value = if in_load { json!(id.to_string()) } else { json!(id) };
        }
        Value::Array(items) => items.iter_mut().for_each(|item| with_ids(fake, item, in_load)),
        Value::Object(fields) => fields.values_mut().for_each(|item| with_ids(fake, item, in_load)),
        _ => {}
    }
}

/// An exchange: what is asked, in the words of its transport, and the answer.
struct Asked {
    name: String,
    path: String,
    body: Value,
    /// The recorded status and answer; an error in `/jsonrpc` has the status 200.
    status: u64,
    answer: Value,
}

fn exchanges(fake: &FakeOdoo, version: u64) -> Vec<Asked> {
    let list: Vec<Value> = serde_json::from_str(if version == 19 { JSON2 } else { JSONRPC }).unwrap();
    let read = |mut one: Value| {
        let text = |field: &str| one[field].as_str().unwrap().to_owned();
        let (name, model, method) = (text("name"), text("model"), text("method"));
        let in_load = method == "load";
        if version == 19 {
            with_ids(fake, &mut one["body"], in_load);
            let (body, status) = (one["body"].take(), one["status"].as_u64().unwrap());
            return Asked { name, path: format!("json/2/{model}/{method}"), body, status, answer: one["answer"].take() };
        }
        with_ids(fake, &mut one["arguments"], in_load);
        let args = json!(["shop", 2, "fake-odoo-key", model, method, one["arguments"], one["options"]]);
        let params = json!({ "service": "object", "method": "execute_kw", "args": args });
        let answer = match one.get_mut("error") {
            Some(error) => json!({ "error": error.take() }),
            None => one["answer"].take(),
        };
        let body = json!({ "jsonrpc": "2.0", "method": "call", "id": 1, "params": params });
        Asked { name, path: "jsonrpc".to_owned(), body, status: 200, answer }
    };
    list.into_iter().map(read).collect()
}

fn client() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().no_proxy().build().unwrap()
}

/// The status and what it says: a result, or an error.
async fn ask(client: &Client, fake: &FakeOdoo, asked: &Asked) -> (u64, Value) {
    let request = client.post(format!("{}/{}", fake.base_url(), asked.path)).body(asked.body.to_string());
    let request = request.header("Authorization", "Bearer fake-odoo-key").header("X-Odoo-Database", "shop");
    let response = request.send().await.unwrap();
    let status = u64::from(response.status().as_u16());
    let mut said: Value = response.json().await.unwrap();
    if asked.path == "jsonrpc" {
        said = match said["error"].take() {
            Value::Null => said["result"].take(),
            mut error => json!({ "error": error["data"].take() }),
        };
    }
    (status, said)
}

/// Whether `ours` is of the shape of `theirs`: the same fields, of the same kinds. Of an action, we may say less.
fn assert_shape(what: &str, ours: &Value, theirs: &Value) {
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            let is_action = theirs.contains_key("res_model");
            let is_error = theirs.contains_key("message") && theirs.contains_key("name") && !is_action;
            for (field, value) in theirs {
                match ours.get(field) {
                    Some(ours) if is_error && field == "name" => assert_eq!(ours, value, "{what}"),
                    Some(ours) => assert_shape(&format!("{what}.{field}"), ours, value),
                    None => assert!(is_action, "{what}: no {field}"),
                }
            }
            let more = ours.keys().find(|field| !theirs.contains_key(*field) && !is_error);
            assert_eq!(more, None, "{what} has a field more");
        }
        (Value::Array(ours), Value::Array(theirs)) => {
            assert_eq!(ours.is_empty(), theirs.is_empty(), "{what}: {ours:?}");
            let is_pair = matches!(theirs.as_slice(), [Value::Number(_), Value::String(_)]);
            for (ours, theirs) in ours.iter().zip(theirs) {
                assert_shape(what, ours, theirs);
            }
            assert!(!is_pair || ours.len() == 2, "{what}: {ours:?}");
        }
        // Where there is nothing stands `false`.
        (Value::Bool(false) | Value::String(_), Value::Bool(false) | Value::String(_)) => {}
        (Value::Number(ours), Value::Number(theirs)) => assert_eq!(ours.is_f64(), theirs.is_f64(), "{what}: {ours}"),
        (ours, theirs) => assert_eq!(std::mem::discriminant(ours), std::mem::discriminant(theirs), "{what}: {ours}"),
    }
}

#[tokio::test]
async fn recorded_requests_are_answered_as_they_were() {
    let client = client();
    for version in [18, 19] {
        let fake = start(version).await;
        let exchanges = exchanges(&fake, version);
        assert!(exchanges.len() > 40);
        for asked in exchanges {
            let what = format!("{version} {}", asked.name);
            let (status, said) = ask(&client, &fake, &asked).await;
            assert_eq!(status, asked.status, "{what}: {said}");
            assert_shape(&what, &said, &asked.answer);
            if let (Some(ours), Some(theirs)) = (said[0]["amount_total"].as_f64(), asked.answer[0]["amount_total"].as_f64()) {
                assert_eq!(ours.to_string(), theirs.to_string(), "{what}");
            }
            if let (Some(ours), Some(theirs)) = (said[0]["free_qty"].as_f64(), asked.answer[0]["free_qty"].as_f64()) {
                assert_eq!(ours.to_string(), theirs.to_string(), "{what}");
            }
        }
    }
}

/// All that a name of a request can be changed into, one at a time.
fn misnamed(value: &Value) -> Vec<Value> {
    match value {
        Value::Object(fields) => {
            let mut all = Vec::new();
            for (name, inner) in fields {
                let mut changed: Map<String, Value> = fields.clone();
                changed.remove(name);
                changed.insert(format!("{name}_"), inner.clone());
                all.push(Value::Object(changed));
                for inner in misnamed(inner) {
                    let mut changed = fields.clone();
                    changed.insert(name.clone(), inner);
                    all.push(Value::Object(changed));
                }
            }
            all
        }
        Value::Array(items) => {
            let with = |at: usize, changed: Value| {
                let mut items = items.clone();
                items[at] = changed;
                Value::Array(items)
            };
            let is_name = |item: &Value| {
                item.as_str()
                    .is_some_and(|text| text.chars().all(|c| c.is_ascii_lowercase() || "_./".contains(c)) && text.len() > 1)
            };
            // A condition begins with a name, and a list of fields is all names.
            let is_condition =
                items.len() == 3 && items[1].as_str().is_some_and(|text| ["=", "in", ">=", "like"].contains(&text));
            let names = if is_condition {
                1
            } else if items.iter().all(is_name) {
                items.len()
            } else {
                0
            };
            let named =
                items.iter().take(names).enumerate().map(|(at, item)| with(at, json!(format!("{}_", item.as_str().unwrap()))));
            let inner = items.iter().enumerate().skip(names.min(1));
            named
                .chain(
                    inner
                        .flat_map(|(at, item)| misnamed(item).into_iter().map(move |changed| (at, changed)))
                        .map(|(at, changed)| with(at, changed)),
                )
                .collect()
        }
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn a_request_with_one_name_changed_is_refused() {
    let mut tried = 0;
    let client = client();
    for version in [18, 19] {
        let fake = start(version).await;
        for asked in exchanges(&fake, version) {
            // Of the parameter of a configuration the only name is a value.
            if asked.name.starts_with("err-") || asked.name == "server-time" {
                continue;
            }
            let variants = if version == 19 {
                misnamed(&asked.body)
            } else {
                // Arguments and options only: the envelope is another matter.
                let mut variants = Vec::new();
                for at in [5, 6] {
                    let before = &asked.body["params"]["args"][at];
                    for changed in misnamed(before) {
                        let mut body = asked.body.clone();
                        body["params"]["args"][at] = changed;
                        variants.push(body);
                    }
                }
                variants
            };
            for body in variants {
                tried += 1;
                let wrong = Asked { name: asked.name.clone(), path: asked.path.clone(), body, status: 0, answer: Value::Null };
                let (status, said) = ask(&client, &fake, &wrong).await;
                let refused = status >= 400 || said.get("error").is_some() || said.get("ids") == Some(&json!(false));
                assert!(refused, "{version} {}: {} was answered {said}", wrong.name, wrong.body);
            }
            ask(&client, &fake, &asked).await;
        }
    }
    println!("{tried} requests with one name changed were refused");
    assert!(tried > 300, "{tried}");
}
