//! `docs/api.openapi.yaml`, and answers held against it.

use std::sync::OnceLock;

use boon::{Compiler, Schemas};
use serde_json::Value;

const URL: &str = "https://waybill.example/api.json";

/// The document.
pub fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| serde_yaml_ng::from_str(include_str!("../../docs/api.openapi.yaml")).expect("YAML"))
}

/// Its operations: method in lower case, and path as it is written there.
pub fn operations() -> Vec<(String, String)> {
    let methods = |(path, item): (&String, &Value)| {
        let methods: Vec<String> = item.as_object().expect("operations").keys().cloned().collect();
        let path = path.clone();
        methods.into_iter().filter(|method| method != "parameters").map(move |method| (method, path.clone()))
    };
    document()["paths"].as_object().expect("paths").iter().flat_map(methods).collect()
}

/// What a reference points to; anything else is itself.
pub fn resolve(value: &Value) -> &Value {
    match value["$ref"].as_str() {
        Some(reference) => document().pointer(reference.strip_prefix('#').expect("local")).expect(reference),
        None => value,
    }
}

/// Why a body does not fit the schema at this place of the document, if it does not.
pub fn misfit(pointer: &str, body: &Value) -> Option<String> {
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.enable_format_assertions();
    compiler.add_resource(URL, document().clone()).expect("a document");
    let index = compiler.compile(&format!("{URL}#{pointer}"), &mut schemas).expect(pointer);
    schemas.validate(body, index).err().map(|error| error.to_string())
}

/// The operation that a request is for.
fn operation(method: &str, path: &str) -> Option<&'static Value> {
    let (kind, _) = path.strip_prefix("/v1/")?.split_once('/')?;
    let (_, path) = operations().into_iter().find(|(_, path)| path.starts_with(&format!("/v1/{kind}/")))?;
    document()["paths"][&path].get(method.to_lowercase())
}

/// An answer is one that the document has for this operation.
pub fn assert_answer(method: &str, path: &str, status: u16, body: &Value) {
    // What is no operation has no place in the document.
    let Some(operation) = operation(method, path) else { return };
    let response = &operation["responses"][status.to_string()];
    assert!(!response.is_null(), "{method} {path}: no answer {status} in the document");
    let schema = resolve(response)["content"]["application/json"]["schema"]["$ref"].as_str().expect("a schema by reference");
    if let Some(error) = misfit(schema.strip_prefix('#').expect("local"), body) {
        panic!("{method} {path} {status}: {error}\n{body:#}");
    }
    // A code stands under its own status.
    if let Some(code) = body["error"]["code"].as_str() {
        let examples = &resolve(response)["content"]["application/json"]["examples"];
        assert!(examples.get(code).is_some(), "{method} {path}: the document has no {code} under {status}");
    }
}
