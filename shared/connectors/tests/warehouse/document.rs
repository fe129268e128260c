//! `docs/warehouse-push.openapi.yaml` is what warehouse teams build against: bodies and headers held against it.

use std::collections::BTreeSet;

use boon::{Compiler, Schemas};
use serde_json::Value;

const URL: &str = "https://waybill.example/warehouse-push.json";
const OPERATION: &str = "/paths/~1/post";

/// The document.
pub struct Document(Value);

impl Document {
    pub fn read() -> Self {
        Self(serde_yaml_ng::from_str(include_str!("../../../../docs/warehouse-push.openapi.yaml")).unwrap())
    }

    /// What is wrong with a body, if anything is.
    pub fn fault_of_body(&self, body: &Value) -> Option<String> {
        self.fault(&format!("{OPERATION}/requestBody/content/application~1json/schema"), body)
    }

    /// Holds the headers that the document names against it; all of them are there.
    pub fn assert_headers(&self, value_of: impl Fn(&str) -> Option<String>) {
        let parameters = self.0.pointer(&format!("{OPERATION}/parameters")).unwrap().as_array().unwrap();
        assert_eq!(parameters.len(), 4);
        for (index, parameter) in parameters.iter().enumerate() {
            let name = parameter["name"].as_str().unwrap();
            let value = value_of(name).unwrap_or_else(|| panic!("no header {name}"));
            let fault = self.fault(&format!("{OPERATION}/parameters/{index}/schema"), &value.clone().into());
            assert_eq!(fault, None, "{name}: {value}");
        }
    }

    /// The fields of a schema.
    pub fn fields(&self, schema: &str) -> BTreeSet<String> {
        self.0["components"]["schemas"][schema]["properties"].as_object().unwrap().keys().cloned().collect()
    }

    fn fault(&self, pointer: &str, value: &Value) -> Option<String> {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.enable_format_assertions();
        compiler.add_resource(URL, self.0.clone()).unwrap();
        let index = compiler.compile(&format!("{URL}#{pointer}"), &mut schemas).unwrap();
        schemas.validate(value, index).err().map(|error| error.to_string())
    }
}
