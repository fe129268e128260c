//! What a warehouse is sent, as it is on the line. There is no field for the address: it is read, with a scope of its own, never pushed.

use serde::Serialize;
use waybill_domain::FulfilmentOrder;
use waybill_domain::shipment::FulfilmentLine;

/// The body of a push.
#[derive(Serialize)]
pub(super) struct Push<'a> {
    id: &'a str,
    order: String,
    number: &'a str,
    revision: u32,
    /// Nothing is to leave (any more).
    cancelled: bool,
    lines: Vec<Line<'a>>,
}

#[derive(Serialize)]
struct Line<'a> {
    line: u64,
    sku: &'a str,
    name: &'a str,
    quantity: u32,
}

impl<'a> Push<'a> {
    pub(super) fn of(fulfilment: &'a FulfilmentOrder) -> Self {
        let FulfilmentOrder { id, order, number, revision, lines, address: _ } = fulfilment;
        let line = |FulfilmentLine { line, sku, name, quantity }: &'a FulfilmentLine| Line {
            line: *line,
            sku,
            name,
            quantity: *quantity,
        };
        Push {
            id,
            order: order.to_string(),
            number,
            revision: *revision,
            cancelled: lines.is_empty(),
            lines: lines.iter().map(line).collect(),
        }
    }
}
