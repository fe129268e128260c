//! The circuit of an endpoint: a row, because in-process breakers would have one opinion per Lambda environment.
//!
//! ```text
//! closed ──outages──▶ open ──retry_at, the sweep sends one order──▶ probing ──it worked──▶ draining ──line let through──▶ closed
//!                      ▲──────────────────outage────────────────────────┘
//! ```
//! While draining, fresh orders join the end of the line; the sweep lets them through oldest first, until one sweep lets all of them.

use serde::{Deserialize, Serialize};

use crate::ids::{Endpoint, OrderKey};
use crate::time::At;

/// Outages in a row that open a circuit.
const OPENS_AT: u32 = 3;
/// The first pause, in seconds; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: u32 = 30;
/// The longest pause between two probes, in seconds.
const LONGEST_PAUSE: u32 = 600;
/// A probe that has not reported after this many seconds is given up, and another one is sent.
const PROBE_LEASE: u32 = 300;

/// State.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CircuitState {
    /// Calls go through.
    Closed,
    /// No calls until `retry_at`.
    Open,
    /// One order is trying.
    Probing,
    /// Calls go through for orders sent from the line.
    Draining,
}

/// The circuit of one endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Circuit {
    /// Whose.
    pub endpoint: Endpoint,
    /// Counts writes; every write is conditional on it.
    #[serde(default)]
    pub version: u64,
    /// State.
    pub state: CircuitState,
    /// Outages in a row.
    #[serde(default)]
    pub failures: u32,
    /// When the next probe may go (open), or when the probe is given up (probing).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<At>,
    /// The order that probes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probe: Option<OrderKey>,
    /// A store: up to when its changes were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub polled_at: Option<At>,
    /// A store: whether it has the feature of fulfillments; `None` as long as nobody asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fulfillments: Option<bool>,
}

/// May this order call the endpoint now?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Call.
    Go,
    /// Stand in the line.
    Wait,
}

impl Circuit {
    /// A circuit nothing is known of.
    pub fn closed(endpoint: Endpoint) -> Self {
        Circuit {
            endpoint,
            version: 0,
            state: CircuitState::Closed,
            failures: 0,
            retry_at: None,
            probe: None,
            polled_at: None,
            fulfillments: None,
        }
    }

    /// Whether `order` may call. `from_line`: the sweep took it from the line.
    pub fn admit(&self, order: &OrderKey, from_line: bool) -> Admission {
        let go = match self.state {
            CircuitState::Closed => true,
            CircuitState::Open => false,
            CircuitState::Probing => self.probe.as_ref() == Some(order),
            CircuitState::Draining => from_line,
        };
        if go { Admission::Go } else { Admission::Wait }
    }

    /// The circuit of a store whose changes up to `at` are known.
    #[must_use]
    pub fn polled(&self, at: At) -> Self {
        Circuit { polled_at: Some(at), version: self.version.saturating_add(1), ..self.clone() }
    }

    /// The circuit of a store of which it is known whether it has fulfillments.
    #[must_use]
    pub fn with_fulfillments(&self, fulfillments: bool) -> Self {
        Circuit { fulfillments: Some(fulfillments), version: self.version.saturating_add(1), ..self.clone() }
    }

    /// The circuit after an outage at `now`.
    #[must_use]
    pub fn failed(&self, now: At) -> Self {
        let failures = self.failures.saturating_add(1);
        let mut next = Circuit { failures, version: self.version.saturating_add(1), ..self.clone() };
        if failures >= OPENS_AT || self.state == CircuitState::Probing {
            let doublings = failures.saturating_sub(OPENS_AT).min(5);
            let pause = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(doublings)).min(LONGEST_PAUSE);
            next.state = CircuitState::Open;
            next.retry_at = Some(now.plus_seconds(pause));
            next.probe = None;
        }
        next
    }

    /// The circuit after an answer; `None` when that changes nothing, so that a healthy endpoint costs no writes.
    #[must_use]
    pub fn succeeded(&self) -> Option<Self> {
        let state = match self.state {
            CircuitState::Closed if self.failures == 0 => return None,
            CircuitState::Draining if self.failures == 0 => return None,
            CircuitState::Closed => CircuitState::Closed,
            CircuitState::Draining | CircuitState::Probing | CircuitState::Open => CircuitState::Draining,
        };
        Some(Circuit { state, failures: 0, retry_at: None, probe: None, version: self.version.saturating_add(1), ..self.clone() })
    }

    /// The circuit with `order` as its probe; `None` while it is not time for one.
    #[must_use]
    pub fn probing(&self, order: &OrderKey, now: At) -> Option<Self> {
        let due = matches!(self.state, CircuitState::Open | CircuitState::Probing) && self.retry_at.is_none_or(|at| at <= now);
        due.then(|| Circuit {
            state: CircuitState::Probing,
            probe: Some(order.clone()),
            retry_at: Some(now.plus_seconds(PROBE_LEASE)),
            version: self.version.saturating_add(1),
            ..self.clone()
        })
    }

    /// The circuit with more of a line before it than one sweep lets through, or without; `None` when that is known already, or the circuit is open.
    #[must_use]
    pub fn with_line(&self, line: bool) -> Option<Self> {
        let state = match (self.state, line) {
            (CircuitState::Closed, true) => CircuitState::Draining,
            (CircuitState::Draining, false) => CircuitState::Closed,
            // Open with nobody in the line: nothing would ever probe it. The next order is the probe.
            (CircuitState::Open, false) => CircuitState::Closed,
            _ => return None,
        };
        Some(Circuit { state, version: self.version.saturating_add(1), ..self.clone() })
    }
}
