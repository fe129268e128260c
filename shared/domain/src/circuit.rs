//! The door before an endpoint: its circuit, its slots and its rate, in one row, because in-process breakers and limiters would have one
//! opinion per Lambda environment.
//!
//! ```text
//! closed ──outages──▶ open ──retry_at, an order from the line──▶ probing ──it worked──▶ draining ──line let through──▶ closed
//!                      ▲──────────────────────outage────────────────┘
//! ```
//! While draining, fresh orders join the end of the line; the sweep lets them through oldest first, until one sweep lets all of them.
//! Who may enter is in [`enter`], how fast in [`rate`].

pub mod enter;
pub mod feeds;
pub mod rate;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::{Endpoint, OrderKey};
use crate::time::At;
use enter::CallOut;
use feeds::FeedMark;
use rate::Slowed;

/// Outages in a row that open a circuit.
const OPENS_AT: u32 = 3;
/// The first pause, in seconds; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: u32 = 30;
/// The longest pause between two probes, in seconds.
const LONGEST_PAUSE: u32 = 600;

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

/// The row of one endpoint.
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
    /// The order that was last sent to probe: the next probe is one behind it, so that an order which always meets an outage, alone or
    /// among a few, keeps nobody waiting for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<OrderKey>,
    /// The calls that are out, where they are counted: each ends with its lease if its caller is gone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<CallOut>,
    /// When the next call is due at an even pace; it may come a little earlier (see [`rate`]). `None`: whenever it likes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn: Option<At>,
    /// The rate it was lowered to when it last had too much.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slowed: Option<Slowed>,
    /// A store or an ERP: up to when its changes were asked for; of an ERP, by all of `feeds`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub polled_at: Option<At>,
    /// A store: whether it has the feature of fulfillments; `None` as long as nobody asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fulfillments: Option<bool>,
    /// An ERP: how far each of its feeds was read. A release that does not know of it may drop it: `polled_at` is where all go on then.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub feeds: BTreeMap<String, FeedMark>,
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
            asked: None,
            calls: Vec::new(),
            turn: None,
            slowed: None,
            polled_at: None,
            fulfillments: None,
            feeds: BTreeMap::new(),
        }
    }

    /// This circuit as the next write.
    fn next(&self) -> Self {
        Circuit { version: self.version.saturating_add(1), ..self.clone() }
    }

    /// The circuit of a store whose changes up to `at` are known.
    #[must_use]
    pub fn polled(&self, at: At) -> Self {
        Circuit { polled_at: Some(at), ..self.next() }
    }

    /// The circuit of a store of which it is known whether it has fulfillments.
    #[must_use]
    pub fn with_fulfillments(&self, fulfillments: bool) -> Self {
        Circuit { fulfillments: Some(fulfillments), ..self.next() }
    }

    /// The circuit after an outage at `now`.
    #[must_use]
    pub fn failed(&self, now: At) -> Self {
        let mut next = self.next();
        next.fail(now);
        next
    }

    fn fail(&mut self, now: At) {
        // A call that was under way when it opened says nothing new.
        if self.state == CircuitState::Open {
            return;
        }
        self.failures = self.failures.saturating_add(1);
        if self.failures >= OPENS_AT || self.state == CircuitState::Probing {
            let doublings = self.failures.saturating_sub(OPENS_AT).min(5);
            let pause = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(doublings)).min(LONGEST_PAUSE);
            self.open_until(now.plus_seconds(pause));
        }
    }

    fn open_until(&mut self, at: At) {
        self.state = CircuitState::Open;
        self.retry_at = Some(at);
        self.probe = None;
    }

    /// It answered, so it is up.
    fn heal(&mut self) {
        self.failures = 0;
        if matches!(self.state, CircuitState::Open | CircuitState::Probing) {
            self.state = CircuitState::Draining;
            self.retry_at = None;
            self.probe = None;
        }
    }

    /// Whether a probe may go: the pause is over, or the probe before it is given up.
    pub fn probe_is_due(&self, now: At) -> bool {
        matches!(self.state, CircuitState::Open | CircuitState::Probing) && self.retry_at.is_none_or(|at| at <= now)
    }

    /// The circuit when this order is sent to probe; `None` when no probe is due.
    #[must_use]
    pub fn asking(&self, order: &OrderKey, now: At) -> Option<Self> {
        self.probe_is_due(now).then(|| Circuit { asked: Some(order.clone()), ..self.next() })
    }

    /// The circuit with more of a line before it than one sweep lets through, or without; `None` when that is known already, or the circuit is open.
    #[must_use]
    pub fn with_line(&self, line: bool) -> Option<Self> {
        let state = match (self.state, line) {
            (CircuitState::Closed, true) => CircuitState::Draining,
            (CircuitState::Draining, false) => CircuitState::Closed,
            // Nobody in the line: nothing would ever probe it. The next order is the probe.
            (CircuitState::Open | CircuitState::Probing, false) => CircuitState::Closed,
            _ => return None,
        };
        Some(Circuit { state, ..self.next() })
    }
}
