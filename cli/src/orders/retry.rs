//! A person says: try again.

use waybill_domain::transition::means_done;
use waybill_domain::{At, Change, Context, Hold, Illegal, Order, OrderKey, Step, advance};
use waybill_workflow::Unavailable;
use waybill_workflow::ports::{CommitError, Orders};

/// A step may commit at the same moment; more often than this would be no coincidence.
const TRIES: u32 = 5;

/// Why an order was not sent on.
#[derive(Debug, thiserror::Error)]
pub enum RetryError {
    /// Waybill has never seen it.
    #[error("there is no order {0}; `waybill orders` lists what there is")]
    NoSuchOrder(OrderKey),
    /// Nobody has to decide anything.
    #[error("{order} is not held: {state}")]
    NotHeld {
        /// Which.
        order: OrderKey,
        /// What it is instead.
        state: String,
    },
    /// Trying again would find the same.
    #[error(
        "{order} is held with {code}, and trying again would find the same: do what docs/ERRORS.md says, then say so with \
         `waybill order retry {order} --done`"
    )]
    ByHand {
        /// Which.
        order: OrderKey,
        /// The code.
        code: String,
    },
    /// Something else is the matter by now.
    #[error("{order} is held with {code} by now")]
    Other {
        /// Which.
        order: OrderKey,
        /// The code.
        code: String,
    },
    /// A step was faster, again and again.
    #[error("{0} keeps changing; look at `waybill order show {0}` and try again")]
    Busy(OrderKey),
    /// A defect.
    #[error(transparent)]
    Illegal(#[from] Illegal),
    /// A table did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Takes the hold off an order, so that the step that stopped runs again (or, with `done`, takes what it could not do for done by hand); what
/// the relay sends follows from the record. Answers the hold that was taken off.
///
/// # Errors
/// If there is no such order, it is not held, or it cannot be written.
pub async fn retry(orders: &impl Orders, key: &OrderKey, done: bool, at: At) -> Result<Hold, RetryError> {
    retry_if(orders, key, done, at, |_| true).await
}

/// As [`retry`], if the hold is the one that is meant.
///
/// # Errors
/// As [`retry`], or if it is another.
pub async fn retry_if(
    orders: &impl Orders,
    key: &OrderKey,
    done: bool,
    at: At,
    meant: impl Fn(&Hold) -> bool + Send,
) -> Result<Hold, RetryError> {
    for _ in 0..TRIES {
        let Some(order) = orders.load(key).await? else { return Err(RetryError::NoSuchOrder(key.clone())) };
        let Some(hold) = order.hold.clone() else {
            return Err(RetryError::NotHeld { order: key.clone(), state: state(&order) });
        };
        if !meant(&hold) {
            return Err(RetryError::Other { order: key.clone(), code: hold.code });
        }
        if !done && means_done(&hold.code) {
            return Err(RetryError::ByHand { order: key.clone(), code: hold.code });
        }
        let release = env!("CARGO_PKG_VERSION").to_owned();
        let context = Context { at, step: hold.step, cause: "person".to_owned(), release };
        let change = if done { Change::DoneByHand } else { Change::Retried };
        let after = advance(&order, vec![change], &context)?;
        match orders.commit(Some(&order), &after).await {
            Ok(()) => return Ok(hold),
            Err(CommitError::Unavailable(error)) => return Err(error.into()),
            Err(CommitError::Conflict(_) | CommitError::Contention | CommitError::Short(_) | CommitError::Recorded(_)) => {}
        }
    }
    Err(RetryError::Busy(key.clone()))
}

fn state(order: &Order) -> String {
    if let Some(waiting) = &order.waiting {
        return format!("it waits for {} since {} and goes on by itself", waiting.on, waiting.since);
    }
    let due: Vec<&str> = waybill_domain::next(order).iter().map(|due| due.step).map(Step::slug).collect();
    let stage = super::view::slug(&order.stage);
    if due.is_empty() {
        format!("it is {stage}, and nothing is to be done")
    } else {
        format!("it is {stage}, and {} is next", due.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use waybill_testkit::memory::World;

    use super::*;

    const NOW: At = At(1_767_225_700_000);

    fn held() -> (World, OrderKey) {
        let world = World::with_shop();
        let key: OrderKey = "shop/1".parse().unwrap();
        let mut order = waybill_domain::transition::begin(key.clone(), At(1_767_225_600_000));
        order.hold = Some(Hold {
            code: "short_stock".to_owned(),
            message: "SKU-A: 2 wanted, 1 available".to_owned(),
            step: Step::Reserve,
            since: At(1_767_225_600_000),
            doubt: None,
            about: None,
            under: None,
        });
        world.state().orders.insert(key.clone(), order);
        (world, key)
    }

    #[tokio::test]
    async fn the_hold_is_gone_and_the_timeline_says_a_person_did_it() {
        let (world, key) = held();
        assert_eq!(retry(&world, &key, false, NOW).await.unwrap().code, "short_stock");
        let order = world.order("shop/1").unwrap();
        let event = order.events.last().unwrap();
        assert_eq!((event.kind.name(), event.cause.as_str(), event.at), ("order.retried", "person", NOW));
        assert_eq!((event.step, &order.hold), (Step::Reserve, &None));
        assert_eq!(world.state().stream.len(), 1, "the relay hears of it");
    }

    #[tokio::test]
    async fn an_order_that_is_not_held_or_not_there_is_refused_in_words() {
        let (world, key) = held();
        retry(&world, &key, false, NOW).await.unwrap();
        let again = retry(&world, &key, false, NOW).await.unwrap_err().to_string();
        assert_eq!(again, "shop/1 is not held: it is received, and validate is next");
        let nowhere = retry(&world, &"shop/9".parse().unwrap(), false, NOW).await.unwrap_err();
        assert!(matches!(nowhere, RetryError::NoSuchOrder(_)));
    }
}
