//! Whether every order ended where its kind must, and whether store, Waybill and ERP have the same money.

use rust_decimal::Decimal;
use serde::Serialize;
use waybill_domain::erp_order::reference;
use waybill_testkit::erp::Stored;

use super::Placed;
use crate::local::Endpoints;

/// An order of the demo, judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Judged {
    /// `STORE/ID`.
    pub order: String,
    /// The kind's name.
    pub kind: &'static str,
    /// It ended as its kind must, and its money agrees.
    pub ok: bool,
    /// The stage it is in; `null` if Waybill does not know it.
    pub stage: Option<String>,
    /// The code it is held with.
    pub hold: Option<String>,
    /// The reference it has in the ERP.
    pub erp_reference: Option<String>,
    /// From the first delivery's arrival to the moment Waybill knew that the ERP has it. An unpaid order's time includes the wait.
    pub webhook_to_posted_ms: Option<u64>,
    /// What is wrong, if something is.
    pub problem: Option<String>,
}

/// The same money, counted three times: what the store's customers owe for the orders that must be posted, what Waybill says of those
/// it has posted, what the ERP booked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Money {
    /// Decimal text.
    pub store: String,
    /// Decimal text.
    pub waybill: String,
    /// Decimal text.
    pub erp: String,
    /// All three are equal, and so are those of each order.
    pub equal: bool,
}

/// What came of a demo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// Every order ended as it must, and the money agrees.
    pub ok: bool,
    /// Every order, as placed.
    pub orders: Vec<Judged>,
    /// The money.
    pub money: Money,
    /// Where the local system can be reached.
    pub endpoints: Endpoints,
}

/// Judges the orders by their last records and the ERP's books of this run.
#[must_use]
pub fn judge(placed: &[Placed], books: &[Stored], endpoints: &Endpoints) -> Outcome {
    let (mut store, mut waybill, mut each_equal) = (Decimal::ZERO, Decimal::ZERO, true);
    let mut orders = Vec::new();
    let mut erp = Decimal::ZERO;
    for one in placed {
        let wanted = if one.kind.held_with().is_none() { one.total } else { Decimal::ZERO };
        let known = one.order.as_ref().filter(|order| order.erp.posted_at.is_some()).and_then(|order| order.content.as_ref());
        let ours = known.map_or(Decimal::ZERO, |content| content.total);
        let documents = documents_of(one, books);
        let booked: Decimal = documents.iter().map(|document| document.total).sum();
        store += wanted;
        waybill += ours;
        erp += booked;
        let equal = wanted == ours && ours == booked;
        each_equal &= equal;
        let problem =
            objection(one, &documents).or_else(|| (!equal).then(|| format!("store {wanted}, Waybill {ours}, ERP {booked}")));
        orders.push(judged(one, problem));
    }
    let money = Money {
        equal: each_equal && store == waybill && waybill == erp,
        store: store.to_string(),
        waybill: waybill.to_string(),
        erp: erp.to_string(),
    };
    Outcome { ok: money.equal && orders.iter().all(|order| order.ok), orders, money, endpoints: endpoints.clone() }
}

fn documents_of<'a>(one: &Placed, books: &'a [Stored]) -> Vec<&'a Stored> {
    let reference = format!("{}-{}", one.key.store, one.key.id);
    books.iter().filter(|document| document.new.reference == reference).collect()
}

fn objection(one: &Placed, documents: &[&Stored]) -> Option<String> {
    let Some(order) = &one.order else { return Some("Waybill has not heard of it".to_owned()) };
    if let Some(objection) = one.kind.objection(order) {
        return Some(objection);
    }
    if one.kind == super::Kind::UnpaidThenPaid && !one.waited {
        return Some("posted before it was paid".to_owned());
    }
    let expected = usize::from(one.kind.held_with().is_none());
    if documents.len() != expected {
        return Some(format!("the ERP has {} documents with its reference instead of {expected}", documents.len()));
    }
    let ours = order.erp.reference.as_deref();
    (expected == 1 && ours != Some(reference(order).as_str()))
        .then(|| "its reference in Waybill is not the one in the ERP".to_owned())
}

fn judged(one: &Placed, problem: Option<String>) -> Judged {
    let view = one.order.as_ref().map(crate::orders::OrderView::brief);
    let posted = one.order.as_ref().and_then(|order| order.erp.posted_at.map(|at| at.since(order.received_at)));
    Judged {
        order: one.key.to_string(),
        kind: one.kind.slug(),
        ok: problem.is_none(),
        stage: view.as_ref().map(|view| view.stage.clone()),
        hold: view.as_ref().and_then(|view| view.hold.as_ref().map(|hold| hold.code.clone())),
        erp_reference: view.and_then(|view| view.erp.reference),
        webhook_to_posted_ms: posted,
        problem,
    }
}
