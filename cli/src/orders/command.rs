//! `waybill orders` and `waybill order …` on the command line.

use clap::{Args, Subcommand};
use waybill_domain::{Order, OrderKey, StoreSlug};
use waybill_workflow::ports::Timeline;

use super::{OrderView, RetryError};
use crate::deployment::{Deployment, block_on, now};
use crate::{Failure, print};

/// Which orders.
#[derive(Debug, Args)]
pub struct OrdersArgs {
    /// Only those of this store
    #[arg(long, value_name = "STORE")]
    store: Option<StoreSlug>,
    /// Only those that are held, wait, or have not moved for two minutes: held ones first
    #[arg(long)]
    attention: bool,
    /// Print one JSON array instead of text
    #[arg(long)]
    json: bool,
}

/// What to do with one order.
#[derive(Debug, Subcommand)]
pub enum OrderCommand {
    /// Print an order's whole story
    Show {
        /// STORE/ID, such as shop/1042
        order: OrderKey,
        /// Print one JSON object instead of text
        #[arg(long)]
        json: bool,
    },
    /// Take the hold off an order: what it was held for is put right, and the step that stopped shall run again
    Retry {
        /// STORE/ID, such as shop/1042
        order: OrderKey,
        /// What the step could not do was done by hand: it does not try again
        #[arg(long)]
        done: bool,
    },
}

/// Lists orders.
///
/// # Errors
/// One sentence on what did not answer.
pub fn orders(args: OrdersArgs) -> Result<(), Failure> {
    block_on(async {
        let deployment = Deployment::ambient().await?;
        let found = find(&deployment, &args).await?;
        if args.json {
            let views: Vec<OrderView> = found.iter().map(OrderView::brief).collect();
            return print(&serde_json::to_string(&views)?);
        }
        print(&super::list(&found))
    })
}

async fn find(deployment: &Deployment, args: &OrdersArgs) -> Result<Vec<Order>, Failure> {
    let dynamo = &deployment.dynamo;
    let store = args.store.as_ref();
    let found = if args.attention {
        super::attention(dynamo, |keys| async move { dynamo.orders_by_key(&keys).await }, store, now()).await
    } else {
        dynamo.orders(store).await.map(|mut orders| {
            orders.sort_by(|a, b| a.key.cmp(&b.key));
            orders
        })
    };
    found.map_err(|error| deployment.explain(&error).into())
}

/// Shows one order, or sends it on.
///
/// # Errors
/// One sentence: no such order, not held, or what did not answer.
pub fn order(command: OrderCommand) -> Result<(), Failure> {
    block_on(async {
        let deployment = Deployment::ambient().await?;
        match command {
            OrderCommand::Show { order, json } => {
                let story = deployment.dynamo.story(&order).await.map_err(|error| deployment.explain(&error))?;
                let (order, events) = story.ok_or_else(|| RetryError::NoSuchOrder(order).to_string())?;
                let text =
                    if json { serde_json::to_string(&OrderView::full(&order, &events))? } else { super::story(&order, &events) };
                print(&text)
            }
            OrderCommand::Retry { order, done } => match super::retry(&deployment.dynamo, &order, done, now()).await {
                Ok(hold) if done => print(&format!("{order} goes on: it was held with {}, which was done by hand", hold.code)),
                Ok(hold) => print(&format!("{order} goes on: {} runs again (it was held with {})", hold.step, hold.code)),
                Err(RetryError::Unavailable(error)) => Err(deployment.explain(&error).into()),
                Err(error) => Err(error.into()),
            },
        }
    })
}
