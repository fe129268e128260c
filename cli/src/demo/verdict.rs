//! Whether every order ended as its kind must, in Waybill and outside, and whether store, Waybill and ERP have the same money.

use rust_decimal::Decimal;
use serde::Serialize;
use waybill_domain::erp_order::reference;

use super::acts::NotDone;
use super::plot::is_at_rest;
use super::{Evidence, Placed};
use crate::local::Endpoints;

/// An order of the demo, judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Judged {
    /// `STORE/ID`.
    pub order: String,
    /// The kind's name.
    pub kind: &'static str,
    /// It ended as its kind must, in Waybill, store, ERP and warehouse, and its money agrees.
    pub ok: bool,
    /// The stage it is in; `null` if Waybill does not know it.
    pub stage: Option<String>,
    /// The code it is held with.
    pub hold: Option<String>,
    /// The reference it has in the ERP.
    pub erp_reference: Option<String>,
    /// From the first delivery's arrival to the moment Waybill knew that the ERP has it. The time of an order that was unpaid or refused at
    /// first includes the wait.
    pub webhook_to_posted_ms: Option<u64>,
    /// What is wrong, if something is.
    pub problem: Option<String>,
}

/// The money of all orders, counted outside and by Waybill's records. Decimal text; paid = posted − credited + open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Money {
    /// What the store has of the customers for the orders that the ERP must have: totals less refunds.
    pub store: String,
    /// Posted less credited, by Waybill's records.
    pub waybill: String,
    /// Posted less credited, by the ERP's books.
    pub erp: String,
    /// What the store has of the customers, of all orders.
    pub paid: String,
    /// What the ERP has booked and not cancelled.
    pub posted: String,
    /// What the ERP has credited.
    pub credited: String,
    /// What the store has of the customers for what the ERP must not have: orders that are held or cancelled, pieces added too late.
    pub open: String,
    /// paid = posted − credited + open, and Waybill's records say the same: for each order and in the sum.
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

/// What is added up over all orders.
#[derive(Default)]
struct Sums {
    store: Decimal,
    waybill: Decimal,
    paid: Decimal,
    posted: Decimal,
    credited: Decimal,
    open: Decimal,
}

/// Judges the orders by their last records and by what the fakes have of each, which is in `evidence` in the same order.
#[must_use]
pub fn judge(placed: &[Placed], evidence: &[Evidence], endpoints: &Endpoints) -> Outcome {
    let nothing = Evidence::default();
    let mut sums = Sums::default();
    let mut each_equal = true;
    let mut orders = Vec::new();
    for (index, one) in placed.iter().enumerate() {
        let found = evidence.get(index).unwrap_or(&nothing);
        let unequal = sums.add(one, found);
        each_equal &= unequal.is_none();
        let problem = objection(one).or_else(|| found.objection(one)).or(unequal);
        orders.push(judged(one, problem));
    }
    let erp = sums.posted - sums.credited;
    let money = Money {
        equal: each_equal && sums.store == sums.waybill && sums.waybill == erp && sums.paid == erp + sums.open,
        store: sums.store.to_string(),
        waybill: sums.waybill.to_string(),
        erp: erp.to_string(),
        paid: sums.paid.to_string(),
        posted: sums.posted.to_string(),
        credited: sums.credited.to_string(),
        open: sums.open.to_string(),
    };
    Outcome { ok: money.equal && orders.iter().all(|order| order.ok), orders, money, endpoints: endpoints.clone() }
}

impl Sums {
    /// Adds an order; says what is wrong with its own money, if something is.
    fn add(&mut self, one: &Placed, found: &Evidence) -> Option<String> {
        let (paid, posted, credited) = (found.paid(), found.posted(), found.credited());
        let end = one.kind.end();
        // The ERP has it as it was placed.
        let late = if end.too_late > 0 { one.total - one.at_first } else { Decimal::ZERO };
        let open = if end.in_erp { late } else { paid };
        // A record names no amount for what is not as the store wants it.
        let known = |amount: Decimal| (end.too_late == 0).then_some(amount);
        let ours = one.order.as_ref().map(crate::orders::Money::of);
        let ours_posted = ours.and_then(|ours| ours.posted);
        self.store += paid - open;
        self.waybill +=
            ours_posted.or(known(Decimal::ZERO)).unwrap_or(one.at_first) - ours.map(|ours| ours.credited).unwrap_or_default();
        self.paid += paid;
        self.posted += posted;
        self.credited += credited;
        self.open += open;
        if paid != posted - credited + open {
            return Some(format!("paid {paid}, but posted {posted} − credited {credited} + open {open}"));
        }
        let agrees = ours.is_some_and(|ours| {
            (ours.paid, ours.posted, ours.credited, ours.open()) == (Some(paid), known(posted), credited, known(open))
        });
        let text = |amount: Option<Decimal>| amount.map_or_else(|| "unknown".to_owned(), |amount| amount.to_string());
        (!agrees).then(|| {
            format!(
                "paid {paid}, posted {posted}, credited {credited}; by its record paid {}, posted {}, credited {}",
                text(ours.and_then(|ours| ours.paid)),
                text(ours_posted),
                text(ours.map(|ours| ours.credited))
            )
        })
    }
}

fn objection(one: &Placed) -> Option<String> {
    let Some(order) = &one.order else { return Some("Waybill has not heard of it".to_owned()) };
    let why = match &one.trouble {
        Some(NotDone::Refused(said) | NotDone::Later(said)) => format!(": {said}"),
        None => String::new(),
    };
    if let Some(objection) = one.kind.objection(order) {
        return Some(objection + &why);
    }
    if !one.is_told() {
        let left = one.kind.plot().len().saturating_sub(one.scenes);
        return Some(format!("{left} of what was to happen to it did not{why}"));
    }
    if !is_at_rest(order) {
        return Some("something is still to be done for it".to_owned());
    }
    let ours = order.erp.reference.as_deref();
    (one.kind.end().in_erp && ours != Some(reference(order).as_str()))
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
