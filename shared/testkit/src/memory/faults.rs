//! Fault injection: every call of a port is numbered, and any one of them can be made to fail before its effect, after it, or (for
//! commits) by contention.

use waybill_domain::Step;
use waybill_workflow::Unavailable;

use super::World;

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FaultMode {
    /// Nothing was done, and the caller is told that it failed.
    Before,
    /// It was done, and the caller is told that it failed.
    After,
    /// The process ends at this call, before its effect: nothing after it runs.
    CrashBefore,
    /// The process ends at this call, after its effect.
    CrashAfter,
    /// Others write the same rows (commits), or the endpoint is busy (calls); nothing was done.
    Contention,
}

impl FaultMode {
    /// All modes.
    pub const ALL: [FaultMode; 5] =
        [FaultMode::Before, FaultMode::After, FaultMode::CrashBefore, FaultMode::CrashAfter, FaultMode::Contention];
}

/// One fault: the n-th call of a run fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// Number of the call, from 0.
    pub call: usize,
    /// How.
    pub mode: FaultMode,
    /// How many calls from there on fail in the same way.
    pub times: usize,
}

/// A call that was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    /// Who made it; `None` for the relay and the sweep.
    pub step: Option<Step>,
    /// The port's method.
    pub op: &'static str,
}

#[derive(Default)]
pub(super) struct Faults {
    plan: Option<Fault>,
    calls: Vec<Call>,
    hit: Option<Call>,
    step: Option<Step>,
    crashed: bool,
}

/// What is to happen to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Works,
    FailsBefore,
    FailsAfter,
    Contended,
}

impl World {
    /// Plans a fault.
    pub fn plan_fault(&self, fault: Fault) {
        self.state().faults.plan = Some(fault);
    }

    /// The calls made so far.
    pub fn calls(&self) -> Vec<Call> {
        self.state().faults.calls.clone()
    }

    /// The call that the planned fault hit, if it was reached.
    pub fn fault_hit(&self) -> Option<Call> {
        self.state().faults.hit
    }

    /// Starts an invocation of this step (`None`: of somebody else): a crash ends with the invocation.
    pub fn enter(&self, step: Option<Step>) {
        let mut state = self.state();
        state.faults.step = step;
        state.faults.crashed = false;
    }

    /// Whether the invocation under way ended by a crash: then nobody saw its result.
    pub fn crashed(&self) -> bool {
        self.state().faults.crashed
    }

    pub(super) fn fate(&self, op: &'static str) -> Fate {
        let mut state = self.state();
        let faults = &mut state.faults;
        let number = faults.calls.len();
        let call = Call { step: faults.step, op };
        faults.calls.push(call);
        if faults.crashed {
            return Fate::FailsBefore;
        }
        let Some(plan) = faults.plan.filter(|plan| (plan.call..plan.call + plan.times).contains(&number)) else {
            return Fate::Works;
        };
        faults.hit.get_or_insert(call);
        match plan.mode {
            FaultMode::Before => Fate::FailsBefore,
            FaultMode::After => Fate::FailsAfter,
            FaultMode::Contention => Fate::Contended,
            FaultMode::CrashBefore => {
                faults.crashed = true;
                Fate::FailsBefore
            }
            FaultMode::CrashAfter => {
                faults.crashed = true;
                Fate::FailsAfter
            }
        }
    }

    /// Does `effect` as the fate of the call has it, for ports whose only error is [`Unavailable`].
    pub(super) fn call<T>(&self, op: &'static str, effect: impl FnOnce(&mut super::State) -> T) -> Result<T, Unavailable> {
        match self.fate(op) {
            Fate::Works => Ok(effect(&mut self.state())),
            Fate::FailsAfter => {
                effect(&mut self.state());
                Err(Unavailable::new(op, "injected, after the effect"))
            }
            Fate::FailsBefore | Fate::Contended => Err(Unavailable::new(op, "injected, before the effect")),
        }
    }
}
