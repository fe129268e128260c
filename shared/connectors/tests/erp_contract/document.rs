//! The OpenAPI document, and bodies held against its schemas.

use std::collections::BTreeSet;

use boon::{Compiler, Schemas};
use serde_json::Value;

const URL: &str = "https://waybill.example/erp-rest.json";

/// The document.
pub struct Document(Value);

/// One operation of it: the method in lower case and the path as it is written there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Operation {
    pub method: String,
    pub path: String,
}

impl Operation {
    pub fn new(method: &str, path: &str) -> Self {
        Self { method: method.to_owned(), path: path.to_owned() }
    }
}

impl Document {
    pub fn read() -> Self {
        let text = include_str!("../../../../docs/erp-rest.openapi.yaml");
        Self(serde_yaml_ng::from_str(text).unwrap())
    }

    pub fn operations(&self) -> BTreeSet<Operation> {
        let paths = self.0["paths"].as_object().unwrap();
        let of_path = |(path, methods): (&String, &Value)| {
            let methods: Vec<String> = methods.as_object().unwrap().keys().cloned().collect();
            methods.into_iter().map(|method| Operation { method, path: path.clone() }).collect::<Vec<_>>()
        };
        paths.iter().flat_map(of_path).collect()
    }

    /// Names of the query parameters of an operation.
    pub fn parameters(&self, operation: &Operation) -> BTreeSet<String> {
        let parameters = self.operation(operation)["parameters"].as_array().cloned().unwrap_or_default();
        let parameters = parameters.iter().map(|parameter| self.resolve(parameter));
        parameters.filter(|p| p["in"] == "query").map(|p| p["name"].as_str().unwrap().to_owned()).collect()
    }

    /// Holds a request's body against the operation.
    pub fn assert_request(&self, operation: &Operation, body: &Value) {
        let schema = self.pointer(operation, "requestBody/content/application~1json/schema");
        self.assert_fits(&schema, body, operation);
    }

    /// Holds an answer's body against the operation; a status that is not listed has the default answer.
    pub fn assert_answer(&self, operation: &Operation, status: u16, body: &Value) {
        let listed = self.operation(operation)["responses"].get(status.to_string()).is_some();
        let response = if listed { status.to_string() } else { "default".to_owned() };
        assert!(listed || status >= 400, "{operation:?} has no answer {status}");
        let schema = if listed {
            self.pointer(operation, &format!("responses/{response}/content/application~1json/schema"))
        } else {
            "/components/responses/Error/content/application~1json/schema".to_owned()
        };
        self.assert_fits(&schema, body, operation);
    }

    /// The example of a request's body.
    pub fn sent(&self, operation: &Operation) -> Option<&Value> {
        self.operation(operation).pointer("/requestBody/content/application~1json/example")
    }

    /// The examples of answers, each with its status.
    pub fn answered(&self, operation: &Operation) -> Vec<(u16, &Value)> {
        let responses = self.operation(operation)["responses"].as_object().unwrap();
        let examples = responses.iter().filter_map(|(status, response)| {
            Some((status.parse().ok()?, response.pointer("/content/application~1json/example")?))
        });
        examples.collect()
    }

    fn operation(&self, operation: &Operation) -> &Value {
        &self.0["paths"][&operation.path][&operation.method]
    }

    fn pointer(&self, operation: &Operation, rest: &str) -> String {
        format!("/paths/{}/{}/{rest}", operation.path.replace('~', "~0").replace('/', "~1"), operation.method)
    }

    fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value.get("$ref").and_then(Value::as_str) {
            Some(reference) => self.0.pointer(reference.strip_prefix('#').unwrap()).unwrap(),
            None => value,
        }
    }

    fn assert_fits(&self, pointer: &str, body: &Value, context: &Operation) {
        let schema = self.0.pointer(pointer).unwrap_or_else(|| panic!("{context:?}: no {pointer}"));
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.enable_format_assertions();
        compiler.add_resource(URL, self.0.clone()).unwrap();
        let fragment = pointer.replace('{', "%7B").replace('}', "%7D");
        let index = compiler.compile(&format!("{URL}#{fragment}"), &mut schemas).unwrap();
        if let Err(error) = schemas.validate(body, index) {
            panic!("{context:?}: {error}\n{body:#}");
        }
        self.assert_known(schema, body, &format!("{context:?}"));
    }

    /// Every field of the body is one that the document names: the document ignores others, so nobody would read them.
    fn assert_known(&self, schema: &Value, body: &Value, at: &str) {
        let schema = self.resolve(schema);
        match body {
            Value::Array(items) => items.iter().for_each(|item| self.assert_known(&schema["items"], item, at)),
            Value::Object(fields) => {
                for (name, value) in fields {
                    let field = self.field(schema, name).unwrap_or_else(|| panic!("{at}: the document has no {name:?}"));
                    self.assert_known(field, value, &format!("{at}.{name}"));
                }
            }
            _ => {}
        }
    }

    fn field<'a>(&'a self, schema: &'a Value, name: &str) -> Option<&'a Value> {
        let schema = self.resolve(schema);
        let own = schema["properties"].get(name);
        own.or_else(|| schema["allOf"].as_array()?.iter().find_map(|part| self.field(part, name)))
    }
}
