//! Entering and leaving: who may call an endpoint now, and what the end of a call means for it. Each is one conditional write of the row.

use serde::{Deserialize, Serialize};

use super::{Circuit, CircuitState};
use crate::circuit::rate::Limits;
use crate::ids::OrderKey;
use crate::time::At;

/// When somebody who found no slot may look again, in seconds: most calls end long before their lease.
const SLOT_SECONDS: u32 = 3;

/// A call that is out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallOut {
    /// The version of the row that let it in: no other call has it.
    pub token: u64,
    /// When it is surely over.
    pub until: At,
}

/// Who asks to enter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller<'a> {
    /// The order.
    pub order: &'a OrderKey,
    /// Whether the sweep took it from the line.
    pub from_line: bool,
    /// When its call is surely over, whatever becomes of the caller.
    pub until: At,
}

/// May this order call the endpoint now?
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// Call, once this row is written.
    Go(Box<Circuit>),
    /// Look again at this time.
    Later(At),
    /// Stand in the line.
    Line,
}

/// How a visit ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// There was no call.
    NotCalled,
    /// It answered. An endpoint that refuses is up.
    Answered,
    /// It had too much to do, and perhaps said for how long.
    Busy {
        /// Seconds.
        after_seconds: Option<u32>,
    },
    /// It did not answer, or said that it is down.
    Down,
}

impl Circuit {
    /// Whether the caller may enter at `now`.
    pub fn enter(&self, caller: Caller<'_>, limits: Limits, now: At) -> Admission {
        let mut next = self.next();
        next.calls.retain(|call| call.until > now);
        let probes = match self.state {
            CircuitState::Closed => false,
            CircuitState::Draining if caller.from_line => false,
            // A release before this one named the probe before it called.
            CircuitState::Probing if self.probe.as_ref() == Some(caller.order) && next.calls.is_empty() => true,
            CircuitState::Open | CircuitState::Probing if caller.from_line && self.probe_is_due(now) => true,
            CircuitState::Draining | CircuitState::Open | CircuitState::Probing => return Admission::Line,
        };
        let slots = limits.slots.and_then(|slots| usize::try_from(slots.max(1)).ok());
        if slots.is_some_and(|slots| next.calls.len() >= slots) {
            return Admission::Later(now.plus_seconds(SLOT_SECONDS));
        }
        if let Some(at) = self.free_at().filter(|at| *at > now) {
            return Admission::Later(at);
        }
        next.take_turn(limits, now);
        if probes {
            next.state = CircuitState::Probing;
            next.probe = Some(caller.order.clone());
            next.retry_at = Some(caller.until);
        }
        if probes || slots.is_some() {
            next.calls.push(CallOut { token: next.version, until: caller.until });
        }
        Admission::Go(Box::new(next))
    }

    /// The row with the turn for one more call of somebody who is inside; `None` while there is none.
    #[must_use]
    pub fn again(&self, limits: Limits, now: At) -> Option<Self> {
        let free = self.free_at().is_none_or(|at| at <= now);
        free.then(|| {
            let mut next = self.next();
            next.take_turn(limits, now);
            next
        })
    }

    /// The row after the visit that `token` let in; `None` when nothing changes.
    #[must_use]
    pub fn leave(&self, token: u64, ended: Ended, limits: Limits, now: At) -> Option<Self> {
        let mut next = self.clone();
        let probed = self.state == CircuitState::Probing && self.calls.iter().any(|call| call.token == token);
        next.calls.retain(|call| call.token != token);
        match ended {
            // The next in the line is the probe.
            Ended::NotCalled if probed => next.open_until(now),
            Ended::NotCalled => {}
            Ended::Answered => next.heal(),
            Ended::Busy { after_seconds } => {
                next.heal();
                next.slow_down(after_seconds, limits, now);
            }
            Ended::Down => next.fail(now),
        }
        (next != *self).then(|| next.next())
    }
}
