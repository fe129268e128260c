//! Fields of the order row that are written shorter than the record has them. What was written long, as the first release did, is read.

use std::collections::HashMap;

use serde_dynamo::AttributeValue as Value;

/// The attributes of a row, whoever's form of DynamoDB's types it came in.
pub(super) type Fields = HashMap<String, Value>;

/// Stands for what another field says.
const SAME: &str = "=";

/// Fields that are [`SAME`] while they equal another: facet and field, and whose value they mostly have. What was sent to the ERP is what
/// the store wants until somebody edits the order; what the warehouse is asked for is all of it until pieces are withdrawn.
const MOSTLY: [(&str, &str, &str, &str); 3] = [
    ("erp", "goods", "content", "goods"),
    ("erp", "content", "content", "hash"),
    ("fulfilment", "requested", "fulfilment", "lines"),
];

/// The fields of a document, in the order in which they are written without their names.
const DOCUMENT: [&str; 3] = ["kind", "id", "number"];

/// Shortens what can be.
pub(super) fn shorten(fields: &mut Fields) {
    for (facet, name, other, of) in MOSTLY {
        let value = field(fields, facet, name);
        if value.is_some() && value == field(fields, other, of) {
            set(fields, facet, name, Value::S(SAME.to_owned()));
        }
    }
    for document in documents(fields) {
        if let Value::M(named) = document {
            *document = Value::L(DOCUMENT.iter().map_while(|name| named.remove(*name)).collect());
        }
    }
}

/// Undoes [`shorten`].
///
/// # Errors
/// What is wrong with the row, without what is in it.
pub(super) fn lengthen(fields: &mut Fields) -> Result<(), &'static str> {
    for (facet, name, other, of) in MOSTLY {
        if field(fields, facet, name) == Some(&Value::S(SAME.to_owned())) {
            let value = field(fields, other, of).cloned().ok_or("a field equals one that is missing")?;
            set(fields, facet, name, value);
        }
    }
    for document in documents(fields) {
        if let Value::L(values) = document {
            let named = DOCUMENT.iter().map(|name| (*name).to_owned()).zip(values.drain(..));
            *document = Value::M(named.collect());
        }
    }
    Ok(())
}

fn field<'a>(fields: &'a Fields, facet: &str, name: &str) -> Option<&'a Value> {
    match fields.get(facet) {
        Some(Value::M(facet)) => facet.get(name),
        _ => None,
    }
}

fn set(fields: &mut Fields, facet: &str, name: &str, value: Value) {
    if let Some(Value::M(facet)) = fields.get_mut(facet) {
        facet.insert(name.to_owned(), value);
    }
}

/// The documents of the ERP facet.
fn documents(fields: &mut Fields) -> impl Iterator<Item = &mut Value> {
    let documents = match fields.get_mut("erp") {
        Some(Value::M(erp)) => erp.get_mut("documents"),
        _ => None,
    };
    let documents = match documents {
        Some(Value::L(documents)) => documents.as_mut_slice(),
        _ => &mut [],
    };
    documents.iter_mut()
}
