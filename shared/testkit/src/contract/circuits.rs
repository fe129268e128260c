//! Circuits.

use waybill_domain::circuit::enter::{CallOut, Caller};
use waybill_domain::circuit::feeds::{FeedMark, GoesOn};
use waybill_domain::circuit::rate::{Limits, Slowed};
use waybill_domain::{Admission, Circuit, CircuitState, Endpoint, WarehouseSlug};
use waybill_workflow::ports::Saved;

use super::fixtures::NOON;
use super::{Names, Stores};

/// An endpoint nothing is known of may be called.
pub async fn unknown_is_closed(stores: &impl Stores) {
    let names = Names::new();
    let warehouse: WarehouseSlug = names.erp.as_str().parse().expect("a slug");
    for endpoint in [Endpoint::Erp(names.erp.clone()), Endpoint::Store(names.store.clone()), Endpoint::Warehouse(warehouse)] {
        assert_eq!(stores.circuit(&endpoint).await.expect("circuit"), Circuit::closed(endpoint));
    }
}

/// Every write follows the version it was made from; who was slower changes nothing, and learns what is there.
pub async fn one_writer_per_version(stores: &impl Stores) {
    let names = Names::new();
    let endpoint = Endpoint::Erp(names.erp.clone());
    let mut circuit = stores.circuit(&endpoint).await.expect("circuit");
    for failures in 1..=3 {
        let failed = circuit.failed(NOON);
        assert_eq!(failed.failures, failures);
        assert_eq!(stores.save_circuit(&failed).await.expect("save"), Saved::Done);
        // Somebody else saw the same outage from the same version, a moment later.
        let slower = Circuit { retry_at: Some(NOON.plus_seconds(999)), ..circuit.failed(NOON) };
        let overtaken = Saved::Overtaken(Box::new(failed.clone()));
        assert_eq!(stores.save_circuit(&slower).await.expect("save"), overtaken);
        assert_eq!(stores.circuit(&endpoint).await.expect("circuit"), failed);
        circuit = failed;
    }
    assert_eq!(circuit.state, CircuitState::Open);
    let early = Circuit { version: 9, ..circuit.clone() };
    let overtaken = Saved::Overtaken(Box::new(circuit));
    assert_eq!(stores.save_circuit(&early).await.expect("save"), overtaken, "a version that none came before");
}

/// All that the row knows comes back as it was.
pub async fn a_row_comes_back_as_it_was(stores: &impl Stores) {
    let names = Names::new();
    let endpoint = Endpoint::Erp(names.erp.clone());
    let whole = Circuit {
        version: 1,
        state: CircuitState::Probing,
        failures: 7,
        retry_at: Some(NOON.plus_seconds(155)),
        probe: Some(names.key(7)),
        calls: vec![CallOut { token: 1, until: NOON.plus_seconds(155) }, CallOut { token: 0, until: NOON }],
        turn: Some(NOON.plus_seconds(2)),
        slowed: Some(Slowed { per_minute: 30, at: NOON }),
        polled_at: Some(NOON),
        fulfillments: Some(true),
        feeds: [
            ("shipments/1.4.2".to_owned(), FeedMark::at(NOON)),
            (
                "stock".to_owned(),
                FeedMark {
                    read: NOON,
                    refused: Some(NOON),
                    goes_on: Some(GoesOn { began: NOON.plus_seconds(9), cursor: "at-100".to_owned() }),
                },
            ),
        ]
        .into(),
        ..Circuit::closed(endpoint.clone())
    };
    assert_eq!(stores.save_circuit(&whole).await.expect("save"), Saved::Done);
    assert_eq!(stores.circuit(&endpoint).await.expect("circuit"), whole);
}

/// However many come at once, no more get in than there are slots and turns: each write answers who was faster.
pub async fn many_callers_at_once_share_slots_and_rate(stores: &impl Stores) {
    let (slots, turns) = (Limits { per_minute: 600, slots: Some(3) }, Limits { per_minute: 60, slots: None });
    // Five turns are there after a lull: 60 a minute, with five seconds of slack.
    for (limits, expected) in [(slots, 3), (turns, 5)] {
        let names = Names::new();
        let endpoint = Endpoint::Erp(names.erp.clone());
        let callers = (1..=20).map(|id| {
            let (stores, order, endpoint) = (stores.clone(), names.key(id), endpoint.clone());
            tokio::spawn(async move {
                let mut row = stores.circuit(&endpoint).await.expect("circuit");
                // Every lost attempt is somebody's success, and there are no more of those than places.
                for _ in 0..=expected {
                    let caller = Caller { order: &order, from_line: false, until: NOON.plus_seconds(155) };
                    let Admission::Go(next) = row.enter(caller, limits, NOON) else { return 0 };
                    match stores.save_circuit(&next).await.expect("save") {
                        Saved::Done => return 1,
                        Saved::Overtaken(current) => row = *current,
                    }
                }
                panic!("overtaken more often than anybody can have entered");
            })
        });
        let mut entered = 0;
        for caller in callers.collect::<Vec<_>>() {
            entered += caller.await.expect("no panic");
        }
        assert_eq!(entered, expected, "{limits:?}");
    }
}

/// Whether a store has fulfillments is asked once: the answer outlives outages, and is no other store's.
pub async fn what_was_asked_once_is_remembered(stores: &impl Stores) {
    let names = Names::new();
    let endpoint = Endpoint::Store(names.store.clone());
    let mut circuit = stores.circuit(&endpoint).await.expect("circuit");
    assert_eq!(circuit.fulfillments, None, "nobody asked yet");
    for has in [true, false] {
        circuit = circuit.with_fulfillments(has);
        assert_eq!(stores.save_circuit(&circuit).await.expect("save"), Saved::Done);
        assert_eq!(stores.circuit(&endpoint).await.expect("circuit").fulfillments, Some(has));
        circuit = circuit.failed(NOON).polled(NOON);
        circuit.version -= 1;
        assert_eq!(stores.save_circuit(&circuit).await.expect("save"), Saved::Done);
        assert_eq!(stores.circuit(&endpoint).await.expect("circuit"), circuit);
        assert_eq!(circuit.fulfillments, Some(has));
    }
    let other = Endpoint::Store(Names::new().store);
    assert_eq!(stores.circuit(&other).await.expect("circuit").fulfillments, None);
}
