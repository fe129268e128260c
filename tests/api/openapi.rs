//! The document says what the code does: its examples are read by the parser, its worked signatures verify, its codes are those of
//! docs/ERRORS.md.

use std::collections::BTreeSet;
use std::process::Command;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};
use waybill_connectors::client_signature;
use waybill_contracts::Fulfilment;
use waybill_contracts::report::{Body, FulfilmentReport, ReturnReport, ShipmentReport, fulfilment, returned, shipment};
use waybill_workflow::steps::api::{ApiRequest, MAX_BODY};

use crate::document::{document, misfit, operations, resolve};
use crate::{answer, world};

fn description() -> &'static str {
    document()["info"]["description"].as_str().expect("a description")
}

#[tokio::test]
async fn its_operations_are_those_that_are_answered() {
    let world = world().await;
    let found: BTreeSet<(String, String)> = operations().into_iter().collect();
    let wanted = [
        ("post", "/v1/shipments/{store}"),
        ("post", "/v1/returns/{store}"),
        ("get", "/v1/fulfilments/{id}"),
        ("post", "/v1/fulfilments/{id}"),
    ];
    assert_eq!(found, wanted.map(|(method, path)| (method.to_owned(), path.to_owned())).into());
    for (method, path) in found {
        let request = ApiRequest { method: method.to_uppercase(), path, ..ApiRequest::default() };
        assert_eq!(answer(&world, &request).await.1["error"]["code"], "signature_missing", "{request:?}");
    }
    assert!(description().contains(&format!("{} KiB", MAX_BODY >> 10)));
}

#[test]
fn its_examples_are_read() {
    let shop = "shop".parse().expect("slug");
    let mut read = 0;
    for (method, path) in operations() {
        let content = &document()["paths"][&path][&method]["requestBody"]["content"]["application/json"];
        let schema = content["schema"]["$ref"].as_str().unwrap_or_default().trim_start_matches('#');
        for (name, example) in content["examples"].as_object().into_iter().flatten() {
            let value = &example["value"];
            assert_eq!(misfit(schema, value), None, "{path} {name}");
            let body = Body::read(value.to_string().as_bytes()).expect("an object");
            let fault = match path.as_str() {
                "/v1/shipments/{store}" => shipment(body, &shop).err(),
                "/v1/returns/{store}" => returned(body, &shop).err(),
                _ => fulfilment(body).err(),
            };
            assert_eq!(fault, None, "{path} {name}");
            read += 1;
        }
    }
    assert!(read > 10, "examples stand elsewhere now: {read}");
}

#[test]
fn the_examples_of_its_answers_fit() {
    let mut codes = BTreeSet::new();
    for (method, path) in operations() {
        for (status, response) in document()["paths"][&path][&method]["responses"].as_object().expect("responses") {
            let content = &resolve(response)["content"]["application/json"];
            let schema = content["schema"]["$ref"].as_str().unwrap_or_default().trim_start_matches('#');
            for (name, example) in content["examples"].as_object().into_iter().flatten() {
                let value = &example["value"];
                assert_eq!(misfit(schema, value), None, "{status} {name}");
                if let Some(code) = value["error"]["code"].as_str() {
                    assert_eq!(code, name, "{status}");
                    codes.insert((status.clone(), code.to_owned()));
                }
            }
        }
    }
    assert_eq!(codes, documented(), "statuses and codes of docs/ERRORS.md");
}

/// Status and code of each row below the API's heading in docs/ERRORS.md.
fn documented() -> BTreeSet<(String, String)> {
    let text = include_str!("../../docs/ERRORS.md");
    let (_, below) = text.split_once("\n## The API for clients\n").expect("the heading");
    let section = below.split("\n## ").next().unwrap_or_default();
    let row = |line: &str| {
        let mut cells = line.strip_prefix("| ")?.split(" | ");
        let (code, status) = (cells.next()?, cells.next()?);
        let code = code.strip_prefix('`')?.strip_suffix('`')?;
        Some((status.to_owned(), code.to_owned()))
    };
    section.lines().filter_map(row).collect()
}

/// The names of an object's fields, with those that must be given and whether others are allowed.
fn shape(schema: &Value) -> (BTreeSet<&str>, BTreeSet<&str>, bool) {
    let names = schema["properties"].as_object().expect("an object").keys().map(String::as_str).collect();
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    (names, required, schema["additionalProperties"] == json!(false))
}

fn same_shapes<T: JsonSchema>(name: &str, settings: SchemaSettings) {
    let ours = settings.into_generator().into_root_schema_for::<T>().to_value();
    let theirs = |name: &str| &document()["components"]["schemas"][name];
    assert_eq!(shape(&ours), shape(theirs(name)), "{name}");
    for (name, ours) in ours["$defs"].as_object().into_iter().flatten().filter(|(_, ours)| ours["type"] == "object") {
        assert_eq!(shape(ours), shape(theirs(name)), "{name}");
    }
}

#[test]
fn its_schemas_have_the_fields_of_the_contracts() {
    let read = SchemaSettings::draft2020_12;
    same_shapes::<ShipmentReport>("ShipmentReport", read());
    same_shapes::<ReturnReport>("ReturnReport", read());
    same_shapes::<FulfilmentReport>("FulfilmentReport", read());
    same_shapes::<Fulfilment>("Fulfilment", read().for_serialize());
}

/// The code between "```language" and "```".
fn snippet(language: &str) -> &'static str {
    let (_, below) = description().split_once(&format!("```{language}\n")).expect(language);
    below.split("```").next().unwrap_or_default()
}

fn output(command: &str, option: &str, code: &str) -> String {
    let done = Command::new(command).args([option, code]).output().unwrap_or_else(|error| panic!("{command}: {error}"));
    assert!(done.status.success(), "{command}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).trim().to_owned()
}

#[test]
fn its_worked_signatures_are_right() {
    let body = snippet("sh").split("body='").nth(1).and_then(|rest| rest.split('\'').next()).expect("a body");
    let signature = client_signature::sign("an-example-secret", "1795424400", "POST", "/v1/shipments/shop", body.as_bytes());
    assert!(client_signature::verify(
        &["an-example-secret".to_owned()],
        "1795424400",
        "POST",
        "/v1/shipments/shop",
        body.as_bytes(),
        &signature
    ));
    assert!(description().contains(&format!("`{signature}`")), "the document names {signature}");
    assert_eq!(output("sh", "-c", snippet("sh")), signature, "the shell's");
    assert_eq!(output("python3", "-c", snippet("python")), signature, "Python's");
    let shop = "shop".parse().expect("slug");
    assert!(shipment(Body::read(body.as_bytes()).expect("an object"), &shop).is_ok());
}
