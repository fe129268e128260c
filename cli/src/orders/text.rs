//! Orders for people: a line each.

use waybill_domain::Order;

use super::view::OrderView;
use crate::table::{figures, print, table};

/// One line per order.
#[must_use]
pub fn list(orders: &[Order]) -> String {
    if orders.is_empty() {
        return "no orders".to_owned();
    }
    let mut rows = table(&["ORDER", "STAGE", "PAYMENT", "STOCK", "ERP", "FULFILMENT", "TOTAL", "", "WHY IT STANDS"]);
    for order in orders {
        let view = OrderView::brief(order);
        let why = stands(&view);
        let total = view.total.unwrap_or_default();
        let currency = view.currency.unwrap_or_default();
        rows.add_row([view.order, view.stage, view.payment, view.stock, view.erp.state, view.fulfilment, total, currency, why]);
    }
    figures(&mut rows, 6);
    print(&rows)
}

/// Why nothing happens, or nothing that ends it; empty for an order that is finished or on its way.
fn stands(view: &OrderView) -> String {
    let mut words = Vec::new();
    match (&view.hold, &view.waiting) {
        (Some(hold), _) => words.push(format!("held since {}: {}", hold.since, hold.code)),
        (None, Some(waiting)) => words.push(format!("waits for {} since {}", waiting.on, waiting.since)),
        (None, None) => {}
    }
    if let Some(call) = view.call.as_ref().filter(|call| call.unknown) {
        words.push(format!("no answer to: {}", call.what));
    }
    if let Some(block) = view.request.as_ref().and_then(|request| request.blocked.as_ref()) {
        words.push(format!("blocked in the warehouse since {}: {}", block.since, block.reason));
    }
    words.join("; ")
}
