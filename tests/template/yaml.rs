//! A CloudFormation document as JSON: the short forms of its functions (`!Ref`, `!GetAtt`, `!Sub`, …) become their long forms.

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value, json};

/// Parses one document. Panics with a reason on anything that CloudFormation would not take either.
pub fn parse(text: &str) -> Value {
    let documents = Yaml::load_from_str(text).expect("template.yaml is YAML");
    assert_eq!(documents.len(), 1, "one document");
    convert(&documents[0])
}

fn convert(node: &Yaml<'_>) -> Value {
    match node {
        Yaml::Value(scalar) => match scalar {
            Scalar::Null => Value::Null,
            Scalar::Boolean(b) => json!(b),
            Scalar::Integer(i) => json!(i),
            Scalar::String(s) => json!(s),
            Scalar::FloatingPoint(f) => panic!("a number with a fraction has no place in the template: {f}"),
        },
        Yaml::Sequence(items) => items.iter().map(convert).collect(),
        Yaml::Mapping(entries) => {
            let mut map = Map::new();
            for (key, value) in entries {
                let key = key.as_str().expect("keys are strings");
                assert!(map.insert(key.to_owned(), convert(value)).is_none(), "`{key}` stands twice in one mapping");
            }
            Value::Object(map)
        }
        Yaml::Tagged(tag, inner) => long_form(&tag.suffix, convert(inner)),
        other => panic!("unexpected YAML: {other:?}"),
    }
}

fn long_form(tag: &str, inner: Value) -> Value {
    match tag {
        "Ref" => json!({ "Ref": inner }),
        "GetAtt" => {
            let (resource, attribute) = inner.as_str().and_then(|s| s.split_once('.')).expect("!GetAtt resource.attribute");
            json!({ "Fn::GetAtt": [resource, attribute] })
        }
        "Sub" | "Not" | "Equals" => json!({ format!("Fn::{tag}"): inner }),
        other => panic!("`!{other}` is not used in the template; teach this reader about it"),
    }
}
