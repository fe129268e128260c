//! The documents of a day: orders, then invoices and credit notes, then payments.

use serde_json::{Value, json};
use waybill_domain::DocumentKind;
use waybill_workflow::CallError;
use waybill_workflow::ports::erp::{DayDocument, ErpDocuments, Page};

use super::OdooErp;
use super::call::Call;
use super::row::{Row, readable, rows};
use crate::erp::refusals::refused;
use crate::erp::scrub::Scrub;

/// Documents per page.
const PAGE: usize = 200;

/// One of the lists that a day is made of.
struct List {
    letter: char,
    model: &'static str,
    time: &'static str,
    reference: &'static str,
    total: &'static str,
    conditions: Vec<Value>,
    /// The field that tells the kind, if it is not the same for all.
    kind: Option<&'static str>,
}

impl List {
    fn of(letter: char, memo: &'static str) -> Option<Self> {
        Some(match letter {
            'o' => List {
                letter,
                model: "sale.order",
                time: "date_order",
                reference: "client_order_ref",
                total: "amount_total",
                conditions: vec![json!(["state", "in", ["sale", "done"]])],
                kind: None,
            },
            'm' => List {
                letter,
                model: "account.move",
                time: "create_date",
                reference: "ref",
                total: "amount_total",
                conditions: vec![json!(["state", "=", "posted"]), json!(["move_type", "in", ["out_invoice", "out_refund"]])],
                kind: Some("move_type"),
            },
            'p' => List {
                letter,
                model: "account.payment",
                time: "create_date",
                reference: memo,
                total: "amount",
                conditions: vec![json!(["payment_type", "=", "inbound"])],
                kind: None,
            },
            _ => return None,
        })
    }

    fn next(&self) -> Option<char> {
        match self.letter {
            'o' => Some('m'),
            'm' => Some('p'),
            _ => None,
        }
    }

    fn document(&self, row: &Row<'_>) -> Option<DayDocument> {
        let kind = match (self.letter, self.kind) {
            (_, Some(field)) => match row.text(field)? {
                "out_invoice" => DocumentKind::Invoice,
                "out_refund" => DocumentKind::CreditNote,
                _ => return None,
            },
            ('o', None) => DocumentKind::SalesOrder,
            _ => DocumentKind::Payment,
        };
        let reference = Some(row.text(self.reference)?.to_owned()).filter(|reference| !reference.is_empty());
        Some(DayDocument {
            kind,
            id: row.id()?.to_string(),
            reference,
            total: row.amount(self.total)?,
            currency: row.currency()?,
        })
    }
}

impl ErpDocuments for OdooErp {
    async fn documents_of(&self, day: &str, cursor: Option<&str>) -> Result<Page<DayDocument>, CallError> {
        self.records()?;
        let date: jiff::civil::Date = day.parse().map_err(|_| refused("erp_malformed", "the day is no date"))?;
        let after = date.tomorrow().map_err(|_| refused("erp_malformed", "the day is the last one there is"))?;
        let memo = self.client.version().await?.payment_memo();
        let mut position = cursor.unwrap_or("o0").chars();
        let list = position.next().and_then(|letter| List::of(letter, memo)).zip(position.as_str().parse::<u64>().ok());
        let (list, last) = list.ok_or_else(|| CallError::Down { reason: "documents: a cursor of another kind".to_owned() })?;
        let mut domain = list.conditions.clone();
        domain.extend([
            json!([list.time, ">=", format!("{date} 00:00:00")]),
            json!([list.time, "<", format!("{after} 00:00:00")]),
            json!(["id", ">", last]),
        ]);
        let mut fields = vec![list.reference, list.total, "currency_id"];
        fields.extend(list.kind);
        let call = || Call::search(list.model, json!(domain), &fields).page(PAGE);
        let answer = self.client.call(call(), &Scrub::unknown()).await?;
        let ids = rows(&call(), &answer, |row| row.id())?;
        let (items, unreadable) = readable(&call(), &answer, |row| list.document(row))?;
        let next = match ids.iter().max() {
            Some(id) if ids.len() >= PAGE && *id > last => Some(format!("{}{id}", list.letter)),
            _ => list.next().map(|letter| format!("{letter}0")),
        };
        Ok(Page { items, unreadable, next })
    }
}
