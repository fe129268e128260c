//! The mapping file: from the store's SKUs to the ERP's. JSON as it is stored, or CSV as spreadsheets write it.

use std::collections::BTreeMap;

use waybill_domain::config::MappedSku;
use waybill_domain::{Mapping, Sku};

/// Reads a mapping: JSON (`{"same_skus": false, "skus": {"MUG": {"erp_sku": "4711", "shippable": true}}}`), or CSV with the columns
/// `store_sku,erp_sku[,shippable]`, with or without that heading.
///
/// # Errors
/// One sentence that names the line.
pub fn read_mapping(text: &str) -> Result<Mapping, String> {
    let text = text.trim_start_matches('\u{feff}');
    if text.trim_start().starts_with('{') {
        return serde_json::from_str(text).map_err(|error| format!("the mapping is not what it should be: {error}"));
    }
    let mut skus = BTreeMap::new();
    for (number, line) in text.lines().enumerate().map(|(index, line)| (index.saturating_add(1), line)) {
        let fields = fields(line);
        if line.trim().is_empty() || (number == 1 && fields.first().is_some_and(|field| field == "store_sku")) {
            continue;
        }
        let (store_sku, mapped) = row(&fields).map_err(|error| format!("line {number} of the mapping: {error}"))?;
        if skus.insert(store_sku.clone(), mapped).is_some() {
            return Err(format!("line {number} of the mapping: {store_sku} is there twice"));
        }
    }
    if skus.is_empty() { Err("the mapping is empty".to_owned()) } else { Ok(Mapping { same_skus: false, skus }) }
}

fn row(fields: &[String]) -> Result<(Sku, MappedSku), String> {
    let (store_sku, erp_sku, shippable) = match fields {
        [store_sku, erp_sku] => (store_sku, erp_sku, ""),
        [store_sku, erp_sku, shippable] => (store_sku, erp_sku, shippable.trim()),
        other => return Err(format!("{} columns, where store_sku,erp_sku[,shippable] are expected", other.len())),
    };
    let shippable = match shippable.to_ascii_lowercase().as_str() {
        "" | "true" | "yes" | "1" => true,
        "false" | "no" | "0" => false,
        other => return Err(format!("shippable is {other:?}, where true or false is expected")),
    };
    let sku = |text: &str| text.parse::<Sku>().map_err(|error| error.to_string());
    Ok((sku(store_sku)?, MappedSku { erp_sku: sku(erp_sku)?, shippable }))
}

/// The fields of a line of CSV: a field in quotes may contain commas, and doubled quotes.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                push(&mut fields, '"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            other => push(&mut fields, other),
        }
    }
    fields
}

fn push(fields: &mut [String], character: char) {
    if let Some(field) = fields.last_mut() {
        field.push(character);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_with_and_without_heading_quotes_and_services() {
        let text =
            "\u{feff}store_sku,erp_sku,shippable\r\nMUG,4711\r\n\"TEA, 100 g\",\"say \"\"tea\"\"\",true\r\nGIFT,9000,no\r\n\r\n";
        let mapping = read_mapping(text).unwrap();
        assert!(!mapping.same_skus);
        let find = |sku: &str| mapping.find(sku).map(|mapped| (mapped.erp_sku.to_string(), mapped.shippable));
        assert_eq!(find("MUG"), Some(("4711".to_owned(), true)));
        assert_eq!(find("TEA, 100 g"), Some(("say \"tea\"".to_owned(), true)));
        assert_eq!(find("GIFT"), Some(("9000".to_owned(), false)));
        assert_eq!(find("LAMP"), None);
        assert_eq!(read_mapping("MUG,4711").unwrap().skus.len(), 1);
    }

    #[test]
    fn json_is_the_stored_form() {
        let mapping = read_mapping(r#" {"skus": {"MUG": {"erp_sku": "4711"}}, "same_skus": true}"#).unwrap();
        assert!(mapping.same_skus && mapping.find("MUG").unwrap().erp_sku.as_str() == "4711");
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let said = |text: &str| read_mapping(text).unwrap_err();
        assert!(said("A,1\nA,2").starts_with("line 2 of the mapping: A is there twice"));
        assert!(said("A,1\nB").contains("line 2") && said("A,1\nB").contains("1 columns"));
        assert!(said("A,1,maybe").contains("shippable"));
        assert!(said("A,").contains("line 1"));
        assert!(said("\n").contains("empty"));
        assert!(said("{\"sku\": {}}").contains("not what it should be"));
    }
}
