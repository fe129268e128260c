//! One order's whole story on a screen.

use std::fmt::Write;

use waybill_domain::transition::means_done;
use waybill_domain::{Event, EventKind, Order, ReturnState};

use super::view::{OrderView, PiecesView, RefundView, RequestView, ReturnView, ShipmentView, gaps, slug};
use crate::table::{print, table};

/// The whole story of an order.
#[must_use]
pub fn story(order: &Order, events: &[Event]) -> String {
    let view = OrderView::brief(order);
    let mut page = Page(format!("{}  {}", view.order, view.stage));
    if let Some(content) = &order.content {
        page.line("total", &format!("{} {}", content.total, content.currency));
        page.line("in store", &format!("number {}, {}", content.number, content.status.as_str()));
    }
    if order.gone {
        page.line("", "the store no longer has it");
    }
    if let Some(doubt) = order.stale {
        page.line("in doubt", &format!("{}; the store is asked", doubt.slug()));
    }
    page.line("payment", &view.payment);
    if let Some(money) = view.money.line(view.currency.as_deref().unwrap_or_default()) {
        page.line("money", &money);
    }
    page.line("stock", &stock(order, &view));
    page.line("ERP", &erp(&view, events));
    if let Some(owed) = view.erp.owed {
        page.line("", &format!("the store changed the order: {owed} owed to the ERP"));
    }
    page.line("fulfilment", &view.fulfilment);
    if let Some(request) = &view.request {
        page.request(request);
    }
    view.shipments.iter().for_each(|shipment| page.line("shipment", &of_shipment(shipment)));
    view.returns.iter().for_each(|one| page.line("return", &of_return(one)));
    view.refunds.iter().for_each(|refund| page.line("refund", &of_refund(refund)));
    page.standing(&view);
    let Page(mut text) = page;
    let _infallible = write!(text, "\n\n{}", timeline(events));
    for (first, last) in gaps(order, events) {
        let _infallible =
            write!(text, "\nwarning: events {first} to {last} are missing; a log page was lost, the order itself is whole");
    }
    text
}

/// The facts above the timeline, a line each.
struct Page(String);

impl Page {
    fn line(&mut self, name: &str, value: &str) {
        let _infallible = write!(self.0, "\n{name:<11} {value}");
    }

    fn request(&mut self, request: &RequestView) {
        for line in &request.lines {
            let mut text =
                format!("line {}: shipped {} of {}", line.line, line.shipped, line.ordered.saturating_sub(line.withdrawn));
            if line.withdrawn > 0 {
                let _infallible = write!(text, ", {} of {} withdrawn", line.withdrawn, line.ordered);
            }
            self.line("", &text);
        }
        if let Some(block) = &request.blocked {
            self.line("", &format!("BLOCKED in the warehouse since {}: {}", block.since, block.reason));
        }
        match &request.push {
            None => self.line("", &format!("revision {}, on the bus", request.revision)),
            Some(push) if push.known => {
                self.line("", &format!("revision {}, on the bus and known to {}", request.revision, push.warehouse));
            }
            Some(push) => {
                let known = if push.revision == 0 { "nothing yet".to_owned() } else { format!("revision {}", push.revision) };
                self.line("", &format!("revision {}, on the bus; {} knows {known}", request.revision, push.warehouse));
            }
        }
    }

    /// What is under way, and what keeps the order from going on.
    fn standing(&mut self, view: &OrderView) {
        if let Some(call) = &view.call {
            let since = call.since.as_ref().map(|since| format!(" since {since}")).unwrap_or_default();
            let until = call.until.as_deref().unwrap_or("-");
            let state = if call.unknown { "without an answer" } else { "out" };
            let then = if call.unknown { "looked up at" } else { "has until" };
            self.line("call", &format!("{}: {state}{since}, {then} {until}", call.what));
        }
        if let Some(hold) = &view.hold {
            self.line("HELD", &format!("by {} since {}: {}", hold.step, hold.since, hold.code));
            self.line("", &hold.message);
            let (when, done) =
                if means_done(&hold.code) { ("when that was done by hand", " --done") } else { ("when that is put right", "") };
            self.line("", &format!("{when}: waybill order retry {}{done}", view.order));
            if !hold.under.is_empty() {
                self.line("", &format!("then it is still held with {}", hold.under.join(", ")));
            }
        }
        if let Some(waiting) = &view.waiting {
            self.line("waits", &format!("for {} since {}; it goes on by itself", waiting.on, waiting.since));
        }
    }
}

fn stock(order: &Order, view: &OrderView) -> String {
    let pieces: Vec<String> = order.stock.lines.iter().map(|(sku, quantity)| format!("{quantity} × {sku}")).collect();
    let mut text = if pieces.is_empty() { view.stock.clone() } else { format!("{}: {}", view.stock, pieces.join(", ")) };
    for (sku, quantity) in &order.stock.extra {
        let _infallible = write!(text, ", {quantity} × {sku} more for the amendment");
    }
    text
}

fn erp(view: &OrderView, events: &[Event]) -> String {
    let mut text = view.erp.state.clone();
    if let Some(reference) = &view.erp.reference {
        let _infallible = write!(text, " as {reference}");
    }
    for document in &view.erp.documents {
        let number = document.number.as_ref().unwrap_or(&document.id);
        let _infallible = write!(text, ", {} {number}", slug(&document.kind));
    }
    let amended: Vec<String> =
        events.iter().filter(|event| event.kind == EventKind::Amended).map(|event| format!("#{}", event.seq)).collect();
    if !amended.is_empty() {
        let _infallible = write!(text, "; amended ({})", amended.join(", "));
    }
    match view.erp.cancelled {
        0 => {}
        1 => text.push_str("; a document of it was cancelled"),
        many => {
            let _infallible = write!(text, "; {many} documents of it were cancelled");
        }
    }
    text
}

fn of_shipment(shipment: &ShipmentView) -> String {
    let mut text = shipment.id.clone();
    if shipment.revision > 1 {
        let _infallible = write!(text, " (revision {})", shipment.revision);
    }
    for part in [&shipment.carrier, &shipment.tracking].into_iter().flatten() {
        let _infallible = write!(text, " {part}");
    }
    if shipment.void {
        text.push_str(", VOID: it never left");
    } else {
        let _infallible = write!(text, ", {}", pieces(&shipment.lines));
    }
    text.push_str(if shipment.store_knows { "; the store knows" } else { "; the store has yet to be told" });
    text
}

fn of_return(one: &ReturnView) -> String {
    let mut text = format!("{} {}", one.id, slug(&one.state));
    for line in &one.lines {
        if one.state != ReturnState::Inspected {
            let _infallible = write!(text, ", line {}: {}", line.line, line.quantity);
            continue;
        }
        let _infallible = write!(text, ", line {}: {} of {} accepted", line.line, line.accepted, line.quantity);
        if line.restock > 0 {
            let _infallible = write!(text, ", {} back on the shelf", line.restock);
        }
    }
    if let Some(amount) = &one.amount {
        let _infallible = write!(text, ", {amount} by its reporter's word");
    }
    match one.refund {
        _ if one.rejected => text.push_str(", REJECTED"),
        Some(refund) => {
            let _infallible = write!(text, "; refund {refund}");
        }
        None if one.by_hand => text.push_str("; refunded by hand"),
        None if one.state == ReturnState::Inspected => text.push_str("; not refunded yet"),
        None => {}
    }
    text
}

fn of_refund(refund: &RefundView) -> String {
    let mut text = format!("{} {} {}", refund.id, refund.amount, slug(&refund.state));
    if !refund.lines.is_empty() {
        let _infallible = write!(text, ", {}", pieces(&refund.lines));
    }
    if !refund.restocked.is_empty() {
        let back: u32 = refund.restocked.iter().map(|line| line.quantity).sum();
        let _infallible = write!(text, ", {back} back on the shelf");
    }
    if let Some(returned) = &refund.returned {
        let _infallible = write!(text, ", for return {returned}");
    }
    match refund.number.as_ref().or(refund.reference.as_ref()) {
        Some(note) => {
            let _infallible = write!(text, ", credit note {note}");
        }
        None => text.push_str(", no credit note"),
    }
    text
}

fn pieces(lines: &[PiecesView]) -> String {
    lines.iter().map(|line| format!("line {}: {}", line.line, line.quantity)).collect::<Vec<_>>().join(", ")
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
