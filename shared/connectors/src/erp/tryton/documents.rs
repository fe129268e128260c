//! The documents of a day: sales that were confirmed, invoices and credit notes, payments. For completeness reports.

use jiff::civil;
use serde::Deserialize;
use serde_json::{Value, json};
use waybill_domain::DocumentKind;
use waybill_domain::money::{Currency, Decimal};
use waybill_workflow::CallError;
use waybill_workflow::ports::erp::{DayDocument, ErpDocuments, Page};

use super::TrytonErp;
use super::client::Call;
use super::error::Verdict;
use super::wire::{Amount, Coded};
use crate::erp::refusals::refused;
use crate::erp::text;

/// Documents in one answer.
const PAGE: usize = 200;

#[derive(Deserialize)]
struct Row {
    id: u64,
    total_amount: Option<Amount>,
    currency: Coded,
    /// Of a sale.
    #[serde(default)]
    web_id: Option<String>,
    /// Of an invoice: the sales it is of.
    #[serde(default)]
    sales: Vec<Of>,
    /// Of a payment.
    #[serde(default)]
    name: Option<String>,
}

#[derive(Deserialize)]
struct Of {
    web_id: Option<String>,
}

/// The lists, one after the other: model, fields, and what counts besides the day.
const LISTS: [(&str, &[&str]); 3] = [
    ("sale.sale", &["total_amount", "currency.code", "web_id"]),
    ("account.invoice", &["total_amount", "currency.code", "sales.web_id"]),
    ("account.statement", &["total_amount", "currency.code", "name"]),
];

impl ErpDocuments for TrytonErp {
    /// The cursor is `<list>-<last id>`.
    async fn documents_of(&self, day: &str, cursor: Option<&str>) -> Result<Page<DayDocument>, CallError> {
        let desk = self.archive()?;
        let unusable = || refused("erp_malformed", "a day or a cursor that is none");
        let day: civil::Date = day.parse().map_err(|_| unusable())?;
        let (list, behind) = match cursor {
            None => (0, 0),
            Some(cursor) => {
                cursor.split_once('-').and_then(|(list, id)| Some((list.parse().ok()?, id.parse().ok()?))).ok_or_else(unusable)?
            }
        };
        let (model, fields) = *LISTS.get(list).ok_or_else(unusable)?;
        let mut domain = vec![json!(["id", ">", behind])];
        domain.extend(created_on(day).ok_or_else(unusable)?);
        domain.push(match list {
            0 => json!(["state", "in", ["confirmed", "processing", "done"]]),
            1 => json!([["type", "=", "out"], ["state", "in", ["posted", "paid"]]]),
            _ => json!(["state", "in", ["validated", "posted"]]),
        });
        domain.push(json!(["company", "=", desk.records.company]));
        if list == 0 {
            domain.push(json!(["total_amount_cache", ">=", super::wire::decimal(Decimal::ZERO)]));
        }
        let call = Call::search("documents", model, fields, &Value::Array(domain)).page(PAGE, 0);
        let rows: Vec<Row> = desk.client.call(&call).await.map_err(Verdict::of_read)?;
        let next = match rows.last() {
            Some(last) if rows.len() >= PAGE => Some(format!("{list}-{}", last.id)),
            _ => LISTS.get(list.saturating_add(1)).map(|_| format!("{}-0", list.saturating_add(1))),
        };
        Ok(Page { items: rows.into_iter().map(|row| document(list, row)).collect(), unreadable: Vec::new(), next })
    }
}

/// Made on this day, UTC.
fn created_on(day: civil::Date) -> Option<[Value; 2]> {
    let midnight = |day: civil::Date| {
        json!({
            "__class__": "datetime", "year": day.year(), "month": day.month(), "day": day.day(),
            "hour": 0, "minute": 0, "second": 0, "microsecond": 0,
        })
    };
    Some([json!(["create_date", ">=", midnight(day)]), json!(["create_date", "<", midnight(day.tomorrow().ok()?)])])
}

fn document(list: usize, row: Row) -> DayDocument {
    let total = row.total_amount.map_or(Decimal::ZERO, |total| total.0);
    let reference = match list {
        0 => row.web_id,
        1 => row.sales.into_iter().find_map(|sale| sale.web_id),
        _ => row.name,
    };
    let kind = match list {
        0 => DocumentKind::SalesOrder,
        1 if total.is_sign_negative() => DocumentKind::CreditNote,
        1 => DocumentKind::Invoice,
        _ => DocumentKind::Payment,
    };
    // A credit note is over what it credits.
    DayDocument {
        kind,
        id: row.id.to_string(),
        reference: reference.and_then(text::id),
        total: total.abs(),
        currency: Currency::new(&row.currency.code),
    }
}
