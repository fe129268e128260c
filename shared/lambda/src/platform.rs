//! Every port of the workflow on AWS and the connectors. One value per environment; clones share its connections.

use std::sync::Arc;
use std::time::Duration;

use waybill_aws::{Bus, Dynamo, Names, Pace, Queues, Secrets, Sqs, sdk_config};
use waybill_connectors::client_signature;
use waybill_connectors::erp::AnyErp;
use waybill_connectors::warehouse::PushedWarehouses;
use waybill_connectors::woocommerce::{RestKeys, WooCommerce};
use waybill_contracts::Fact;
use waybill_contracts::report::BusReport;
use waybill_domain::{
    At, Circuit, ClientSlug, ContentHash, Endpoint, ErpConfig, ErpRecords, ErpSlug, Event, FulfilmentOrder, Lane, NewRefund,
    Order, OrderKey, Reading, Shipment, Sku, StockRow, StoreConfig, StoreOrder, StoreRefund, StoreSlug, WarehouseConfig,
    WarehouseSlug,
};
use waybill_workflow::ports::erp::Erps;
use waybill_workflow::ports::{
    Circuits, Claim, Client, ClientSignatures, Clients, CommandQueue, CommitError, Configs, DeadLetter, DeadLetters, Delivery,
    FactBus, Failures, Idempotency, Known, Lanes, LastWords, LetterId, Log, Orders, Outgoing, ReportBus, Runtime, Saved,
    SignedRequest, Snapshots, Spool, Spooled, StockLedger, StoreDesk, StoreFulfillment, StoreSecrets, Storefront, Waiter,
    WarehouseDesk, WebhookSecrets,
};
use waybill_workflow::{CallError, Unavailable};

use crate::erps::ErpConnections;
use crate::system::System;

/// The deployment as a function sees it.
#[derive(Clone)]
pub struct Platform {
    names: Names,
    dynamo: Dynamo,
    secrets: Secrets,
    sqs: Sqs,
    bus: Bus,
    stores: Arc<WooCommerce<Keys>>,
    erps: ErpConnections,
    warehouses: Arc<PushedWarehouses<Secrets>>,
    system: System,
    own_queue: Option<String>,
}

impl Platform {
    /// From the environment that the template gives a function.
    pub async fn from_env(pace: Pace) -> Self {
        let config = sdk_config(pace).await;
        let names = Names::from_env();
        let secrets = Secrets::new(&config, &names);
        Platform {
            dynamo: Dynamo::new(&config, &names),
            sqs: Sqs::new(&config, Queues::from_env()),
            bus: Bus::new(&config, &names),
            stores: Arc::new(WooCommerce::new(Keys(secrets.clone()))),
            warehouses: Arc::new(PushedWarehouses::new(secrets.clone())),
            secrets,
            names,
            erps: ErpConnections::default(),
            system: System::from_env(),
            own_queue: std::env::var("WAYBILL_QUEUE").ok().filter(|url| !url.is_empty()),
        }
    }

    /// The deployment's name.
    pub fn deployment(&self) -> &str {
        self.names.deployment()
    }

    /// Whether the function has a queue of its own.
    pub fn has_queue(&self) -> bool {
        self.own_queue.is_some()
    }

    /// Lets messages of the function's own queue come back after so many seconds. If that fails they come back when the queue's own
    /// visibility timeout ends.
    pub async fn delay(&self, messages: &[(String, u32)]) {
        if messages.is_empty() {
            return;
        }
        let Some(queue) = &self.own_queue else {
            tracing::warn!("WAYBILL_QUEUE is not set: messages come back by the queue's visibility timeout");
            return;
        };
        if let Err(error) = self.sqs.change_visibility(queue, messages).await {
            tracing::warn!(%error, "messages come back by the queue's visibility timeout");
        }
    }
}

/// The REST keys of stores, from Secrets Manager.
struct Keys(Secrets);

impl RestKeys for Keys {
    async fn rest_keys(&self, store: &StoreSlug) -> Result<Option<StoreSecrets>, Unavailable> {
        self.0.store(store).await
    }
}

impl Runtime for Platform {
    fn now(&self) -> At {
        self.system.now()
    }
    fn release(&self) -> &str {
        self.system.release()
    }
    async fn pause(&self, milliseconds: u32) {
        tokio::time::sleep(Duration::from_millis(u64::from(milliseconds))).await;
    }
    async fn within<T: Send>(&self, milliseconds: u32, work: impl Future<Output = T> + Send) -> Option<T> {
        tokio::time::timeout(Duration::from_millis(u64::from(milliseconds)), work).await.ok()
    }
}

impl Erps for Platform {
    type Connection = AnyErp;
    async fn connect(&self, config: &ErpConfig, records: Option<&ErpRecords>) -> Result<AnyErp, CallError> {
        self.erps.connect(&self.secrets, config, records).await
    }
}

impl Storefront for Platform {
    fn verify(&self, secrets: &[String], body: &[u8], signature: &str) -> bool {
        self.stores.verify(secrets, body, signature)
    }
    fn is_ping(&self, delivery: &Delivery) -> bool {
        self.stores.is_ping(delivery)
    }
    fn read(&self, delivery: &Delivery) -> Reading {
        self.stores.read(delivery)
    }
    fn parse(&self, body: &[u8]) -> Result<StoreOrder, String> {
        self.stores.parse(body)
    }
    async fn fetch(&self, store: &StoreConfig, order: u64) -> Result<Option<(StoreOrder, Vec<u8>)>, CallError> {
        self.stores.fetch(store, order).await
    }
    async fn modified_since(&self, store: &StoreConfig, since: At) -> Result<Vec<(u64, At)>, CallError> {
        self.stores.modified_since(store, since).await
    }
}

impl ClientSignatures for Platform {
    fn is_signed(&self, secrets: &[String], request: &SignedRequest<'_>, signature: &str) -> bool {
        let SignedRequest { timestamp, method, path, body } = *request;
        client_signature::verify(secrets, timestamp, method, path, body, signature)
    }
}

/// Passes the methods of a port on to the part that has them.
macro_rules! pass {
    ($port:ident to $part:ident { $(fn $name:ident(&self $(, $arg:ident: $type:ty)*) -> $result:ty;)* }) => {
        impl $port for Platform {
            $(async fn $name(&self $(, $arg: $type)*) -> $result {
                self.$part.$name($($arg),*).await
            })*
        }
    };
}

pass!(Orders to dynamo {
    fn load(&self, key: &OrderKey) -> Result<Option<Order>, Unavailable>;
    fn commit(&self, before: Option<&Order>, after: &Order) -> Result<(), CommitError>;
});
pass!(Snapshots to dynamo {
    fn put(&self, key: &OrderKey, hash: &ContentHash, body: &[u8]) -> Result<(), Unavailable>;
    fn get(&self, key: &OrderKey, hash: &ContentHash) -> Result<Option<Vec<u8>>, Unavailable>;
});
pass!(Log to dynamo {
    fn put_page(&self, key: &OrderKey, page: u32, events: &[Event]) -> Result<(), Unavailable>;
});
pass!(Lanes to dynamo {
    fn oldest(&self, lane: &Lane, before: At, limit: usize) -> Result<Vec<Waiter>, Unavailable>;
    fn count(&self, lane: &Lane) -> Result<u64, Unavailable>;
});
pass!(Configs to dynamo {
    fn store(&self, slug: &StoreSlug) -> Result<Option<StoreConfig>, Unavailable>;
    fn erp(&self, slug: &ErpSlug) -> Result<Option<ErpConfig>, Unavailable>;
    fn warehouse(&self, slug: &WarehouseSlug) -> Result<Option<WarehouseConfig>, Unavailable>;
    fn warehouses(&self) -> Result<Vec<WarehouseConfig>, Unavailable>;
    fn stores(&self) -> Result<Vec<StoreConfig>, Unavailable>;
    fn erps(&self) -> Result<Vec<ErpConfig>, Unavailable>;
});
pass!(Circuits to dynamo {
    fn circuit(&self, endpoint: &Endpoint) -> Result<Circuit, Unavailable>;
    fn save_circuit(&self, circuit: &Circuit) -> Result<Saved, Unavailable>;
});
pass!(Idempotency to dynamo {
    fn claim(&self, key: &str, payload: &ContentHash, now: At, until: At) -> Result<Claim, Unavailable>;
    fn complete(&self, key: &str, token: &str, result: &str, until: At) -> Result<bool, Unavailable>;
    fn give_back(&self, key: &str, token: &str) -> Result<bool, Unavailable>;
});
pass!(Failures to dynamo {
    fn failed(&self, id: &LetterId, words: &LastWords) -> Result<(), Unavailable>;
});
pass!(DeadLetters to dynamo {
    fn known(&self, id: &LetterId) -> Result<Option<Known>, Unavailable>;
    fn keep(&self, letter: &DeadLetter, body: &str) -> Result<(), Unavailable>;
    fn letters(&self) -> Result<Vec<DeadLetter>, Unavailable>;
    fn body(&self, id: &LetterId) -> Result<Option<String>, Unavailable>;
    fn redriven(&self, id: &LetterId, at: At) -> Result<bool, Unavailable>;
});
pass!(WebhookSecrets to secrets {
    fn webhook_secrets(&self, store: &StoreSlug, fresh: bool) -> Result<Option<Vec<String>>, Unavailable>;
});
pass!(WarehouseDesk to warehouses {
    fn push(&self, warehouse: &WarehouseConfig, fulfilment: &FulfilmentOrder) -> Result<(), CallError>;
});
pass!(Clients to secrets {
    fn client(&self, slug: &ClientSlug, fresh: bool) -> Result<Option<Client>, Unavailable>;
});
pass!(StoreDesk to stores {
    fn refunds(&self, store: &StoreConfig, order: u64) -> Result<Option<Vec<StoreRefund>>, CallError>;
    fn create_refund(&self, store: &StoreConfig, order: u64, refund: &NewRefund) -> Result<StoreRefund, CallError>;
    fn notes(&self, store: &StoreConfig, order: u64) -> Result<Vec<String>, CallError>;
    fn add_note(&self, store: &StoreConfig, order: u64, text: &str, for_customer: bool) -> Result<(), CallError>;
    fn fulfillments(&self, store: &StoreConfig, order: u64) -> Result<Option<Vec<StoreFulfillment>>, CallError>;
    fn put_fulfillment(&self, store: &StoreConfig, order: u64, known: Option<u64>, shipment: &Shipment) -> Result<(), CallError>;
    fn show_shipments(&self, store: &StoreConfig, order: u64, shipments: &[Shipment], complete: bool) -> Result<(StoreOrder, Vec<u8>), CallError>;
});
pass!(CommandQueue to sqs {
    fn send(&self, commands: &[Outgoing]) -> Result<(), Unavailable>;
});
pass!(Spool to sqs {
    fn spool(&self, spooled: &Spooled) -> Result<(), Unavailable>;
});
pass!(ReportBus to bus {
    fn report(&self, reports: &[BusReport]) -> Result<(), Unavailable>;
});
pass!(StockLedger to dynamo {
    fn stock(&self, erp: &ErpSlug, sku: &Sku) -> Result<Option<StockRow>, Unavailable>;
    fn pull(&self, erp: &ErpSlug, sku: &Sku, free: i64, as_of: At) -> Result<bool, Unavailable>;
});
pass!(FactBus to bus {
    fn publish(&self, facts: &[Fact]) -> Result<(), Unavailable>;
});
