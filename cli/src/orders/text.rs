//! Orders for people: a line each, or one order's whole story on a screen.

use std::fmt::Write;

use waybill_domain::{Event, Order};

use super::view::{OrderView, gaps};
use crate::table::{figures, print, table};

/// One line per order.
#[must_use]
pub fn list(orders: &[Order]) -> String {
    if orders.is_empty() {
        return "no orders".to_owned();
    }
    let mut rows = table(&["ORDER", "STAGE", "PAYMENT", "STOCK", "ERP", "TOTAL", "", "WHY IT STANDS"]);
    for order in orders {
        let view = OrderView::brief(order);
        let why = match (&view.hold, &view.waiting) {
            (Some(hold), _) => format!("held since {}: {}", hold.since, hold.code),
            (None, Some(waiting)) => format!("waits for {} since {}", waiting.on, waiting.since),
            (None, None) => String::new(),
        };
        let total = view.total.unwrap_or_default();
        let currency = view.currency.unwrap_or_default();
        rows.add_row([view.order, view.stage, view.payment, view.stock, view.erp.state, total, currency, why]);
    }
    figures(&mut rows, 5);
    print(&rows)
}

/// The whole story of an order.
#[must_use]
pub fn story(order: &Order, events: &[Event]) -> String {
    let view = OrderView::brief(order);
    let mut text = format!("{}  {}", view.order, view.stage);
    let mut line = |name: &str, value: &str| {
        let _infallible = write!(text, "\n{name:<11} {value}");
    };
    if let Some(content) = &order.content {
        line("total", &format!("{} {}", content.total, content.currency));
        line("in store", &format!("number {}, {}", content.number, content.status.as_str()));
    }
    if let Some(doubt) = order.stale {
        line("in doubt", &format!("{}; the store is asked", doubt.slug()));
    }
    line("payment", &view.payment);
    line("stock", &stock(order, &view));
    line("ERP", &erp(&view));
    line("fulfilment", &view.fulfilment);
    for refund in &view.refunds {
        let reference = refund.document.as_deref().unwrap_or("no document yet");
        line("refund", &format!("{} {} {}, {reference}", refund.id, refund.amount, super::view::slug(&refund.state)));
    }
    if let Some(hold) = &view.hold {
        line("HELD", &format!("by {} since {}: {}", hold.step, hold.since, hold.code));
        line("", &hold.message);
        line("", &format!("when that is put right: waybill order retry {}", view.order));
    }
    if let Some(waiting) = &view.waiting {
        line("waits", &format!("for {} since {}; it goes on by itself", waiting.on, waiting.since));
    }
    let _infallible = write!(text, "\n\n{}", timeline(events));
    for (first, last) in gaps(order, events) {
        let _infallible =
            write!(text, "\nwarning: events {first} to {last} are missing; a log page was lost, the order itself is whole");
    }
    text
}

fn stock(order: &Order, view: &OrderView) -> String {
    let pieces: Vec<String> = order.stock.lines.iter().map(|(sku, quantity)| format!("{quantity} × {sku}")).collect();
    if pieces.is_empty() { view.stock.clone() } else { format!("{}: {}", view.stock, pieces.join(", ")) }
}

fn erp(view: &OrderView) -> String {
    let mut text = view.erp.state.clone();
    if let Some(reference) = &view.erp.reference {
        let _infallible = write!(text, " as {reference}");
    }
    for document in &view.erp.documents {
        let number = document.number.as_ref().unwrap_or(&document.id);
        let _infallible = write!(text, ", {} {number}", super::view::slug(&document.kind));
    }
    text
}

fn timeline(events: &[Event]) -> String {
    let mut rows = table(&["#", "AT", "EVENT", "STEP", "DETAIL", "CAUSE"]);
    for event in events {
        rows.add_row([
            event.seq.to_string(),
            event.at.to_string(),
            event.kind.name().to_owned(),
            event.step.to_string(),
            event.detail.clone(),
            event.cause.clone(),
        ]);
    }
    print(&rows)
}
