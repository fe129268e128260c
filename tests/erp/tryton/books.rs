//! What Tryton's books and shelves have of one document of ours, as people see it.

use serde_json::{Value, json};
use waybill_domain::money::Decimal;

use crate::support::Live;

/// A sale with this web id, and all that follows from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Books {
    /// State and total.
    pub sales: Vec<(String, Decimal)>,
    /// State and total.
    pub invoices: Vec<(String, Decimal)>,
    /// State and amount of every line that pays one of them.
    pub payments: Vec<(String, Decimal)>,
    /// States.
    pub shipments: Vec<String>,
    /// States.
    pub returns: Vec<String>,
}

impl Books {
    pub async fn of(live: &Live, web_id: &str) -> Self {
        let fields =
            ["state", "total_amount", "invoices.state", "invoices.total_amount", "shipments.state", "shipment_returns.state"];
        let sales = live.people.sales(web_id, &fields).await;
        let all = |field: &str| -> Vec<Value> {
            sales.iter().flat_map(|sale| sale[field].as_array().cloned().unwrap_or_default()).collect()
        };
        let paid = all("invoices").iter().map(|invoice| format!("account.invoice,{}", invoice["id"])).collect::<Vec<_>>();
        let domain = json!([["related_to", "in", paid]]);
        let lines = live.people.find("account.statement.line", &domain, &["amount", "statement.state"]).await;
        let amount = |record: &Value, field: &str| (state(record), decimal(&record[field]));
        Self {
            sales: sorted(sales.iter().map(|sale| amount(sale, "total_amount"))),
            invoices: sorted(all("invoices").iter().map(|invoice| amount(invoice, "total_amount"))),
            payments: sorted(lines.iter().map(|line| (state(&line["statement"]), decimal(&line["amount"])))),
            shipments: sorted(all("shipments").iter().map(state)),
            returns: sorted(all("shipment_returns").iter().map(state)),
        }
    }
}

/// For what is written in a test.
pub fn one(state: &str, cents: i64) -> Vec<(String, Decimal)> {
    vec![(state.to_owned(), Decimal::new(cents, 2))]
}

fn sorted<T: Ord>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut all: Vec<T> = all.collect();
    all.sort();
    all
}

fn state(record: &Value) -> String {
    record["state"].as_str().unwrap_or_default().to_owned()
}

fn decimal(value: &Value) -> Decimal {
    value["decimal"].as_str().unwrap().parse().unwrap()
}
