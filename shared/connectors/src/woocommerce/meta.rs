//! `meta_data`, in which plugins keep whatever they like. Only what is asked for is read, and nothing in it makes the rest unreadable.

use serde::Deserialize;
use serde_json::Value;

/// Rows with a key and a value. PHP writes a list whose keys have a gap as an object; anything else has no rows.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(transparent)]
pub(super) struct Metas(Value);

impl Metas {
    /// The first value of a key, as WooCommerce itself would read it.
    pub(super) fn get(&self, key: &str) -> Option<&Value> {
        let row = items(&self.0).find(|row| row.get("key").and_then(Value::as_str) == Some(key));
        row.and_then(|row| row.get("value"))
    }

    /// A text that is not empty; a number is its digits.
    pub(super) fn text(&self, key: &str) -> Option<String> {
        match self.get(key)? {
            Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
            Value::Number(number) => number.as_u64().map(|number| number.to_string()),
            _ => None,
        }
    }

    /// A whole number from 0, as a number or as text.
    pub(super) fn number(&self, key: &str) -> Option<u64> {
        match self.get(key)? {
            Value::String(text) => text.trim().parse().ok(),
            value => value.as_u64(),
        }
    }

    /// As [`Metas::number`], if it is no more than a `u32`.
    pub(super) fn count(&self, key: &str) -> Option<u32> {
        u32::try_from(self.number(key)?).ok()
    }
}

/// The items of a list, or of an object that PHP made of one.
pub(super) fn items(list: &Value) -> impl Iterator<Item = &Value> {
    let (list, object) = (list.as_array(), list.as_object());
    list.into_iter().flatten().chain(object.into_iter().flat_map(serde_json::Map::values))
}

#[cfg(test)]
mod tests {
    use super::Metas;

    fn metas(json: &str) -> Metas {
        serde_json::from_str(json).expect(json)
    }

    #[test]
    fn counts_are_read_from_whatever_php_makes_of_them() {
        for json in [
            r#"[{"id":54,"key":"n","value":"3","display_key":"n"}]"#,
            r#"[{"key":"n","value":3}]"#,
            r#"{"0":{"key":"m","value":9},"2":{"key":"n","value":" 3"}}"#,
            r#"["x",null,7,{"key":5,"value":1},{"key":"n","value":3},{"key":"n","value":4}]"#,
        ] {
            assert_eq!(metas(json).count("n"), Some(3), "{json}");
        }
    }

    #[test]
    fn what_is_no_count_is_none() {
        for value in ["-1", "1.5", "\"\"", "\"-1\"", "\"1e3\"", "4294967296", "null", "[]", "{}", "true", "\"Erika\""] {
            let json = format!(r#"[{{"key":"n","value":{value}}}]"#);
            assert_eq!(metas(&json).count("n"), None, "{json}");
        }
        for json in ["null", "\"\"", "[]", "{}", "7", "false", r#"[{"value":1}]"#, r#"[{"key":"n"}]"#] {
            assert_eq!(metas(json).count("n"), None, "{json}");
            assert_eq!(metas(json).text("n"), None, "{json}");
        }
    }
}
