//! The saga as data: what each step does, what undoes it, where the point of no return is, and what it may touch. The fault tests, the
//! template test and docs/ARCHITECTURE.md are derived from this table: a step joins them by standing in it.

use waybill_domain::Step;

/// What a function may touch. Each is a handful of AWS actions on one resource; the template test compares them with the template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Port {
    /// Read an order record.
    OrdersLoad,
    /// Write an order record, conditionally.
    OrdersCommit,
    /// Move stock, in the transaction of a commit.
    StockMove,
    /// Write a snapshot.
    SnapshotsPut,
    /// Read a snapshot.
    SnapshotsGet,
    /// Write a log page.
    LogPut,
    /// Query the lanes.
    LanesQuery,
    /// Read one store's or ERP's configuration.
    ConfigsGet,
    /// Read all of them.
    ConfigsList,
    /// Read and write circuits.
    Circuits,
    /// Claims.
    Idempotency,
    /// Read stores' secrets.
    StoreSecrets,
    /// Read ERPs' secrets.
    ErpSecrets,
    /// Read the secrets of the API's clients.
    ClientSecrets,
    /// Send to the steps' queues.
    CommandQueue,
    /// Send to intake's own queue.
    Spool,
    /// Publish facts.
    FactBus,
    /// Put reports on the bus.
    ReportBus,
    /// Set figures in the stock ledger.
    StockPull,
    /// Note why a message failed.
    Failures,
    /// Keep dead letters.
    DeadLetters,
}

/// A step of the saga.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SagaStep {
    /// The step.
    pub step: Step,
    /// What it does to the world outside the order row.
    pub action: &'static str,
    /// What undoes that; `None` if there is nothing to undo, or no way back.
    pub undo: Option<&'static str>,
    /// After this step the way is forward only: what follows is a correction, not an undo.
    pub pivot: bool,
    /// The function's timeout in seconds; its queue's visibility is at least six times as long.
    pub timeout_seconds: u32,
    /// Messages per invocation.
    pub batch: u32,
    /// What it may touch.
    pub ports: &'static [Port],
}

/// The steps in the order of the workflow. Every queue, dead-letter queue, function, role, alarm and runbook has the step's slug.
pub const SAGA: &[SagaStep] = &[
    SagaStep {
        step: Step::Intake,
        action: "keep the order as the store sent it",
        undo: None,
        pivot: false,
        timeout_seconds: 10,
        batch: 10,
        ports: &[Port::OrdersLoad, Port::OrdersCommit, Port::SnapshotsPut, Port::StoreSecrets, Port::Spool, Port::Failures],
    },
    SagaStep {
        step: Step::Validate,
        action: "judge the order; ask the store when in doubt",
        undo: None,
        pivot: false,
        timeout_seconds: 30,
        batch: 5,
        ports: &[
            Port::OrdersLoad,
            Port::OrdersCommit,
            Port::SnapshotsPut,
            Port::SnapshotsGet,
            Port::ConfigsGet,
            Port::Circuits,
            Port::StoreSecrets,
            Port::Failures,
        ],
    },
    SagaStep {
        step: Step::Reserve,
        action: "take the order's stock, all SKUs or none",
        undo: Some("give the stock back"),
        pivot: false,
        timeout_seconds: 20,
        batch: 10,
        ports: &[Port::OrdersLoad, Port::OrdersCommit, Port::StockMove, Port::SnapshotsGet, Port::ConfigsGet, Port::Failures],
    },
    SagaStep {
        step: Step::PostToErp,
        action: "create the order in the ERP, once; amend it when the store changes it",
        undo: Some("cancel it in the ERP"),
        pivot: true,
        timeout_seconds: 60,
        batch: 2,
        ports: &[
            Port::OrdersLoad,
            Port::OrdersCommit,
            Port::StockMove,
            Port::SnapshotsGet,
            Port::ConfigsGet,
            Port::Circuits,
            Port::ErpSecrets,
            Port::Failures,
        ],
    },
    SagaStep {
        step: Step::ShipUpdate,
        action: "tell the warehouse what is to leave, and the store what left",
        undo: None,
        pivot: false,
        timeout_seconds: 60,
        batch: 5,
        ports: &[
            Port::OrdersLoad,
            Port::OrdersCommit,
            Port::SnapshotsPut,
            Port::SnapshotsGet,
            Port::ConfigsGet,
            Port::Circuits,
            Port::StoreSecrets,
            Port::ClientSecrets,
            Port::Failures,
        ],
    },
    SagaStep {
        step: Step::Refund,
        action: "refund a return in the store, credit a refund in the ERP, each once",
        undo: None,
        pivot: false,
        timeout_seconds: 60,
        batch: 2,
        ports: &[
            Port::OrdersLoad,
            Port::OrdersCommit,
            Port::SnapshotsPut,
            Port::SnapshotsGet,
            Port::ConfigsGet,
            Port::Circuits,
            Port::StoreSecrets,
            Port::ErpSecrets,
            Port::Failures,
        ],
    },
];

/// What the relay may touch.
pub const RELAY: &[Port] = &[Port::LogPut, Port::CommandQueue, Port::FactBus];

/// What the sweep may touch.
pub const SWEEP: &[Port] = &[
    Port::OrdersLoad,
    Port::OrdersCommit,
    Port::LanesQuery,
    Port::ConfigsList,
    Port::Circuits,
    Port::Idempotency,
    Port::StoreSecrets,
    Port::CommandQueue,
];

/// What the API for clients may touch.
pub const API: &[Port] = &[
    Port::OrdersLoad,
    Port::OrdersCommit,
    Port::SnapshotsGet,
    Port::ConfigsGet,
    Port::StockPull,
    Port::Idempotency,
    Port::ClientSecrets,
    Port::Failures,
];

/// What the poll of ERPs may touch.
pub const ERP_POLL: &[Port] = &[Port::OrdersLoad, Port::ConfigsList, Port::Circuits, Port::ErpSecrets, Port::ReportBus];

/// What the function on the dead-letter queues may touch.
pub const DEAD_LETTERS: &[Port] = &[Port::OrdersLoad, Port::OrdersCommit, Port::DeadLetters];
