//! The demo's result for a person.

use std::fmt::Write;

use rust_decimal::Decimal;

use super::{Kind, Outcome, Placed};
use crate::orders::OrderView;
use crate::table::{figures, print, table};

/// The table of orders, the money, and how to look further. `placed` are the orders that `outcome` judges.
#[must_use]
pub fn text(outcome: &Outcome, placed: &[Placed]) -> String {
    let mut text = orders(outcome, placed);
    let _infallible = write!(text, "\n\n{}", money(outcome, currency(placed)));
    if let Some(times) = times(outcome) {
        let _infallible = write!(text, "\n\n{times}");
    }
    let full = outcome.orders.iter().find(|order| order.kind == Kind::Return.slug());
    let shown = full.or(outcome.orders.first()).map_or("demo/1001", |order| order.order.as_str());
    let _infallible = write!(
        text,
        "\n\nThe local system stays up; store, ERP and warehouse of the demo end here. To look further:\n\
         \x20 cargo waybill orders --attention        who waits for somebody\n\
         \x20 cargo waybill order show {shown:<14} the whole story of one order\n\
         \x20 cargo waybill local logs                what the functions said\n\
         \x20 cargo waybill local down                end it"
    );
    text
}

fn orders(outcome: &Outcome, placed: &[Placed]) -> String {
    let mut rows =
        table(&["ORDER", "KIND", "STAGE", "PAYMENT", "FULFILMENT", "DOCUMENT", "TOTAL", "REFUNDED", "CREDITED", "MS", ""]);
    for (judged, placed) in outcome.orders.iter().zip(placed) {
        let view = placed.order.as_ref().map(OrderView::brief);
        let of = |state: fn(&OrderView) -> &str| view.as_ref().map_or("", state).to_owned();
        let document = view.as_ref().and_then(|view| view.erp.documents.first());
        let document = document.map_or(String::new(), |document| document.number.clone().unwrap_or_else(|| document.id.clone()));
        let refunds = || placed.order.iter().flat_map(|order| &order.refunds).filter(|refund| refund.counts());
        let shown = |amount: Decimal| if amount.is_zero() { String::new() } else { amount.to_string() };
        let credited = refunds().filter(|refund| refund.document.is_some()).map(|refund| refund.amount).sum();
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
            of(|view| &view.fulfilment),
            document,
            placed.total.to_string(),
            shown(refunds().map(|refund| refund.amount).sum()),
            shown(credited),
            judged.webhook_to_posted_ms.map(|ms| ms.to_string()).unwrap_or_default(),
            remark,
        ]);
    }
    (6..=9).for_each(|column| figures(&mut rows, column));
    print(&rows)
}

fn money(outcome: &Outcome, currency: &str) -> String {
    let money = &outcome.money;
    let mut sums = table(&["MONEY", "PAID", "= POSTED", "− CREDITED", "+ OPEN", ""]);
    let verdict = if money.equal { "to the cent, each order and the sum, outside and in Waybill" } else { "NOT EQUAL" };
    sums.add_row([currency, &money.paid, &money.posted, &money.credited, &money.open, verdict]);
    (1..=4).for_each(|column| figures(&mut sums, column));
    let mut text = print(&sums);
    let _infallible = write!(
        text,
        "\nOf what the ERP must have: the store has {}, Waybill says {}, the ERP has {}. Open is what was paid for orders that are held or \
         cancelled.",
        money.store, money.waybill, money.erp
    );
    text
}

fn currency(placed: &[Placed]) -> &str {
    let content = placed.iter().find_map(|placed| placed.order.as_ref()?.content.as_ref());
    content.map_or("", |content| content.currency.code())
}

/// From webhook to posted, without the orders that waited for a payment or were refused at first.
fn times(outcome: &Outcome) -> Option<String> {
    let delayed = |slug: &str| {
        let kind = Kind::ALL.into_iter().find(|kind| kind.slug() == slug);
        kind.is_some_and(|kind| kind == Kind::UnpaidThenPaid || kind.is_refused_at_first())
    };
    let own = outcome.orders.iter().filter(|order| !delayed(order.kind));
    let mut times: Vec<u64> = own.filter_map(|order| order.webhook_to_posted_ms).collect();
    times.sort_unstable();
    let at = |per_cent: usize| times.get(times.len().saturating_sub(1).saturating_mul(per_cent) / 100);
    let (median, late, last) = (at(50)?, at(95)?, times.last()?);
    Some(format!(
        "From webhook to posted (orders that could be at once): median {median} ms, 95 % within {late} ms, the slowest {last} ms"
    ))
}

#[cfg(test)]
mod tests {
    use waybill_domain::facets::{ErpState, Stage};
    use waybill_domain::{At, Content, Currency, Document, DocumentKind, Hold, Order, Payment, Step};
    use waybill_testkit::store::{FakeStore, FakeStoreConfig};

    use super::super::{Evidence, judge};
    use super::*;
    use crate::local::Endpoints;

    fn endpoints() -> Endpoints {
        serde_json::from_value(serde_json::json!({
            "deployment": "waybill", "stack": "unchanged", "aws_endpoint_url": "http://127.0.0.1:4566", "region": "us-east-1",
            "api_url": "http://127.0.0.1:4566/api", "bus": "waybill", "functions": [], "tables": [], "queues": {}, "log_groups": []
        }))
        .expect("the printed shape")
    }

    /// An order of this kind in a store, and its record.
    async fn placed(kind: Kind, change: impl FnOnce(&mut Order)) -> (Placed, Evidence) {
        let store = FakeStore::start(FakeStoreConfig::default()).await.expect("a port");
        let order = store.order(store.place(kind.in_store())).expect("placed");
        let key: waybill_domain::OrderKey = "demo/1001".parse().expect("a key");
        let mut record = waybill_domain::transition::begin(key.clone(), At(0));
        let total = order.totals.total;
        record.content = Some(Content {
            hash: waybill_domain::ContentHash::of(b"a"),
            goods: waybill_domain::ContentHash::of(b"a"),
            modified: At(0),
            number: "1001".to_owned(),
            status: "processing".to_owned().into(),
            total,
            currency: Currency::new("EUR"),
        });
        record.payment = Payment::Paid;
        change(&mut record);
        let evidence = Evidence { order: Some(order), ..Evidence::default() };
        (Placed { kind, key, total, at_first: total, scenes: 0, trouble: None, order: Some(record) }, evidence)
    }

    #[tokio::test]
    async fn an_order_that_says_it_is_posted_while_the_erp_has_nothing_is_found() {
        let (order, evidence) = placed(Kind::Plain, |order| {
            order.stage = Stage::Posted;
            order.erp.state = ErpState::Posted;
            order.erp.goods = order.content.as_ref().map(|content| content.goods.clone());
            order.erp.posted_at = Some(At(1234));
            order.erp.reference = Some("demo-1001".to_owned());
            order.erp.documents =
                vec![Document { kind: DocumentKind::SalesOrder, id: "so-1".to_owned(), number: "SO-1".to_owned() }];
            order.fulfilment.lines.insert(1, 2);
            order.fulfilment.revision = 1;
        })
        .await;
        let outcome = judge(std::slice::from_ref(&order), &[evidence], &endpoints());
        assert!(!outcome.ok && !outcome.money.equal);
        let money = &outcome.money;
        assert_eq!((money.store.as_str(), money.waybill.as_str(), money.erp.as_str()), ("36.53", "36.53", "0"));
        let text = text(&outcome, &[order]);
        assert!(text.contains("WRONG: the count of its documents in the ERP is 0, not 1"), "{text}");
        assert!(text.contains("SO-1") && text.contains("1234") && text.contains("NOT EQUAL"), "{text}");
    }

    #[tokio::test]
    async fn a_held_order_that_must_be_held_is_right_and_its_money_is_open() {
        let (order, evidence) = placed(Kind::ShortStock, |order| {
            let (code, step) = ("short_stock".to_owned(), Step::Reserve);
            order.hold = Some(Hold { code, message: String::new(), step, since: At(5), doubt: None, about: None, under: None });
            order.stage = Stage::Validated;
        })
        .await;
        let outcome = judge(std::slice::from_ref(&order), &[evidence], &endpoints());
        assert!(outcome.ok && outcome.money.equal, "{outcome:?}");
        assert_eq!((outcome.money.open.as_str(), outcome.money.posted.as_str()), (order.total.to_string().as_str(), "0"));
        assert!(text(&outcome, &[order]).contains("cargo waybill order show demo/1001"));
        let (known, evidence) = placed(Kind::Plain, |_| {}).await;
        let unknown = Placed { order: None, ..known };
        let outcome = judge(&[unknown], &[evidence], &endpoints());
        assert_eq!(outcome.orders.first().and_then(|order| order.problem.as_deref()), Some("Waybill has not heard of it"));
    }
}
