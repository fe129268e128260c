//! Circuits.

use waybill_domain::{Circuit, CircuitState, Endpoint};

use super::fixtures::NOON;
use super::{Names, Stores};

/// An endpoint nothing is known of may be called.
pub async fn unknown_is_closed(stores: &impl Stores) {
    let names = Names::new();
    for endpoint in [Endpoint::Erp(names.erp.clone()), Endpoint::Store(names.store.clone())] {
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
