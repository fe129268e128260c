//! What DynamoDB counts.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

/// The size of a row by DynamoDB's rules: names and texts in UTF-8, a number about a byte per two digits and one more, a list or map three
/// bytes and one per element.
pub fn size(row: &HashMap<String, AttributeValue>) -> usize {
    row.iter().map(|(name, value)| name.len() + value_size(value)).sum()
}

fn value_size(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(number) => {
            let digits = number.trim_start_matches('-').len();
            digits.div_ceil(2) + 1 + usize::from(number.starts_with('-'))
        }
        AttributeValue::B(bytes) => bytes.as_ref().len(),
        AttributeValue::Bool(_) | AttributeValue::Null(_) => 1,
        AttributeValue::L(items) => 3 + items.iter().map(|item| 1 + value_size(item)).sum::<usize>(),
        AttributeValue::M(items) => 3 + items.iter().map(|(name, item)| 1 + name.len() + value_size(item)).sum::<usize>(),
        other => panic!("not used in a row: {other:?}"),
    }
}
