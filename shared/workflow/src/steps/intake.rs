//! intake: takes a delivery, believes only what its signature covers, and stores the order. 200 as soon as it is stored.
//!
//! A delivery is compared with the record, never with earlier deliveries. Newer: taken. Same content: at most the
//! watermark moves. Equal or older with other content, and everything that is not an order: the order is doubted, and validate asks.

use std::sync::atomic::{AtomicBool, Ordering};

use waybill_domain::{
    At, Change, ContentHash, Order, OrderKey, Reading, StaleReason, Step, StoreOrder, StoreSlug, advance, begin,
};

use super::TRIES;
use super::bounded::bounded;
use crate::commit::{cause, contention};
use crate::error::{StepError, Unavailable};
use crate::ports::{CommitError, Delivery, Orders, Runtime, Snapshots, Spool, Spooled, Storefront, WebhookSecrets};

/// A delivery that is not stored after so many milliseconds is put aside. Together with [`SPOOLED_WITHIN`] less than the five seconds in
/// which a store wants its ping answered; for other deliveries it waits longer, but each occupies one of its workers.
const STORED_WITHIN: u32 = 2_500;
/// A delivery that is not put aside after so many more milliseconds is lost.
const SPOOLED_WITHIN: u32 = 2_000;

/// What this step needs.
pub trait Ports: Orders + Snapshots + WebhookSecrets + Spool + Storefront + Runtime {}
impl<T: Orders + Snapshots + WebhookSecrets + Spool + Storefront + Runtime> Ports for T {}

/// What became of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    /// A webhook's test message.
    Ping,
    /// Nobody we know signed it, or there is no such store: the answer is the same.
    Unsigned,
    /// A new order.
    New(OrderKey),
    /// A known order, with newer content.
    Newer(OrderKey),
    /// Nothing new.
    Same(OrderKey),
    /// The order is in doubt and will be read from the store.
    Doubted(OrderKey, StaleReason),
    /// A draft of an order that is not placed.
    Draft,
    /// A topic that starts no work yet.
    Counted(String),
    /// An order that the body does not name: the store is polled every few minutes, which finds it.
    Unnamed(String),
    /// Put aside, because something was down: dealt with from the queue.
    Spooled,
    /// Nothing could be written anywhere. The poll of the store will find the order.
    Lost,
}

impl Received {
    /// The HTTP status of the answer. After a valid signature always 200, because failures disable the webhook; unless the delivery is
    /// nowhere: 200 would be a lie then, and whoever delivers through a gateway of their own may send it again.
    pub fn status(&self) -> u16 {
        match self {
            Received::Unsigned => 401,
            Received::Lost => 503,
            _ => 200,
        }
    }

    /// The order it is about, if it names one.
    pub fn order(&self) -> Option<&OrderKey> {
        match self {
            Received::New(key) | Received::Newer(key) | Received::Same(key) | Received::Doubted(key, _) => Some(key),
            _ => None,
        }
    }

    /// What the store said it was about, where it named no order: an error's code, a resource.
    pub fn about(&self) -> Option<&str> {
        match self {
            Received::Counted(about) | Received::Unnamed(about) => Some(about),
            _ => None,
        }
    }

    /// What became of it, as a slug.
    pub fn slug(&self) -> &'static str {
        match self {
            Received::Ping => "ping",
            Received::Unsigned => "unsigned",
            Received::New(_) => "new",
            Received::Newer(_) => "newer",
            Received::Same(_) => "same",
            Received::Doubted(..) => "doubted",
            Received::Draft => "draft",
            Received::Counted(_) => "counted",
            Received::Unnamed(_) => "unnamed",
            Received::Spooled => "spooled",
            Received::Lost => "lost",
        }
    }
}

/// A delivery from the network. Answered in time whatever hangs, and put aside if anything fails, panics included.
pub async fn run(ports: &impl Ports, delivery: &Delivery) -> Received {
    let verified = AtomicBool::new(false);
    let why = match bounded(ports, STORED_WITHIN, taken(ports, delivery, &verified)).await {
        Ok(Ok(received)) => return received,
        Ok(Err(error)) => error.to_string(),
        Err(cut) => cut.reason().to_owned(),
    };
    // What could not be judged now is judged when it comes back from the queue.
    put_aside(ports, delivery, verified.load(Ordering::Relaxed), &why).await
}

async fn taken(ports: &impl Ports, delivery: &Delivery, verified: &AtomicBool) -> Result<Received, StepError> {
    if delivery.signature.is_none() && ports.is_ping(delivery) {
        return Ok(Received::Ping);
    }
    let Some(store) = authentic(ports, delivery).await? else { return Ok(Received::Unsigned) };
    verified.store(true, Ordering::Relaxed);
    accept(ports, &store, delivery).await
}

/// A delivery that was put aside.
///
/// # Errors
/// What is still down: the message comes back.
pub async fn resume(ports: &impl Ports, spooled: &Spooled) -> Result<Received, StepError> {
    let store = match authentic(ports, &spooled.delivery).await? {
        Some(store) => store,
        // It was right when it came; the secret was changed since.
        None if spooled.verified => match spooled.delivery.store.parse() {
            Ok(store) => store,
            Err(_) => return Ok(Received::Unsigned),
        },
        None => return Ok(Received::Unsigned),
    };
    accept(ports, &store, &spooled.delivery).await
}

/// The store, if one of its secrets signed the body. A mismatch is checked against fresh secrets once: they may have been rotated.
async fn authentic(ports: &impl Ports, delivery: &Delivery) -> Result<Option<StoreSlug>, Unavailable> {
    let signature = delivery.signature.as_deref().unwrap_or_default();
    let store: Option<StoreSlug> = delivery.store.parse().ok();
    for fresh in [false, true] {
        let secrets = match &store {
            Some(store) => ports.webhook_secrets(store, fresh).await?.unwrap_or_default(),
            None => Vec::new(),
        };
        if ports.verify(&secrets, &delivery.body, signature) {
            return Ok(store);
        }
    }
    Ok(None)
}

async fn put_aside(ports: &impl Ports, delivery: &Delivery, verified: bool, why: &str) -> Received {
    let spooled = Spooled { delivery: delivery.clone(), verified };
    let error = match bounded(ports, SPOOLED_WITHIN, ports.spool(&spooled)).await {
        Ok(Ok(())) => {
            tracing::warn!(store = delivery.store, why, "delivery put aside");
            return Received::Spooled;
        }
        Ok(Err(error)) => error.to_string(),
        Err(cut) => cut.reason().to_owned(),
    };
    tracing::error!(store = delivery.store, why, error, "delivery lost; the poll of the store must find the order");
    Received::Lost
}

async fn accept(ports: &impl Ports, store: &StoreSlug, delivery: &Delivery) -> Result<Received, StepError> {
    let key = |id| OrderKey { store: store.clone(), id };
    let cause = format!("delivery:{}", delivery.delivery_id.as_deref().unwrap_or("-").chars().take(8).collect::<String>());
    match ports.read(delivery) {
        Reading::Order(order) if order.status.is_draft() => match ports.load(&key(order.id)).await? {
            Some(_) => doubt(ports, key(order.id), StaleReason::Draft, cause).await,
            None => Ok(Received::Draft),
        },
        Reading::Order(order) => observe(ports, key(order.id), &order, delivery, cause).await,
        Reading::Hint { order, reason } => doubt(ports, key(order), reason, cause).await,
        Reading::Unnamed { code } => Ok(Received::Unnamed(code)),
        Reading::Counted { resource } => Ok(Received::Counted(resource)),
    }
}

/// Compares what a delivery carries with the record, and commits the difference. The snapshot is written before the record that names it,
/// and only then: the second of the two deliveries of one checkout says nothing new and costs one read.
async fn observe(
    ports: &impl Ports,
    key: OrderKey,
    order: &StoreOrder,
    delivery: &Delivery,
    why: String,
) -> Result<Received, StepError> {
    // The topic is not signed, so it decides no more than what is tried first.
    let known = match delivery.topic.as_deref() {
        Some("order.created") => None,
        _ => ports.load(&key).await?.map(Box::new),
    };
    let hash = order.content_hash();
    let kept = matches!(compare(order, &hash, known.as_deref()), Compared::New | Compared::Newer);
    if kept {
        ports.put(&key, &hash, &delivery.body).await?;
    }
    converge(ports, key, known, why, |known| match compare(order, &hash, known) {
        // Somebody was faster, and what seemed known is new after all: the store is asked, rather than a record written without snapshot.
        Compared::New | Compared::Newer if !kept => doubted(StaleReason::SnapshotMissing),
        Compared::New => Decision::Commit(seen(order), Box::new(Received::New)),
        Compared::Newer => Decision::Commit(seen(order), Box::new(Received::Newer)),
        Compared::Touched => Decision::Commit(Change::Touched(order.modified), Box::new(Received::Same)),
        Compared::Same => Decision::Nothing,
        Compared::NotNewer => doubted(StaleReason::NotNewer),
    })
    .await
}

/// What an order is to the record.
enum Compared {
    New,
    Newer,
    /// The same content, with a newer date.
    Touched,
    Same,
    /// Other content, and no newer date.
    NotNewer,
}

fn compare(order: &StoreOrder, hash: &ContentHash, known: Option<&Order>) -> Compared {
    let Some(known) = known else { return Compared::New };
    match &known.content {
        None => Compared::Newer,
        Some(content) if content.hash == *hash => {
            if order.modified > content.modified {
                Compared::Touched
            } else {
                Compared::Same
            }
        }
        Some(content) if order.modified > content.modified => Compared::Newer,
        Some(_) => Compared::NotNewer,
    }
}

/// Puts an order's content in doubt, whether or not Waybill knows the order.
///
/// # Errors
/// What kept it from being written.
async fn doubt(ports: &(impl Orders + Runtime), key: OrderKey, reason: StaleReason, why: String) -> Result<Received, StepError> {
    converge(ports, key, None, why, |_| doubted(reason)).await
}

/// What the poll of a store saw: an order with this date.
///
/// # Errors
/// What kept it from being written.
pub(super) async fn polled(ports: &(impl Orders + Runtime), key: OrderKey, modified: At) -> Result<Received, StepError> {
    // Most of what a poll sees is known and up to date: a read costs a fifth of a write that is refused.
    let known = ports.load(&key).await?.map(Box::new);
    converge(ports, key, known, "poll".to_owned(), |known| match known {
        Some(Order { stale: Some(_), .. }) => Decision::Nothing,
        Some(Order { content: Some(content), .. }) if content.modified >= modified => Decision::Nothing,
        _ => doubted(StaleReason::Polled),
    })
    .await
}

fn seen(order: &StoreOrder) -> Change {
    Change::Seen { order: Box::new(order.clone()), asked: false }
}

fn doubted(reason: StaleReason) -> Decision {
    Decision::Commit(Change::Doubted(reason), Box::new(move |key| Received::Doubted(key, reason)))
}

enum Decision {
    Commit(Change, Box<dyn FnOnce(OrderKey) -> Received + Send>),
    Nothing,
}

/// Decides from the record as the database shows it, until a decision is written. Where nothing is known the first try assumes that the
/// order is new: a refusal carries the record.
async fn converge(
    ports: &(impl Orders + Runtime),
    key: OrderKey,
    mut known: Option<Box<Order>>,
    why: String,
    decide: impl Fn(Option<&Order>) -> Decision + Send,
) -> Result<Received, StepError> {
    let context = cause(ports, Step::Intake, why);
    for _ in 0..TRIES {
        let Decision::Commit(change, received) = decide(known.as_deref()) else { return Ok(Received::Same(key)) };
        let before = known.as_deref().cloned().unwrap_or_else(|| begin(key.clone(), context.at));
        let after = advance(&before, vec![change], &context)?;
        match ports.commit(known.as_deref(), &after).await {
            Ok(()) => return Ok(received(key)),
            Err(CommitError::Conflict(Some(current))) => known = Some(current),
            Err(CommitError::Conflict(None)) => known = ports.load(&key).await?.map(Box::new),
            Err(CommitError::Contention) => return Err(contention()),
            Err(CommitError::Short(_)) => return Err(StepError::Defect { reason: "intake moved stock".to_owned() }),
            Err(CommitError::Recorded(entry)) => {
                return Err(StepError::Defect {
                    reason: format!("the ledger has {entry}, of which the order's record does not know"),
                });
            }
            Err(CommitError::Unavailable(error)) => return Err(error.into()),
        }
    }
    Err(contention())
}
