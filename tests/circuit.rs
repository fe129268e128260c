//! The circuit of an endpoint, transition by transition.

use waybill_domain::facets::{Stage, WaitOn, Waiting};
use waybill_domain::{Admission, At, Circuit, CircuitState, Endpoint, Order, OrderKey, Step};
use waybill_testkit::memory::World;

const NOW: At = At(1_767_225_600_000);

fn circuit() -> Circuit {
    Circuit::closed(Endpoint::Erp("acme".parse().expect("slug")))
}

fn key(id: u64) -> OrderKey {
    format!("shop/{id}").parse().expect("key")
}

/// Open since `NOW`.
fn open() -> Circuit {
    circuit().failed(NOW).failed(NOW).failed(NOW)
}

#[test]
fn three_outages_in_a_row_open_it_and_a_success_between_them_does_not() {
    let two = circuit().failed(NOW).failed(NOW);
    assert_eq!((two.state, two.admit(&key(1), false)), (CircuitState::Closed, Admission::Go));
    let healed = two.succeeded().expect("there was something to forget");
    assert_eq!((healed.state, healed.failures), (CircuitState::Closed, 0));
    let third = two.failed(NOW);
    assert_eq!((third.state, third.admit(&key(1), true)), (CircuitState::Open, Admission::Wait));
    assert_eq!(third.retry_at, Some(NOW.plus_seconds(30)));
}

#[test]
fn a_healthy_endpoint_costs_no_writes() {
    assert_eq!(circuit().succeeded(), None);
}

#[test]
fn one_order_probes_when_it_is_time() {
    assert_eq!(open().probing(&key(1), NOW.plus_seconds(29)), None);
    let probing = open().probing(&key(1), NOW.plus_seconds(30)).expect("it is time");
    assert_eq!(probing.admit(&key(1), true), Admission::Go);
    assert_eq!(probing.admit(&key(2), true), Admission::Wait);
    assert_eq!(probing.probing(&key(2), NOW.plus_seconds(60)), None, "one at a time");
    let lost = NOW.plus_seconds(30 + 300);
    assert_eq!(
        probing.probing(&key(2), lost).and_then(|next| next.probe),
        Some(key(2)),
        "a probe that never reports is given up"
    );
}

#[test]
fn a_failed_probe_opens_it_for_longer_up_to_ten_minutes() {
    let mut circuit = open();
    let mut pauses = Vec::new();
    for _ in 0..6 {
        let due = circuit.retry_at.expect("open");
        circuit = circuit.probing(&key(1), due).expect("due").failed(due);
        pauses.push(circuit.retry_at.expect("open again").since(due) / 1000);
    }
    assert_eq!(pauses, [60, 120, 240, 480, 600, 600]);
}

#[test]
fn after_a_probe_that_worked_the_line_goes_first() {
    let probing = open().probing(&key(1), NOW.plus_seconds(30)).expect("due");
    let draining = probing.succeeded().expect("healed");
    assert_eq!(draining.state, CircuitState::Draining);
    assert_eq!(draining.admit(&key(2), true), Admission::Go, "from the line");
    assert_eq!(draining.admit(&key(3), false), Admission::Wait, "fresh orders join its end");
    let closed = draining.with_line(false).expect("nobody is left");
    assert_eq!((closed.state, closed.admit(&key(3), false)), (CircuitState::Closed, Admission::Go));
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
    assert_eq!(swept(2, 3).await, (CircuitState::Closed, 2));
    assert_eq!(swept(3, 3).await, (CircuitState::Draining, 3), "there may be more than were asked for");
    assert_eq!(swept(0, 3).await, (CircuitState::Closed, 0));
}
