//! Amendments: as long as nothing is invoiced. Waybill invoices at once, so that is where a posting was cut off before, or where Odoo is
//! set to invoice what was delivered.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use waybill_domain::ErpOrder;
use waybill_workflow::CallError;
use waybill_workflow::ports::erp::{ErpAmend, ErpRecord};

use super::OdooErp;
use super::cancel::order_id;
use super::credit_lines::OrderLine;
use super::lines::{Priced, ROUNDING, order_line};
use super::posting::State;
use crate::erp::checks::{self, is_paid};
use crate::erp::refusals::{order_cancelled, refused};
use crate::erp::scrub::Scrub;

impl ErpAmend for OdooErp {
    async fn amend(&self, id: &str, order: &ErpOrder) -> Result<ErpRecord, CallError> {
        let scrub = Scrub::of(order);
        let paid = is_paid(order.payment)?;
        let limit = self.records()?.rounding_limit;
        let seen = self.order(order_id(id)?, &scrub).await?;
        match seen.state {
            State::Cancelled => return Err(order_cancelled()),
            State::Draft => return Err(refused("erp_cannot_amend", "the order is not confirmed in Odoo")),
            State::Confirmed => {}
        }
        let wanted = self.lines(order).await?;
        let there = self.order_lines(seen.id, &scrub).await?;
        if says(&there, &wanted) && seen.total == order.total {
            return self.post(order, paid, seen, &scrub).await;
        }
        if seen.has_invoices {
            return Err(refused("erp_cannot_amend", "the order is invoiced in Odoo"));
        }
        let taxes = self.client.version().await?.order_line_taxes();
        let mut seen = self.write_lines(seen.id, rewritten(there, &wanted, taxes), &scrub).await?;
        if let Some(difference) = checks::rounding(order.total, seen.total, limit)? {
            let line = order_line(&self.rounding(difference).await?, taxes);
            seen = self.write_lines(seen.id, vec![json!([0, 0, line])], &scrub).await?;
        }
        self.post(order, paid, seen, &scrub).await
    }
}

/// Whether the order has these lines, and no others but one for rounding.
fn says(there: &[OrderLine], wanted: &[Priced]) -> bool {
    let of = |line: &Priced| (line.line, line.article, line.pieces, line.each.normalize(), line.taxes.clone());
    let live = |line: &&Priced| line.line != ROUNDING && line.pieces > 0;
    let mut there: Vec<_> = there.iter().map(|line| &line.priced).filter(live).map(of).collect();
    let mut wanted: Vec<_> = wanted.iter().map(of).collect();
    there.sort();
    wanted.sort();
    there == wanted
}

/// Lines of a confirmed order are changed where they are, and brought to nothing where they are not wanted: they cannot go.
fn rewritten(there: Vec<OrderLine>, wanted: &[Priced], taxes: &str) -> Vec<Value> {
    let mut known: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    for line in there {
        known.entry(line.priced.line).or_default().push(line.id);
    }
    let mut commands: Vec<Value> = Vec::new();
    for line in wanted {
        commands.push(match known.get_mut(&line.line).and_then(Vec::pop) {
            Some(id) => json!([1, id, order_line(line, taxes)]),
            None => json!([0, 0, order_line(line, taxes)]),
        });
    }
    commands.extend(known.into_values().flatten().map(|id| json!([1, id, { "product_uom_qty": 0 }])));
    commands
}
