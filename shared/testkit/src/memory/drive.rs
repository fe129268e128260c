//! Runs the deployment until nothing moves any more: stream, queues, spool, and a sweep whenever only time can help.

use waybill_contracts::Command;
use waybill_domain::{Step, next};
use waybill_workflow::dispose::{Disposition, dispose};
use waybill_workflow::ports::Delivery;
use waybill_workflow::steps::{intake, post_to_erp, refund, relay, reserve, ship_update, sweep, validate};

use super::{Message, World};

/// Bad manners of a deployment that loses nothing but promises little.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Manners {
    /// Every stream record and every message is given twice.
    pub doubled: bool,
    /// Messages come newest first, and stream records of different orders change places.
    pub reordered: bool,
    /// Stream records never reach the relay: only the sweep is left.
    pub deaf_stream: bool,
}

/// Receives after which a message is dead; the template has more.
const MAX_RECEIVES: u32 = 10;
/// A run that takes more rounds than this does not end by itself.
const MAX_ROUNDS: usize = 2_000;

/// Gives one message to its step and returns what becomes of it.
pub async fn deliver(world: &World, command: &Command, receive_count: u32) -> Disposition {
    let result = match command.step {
        Step::Validate => validate::run(world, command).await,
        Step::Reserve => reserve::run(world, command).await,
        Step::PostToErp => post_to_erp::run(world, command).await,
        Step::ShipUpdate => ship_update::run(world, command).await,
        Step::Refund => refund::run(world, command).await,
        Step::Intake => panic!("intake takes deliveries, not commands"),
    };
    dispose(world, command, result, receive_count).await
}

impl World {
    /// Gives a delivery to intake, as the network does: once, whatever happens.
    pub async fn receive(&self, delivery: &Delivery) -> Option<intake::Received> {
        self.enter(Some(Step::Intake));
        let received = intake::run(self, delivery).await;
        (!self.crashed()).then_some(received)
    }

    /// Runs until no order has anything to do, no message is left and no stream record is unread.
    pub async fn settle(&self, manners: Manners) {
        for _ in 0..MAX_ROUNDS {
            self.work(manners).await;
            if self.is_quiet() {
                return;
            }
            // Only time helps: a delayed message, a lease, a lost command, an open circuit.
            self.pass_seconds(60);
            self.sweep().await;
        }
        panic!(
            "the world does not come to rest: {:?}",
            self.state().orders.values().map(|order| (&order.key, next(order))).collect::<Vec<_>>()
        );
    }

    /// Deals with everything that can be dealt with at this moment: no time passes but what the steps take.
    pub async fn work(&self, manners: Manners) {
        for _ in 0..MAX_ROUNDS {
            let moved = self.relay_one(manners).await || self.message_one(manners).await || self.spool_one().await;
            if !(moved || self.echo_one(manners).await) {
                return;
            }
        }
        panic!("the world works without end");
    }

    /// One sweep. One that fails is followed by another one in a minute.
    pub async fn sweep(&self) {
        self.enter(None);
        let _ = sweep::run(self).await;
    }

    /// A sweep whether or not it is needed, and then to rest.
    pub async fn settle_after_sweep(&self, manners: Manners) {
        self.sweep().await;
        self.settle(manners).await;
    }

    pub(super) fn is_quiet(&self) -> bool {
        let state = self.state();
        let waits_for_endpoint = |order: &waybill_domain::Order| {
            order.waiting.as_ref().is_some_and(|waiting| waiting.on != waybill_domain::WaitOn::Payment)
        };
        state.queues.values().all(|queue| queue.is_empty())
            && state.stream.is_empty()
            && state.spool.is_empty()
            && state.echoes.is_empty()
            && state.orders.values().all(|order| next(order).is_empty() && !waits_for_endpoint(order))
    }

    async fn relay_one(&self, manners: Manners) -> bool {
        let image = {
            let mut state = self.state();
            if manners.deaf_stream {
                state.stream.clear();
            }
            // Order is kept per order only.
            let take = match (manners.reordered, state.stream.front(), state.stream.back()) {
                (true, Some(front), Some(back)) if front.key != back.key => {
                    let key = back.key.clone();
                    state.stream.iter().position(|image| image.key == key).unwrap_or(0)
                }
                _ => 0,
            };
            state.stream.remove(take)
        };
        let Some(image) = image else { return false };
        for _ in 0..if manners.doubled { 2 } else { 1 } {
            self.enter(None);
            if relay::run(self, std::slice::from_ref(&image)).await.is_err() {
                // The stream gives it again, before anything newer of this order.
                self.state().stream.push_front(image);
                return true;
            }
        }
        true
    }

    async fn message_one(&self, manners: Manners) -> bool {
        let Some(mut message) = self.take_message(manners) else { return false };
        message.receives += 1;
        let deliveries = if manners.doubled { 2 } else { 1 };
        for _ in 0..deliveries {
            self.enter(Some(message.command.step));
            let disposition = deliver(self, &message.command, message.receives).await;
            let retry = match disposition {
                _ if self.crashed() => Some(60),
                Disposition::Ack(_) => None,
                Disposition::Retry { after_seconds, .. } => Some(after_seconds),
                Disposition::Fail { .. } => Some(60),
            };
            let Some(after_seconds) = retry else { continue };
            let mut state = self.state();
            if message.receives >= MAX_RECEIVES {
                state.dead.push(message.command);
            } else {
                let visible_at = state.now.plus_seconds(after_seconds);
                state.queues.entry(message.command.step).or_default().push_back(Message { visible_at, ..message });
            }
            return true;
        }
        true
    }

    fn take_message(&self, manners: Manners) -> Option<Message> {
        let mut state = self.state();
        let now = state.now;
        for queue in state.queues.values_mut() {
            let visible = |message: &Message| message.visible_at <= now;
            let found = if manners.reordered { queue.iter().rposition(visible) } else { queue.iter().position(visible) };
            if let Some(index) = found {
                return queue.remove(index);
            }
        }
        None
    }

    /// The store tells of what Waybill wrote to it.
    async fn echo_one(&self, manners: Manners) -> bool {
        let Some(delivery) = self.state().echoes.pop_front() else { return false };
        for _ in 0..if manners.doubled { 2 } else { 1 } {
            self.receive(&delivery).await;
        }
        true
    }

    async fn spool_one(&self) -> bool {
        let Some(spooled) = self.state().spool.pop_front() else { return false };
        self.enter(Some(Step::Intake));
        if intake::resume(self, &spooled).await.is_err() {
            self.pass_seconds(30);
            self.state().spool.push_back(spooled);
        }
        true
    }
}
