//! The circuit of an endpoint, transition by transition.

use waybill_domain::facets::{Stage, WaitOn, Waiting};
use waybill_domain::{Admission, At, Caller, Circuit, CircuitState, Ended, Endpoint, Limits, Order, OrderKey, Step};
use waybill_testkit::memory::World;

const NOW: At = At(1_767_225_600_000);
/// How long a call may be out, in seconds.
const LEASE: u32 = 155;
const LIMITS: Limits = Limits { per_minute: 60, slots: None };

fn circuit() -> Circuit {
    Circuit::closed(Endpoint::Erp("acme".parse().expect("slug")))
}

fn key(id: u64) -> OrderKey {
    format!("shop/{id}").parse().expect("key")
}

fn caller(order: &OrderKey, now: At) -> Caller<'_> {
    Caller { order, from_line: false, until: now.plus_seconds(LEASE) }
}

/// Open since `NOW`.
fn open() -> Circuit {
    circuit().failed(NOW).failed(NOW).failed(NOW)
}

/// Whether the row lets an order in, and the row with it inside.
fn enter(circuit: &Circuit, id: u64, from_line: bool, now: At) -> Result<Circuit, Admission> {
    let order = key(id);
    match circuit.enter(Caller { from_line, ..caller(&order, now) }, LIMITS, now) {
        Admission::Go(row) => Ok(*row),
        refused => Err(refused),
    }
}

#[test]
fn three_outages_in_a_row_open_it_and_a_success_between_them_does_not() {
    let two = circuit().failed(NOW).failed(NOW);
    assert!(enter(&two, 1, false, NOW).is_ok());
    let healed = two.leave(0, Ended::Answered, LIMITS, NOW).expect("there was something to forget");
    assert_eq!((healed.state, healed.failures), (CircuitState::Closed, 0));
    let third = two.failed(NOW);
    assert_eq!((third.state, enter(&third, 1, true, NOW)), (CircuitState::Open, Err(Admission::Line)));
    assert_eq!(third.retry_at, Some(NOW.plus_seconds(30)));
    assert_eq!(third.failed(NOW.plus_seconds(9)).retry_at, third.retry_at, "calls that were out when it opened say nothing new");
}

#[test]
fn a_healthy_endpoint_without_slots_costs_no_write_to_leave() {
    assert_eq!(circuit().leave(1, Ended::Answered, LIMITS, NOW), None);
}

#[test]
fn one_order_from_the_line_probes_when_it_is_time() {
    assert_eq!(enter(&open(), 1, true, NOW.plus_seconds(29)), Err(Admission::Line));
    assert_eq!(enter(&open(), 1, false, NOW.plus_seconds(30)), Err(Admission::Line), "the line goes first");
    let probing = enter(&open(), 1, true, NOW.plus_seconds(30)).expect("it is time");
    assert_eq!((probing.state, probing.calls.len()), (CircuitState::Probing, 1));
    assert_eq!(enter(&probing, 2, true, NOW.plus_seconds(60)), Err(Admission::Line), "one at a time");
    assert_eq!(enter(&probing, 1, true, NOW.plus_seconds(60)), Err(Admission::Line), "nor twice");
    let lost = NOW.plus_seconds(30 + LEASE);
    let second = enter(&probing, 2, true, lost).expect("a probe that never reports is given up");
    assert_eq!((second.probe, second.calls.len()), (Some(key(2)), 1));
}

#[test]
fn a_probe_that_did_not_call_leaves_the_place_to_the_next() {
    let now = NOW.plus_seconds(30);
    let probing = enter(&open(), 1, true, now).expect("it is time");
    let left = probing.leave(probing.version, Ended::NotCalled, LIMITS, now).expect("it was the probe");
    assert!(enter(&left, 2, true, now.plus_seconds(1)).is_ok());
}

#[test]
fn a_probe_that_the_release_before_named_may_call() {
    let named = Circuit { state: CircuitState::Probing, probe: Some(key(1)), retry_at: Some(NOW.plus_seconds(330)), ..open() };
    assert!(enter(&named, 1, true, NOW.plus_seconds(31)).is_ok());
    assert_eq!(enter(&named, 2, true, NOW.plus_seconds(31)), Err(Admission::Line));
}

#[test]
fn a_failed_probe_opens_it_for_longer_up_to_ten_minutes() {
    let mut circuit = open();
    let mut pauses = Vec::new();
    for _ in 0..6 {
        let due = circuit.retry_at.expect("open");
        let probing = enter(&circuit, 1, true, due).expect("due");
        circuit = probing.leave(probing.version, Ended::Down, LIMITS, due).expect("it failed");
        pauses.push(circuit.retry_at.expect("open again").since(due) / 1000);
    }
    assert_eq!(pauses, [60, 120, 240, 480, 600, 600]);
}

#[test]
fn after_a_probe_that_worked_the_line_goes_first() {
    let now = NOW.plus_seconds(30);
    let probing = enter(&open(), 1, true, now).expect("due");
    let draining = probing.leave(probing.version, Ended::Answered, LIMITS, now).expect("healed");
    assert_eq!((draining.state, draining.calls.len()), (CircuitState::Draining, 0));
    assert!(enter(&draining, 2, true, now).is_ok(), "from the line");
    assert_eq!(enter(&draining, 3, false, now), Err(Admission::Line), "fresh orders join its end");
    let closed = draining.with_line(false).expect("nobody is left");
    assert!(enter(&closed, 3, false, now).is_ok());
    assert_eq!(closed.with_line(true).map(|circuit| circuit.state), Some(CircuitState::Draining));
}

#[test]
fn an_open_circuit_with_nobody_in_line_closes_because_nothing_would_ever_probe_it() {
    assert_eq!(open().with_line(false).map(|circuit| circuit.state), Some(CircuitState::Closed));
    assert_eq!(open().with_line(true), None);
}

#[test]
fn every_write_has_a_version_of_its_own() {
    let polled = open().polled(NOW);
    assert_eq!((polled.version, polled.polled_at, polled.state), (4, Some(NOW), CircuitState::Open));
}

#[test]
fn slots_are_given_back_or_end_by_their_lease() {
    let limits = Limits { slots: Some(2), ..LIMITS };
    let inside = |row: &Circuit, now: At| match row.enter(caller(&key(1), now), limits, now) {
        Admission::Go(row) => Ok(*row),
        refused => Err(refused),
    };
    let first = inside(&circuit(), NOW).expect("free");
    let second = inside(&first, NOW).expect("free");
    assert_eq!(inside(&second, NOW), Err(Admission::Later(NOW.plus_seconds(3))));
    let left = second.leave(first.version, Ended::Answered, limits, NOW).expect("it was inside");
    assert_eq!(left.calls.iter().map(|call| call.token).collect::<Vec<_>>(), [second.version]);
    assert_eq!(left.leave(first.version, Ended::Answered, limits, NOW), None, "only once");
    let late = inside(&second, NOW.plus_seconds(LEASE)).expect("both callers are gone");
    assert_eq!(late.calls.len(), 1);
}

/// The calls that get in when somebody tries so often, at these moments (milliseconds after `NOW`).
fn calls(mut row: Circuit, limits: Limits, tries: impl IntoIterator<Item = i64>) -> Vec<At> {
    let mut entered = Vec::new();
    for at in tries.into_iter().map(|after| At(NOW.0 + after)) {
        if let Admission::Go(next) = row.enter(caller(&key(1), at), limits, at) {
            row = *next;
            entered.push(at);
        }
    }
    entered
}

#[test]
fn no_minute_sees_more_calls_than_the_rate_and_a_long_one_sees_most_of_them() {
    for per_minute in [1, 2, 7, 12, 13, 60, 61, 600, 6_000] {
        let limits = Limits { per_minute, slots: None };
        // Tries without end; and a lull, then tries without end.
        let steady: Vec<i64> = (0..180_000).step_by(10).collect();
        let lulls: Vec<i64> = steady.iter().copied().filter(|at| at % 90_000 < 40_000).collect();
        for tries in [&steady, &lulls] {
            let entered = calls(circuit(), limits, tries.iter().copied());
            let busiest = entered
                .iter()
                .enumerate()
                .map(|(index, from)| entered.iter().skip(index).take_while(|at| at.since(*from) < 60_000).count());
            assert!(busiest.max().unwrap_or(0) <= per_minute as usize, "{per_minute}");
        }
        let all = calls(circuit(), limits, steady.iter().copied()).len();
        assert!(all * 100 >= per_minute as usize * 3 * 90, "{all} of {per_minute} a minute in three minutes");
    }
}

#[test]
fn a_call_that_comes_late_costs_those_behind_it_nothing() {
    let on_time = calls(circuit(), LIMITS, (0..60).map(|number| number * 1_084));
    let late = calls(circuit(), LIMITS, (0..60).map(|number| number * 1_084 + if number % 3 == 1 { 3_000 } else { 0 }));
    assert_eq!((on_time.len(), late.len()), (60, 60));
}

#[test]
fn who_is_told_a_moment_finds_a_turn_then() {
    for per_minute in [1, 20, 60, 600] {
        let limits = Limits { per_minute, slots: None };
        let moments = circuit().moments(limits, NOW, 55);
        let entered = calls(circuit(), limits, moments.iter().map(|seconds| i64::from(*seconds) * 1_000));
        assert_eq!(entered.len(), moments.len(), "{per_minute}");
        assert!(moments.len() * 100 >= per_minute as usize * 90, "{} of {per_minute}", moments.len());
    }
}

#[test]
fn too_much_halves_the_rate_once_and_five_minutes_bring_it_back_by_themselves() {
    let busy = Ended::Busy { after_seconds: None };
    let slow = circuit().leave(0, busy, LIMITS, NOW).expect("it had too much");
    let again = slow.leave(0, busy, LIMITS, NOW.plus_seconds(9)).map_or(slow.clone(), |row| row);
    assert_eq!(again.rate(LIMITS, NOW), 30, "calls that were out together complain together");
    let rates: Vec<u32> = [0, 60, 150, 299, 300, 9_000].map(|after| slow.rate(LIMITS, NOW.plus_seconds(after))).into();
    assert_eq!(rates, [30, 36, 45, 59, 60, 60]);
    let mut row = circuit();
    for complaint in 0..60 {
        row = row.leave(0, busy, LIMITS, NOW.plus_seconds(10 * complaint)).expect("it had too much again");
    }
    let low = row.rate(LIMITS, NOW.plus_seconds(590));
    assert!((1..=3).contains(&low), "it goes down as long as it has too much, and never to nothing: {low}");
    assert_eq!((row.state, row.failures), (CircuitState::Closed, 0), "it is up");
    assert_eq!(row.rate(Limits { per_minute: 2, slots: None }, NOW.plus_seconds(590)), 1, "never more than configured");
}

#[test]
fn who_asks_for_rest_gets_it_within_reason() {
    for (asked, rests) in [(90, 90), (86_400, 600)] {
        let busy = Ended::Busy { after_seconds: Some(asked) };
        let row = circuit().leave(0, busy, LIMITS, NOW).expect("it had too much");
        let until = NOW.plus_seconds(rests);
        assert_eq!(enter(&row, 1, false, NOW), Err(Admission::Later(until)));
        assert!(enter(&row, 1, false, until).is_ok());
        assert!(row.moments(LIMITS, NOW, 55).is_empty(), "nobody is sent from the line before");
    }
}

/// The state of the circuit before the ERP, and how many orders were sent on, when a sweep finds so many in its line.
async fn swept(waiting: u64, per_minute: u32) -> (CircuitState, usize) {
    let world = World::with_shop();
    let endpoint = circuit().endpoint;
    {
        let mut state = world.state();
        state.circuits.insert(endpoint.clone(), Circuit { state: CircuitState::Draining, ..circuit() });
        state.erps.values_mut().for_each(|erp| erp.orders_per_minute = per_minute);
        let since = state.now;
        for id in 1..=waiting {
            let waiting = Some(Waiting { on: WaitOn::Endpoint(endpoint.clone()), since });
            let order = waybill_domain::transition::begin(key(id), since);
            state.orders.insert(key(id), Order { stage: Stage::Reserved, waiting, ..order });
        }
    }
    world.sweep().await;
    let state = world.state();
    (state.circuits[&endpoint].state, state.queues.get(&Step::PostToErp).map_or(0, std::collections::VecDeque::len))
}

#[tokio::test]
async fn a_line_that_one_sweep_lets_through_is_over_though_somebody_joins_it_every_minute() {
    assert_eq!(swept(11, 12).await, (CircuitState::Closed, 11));
    assert_eq!(swept(12, 12).await, (CircuitState::Draining, 12), "there may be more than were asked for");
    assert_eq!(swept(30, 12).await, (CircuitState::Draining, 12));
    assert_eq!(swept(0, 12).await, (CircuitState::Closed, 0));
}
