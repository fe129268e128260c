//! ship-update: tells the warehouse what is to leave, and the store what left.
//!
//! The warehouse is pushed to where it is configured so; a push may be repeated. The store is told in one go, under one intent: a note to the
//! customer, a fulfillment where the store has that feature, the meta data that shipment-tracking plugins read, and `completed` when all
//! that is to leave left. Notes and fulfillments must not be doubled, so whoever goes on after a failure reads first what is there.

use waybill_contracts::{Command, Origin};
use waybill_domain::next::{completes, owes_store, pushes};
use waybill_domain::shipment::fulfilment_order;
use waybill_domain::{Change, Effect, Endpoint, Limits, Order, Shipment, StaleReason, Step, StoreConfig, StoreOrder};

use super::door::{Door, Knock};
use super::leases::Settle;
use super::reserve::{posted, snapshot, store};
use super::{Outcome, begin, committed, conclude, doubted, due, written};
use crate::commit::{commit, context};
use crate::error::{CallError, Failure, StepError};
use crate::ports::{Circuits, Configs, Orders, Runtime, Snapshots, StoreDesk, StoreFulfillment, Storefront, WarehouseDesk};

/// What this step needs. Of the storefront only the wire format.
pub trait Ports: Orders + Snapshots + Configs + Circuits + Storefront + StoreDesk + WarehouseDesk + Runtime {}
impl<T: Orders + Snapshots + Configs + Circuits + Storefront + StoreDesk + WarehouseDesk + Runtime> Ports for T {}

/// Runs the step for the order the command names.
///
/// # Errors
/// What kept it from its work; [`crate::dispose::dispose`] deals with it.
pub async fn run(ports: &impl Ports, command: &Command) -> Result<Outcome, Failure> {
    let Some(mut order) = due(ports, command, Step::ShipUpdate).await? else { return Ok(Outcome::NothingDue) };
    let store = store(ports, &order).await?;
    // The warehouse first: the sooner it knows that less is to leave, the less has to come back.
    let free = Order { waiting: order.waiting.clone().filter(|_| command.origin != Origin::Line), ..order.clone() };
    if order.call.is_none() && pushes(&free) {
        order = match snapshot(ports, &order).await? {
            Ok(seen) => push(ports, command, order, &store, seen).await?,
            Err(doubt) => return doubted(ports, command, &order, doubt).await,
        };
    }
    if order.call.is_none() && !owes_store(&order) {
        return Ok(Outcome::Done);
    }
    let there = (Endpoint::Store(store.slug.clone()), Limits::STORE);
    let door = Knock::at(ports, there, Settle::STORE, command).await?.enter(ports).await?;
    let telling = Telling { ports, command, store, door };
    let result = telling.run(order).await;
    telling.door.leave(ports).await;
    result
}

/// Tells the warehouse what it is to ship, as the ERP has the order.
async fn push(
    ports: &impl Ports,
    command: &Command,
    order: Order,
    store: &StoreConfig,
    seen: StoreOrder,
) -> Result<Order, Failure> {
    let Some(slug) = order.fulfilment.push.as_ref().map(|push| push.warehouse.clone()) else { return Ok(order) };
    let Some(warehouse) = ports.warehouse(&slug).await? else {
        let message =
            format!("there is no warehouse {:?} in this deployment; add it with `waybill warehouse add`", slug.as_str());
        return Err(StepError::Terminal { code: "warehouse_unknown".to_owned(), message }.into());
    };
    let there = (Endpoint::Warehouse(slug), warehouse.limits());
    let knock = Knock::at(ports, there, Settle::STORE, command).await?;
    let posted = posted(ports, &order).await?.and_then(Result::ok).unwrap_or(seen);
    let fulfilment = fulfilment_order(&order, &posted, &store.mapping, false);
    let door = knock.enter(ports).await?;
    let answer = ports.push(&warehouse, &fulfilment).await;
    door.note(&answer);
    let answer = answer.map_err(|error| door.unanswered(error));
    door.leave(ports).await;
    answer?;
    let pushed = vec![Change::Pushed(fulfilment.revision)];
    written(commit(ports, &order, pushed, &context(ports, command)).await?)
}

struct Telling<'a, P: Ports> {
    ports: &'a P,
    command: &'a Command,
    store: StoreConfig,
    /// To the store.
    door: Door,
}

impl<P: Ports> Telling<'_, P> {
    async fn run(&self, order: Order) -> Result<Outcome, Failure> {
        // Somebody may have told a part of it before: what is there is read first.
        let tried = order.fulfilment.tried;
        let ended = order.call.iter().map(|_| Change::CallEnded { why: "the store is read".to_owned() }).collect();
        let order = begin(self.ports, self.command, &order, ended, Effect::Tell, Settle::STORE.lease(self.ports)).await?;
        let untold: Vec<Shipment> =
            order.fulfilment.shipments.iter().filter(|shipment| shipment.told < shipment.revision).cloned().collect();
        let complete = completes(&order);
        let answer = self.tell(&order, &untold, tried, complete).await;
        self.door.note(&answer);
        let (seen, body) = match answer {
            Ok(told) => told,
            // Nobody is there to be told: the store is asked whether the order is.
            Err(CallError::Refused { code, .. }) if code == "store_order_gone" => {
                let changes = vec![Change::CallEnded { why: code }, Change::Doubted(StaleReason::Deleted)];
                return committed(commit(self.ports, &order, changes, &context(self.ports, self.command)).await?);
            }
            // Of what was told before the call that failed, the record knows only that it was tried.
            Err(error) => return Err(self.door.failed(error, Effect::Tell, Settle::STORE.probe(self.ports))),
        };
        self.ports.put(&order.key, &seen.content_hash(), &body).await?;
        let changes = vec![
            Change::Told {
                shipments: untold.into_iter().map(|shipment| (shipment.id, shipment.revision)).collect(),
                completed: complete,
            },
            // The store's own word of this brings no work then.
            Change::Seen { order: Box::new(seen), asked: true },
        ];
        conclude(self.ports, self.command, order, changes, &Effect::Tell).await
    }

    async fn tell(
        &self,
        order: &Order,
        untold: &[Shipment],
        tried: bool,
        complete: bool,
    ) -> Result<(StoreOrder, Vec<u8>), CallError> {
        let id = order.key.id;
        // One that was void before anybody heard of it is nobody's news.
        let news: Vec<&Shipment> = untold.iter().filter(|shipment| !shipment.void || shipment.told > 0 || tried).collect();
        let there = if tried && !news.is_empty() { self.ports.notes(&self.store, id).await? } else { Vec::new() };
        for shipment in &news {
            let (text, for_customer) = note(shipment);
            if !there.contains(&text) {
                self.ports.add_note(&self.store, id, &text, for_customer).await?;
            }
        }
        let shown = self.ports.show_shipments(&self.store, id, &order.fulfilment.shipments, complete).await?;
        // Last: a note moves no date and a fulfillment moves it, so that whatever webhook follows carries the content just read.
        self.fulfill(id, &news, tried).await?;
        Ok(shown)
    }

    /// Whether a store has fulfillments is asked once, and remembered with its circuit.
    async fn fulfill(&self, id: u64, news: &[&Shipment], tried: bool) -> Result<(), CallError> {
        let known = self.door.fulfillments();
        if news.is_empty() || known == Some(false) {
            return Ok(());
        }
        let asks = tried || known.is_none() || news.iter().any(|shipment| shipment.told > 0);
        let there: Vec<StoreFulfillment> = if asks {
            let answer = self.ports.fulfillments(&self.store, id).await?;
            if known != Some(answer.is_some()) {
                self.door.remember(self.ports, answer.is_some()).await;
            }
            let Some(there) = answer else { return Ok(()) };
            there
        } else {
            Vec::new()
        };
        for shipment in news {
            let known = there.iter().find(|known| known.shipment.as_ref() == Some(&shipment.id));
            if known.is_some_and(|known| known.revision >= shipment.revision) || (known.is_none() && shipment.void) {
                continue;
            }
            self.ports.put_fulfillment(&self.store, id, known.map(|known| known.id), shipment).await?;
        }
        Ok(())
    }
}

/// What a note says of a shipment, the same at every try, and whether the customer is to read it: news is for the customer, that a parcel
/// never left is for the shop.
fn note(shipment: &Shipment) -> (String, bool) {
    let parts = [("with ", &shipment.carrier), ("tracking number ", &shipment.tracking), ("", &shipment.tracking_url)];
    let parts: Vec<String> =
        parts.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| format!("{name}{value}")).collect();
    let by = parts.join(", ");
    let id = &shipment.id;
    match (shipment.void, shipment.told) {
        (true, _) => (format!("Shipment {id} did not leave after all."), false),
        (false, 0) => (format!("Your order is on its way: shipment {id} {by}").trim_end().to_owned(), true),
        (false, _) => (format!("Shipment {id} was corrected (revision {}): {by}", shipment.revision).trim_end().to_owned(), true),
    }
}
