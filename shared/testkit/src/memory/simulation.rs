//! The scheduler of a simulation: one thread, a virtual clock, and invocations that interleave at every call they make.
//!
//! It plays Lambda, SQS, the stream and the schedule: invocations have environments with clocks of their own, a timeout, and a sudden end when
//! the weather wants it; messages come twice, out of order, and again when an invocation did not end; the relay gets a batch until it
//! took it; a sweep comes every minute. What it does not model: batches of messages (each is an invocation), throttling of functions, and
//! networks that reorder the bytes of one call.

use std::collections::{BTreeMap, VecDeque};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use waybill_domain::{At, Order, OrderKey, Step};
use waybill_workflow::dispose::Disposition;
use waybill_workflow::ports::{Delivery, Spooled};
use waybill_workflow::saga::SAGA;
use waybill_workflow::steps::report::{Report, report};
use waybill_workflow::steps::{intake, relay, sweep};

use super::chaos::{Chaos, Current, Effect, Mutation, Trouble, Weather, luck};
use super::{Message, State, World, deliver};

/// Receives after which a message is dead, as in the template.
const MAX_RECEIVES: u32 = 15;
/// Invocations of one step at a time.
const AT_A_TIME: usize = 10;
/// Records that the relay gets at once.
const RECORDS: usize = 5;
/// How long waits may take to end after the last trouble, in seconds.
const PATIENCE: u32 = 3 * 3600;
/// Two polls and what they overlap.
const POLLS: u32 = 1_200;

/// Something outside that is told to the world: what it leads to at once.
pub type Deed = Box<dyn FnOnce(&World) -> Option<Errand> + Send>;

/// What an invocation is there for.
#[derive(Debug, Clone)]
pub enum Errand {
    /// The store delivers.
    Deliver(Delivery),
    /// Somebody reports about an order, until it is taken, or so many more times.
    Report(OrderKey, Report, u32),
    /// A message of a step.
    Command(Message),
    /// A delivery that was put aside.
    Resume(Spooled),
    /// Records of the stream.
    Relay(Vec<Order>),
    /// The schedule.
    Sweep,
}

enum End {
    Received(intake::Received),
    Disposed(Disposition),
    /// Whether it was done.
    Done(bool),
}

enum Happening {
    Wake(u64),
    Late(Effect),
    Deed(Deed),
    Begin(Errand),
    Tick,
}

struct Task {
    errand: Errand,
    future: Pin<Box<dyn Future<Output = End> + Send>>,
    current: Current,
    began: At,
    /// The function's timeout.
    ends: At,
}

/// A simulation of one world.
pub struct Simulation {
    /// The world.
    pub world: World,
    begin: At,
    /// The last trouble and the last deed.
    calm: At,
    happenings: BTreeMap<(At, u64), Happening>,
    tasks: BTreeMap<u64, Task>,
    numbers: u64,
    /// What a step called a defect.
    defect: Option<String>,
}

impl Simulation {
    /// A simulation in this world, with luck from `seed`.
    pub fn new(world: World, seed: u64, weather: Vec<Weather>, mutation: Option<Mutation>) -> Self {
        let begin = world.state().now;
        let calm = weather.iter().map(|weather| begin.plus_seconds(weather.from + weather.lasts)).max().unwrap_or(begin);
        let frozen: Vec<(u32, u32)> = weather
            .iter()
            .filter(|weather| weather.trouble == Trouble::Index)
            .map(|weather| (weather.from, weather.from + weather.lasts))
            .collect();
        world.state().chaos = Some(Chaos::new(seed, begin, weather, mutation));
        let mut simulation =
            Simulation { world, begin, calm, happenings: BTreeMap::new(), tasks: BTreeMap::new(), numbers: 0, defect: None };
        for (from, to) in frozen {
            simulation.at(
                from,
                Box::new(|world| {
                    world.freeze_index();
                    None
                }),
            );
            simulation.at(
                to,
                Box::new(|world| {
                    world.thaw_index();
                    None
                }),
            );
        }
        simulation.happen(begin.plus_seconds(60), Happening::Tick);
        simulation
    }

    /// Lets something happen so many seconds after the beginning.
    pub fn at(&mut self, seconds: u32, deed: Deed) {
        let at = self.begin.plus_seconds(seconds);
        self.calm = self.calm.max(at);
        self.happen(at, Happening::Deed(deed));
    }

    fn happen(&mut self, at: At, happening: Happening) {
        self.numbers += 1;
        self.happenings.insert((at, self.numbers), happening);
    }

    /// Runs until all trouble is over and nothing is left to do; `check` looks at the world after everything that happens.
    ///
    /// # Errors
    /// What `check` says, a step's defect, or that waits do not end.
    pub fn run(&mut self, mut check: impl FnMut(&State) -> Result<(), String>) -> Result<(), String> {
        let mut quiet_until = None;
        loop {
            self.pick_up();
            let Some(at) = self.next_time() else { return Err("nothing will ever happen again".to_owned()) };
            if at > self.calm {
                if at > self.calm.plus_seconds(PATIENCE) {
                    return Err(format!("after {PATIENCE} s without trouble something still waits: {}", self.unfinished()));
                }
                // At rest, the polls that are to find what no delivery told of must have come round.
                let rest = *quiet_until.get_or_insert(self.calm.plus_seconds(POLLS));
                if at > rest && self.is_quiet() {
                    return Ok(());
                }
            }
            self.step(at);
            if let Some(defect) = self.defect.take() {
                return Err(format!("a defect: {defect}"));
            }
            check(&self.world.state())?;
        }
    }

    fn next_time(&self) -> Option<At> {
        let state = self.world.state();
        let visible = state.queues.iter().filter(|(step, _)| self.has_room(**step));
        let visible = visible.flat_map(|(_, queue)| queue.iter().map(|message| message.visible_at)).min();
        let happens = self.happenings.keys().next().map(|(at, _)| *at);
        let next = match (visible, happens) {
            (Some(visible), Some(happens)) => visible.min(happens),
            (one, other) => one.or(other)?,
        };
        Some(next.max(state.now))
    }

    fn step(&mut self, at: At) {
        self.world.state().now = at;
        let Some(entry) = self.happenings.first_entry().filter(|entry| entry.key().0 <= at) else { return };
        match entry.remove() {
            Happening::Wake(number) => self.go_on(number),
            Happening::Late(effect) => effect(&mut self.world.state()),
            Happening::Deed(deed) => {
                if let Some(errand) = deed(&self.world) {
                    self.invoke(errand);
                }
            }
            Happening::Begin(errand) => self.invoke(errand),
            Happening::Tick => {
                self.happen(at.plus_seconds(60), Happening::Tick);
                self.invoke(Errand::Sweep);
                if self.strikes(Trouble::Doubles) {
                    self.invoke(Errand::Sweep);
                }
            }
        }
    }

    /// Takes what lies ready: late effects, echoes of the store, stream records, messages.
    fn pick_up(&mut self) {
        let late = std::mem::take(&mut self.world.state().chaos.as_mut().expect("a simulation").late);
        for (at, effect) in late {
            self.happen(at, Happening::Late(effect));
        }
        let echoes: Vec<Delivery> = self.world.state().echoes.drain(..).collect();
        for delivery in echoes {
            self.send(delivery);
        }
        let spooled: Vec<Spooled> = self.world.state().spool.drain(..).collect();
        for spooled in spooled {
            let at = self.now().plus_seconds(1);
            self.happen(at, Happening::Begin(Errand::Resume(spooled)));
        }
        if !self.tasks.values().any(|task| matches!(task.errand, Errand::Relay(_))) {
            let batch: Vec<Order> = self.world.state().stream.iter().take(RECORDS).cloned().collect();
            if !batch.is_empty() {
                self.invoke(Errand::Relay(batch));
            }
        }
        while let Some(message) = self.take_message() {
            self.invoke(Errand::Command(message));
        }
    }

    /// A delivery on its way: it takes its time, comes twice, or never.
    pub(super) fn send(&mut self, delivery: Delivery) {
        if self.strikes(Trouble::Deliveries) {
            return;
        }
        for _ in 0..if self.strikes(Trouble::Doubles) { 2 } else { 1 } {
            let at = At(self.now().0 + i64::try_from(self.draw("delivery", 5_000)).unwrap_or(0));
            self.happen(at, Happening::Begin(Errand::Deliver(delivery.clone())));
        }
    }

    fn has_room(&self, step: Step) -> bool {
        let busy = |task: &&Task| matches!(&task.errand, Errand::Command(message) if message.command.step == step);
        self.tasks.values().filter(busy).count() < AT_A_TIME
    }

    /// Some message that is visible: SQS keeps no order.
    fn take_message(&mut self) -> Option<Message> {
        let steps: Vec<Step> = self.world.state().queues.keys().copied().collect();
        for step in steps.into_iter().filter(|step| self.has_room(*step)).collect::<Vec<_>>() {
            let visible: Vec<usize> = {
                let state = self.world.state();
                let queue = state.queues.get(&step);
                let messages = queue.into_iter().flatten().enumerate();
                messages.filter(|(_, message)| message.visible_at <= state.now).map(|(index, _)| index).collect()
            };
            let many = u64::try_from(visible.len()).unwrap_or(0);
            if many == 0 {
                continue;
            }
            let pick = visible[usize::try_from(self.draw("message", many.min(3))).unwrap_or(0)];
            let state = &mut *self.world.state();
            let queue: &mut VecDeque<Message> = state.queues.get_mut(&step)?;
            let mut message = queue.remove(pick)?;
            message.receives += 1;
            // Once a message: copies of copies would be no weather any more.
            let twice = message.receives == 1 && {
                let now = state.now;
                state.chaos.as_mut().is_some_and(|chaos| chaos.strikes(Trouble::Doubles, now))
            };
            if twice {
                queue.push_back(Message { visible_at: state.now.plus_seconds(1), ..message.clone() });
            }
            return Some(message);
        }
        None
    }

    fn invoke(&mut self, errand: Errand) {
        self.numbers += 1;
        let number = self.numbers;
        let now = self.now();
        let about = match &errand {
            Errand::Deliver(delivery) | Errand::Resume(Spooled { delivery, .. }) => {
                delivery.delivery_id.clone().unwrap_or_default()
            }
            Errand::Report(key, ..) => key.to_string(),
            Errand::Command(message) => format!("{} {}", message.command.step, message.command.order),
            Errand::Relay(_) => "relay".to_owned(),
            Errand::Sweep => "sweep".to_owned(),
        };
        let env = usize::try_from(self.draw("environment", 4)).unwrap_or(0);
        let current = Current { task: number, env, about: luck(&about) };
        let future = Box::pin(perform(self.world.clone(), errand.clone()));
        let ends = now.plus_seconds(timeout_seconds(&errand));
        self.tasks.insert(number, Task { errand, future, current, began: now, ends });
        self.go_on(number);
    }

    /// Runs an invocation up to its next call, unless its time is over.
    fn go_on(&mut self, number: u64) {
        let Some(mut task) = self.tasks.remove(&number) else { return };
        let now = self.now();
        self.chaos(|chaos| chaos.current = task.current);
        let killed = now >= task.ends || (now > task.began && self.strikes(Trouble::Kills));
        if killed {
            self.world.state().chaos.as_mut().expect("a simulation").hung_up(now);
            drop(task.future);
            self.cut_off(task.errand, task.began);
        } else {
            match task.future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(end) => self.ended(task.errand, end),
                Poll::Pending => {
                    let wake = self.chaos(|chaos| chaos.wake.take()).expect("only naps make an invocation wait");
                    self.tasks.insert(number, task);
                    self.happen(wake, Happening::Wake(number));
                }
            }
        }
        self.chaos(|chaos| chaos.current = Current::default());
    }

    /// An invocation ended by itself.
    fn ended(&mut self, errand: Errand, end: End) {
        let now = self.now();
        match (errand, end) {
            (Errand::Deliver(delivery), End::Received(received)) => self.answered(&delivery, &received),
            (Errand::Command(message), End::Disposed(disposition)) => match disposition {
                Disposition::Ack(_) => {}
                Disposition::Retry { after_seconds, .. } => self.again(message, now.plus_seconds(after_seconds)),
                Disposition::Fail { reason } => {
                    self.defect = Some(format!("{} of {}: {reason}", message.command.step, message.command.order));
                }
            },
            (Errand::Relay(batch), End::Done(true)) if !self.strikes(Trouble::Doubles) => {
                self.world.state().stream.drain(..batch.len());
            }
            (errand @ (Errand::Resume(_) | Errand::Report(..)), End::Done(false)) => self.repeat(errand),
            _ => {}
        }
    }

    /// An invocation ended in the middle: nobody heard from it.
    fn cut_off(&mut self, errand: Errand, began: At) {
        match errand {
            Errand::Command(message) => {
                let visible = began.plus_seconds(6 * timeout_of(message.command.step));
                self.again(message, visible);
            }
            errand @ (Errand::Resume(_) | Errand::Report(..)) => self.repeat(errand),
            // The store saw an error, the stream gives its records again, the next minute brings another sweep.
            Errand::Deliver(_) | Errand::Relay(_) | Errand::Sweep => {}
        }
    }

    /// What nobody took is brought again in two minutes.
    fn repeat(&mut self, errand: Errand) {
        let errand = match errand {
            Errand::Report(_, _, 0) => return,
            Errand::Report(key, said, times) => Errand::Report(key, said, times - 1),
            other => other,
        };
        let at = self.now().plus_seconds(120);
        self.happen(at, Happening::Begin(errand));
    }

    fn again(&mut self, message: Message, visible_at: At) {
        let state = &mut *self.world.state();
        if message.receives >= MAX_RECEIVES {
            state.dead.push(message.command);
        } else {
            state.queues.entry(message.command.step).or_default().push_back(Message { visible_at, ..message });
        }
    }

    /// What was answered with 200 is kept somewhere.
    fn answered(&mut self, delivery: &Delivery, received: &intake::Received) {
        let state = self.world.state();
        let kept = match received {
            intake::Received::Spooled => {
                let waits =
                    |one: &Happening| matches!(one, Happening::Begin(Errand::Resume(spooled)) if spooled.delivery == *delivery);
                state.spool.iter().any(|spooled| spooled.delivery == *delivery) || self.happenings.values().any(waits)
            }
            other => other.order().is_none_or(|key| state.orders.contains_key(key)),
        };
        assert!(kept || received.status() != 200, "a delivery was answered with 200 and is nowhere: {received:?}");
    }

    fn is_quiet(&self) -> bool {
        self.tasks.is_empty() && self.world.is_quiet() && self.happenings.values().all(|one| matches!(one, Happening::Tick))
    }

    fn unfinished(&self) -> String {
        let state = self.world.state();
        let orders = state.orders.values().filter(|order| !waybill_domain::next(order).is_empty() || order.waiting.is_some());
        let orders: Vec<String> = orders
            .map(|order| {
                let waiting = order.waiting.as_ref().map(|waiting| &waiting.on);
                format!("{}: {:?}, waits for {waiting:?}, due {:?}", order.key, order.stage, waybill_domain::next(order))
            })
            .collect();
        let queued: usize = state.queues.values().map(VecDeque::len).sum();
        format!("{orders:?}, {queued} messages, {} records, {} invocations", state.stream.len(), self.tasks.len())
    }

    /// When it began.
    pub fn begin(&self) -> At {
        self.begin
    }

    /// Now.
    pub fn now(&self) -> At {
        self.world.state().now
    }

    /// Calls made, by the port's method.
    pub fn counts(&self) -> BTreeMap<&'static str, u64> {
        self.chaos(|chaos| chaos.counts.clone())
    }

    /// How many calls were out at the ERP, from each moment on.
    pub fn calls_out(&self) -> Vec<(At, usize)> {
        self.chaos(|chaos| chaos.calls_out.clone())
    }

    /// When the ERP was asked to write something.
    pub fn erp_writes(&self) -> Vec<At> {
        self.chaos(|chaos| chaos.erp_writes.clone())
    }

    fn draw(&self, what: &str, sides: u64) -> u64 {
        self.chaos(|chaos| chaos.draw(what, sides))
    }

    fn strikes(&self, trouble: Trouble) -> bool {
        let now = self.now();
        self.chaos(|chaos| chaos.strikes(trouble, now))
    }

    fn chaos<T>(&self, with: impl FnOnce(&mut Chaos) -> T) -> T {
        with(self.world.state().chaos.as_mut().expect("a simulation has chaos"))
    }
}

async fn perform(world: World, errand: Errand) -> End {
    match errand {
        Errand::Deliver(delivery) => End::Received(intake::run(&world, &delivery).await),
        Errand::Report(key, said, _) => End::Done(report(&world, &key, said, "wms").await.is_ok_and(|taken| taken.is_ok())),
        Errand::Command(Message { command, receives, .. }) => End::Disposed(deliver(&world, &command, receives).await),
        Errand::Resume(spooled) => End::Done(intake::resume(&world, &spooled).await.is_ok()),
        Errand::Relay(batch) => End::Done(relay::run(&world, &batch).await.is_ok()),
        Errand::Sweep => End::Done(sweep::run(&world).await.is_ok()),
    }
}

fn timeout_of(step: Step) -> u32 {
    SAGA.iter().find(|row| row.step == step).map_or(60, |row| row.timeout_seconds)
}

fn timeout_seconds(errand: &Errand) -> u32 {
    match errand {
        Errand::Deliver(_) | Errand::Resume(_) => timeout_of(Step::Intake),
        Errand::Command(message) => timeout_of(message.command.step),
        Errand::Relay(_) | Errand::Report(..) => 30,
        Errand::Sweep => 55,
    }
}
