//! Fault injection: every call of a port is numbered, and any one of them can be made to fail before its effect, after it, or (for
//! commits) by contention.

use waybill_domain::Step;
use waybill_workflow::{CallError, Unavailable};

use super::{State, World};

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
    /// No answer, and nothing was done.
    FailsBefore,
    /// No answer, and it was done.
    FailsAfter,
    /// Refused for the moment.
    Contended,
    /// Nobody is there: surely not done. Only simulations know it, of stores, ERPs and warehouses.
    Down,
    /// No answer, and it will be done so many milliseconds after the request. Only simulations know it.
    Later(u32),
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

    /// What is to happen to this call. In a simulation that takes the request's time.
    pub(super) async fn fate(&self, op: &'static str) -> Fate {
        match self.verdict(op) {
            None => self.planned(op),
            Some(verdict) => {
                self.nap(verdict.request_ms).await;
                verdict.fate
            }
        }
    }

    fn planned(&self, op: &'static str) -> Fate {
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
    pub(super) async fn call<T: Send>(
        &self,
        op: &'static str,
        effect: impl FnOnce(&mut State) -> T + Send,
    ) -> Result<T, Unavailable> {
        let fate = self.fate(op).await;
        let result = match fate {
            Fate::Works => Ok(effect(&mut self.state())),
            Fate::FailsAfter => {
                effect(&mut self.state());
                Err(Unavailable::new(op, "injected, after the effect"))
            }
            Fate::FailsBefore | Fate::Contended | Fate::Down | Fate::Later(_) => {
                Err(Unavailable::new(op, "injected, before the effect"))
            }
        };
        self.answer(op, fate).await;
        result
    }

    /// Does `effect` at a store, an ERP or a warehouse as the fate of the call has it. `silent`: what the caller makes of no answer.
    pub(super) async fn outside<T: Send>(
        &self,
        op: &'static str,
        silent: fn() -> CallError,
        effect: impl FnOnce(&mut State) -> Result<T, CallError> + Send + 'static,
    ) -> Result<T, CallError> {
        let fate = self.fate(op).await;
        let result = match fate {
            Fate::Works => effect(&mut self.state()),
            Fate::FailsBefore => Err(silent()),
            Fate::FailsAfter => effect(&mut self.state()).and(Err(silent())),
            Fate::Contended => Err(CallError::Busy { after_seconds: None, reason: "contention".to_owned() }),
            Fate::Down => Err(down()),
            Fate::Later(milliseconds) => {
                // Whatever it comes to then, nobody hears of it.
                self.later(milliseconds, |state| drop(effect(state)));
                Err(silent())
            }
        };
        self.answer(op, fate).await;
        result
    }
}

/// A write that was not answered: it may have been done.
pub(super) fn unknown() -> CallError {
    CallError::Unknown { reason: "no answer".to_owned() }
}

/// A question that was not answered, or nobody was there.
pub(super) fn down() -> CallError {
    CallError::Down { reason: "down".to_owned() }
}
