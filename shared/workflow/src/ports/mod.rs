//! The ports: narrow traits, one concern each. `shared/aws` and `shared/connectors` implement them for real, `shared/testkit` in memory.
//!
//! Methods return `Send` futures so that tests may run steps side by side on threads.

pub mod commands;
pub mod config;
pub mod dead_letters;
pub mod erp;
pub mod erp_directory;
pub mod idempotency;
pub mod orders;
pub mod runtime;
pub mod stock;
pub mod store;
pub mod timeline;
pub mod warehouse;

pub use commands::{CommandQueue, FactBus, Outgoing, ReportBus, Spool, Spooled};
pub use config::{Circuits, Configs, Saved};
pub use dead_letters::{DeadLetter, DeadLetters, Failures, Known, LastWords, LetterId, SendBack};
pub use idempotency::{Claim, Idempotency};
pub use orders::{CommitError, Lanes, Log, Orders, Shortage, Snapshots, Waiter};
pub use runtime::Runtime;
pub use stock::StockLedger;
pub use store::{Delivery, StoreDesk, StoreFulfillment, StoreSecrets, Storefront, WebhookSecrets};
pub use timeline::Timeline;
pub use warehouse::{Client, ClientSignatures, Clients, Scope, SignedRequest, WarehouseDesk};
