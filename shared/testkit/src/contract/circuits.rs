//! Circuits.

use waybill_domain::{Circuit, CircuitState, Endpoint, WarehouseSlug};

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

/// Every write follows the version it was made from; who was slower changes nothing.
pub async fn one_writer_per_version(stores: &impl Stores) {
    let names = Names::new();
    let endpoint = Endpoint::Erp(names.erp.clone());
    let mut circuit = stores.circuit(&endpoint).await.expect("circuit");
    for failures in 1..=3 {
        let failed = circuit.failed(NOON);
        assert_eq!(failed.failures, failures);
        assert!(stores.save_circuit(&failed).await.expect("save"));
        // Somebody else saw the same outage from the same version, a moment later.
        let slower = Circuit { retry_at: Some(NOON.plus_seconds(999)), ..circuit.failed(NOON) };
        assert!(!stores.save_circuit(&slower).await.expect("save"));
        assert_eq!(stores.circuit(&endpoint).await.expect("circuit"), failed);
        circuit = failed;
    }
    assert_eq!(circuit.state, CircuitState::Open);
    let probing = circuit.probing(&names.key(7), NOON.plus_seconds(3600)).expect("it is time");
    assert!(stores.save_circuit(&probing).await.expect("save"));
    assert_eq!(stores.circuit(&endpoint).await.expect("circuit"), probing);
}

/// Whether a store has fulfillments is asked once: the answer outlives outages, and is no other store's.
pub async fn what_was_asked_once_is_remembered(stores: &impl Stores) {
    let names = Names::new();
    let endpoint = Endpoint::Store(names.store.clone());
    let mut circuit = stores.circuit(&endpoint).await.expect("circuit");
    assert_eq!(circuit.fulfillments, None, "nobody asked yet");
    for has in [true, false] {
        circuit = circuit.with_fulfillments(has);
        assert!(stores.save_circuit(&circuit).await.expect("save"));
        assert_eq!(stores.circuit(&endpoint).await.expect("circuit").fulfillments, Some(has));
        circuit = circuit.failed(NOON).polled(NOON);
        circuit.version -= 1;
        assert!(stores.save_circuit(&circuit).await.expect("save"));
        assert_eq!(stores.circuit(&endpoint).await.expect("circuit"), circuit);
        assert_eq!(circuit.fulfillments, Some(has));
    }
    let other = Endpoint::Store(Names::new().store);
    assert_eq!(stores.circuit(&other).await.expect("circuit").fulfillments, None);
}
