//! What must be true after everything that happens, and at rest.

use std::collections::BTreeMap;

use waybill_domain::Order;
use waybill_domain::money::Decimal;
use waybill_testkit::memory::{Simulation, State, Trouble};

use crate::common::invariants::{assert_invariants, assert_orders_are_right, stock_adds_up};
use crate::plan::Plan;

/// The checks, with what they saw last, so that they look only at what changed.
#[derive(Default)]
pub struct Checks {
    written: u64,
    outside: usize,
}

impl Checks {
    /// After everything that happens.
    pub fn hold(&mut self, state: &State) -> Result<(), String> {
        let written = state.orders.values().map(|order| order.version).sum();
        if written != self.written {
            self.written = written;
            stock_adds_up(state)?;
        }
        let refunds: usize = state.desk.refunds.values().map(Vec::len).sum();
        let outside = state.erp.orders.len() + state.erp.cancelled.len() + state.erp.credits.len() + refunds;
        if outside != self.outside {
            self.outside = outside;
            nothing_twice(state)?;
        }
        Ok(())
    }
}

/// When nothing moves any more. If the stream lost nothing, the bus must have heard everything.
pub fn at_rest(simulation: &Simulation, plan: &Plan) {
    let told = !plan.weather.iter().any(|weather| weather.trouble == Trouble::Stream);
    let check = if told { assert_invariants } else { assert_orders_are_right };
    check(&simulation.world, "at rest");
    let slots = usize::try_from(simulation.world.state().erps.values().map(|erp| erp.slots).sum::<u32>()).unwrap_or(0);
    let most = simulation.calls_out().iter().map(|(_, out)| *out).max().unwrap_or(0);
    assert!(most <= slots, "{most} calls were out at once at an ERP with {slots} slots");
    what_was_cut_off_went_on(&simulation.world.state());
    the_rate_was_kept(simulation);
    outages_were_waited_out(simulation, plan);
}

/// While the ERP was down, hardly anybody called it: some until the circuit opened, then a probe now and again, of two calls at most.
fn outages_were_waited_out(simulation: &Simulation, plan: &Plan) {
    let state = simulation.world.state();
    for outage in plan.weather.iter().filter(|weather| weather.trouble == Trouble::ErpDown && weather.lasts > 900) {
        let (from, to) =
            (simulation.begin().plus_seconds(outage.from + 120), simulation.begin().plus_seconds(outage.from + outage.lasts));
        let called = state.erp.health.calls.iter().filter(|(_, at)| *at >= from && *at < to).count();
        let most = 14 + usize::try_from(outage.lasts / 150).unwrap_or(0);
        assert!(called <= most, "an ERP that was down for {} s was called {called} times", outage.lasts);
    }
}

/// An order that is confirmed in the ERP has all that belongs to it, unless it was cancelled, or a person was told.
fn what_was_cut_off_went_on(state: &State) {
    for record in
        state.erp.orders.iter().filter(|record| record.unfinished.is_some() && !state.erp.cancelled.contains(&record.id))
    {
        let of_order = |order: &&Order| order.erp.documents.iter().any(|document| document.id == record.id);
        let order = state.orders.values().find(of_order);
        assert!(order.is_some_and(|order| order.hold.is_some()), "{} was never finished: {order:?}", record.reference);
    }
}

/// No 60 seconds saw more writes at the ERP than its rate, and what clocks that differ by four seconds can add to it.
fn the_rate_was_kept(simulation: &Simulation) {
    let per_minute: u32 = simulation.world.state().erps.values().map(|erp| erp.orders_per_minute).sum();
    let most = usize::try_from(per_minute + per_minute.div_ceil(15)).unwrap_or(0);
    let writes = simulation.erp_writes();
    for (number, first) in writes.iter().enumerate() {
        let minute = writes[number..].iter().take_while(|at| at.since(*first) < 60_000).count();
        assert!(minute <= most, "{minute} writes in the minute from {first}, and the ERP bears {per_minute}");
    }
}

/// One live ERP document per order, one credit note per refund, one refund per return, no more credited than refunded.
fn nothing_twice(state: &State) -> Result<(), String> {
    let mut live: BTreeMap<&str, u32> = BTreeMap::new();
    for record in state.erp.orders.iter().filter(|record| !state.erp.cancelled.contains(&record.id)) {
        // `shop-16-r2` is the second life of `shop-16`.
        let order = record.reference.split("-r").next().unwrap_or_default();
        let documents = live.entry(order).or_default();
        *documents += 1;
        if *documents > 1 {
            return Err(format!("{order} is in the ERP twice"));
        }
    }
    let mut credited: BTreeMap<&str, Decimal> = BTreeMap::new();
    for (number, (note, _)) in state.erp.credits.iter().enumerate() {
        if state.erp.credits.iter().skip(number + 1).any(|(other, _)| other.reference == note.reference) {
            return Err(format!("{} was credited twice", note.reference));
        }
        *credited.entry(note.order.as_str()).or_default() += note.amount;
    }
    for (order, refunds) in &state.desk.refunds {
        for (number, refund) in refunds.iter().enumerate().filter(|(_, refund)| refund.returned.is_some()) {
            if refunds.iter().skip(number + 1).any(|other| other.returned == refund.returned) {
                return Err(format!("return {:?} of order {order} was refunded twice", refund.returned));
            }
        }
        let refunded: Decimal = refunds.iter().map(|refund| refund.amount).sum();
        let documents =
            state.erp.orders.iter().filter(|record| record.reference.split("-r").next() == Some(&format!("shop-{order}")));
        let noted: Decimal = documents.filter_map(|record| credited.get(record.id.as_str())).sum();
        if noted > refunded {
            return Err(format!("order {order}: {noted} credited, {refunded} refunded"));
        }
    }
    Ok(())
}
