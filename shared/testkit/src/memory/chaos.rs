//! What a simulation does to calls: how long they take, whether they work, and what a broken protocol would write.
//!
//! Every decision is drawn from the seed, what it is about, and how often the same was drawn before, never from a common stream: when a plan
//! is made smaller, what is left of it meets the same luck.

use std::collections::{BTreeMap, BTreeSet};
use std::future::poll_fn;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::task::Poll;

use waybill_domain::{At, Circuit, CircuitState, ErpState, Order};
use waybill_workflow::steps::SKEW_SECONDS;

use super::faults::Fate;
use super::{State, World};

/// What can go wrong for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Trouble {
    /// Nobody answers at the ERP's address; what is asked is surely not done.
    ErpDown,
    /// The ERP takes a request and does not answer: it is not done, done, or done much later.
    ErpSilent,
    /// The ERP refuses for the moment.
    ErpBusy,
    /// As the ERP's.
    StoreDown,
    /// As the ERP's.
    StoreSilent,
    /// As the ERP's.
    StoreBusy,
    /// The warehouse is down.
    WarehouseDown,
    /// DynamoDB throttles, conflicts, and answers nothing after it wrote, or before it does.
    Tables,
    /// SQS takes nothing, or half.
    Queues,
    /// EventBridge takes nothing, or half.
    Bus,
    /// Secrets Manager does not answer.
    Secrets,
    /// Invocations end in the middle.
    Kills,
    /// Messages, stream records, deliveries and ticks come twice.
    Doubles,
    /// Deliveries of the store get lost.
    Deliveries,
    /// What was committed is never told to the relay.
    Stream,
    /// The index shows orders as they were when it began.
    Index,
}

/// A time in which something goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weather {
    /// What.
    pub trouble: Trouble,
    /// From when, in seconds after the beginning.
    pub from: u32,
    /// For how long, in seconds.
    pub lasts: u32,
    /// How often, of a hundred.
    pub odds: u8,
}

/// A protocol that is broken on purpose, to prove that the simulation would see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutation {
    /// An outcome that is unknown is looked up at once.
    ProbeTooEarly,
    /// Whoever calls says that the call is over after a second.
    LeaseTooShort,
    /// Nothing is added to the settle time for clocks that differ.
    NoMarginForClocks,
    /// Rows are overwritten whatever their version.
    CommitWithoutCondition,
    /// When a call was not answered, its record is dropped, as if it had not been made.
    ClaimDeletedOnTimeout,
    /// An endpoint that is down is called like one that is up.
    CircuitNeverOpens,
    /// An endpoint that is up again is never found to be.
    CircuitNeverHeals,
}

impl Mutation {
    /// All of them.
    pub const ALL: [Mutation; 7] = [
        Mutation::NoMarginForClocks,
        Mutation::ProbeTooEarly,
        Mutation::LeaseTooShort,
        Mutation::CommitWithoutCondition,
        Mutation::ClaimDeletedOnTimeout,
        Mutation::CircuitNeverOpens,
        Mutation::CircuitNeverHeals,
    ];
}

/// What a simulation keeps in its world.
pub(super) struct Chaos {
    seed: u64,
    begin: At,
    pub(super) weather: Vec<Weather>,
    pub(super) mutation: Option<Mutation>,
    /// The clock of each environment, in milliseconds off the true one.
    pub(super) skews: Vec<i64>,
    drawn: BTreeMap<u64, u32>,
    /// The invocation under way.
    pub(super) current: Current,
    /// When the invocation that just gave up the thread is to go on.
    pub(super) wake: Option<At>,
    /// What stores and ERPs will have done when nobody waits for it any more.
    pub(super) late: Vec<(At, Effect)>,
    /// Calls to the ERP that are out, by invocation, and when the number changed.
    pub(super) calling: BTreeSet<u64>,
    pub(super) calls_out: Vec<(At, usize)>,
    /// When the ERP was asked to write something.
    pub(super) erp_writes: Vec<At>,
    /// Calls made, by name.
    pub(super) counts: BTreeMap<&'static str, u64>,
}

/// Something that happens to the world.
pub(super) type Effect = Box<dyn FnOnce(&mut State) + Send>;

/// An invocation.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Current {
    pub(super) task: u64,
    pub(super) env: usize,
    /// What it is about, so that luck follows the order and not the hour.
    pub(super) about: u64,
}

/// What becomes of a call, and how long its request is on the way.
pub(super) struct Verdict {
    pub(super) fate: Fate,
    pub(super) request_ms: u32,
}

/// How long a call that gets no answer is waited for.
const PATIENCE_MS: u32 = 20_000;
/// How long after a request the ERP may still do what it was asked: the sample ERP's settle time after nobody waits for it any more.
const ERP_LATEST_MS: u32 = PATIENCE_MS + 90_000;
/// The same of a store: PHP ends a request after this time.
const STORE_LATEST_MS: u32 = 90_000;

/// A number that looks like any other, and is the same for the same.
pub(super) fn luck(of: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

impl Chaos {
    pub(super) fn new(seed: u64, begin: At, weather: Vec<Weather>, mutation: Option<Mutation>) -> Self {
        let mut chaos = Chaos {
            seed,
            begin,
            weather,
            mutation,
            skews: Vec::new(),
            drawn: BTreeMap::new(),
            current: Current::default(),
            wake: None,
            late: Vec::new(),
            calling: BTreeSet::new(),
            calls_out: Vec::new(),
            erp_writes: Vec::new(),
            counts: BTreeMap::new(),
        };
        // Slow or fast, as far apart as leases allow for: clocks in between are easier.
        chaos.skews = (0..4).map(|_| if chaos.draw("skew", 2) == 0 { -2_450 } else { 2_450 }).collect();
        chaos
    }

    /// A number below `sides`.
    pub(super) fn draw(&mut self, what: &str, sides: u64) -> u64 {
        let what = luck(&(self.seed, self.current.about, what));
        let times = self.drawn.entry(what).or_insert(0);
        *times += 1;
        luck(&(what, *times)) % sides.max(1)
    }

    /// Whether this goes wrong now.
    pub(super) fn strikes(&mut self, trouble: Trouble, now: At) -> bool {
        let seconds = now.since(self.begin) / 1000;
        let odds = self.weather.iter().filter(|weather| {
            weather.trouble == trouble
                && (u64::from(weather.from)..u64::from(weather.from) + u64::from(weather.lasts)).contains(&seconds)
        });
        let odds = odds.map(|weather| u64::from(weather.odds)).max().unwrap_or(0);
        odds > 0 && self.draw(&format!("{trouble:?}"), 100) < odds
    }

    /// Whether a posting that got through ends after the order was confirmed.
    pub(super) fn cuts_off(&mut self, now: At) -> bool {
        self.strikes(Trouble::ErpSilent, now) && self.draw("cut off", 2) == 0
    }

    fn verdict(&mut self, op: &'static str, now: At) -> Verdict {
        *self.counts.entry(op).or_insert(0) += 1;
        let part = op.split('.').next().unwrap_or(op);
        let (quick, slow) = match part {
            "erp" | "warehouse" => (50, 800),
            "store" => (50, 500),
            _ => (2, 15),
        };
        let request_ms = quick + u32::try_from(self.draw(op, slow)).unwrap_or(0);
        let fate = match part {
            "erp" => self.endpoint([Trouble::ErpDown, Trouble::ErpBusy, Trouble::ErpSilent], ERP_LATEST_MS, now),
            "store" => self.endpoint([Trouble::StoreDown, Trouble::StoreBusy, Trouble::StoreSilent], STORE_LATEST_MS, now),
            "warehouse" if self.strikes(Trouble::WarehouseDown, now) => Fate::Down,
            "sqs" if self.strikes(Trouble::Queues, now) => self.one_of("half", &[Fate::FailsBefore, Fate::FailsAfter]),
            "events" if self.strikes(Trouble::Bus, now) => self.one_of("half", &[Fate::FailsBefore, Fate::FailsAfter]),
            "secrets" if self.strikes(Trouble::Secrets, now) => Fate::FailsBefore,
            "warehouse" | "sqs" | "events" | "secrets" => Fate::Works,
            _ if self.strikes(Trouble::Tables, now) => {
                let later = Fate::Later(u32::try_from(self.draw("later", 5_000)).unwrap_or(0));
                self.one_of("tables", &[Fate::FailsBefore, Fate::FailsAfter, Fate::Contended, later])
            }
            _ => Fate::Works,
        };
        Verdict { fate, request_ms }
    }

    fn endpoint(&mut self, [down, busy, silent]: [Trouble; 3], latest_ms: u32, now: At) -> Fate {
        if self.strikes(down, now) {
            Fate::Down
        } else if self.strikes(busy, now) {
            Fate::Contended
        } else if self.strikes(silent, now) {
            let later = Fate::Later(u32::try_from(self.draw("later", u64::from(latest_ms))).unwrap_or(0));
            // The last moment is the one that leases and settle times are there for.
            self.one_of("silent", &[Fate::FailsBefore, Fate::FailsAfter, later, Fate::Later(latest_ms)])
        } else {
            Fate::Works
        }
    }

    fn one_of(&mut self, what: &str, fates: &[Fate]) -> Fate {
        let index = usize::try_from(self.draw(what, u64::try_from(fates.len()).unwrap_or(1))).unwrap_or(0);
        fates.get(index).copied().unwrap_or(Fate::Works)
    }
}

impl World {
    /// What becomes of a call; `None` outside of simulations.
    pub(super) fn verdict(&self, op: &'static str) -> Option<Verdict> {
        let state = &mut *self.state();
        let chaos = state.chaos.as_mut()?;
        let verdict = chaos.verdict(op, state.now);
        if op.starts_with("erp.") {
            chaos.calling.insert(chaos.current.task);
            chaos.calls_out.push((state.now, chaos.calling.len()));
            if !op.starts_with("erp.find") {
                chaos.erp_writes.push(state.now);
            }
        }
        Some(verdict)
    }

    /// The time until the answer, or until the caller no longer waits for one.
    pub(super) async fn answer(&self, op: &'static str, fate: Fate) {
        let endpoint = ["erp.", "store.", "warehouse."].iter().any(|part| op.starts_with(part));
        let silent = matches!(fate, Fate::FailsBefore | Fate::FailsAfter | Fate::Later(_));
        let milliseconds = match self.state().chaos.as_mut() {
            None => return,
            Some(_) if endpoint && silent => PATIENCE_MS,
            Some(chaos) => 1 + u32::try_from(chaos.draw("answer", 10)).unwrap_or(0),
        };
        self.nap(milliseconds).await;
        let state = &mut *self.state();
        if let Some(chaos) = state.chaos.as_mut().filter(|_| op.starts_with("erp.")) {
            chaos.hung_up(state.now);
        }
    }

    /// Lets the time pass in a simulation: other invocations go on meanwhile.
    pub(super) async fn nap(&self, milliseconds: u32) {
        let mut until = None;
        poll_fn(|_| {
            let state = &mut *self.state();
            let Some(chaos) = state.chaos.as_mut() else { return Poll::Ready(()) };
            let until = *until.get_or_insert(At(state.now.0 + i64::from(milliseconds)));
            if until <= state.now {
                return Poll::Ready(());
            }
            chaos.wake = Some(until);
            Poll::Pending
        })
        .await;
    }

    /// Lets something happen later, whoever asked for it.
    pub(super) fn later(&self, milliseconds: u32, effect: impl FnOnce(&mut State) + Send + 'static) {
        let state = &mut *self.state();
        if let Some(chaos) = state.chaos.as_mut() {
            chaos.late.push((At(state.now.0 + i64::from(milliseconds)), Box::new(effect)));
        }
    }
}

impl Chaos {
    /// The invocation under way no longer calls the ERP.
    pub(super) fn hung_up(&mut self, now: At) {
        if self.calling.remove(&self.current.task) {
            self.calls_out.push((now, self.calling.len()));
        }
    }
}

impl State {
    /// How far the clock of the environment under way is off.
    pub(super) fn skew(&self) -> i64 {
        self.chaos.as_ref().and_then(|chaos| chaos.skews.get(chaos.current.env)).copied().unwrap_or(0)
    }

    /// Whether commits check the version.
    pub(super) fn is_conditional(&self) -> bool {
        self.mutation() != Some(Mutation::CommitWithoutCondition)
    }

    /// Whether the stream tells of this commit.
    pub(super) fn is_heard(&mut self) -> bool {
        let now = self.now;
        !self.chaos.as_mut().is_some_and(|chaos| chaos.strikes(Trouble::Stream, now))
    }

    fn mutation(&self) -> Option<Mutation> {
        self.chaos.as_ref().and_then(|chaos| chaos.mutation)
    }

    /// What a broken door would write over `current`.
    pub(super) fn mutated_door(&self, current: &Circuit, next: &Circuit) -> Circuit {
        let opens = next.state == CircuitState::Open;
        let heals = next.state == CircuitState::Draining && matches!(current.state, CircuitState::Open | CircuitState::Probing);
        match self.mutation() {
            Some(Mutation::CircuitNeverOpens) if opens => Circuit { state: CircuitState::Closed, ..next.clone() },
            Some(Mutation::CircuitNeverHeals) if heals => {
                Circuit { state: CircuitState::Open, retry_at: Some(self.now.plus_seconds(600)), ..next.clone() }
            }
            _ => next.clone(),
        }
    }

    /// What a broken protocol would write.
    pub(super) fn mutated(&self, after: &Order) -> Order {
        let mut order = after.clone();
        let Some(mutation) = self.mutation() else { return order };
        let soon = self.now.plus_seconds(1);
        let before = self.orders.get(&order.key);
        let (posting, unknown) = (order.erp.state == ErpState::Posting, order.erp.state == ErpState::Unknown);
        match mutation {
            Mutation::CommitWithoutCondition | Mutation::CircuitNeverOpens | Mutation::CircuitNeverHeals => {}
            Mutation::ProbeTooEarly => {
                if unknown {
                    order.erp.until = Some(soon);
                }
                if let Some(call) = order.call.as_mut().filter(|call| call.unknown) {
                    call.until = soon;
                }
            }
            Mutation::NoMarginForClocks => {
                if before.is_none_or(|before| before.erp.until != order.erp.until) {
                    order.erp.until = order.erp.until.map(|until| until.minus_seconds(SKEW_SECONDS));
                }
                let known = before.and_then(|before| before.call.as_ref()).map(|call| call.until);
                if let Some(call) = order.call.as_mut().filter(|call| known != Some(call.until)) {
                    call.until = call.until.minus_seconds(SKEW_SECONDS);
                }
            }
            Mutation::LeaseTooShort => {
                if posting {
                    order.erp.until = Some(soon);
                }
                if let Some(call) = order.call.as_mut().filter(|call| !call.unknown) {
                    call.until = soon;
                }
            }
            Mutation::ClaimDeletedOnTimeout => {
                if unknown {
                    order.erp.state = ErpState::None;
                    order.erp.until = None;
                }
                order.call = order.call.take().filter(|call| !call.unknown);
            }
        }
        order
    }
}
