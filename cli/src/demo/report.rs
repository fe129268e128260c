//! The demo's result for a person.

use std::fmt::Write;

use super::{Outcome, Placed};
use crate::orders::OrderView;
use crate::table::{figures, print, table};

/// The table of orders, the money, and how to look further. `placed` are the orders that `outcome` judges.
#[must_use]
pub fn text(outcome: &Outcome, placed: &[Placed]) -> String {
    let mut text = orders(outcome, placed);
    let money = &outcome.money;
    let verdict = if money.equal { "equal, each order and the sum" } else { "NOT EQUAL" };
    let mut sums = table(&["MONEY", "STORE", "WAYBILL", "ERP", ""]);
    sums.add_row([currency(placed), &money.store, &money.waybill, &money.erp, verdict]);
    (1..=3).for_each(|column| figures(&mut sums, column));
    let _infallible = write!(text, "\n\n{}", print(&sums));
    if let Some(times) = times(outcome) {
        let _infallible = write!(text, "\n\n{times}");
    }
    let held = outcome.orders.iter().find(|order| order.ok && order.hold.is_some());
    let shown = held.or(outcome.orders.first()).map_or("demo/1001", |order| order.order.as_str());
    let _infallible = write!(
        text,
        "\n\nThe local system stays up; the store and the ERP of the demo end here. To look further:\n\
         \x20 cargo waybill orders --attention        who waits for somebody\n\
         \x20 cargo waybill order show {shown:<14} the whole story of one order\n\
         \x20 cargo waybill local logs                what the functions said\n\
         \x20 cargo waybill local down                end it"
    );
    text
}

fn orders(outcome: &Outcome, placed: &[Placed]) -> String {
    let mut rows = table(&["ORDER", "KIND", "STAGE", "PAYMENT", "STOCK", "ERP", "DOCUMENT", "TOTAL", "MS", ""]);
    for (judged, placed) in outcome.orders.iter().zip(placed) {
        let view = placed.order.as_ref().map(OrderView::brief);
        let of = |state: fn(&OrderView) -> &str| view.as_ref().map_or("", state).to_owned();
        let document = view.as_ref().and_then(|view| view.erp.documents.first());
        let document = document.map_or(String::new(), |document| document.number.clone().unwrap_or_else(|| document.id.clone()));
        let remark = match (&judged.problem, &judged.hold) {
            (Some(problem), _) => format!("WRONG: {problem}"),
            (None, Some(code)) => format!("held: {code}, as it must be"),
            (None, None) => String::new(),
        };
        rows.add_row([
            judged.order.clone(),
            judged.kind.to_owned(),
            of(|view| &view.stage),
            of(|view| &view.payment),
            of(|view| &view.stock),
            of(|view| &view.erp.state),
            document,
            placed.total.to_string(),
            judged.webhook_to_posted_ms.map(|ms| ms.to_string()).unwrap_or_default(),
            remark,
        ]);
    }
    figures(&mut rows, 7);
    figures(&mut rows, 8);
    print(&rows)
}

fn currency(placed: &[Placed]) -> &str {
    let content = placed.iter().find_map(|placed| placed.order.as_ref()?.content.as_ref());
    content.map_or("", |content| content.currency.code())
}

/// From webhook to posted, without the orders that waited for their payment.
fn times(outcome: &Outcome) -> Option<String> {
    let own = outcome.orders.iter().filter(|order| order.kind != super::Kind::UnpaidThenPaid.slug());
    let mut times: Vec<u64> = own.filter_map(|order| order.webhook_to_posted_ms).collect();
    times.sort_unstable();
    let at = |per_cent: usize| times.get(times.len().saturating_sub(1).saturating_mul(per_cent) / 100);
    let (median, late, last) = (at(50)?, at(95)?, times.last()?);
    Some(format!(
        "From webhook to posted (orders that were paid at once): median {median} ms, 95 % within {late} ms, the slowest {last} ms"
    ))
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;
    use waybill_domain::facets::{ErpState, Stage};
    use waybill_domain::{At, Content, Currency, Document, DocumentKind, Order};

    use super::super::{Kind, judge};
    use super::*;
    use crate::local::Endpoints;

    fn endpoints() -> Endpoints {
        serde_json::from_value(serde_json::json!({
            "deployment": "waybill", "stack": "unchanged", "aws_endpoint_url": "http://127.0.0.1:4566", "region": "us-east-1",
            "api_url": "http://127.0.0.1:4566/api", "bus": "waybill", "functions": [], "tables": [], "queues": {}, "log_groups": []
        }))
        .expect("the printed shape")
    }

    fn placed(kind: Kind, total: Decimal, change: impl FnOnce(&mut Order)) -> Placed {
        let key: waybill_domain::OrderKey = "demo/1001".parse().expect("a key");
        let mut order = waybill_domain::transition::begin(key.clone(), At(0));
        order.content = Some(Content {
            hash: waybill_domain::ContentHash::of(b"a"),
            goods: waybill_domain::ContentHash::of(b"a"),
            modified: At(0),
            number: "1001".to_owned(),
            status: "processing".to_owned().into(),
            total,
            currency: Currency::new("EUR"),
        });
        change(&mut order);
        Placed { kind, key, total, waited: false, order: Some(order) }
    }

    #[test]
    fn an_order_that_says_it_is_posted_while_the_erp_has_nothing_is_found() {
        let order = placed(Kind::Plain, Decimal::new(3070, 2), |order| {
            order.stage = Stage::Posted;
            order.erp.state = ErpState::Posted;
            order.erp.posted_at = Some(At(1234));
            order.erp.reference = Some("demo-1001".to_owned());
            order.erp.documents =
                vec![Document { kind: DocumentKind::SalesOrder, id: "so-1".to_owned(), number: "SO-1".to_owned() }];
        });
        let outcome = judge(std::slice::from_ref(&order), &[], &endpoints());
        assert!(!outcome.ok && !outcome.money.equal);
        assert_eq!((outcome.money.store.as_str(), outcome.money.erp.as_str()), ("30.70", "0"));
        let text = text(&outcome, &[order]);
        assert!(text.contains("WRONG: the ERP has 0 documents with its reference instead of 1"), "{text}");
        assert!(text.contains("SO-1") && text.contains("1234") && text.contains("NOT EQUAL"), "{text}");
    }

    #[test]
    fn a_held_order_that_must_be_held_is_right_and_costs_nothing() {
        let order = placed(Kind::ShortStock, Decimal::new(100, 2), |order| {
            order.hold = Some(waybill_domain::Hold {
                code: "short_stock".to_owned(),
                message: String::new(),
                step: waybill_domain::Step::Reserve,
                since: At(5),
                doubt: None,
            });
        });
        let outcome = judge(std::slice::from_ref(&order), &[], &endpoints());
        assert!(outcome.ok && outcome.money.equal, "{outcome:?}");
        assert!(text(&outcome, &[order]).contains("cargo waybill order show demo/1001"));
        let unknown = Placed { order: None, ..placed(Kind::Plain, Decimal::ONE, |_| {}) };
        let outcome = judge(&[unknown], &[], &endpoints());
        assert_eq!(outcome.orders.first().and_then(|order| order.problem.as_deref()), Some("Waybill has not heard of it"));
    }
}
