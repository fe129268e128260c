//! `waybill erp records`: what a store's records may name, with the ERP's ids, so that a person can write the file.

use serde_json::{Value, json};
use waybill_workflow::CallError;
use waybill_workflow::ports::erp_directory::{ErpDirectory, ErpEntry, RecordKind};

use crate::table::{print as print_table, table};

/// The records of each kind, by the name of the field that takes them.
pub struct Listing(Vec<(&'static str, Vec<ErpEntry>)>);

/// The field of the records file.
#[must_use]
pub fn field(kind: RecordKind) -> &'static str {
    match kind {
        RecordKind::Company => "company",
        RecordKind::Warehouse => "warehouse",
        RecordKind::Shop => "shop",
        RecordKind::SalesJournal => "sales_journal",
        RecordKind::PaymentJournal => "payment_journal",
        RecordKind::Tax => "taxes",
        RecordKind::Carrier => "carrier",
        RecordKind::Customer => "guest_customer",
    }
}

/// Reads what the ERP has; customers are not listed.
///
/// # Errors
/// How a call ended.
pub async fn read(erp: &impl ErpDirectory) -> Result<Listing, CallError> {
    let mut kinds = Vec::new();
    for kind in RecordKind::LISTED {
        kinds.push((field(kind), erp.records(kind).await?));
    }
    Ok(Listing(kinds))
}

impl Listing {
    /// One object: an array per field.
    #[must_use]
    pub fn json(&self) -> Value {
        let view = |entry: &ErpEntry| {
            let rate = entry.rate.map(|rate| rate.to_string());
            json!({ "id": entry.id, "name": entry.name, "company": entry.company, "rate": rate })
        };
        self.0.iter().map(|(field, entries)| ((*field).to_owned(), entries.iter().map(view).collect::<Value>())).collect()
    }

    /// A table.
    #[must_use]
    pub fn text(&self) -> String {
        let mut rows = table(&["FIELD", "ID", "NAME", "COMPANY", "PER CENT"]);
        for (field, entries) in &self.0 {
            for entry in entries {
                rows.add_row([
                    (*field).to_owned(),
                    entry.id.to_string(),
                    entry.name.clone(),
                    entry.company.map_or_else(|| "any".to_owned(), |company| company.to_string()),
                    entry.rate.map_or_else(|| "-".to_owned(), |rate| rate.normalize().to_string()),
                ]);
            }
        }
        print_table(&rows)
    }
}
