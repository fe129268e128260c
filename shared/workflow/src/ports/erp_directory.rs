//! What an ERP has that a store's mapping may name, for people who write the mapping and for the check of it. No step needs it.

use std::collections::BTreeSet;
use std::future::Future;

use waybill_domain::Sku;
use waybill_domain::money::Decimal;

use crate::error::CallError;

/// A kind of record that a mapping names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordKind {
    /// The legal entity.
    Company,
    /// Where goods leave from.
    Warehouse,
    /// The sales channel (Tryton: `web.shop`).
    Shop,
    /// A journal of invoices (Tryton: `account.journal` of type revenue; Odoo: `account.journal` of type sale).
    SalesJournal,
    /// A journal of payments (Tryton: `account.statement.journal`; Odoo: `account.journal` of type bank or cash).
    PaymentJournal,
    /// A tax on sales.
    Tax,
    /// Who delivers.
    Carrier,
    /// A customer. They are never listed, only looked up by id.
    Customer,
}

impl RecordKind {
    /// All that are listed.
    pub const LISTED: [RecordKind; 7] = [
        RecordKind::Company,
        RecordKind::Warehouse,
        RecordKind::Shop,
        RecordKind::SalesJournal,
        RecordKind::PaymentJournal,
        RecordKind::Tax,
        RecordKind::Carrier,
    ];
}

/// A record that a mapping may name. A customer's name is not read: it would be a person's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErpEntry {
    /// The ERP's numeric id.
    pub id: u64,
    /// How people call it.
    pub name: String,
    /// Whose it is; `None`: every company's.
    pub company: Option<u64>,
    /// A tax: per cent, if it is a percentage.
    pub rate: Option<Decimal>,
}

/// Who answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Greeting {
    /// Product and version, as `Tryton 8.2`.
    pub version: String,
}

/// What the ERP has. It needs address, database, user and token, and no mapping: with its help the mapping is written.
pub trait ErpDirectory: Sync {
    /// Whether it is there, has the database, and accepts the token.
    fn greet(&self) -> impl Future<Output = Result<Greeting, CallError>> + Send;
    /// The active records of a kind, by id. Of [`RecordKind::Customer`], and of what the ERP does not know: none.
    fn records(&self, kind: RecordKind) -> impl Future<Output = Result<Vec<ErpEntry>, CallError>> + Send;
    /// One active record; `None`: there is none with this id, or it is of another kind.
    fn record(&self, kind: RecordKind, id: u64) -> impl Future<Output = Result<Option<ErpEntry>, CallError>> + Send;
    /// Which of these article numbers there are.
    fn articles(&self, skus: &[Sku]) -> impl Future<Output = Result<BTreeSet<Sku>, CallError>> + Send;
}
