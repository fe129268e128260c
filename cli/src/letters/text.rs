//! Dead letters and plans for people. Bodies are never shown: they may carry names and addresses.

use waybill_workflow::ports::DeadLetter;

use super::plan::{Item, Subject};
use crate::table::{print, table};

/// A line for each letter.
#[must_use]
pub fn list(letters: &[DeadLetter]) -> String {
    if letters.is_empty() {
        return "no dead letters".to_owned();
    }
    let mut rows = table(&["DEAD LETTER", "SINCE", "STORE", "ORDER", "ATTEMPTS", "TRACE", "ERROR"]);
    for letter in letters {
        rows.add_row([
            letter.id.to_string(),
            letter.at.to_string(),
            letter.store.as_ref().map(ToString::to_string).unwrap_or_default(),
            letter.order.as_ref().map_or_else(|| "(orphan)".to_owned(), ToString::to_string),
            letter.receives.map(|receives| receives.to_string()).unwrap_or_default(),
            letter.trace.clone().unwrap_or_default(),
            letter.error.clone(),
        ]);
    }
    print(&rows)
}

/// A line for each item of a plan.
#[must_use]
pub fn table_of(items: &[Item]) -> String {
    if items.is_empty() {
        return "nothing to send on".to_owned();
    }
    let mut rows = table(&["WHAT", "CODE", "STORE", "ORDER OR LETTER", "SINCE", "WILL"]);
    for item in items {
        let (what, store) = match &item.subject {
            Subject::Order(order, _) => ("order", Some(&order.store)),
            Subject::Letter(letter) => ("letter", letter.store.as_ref()),
        };
        let store = store.map(ToString::to_string).unwrap_or_default();
        rows.add_row([what.to_owned(), item.code.clone(), store, item.name(), item.since.to_string(), item.words()]);
    }
    print(&rows)
}
