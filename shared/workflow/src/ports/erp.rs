//! An ERP: narrow traits, one concern each. A connector implements those its ERP can do.

use std::future::Future;

use waybill_domain::money::{Currency, Decimal};
use waybill_domain::{At, CreditNote, Document, DocumentKind, ErpConfig, ErpOrder, ErpRecords, Finding, Sku};

use crate::error::CallError;

/// The free figure of a SKU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Free {
    /// The ERP's article number.
    pub sku: Sku,
    /// On hand minus what confirmed orders hold; may be negative.
    pub free: i64,
}

/// Free figures, all as of one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Availability {
    /// By the ERP's clock.
    pub as_of: At,
    /// Figures.
    pub items: Vec<Free>,
}

/// What may still be promised.
pub trait ErpAvailability: Sync {
    /// The figures of these SKUs, or of all when `skus` is empty.
    fn availability(&self, skus: &[Sku]) -> impl Future<Output = Result<Availability, CallError>> + Send;
}

/// An order as the ERP has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErpRecord {
    /// The ERP's id.
    pub id: String,
    /// Our reference.
    pub reference: String,
    /// When it was confirmed, by the ERP's clock.
    pub confirmed_at: At,
    /// Gross total as the ERP computed it.
    pub total: Decimal,
    /// Currency.
    pub currency: Currency,
    /// Its documents so far, the sales order first.
    pub documents: Vec<Document>,
    /// What belongs to the posting (an invoice, a payment) and is not there yet.
    pub unfinished: Option<Unfinished>,
}

/// An order is confirmed in the ERP, and not all that belongs to its posting is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfinished {
    /// A posting was cut off: creating the order again goes on from there.
    CutOff,
    /// The ERP refuses the rest for good: a person must look.
    Refused(Finding),
}

/// Orders.
pub trait ErpOrders: Sync {
    /// Creates and confirms an order, with the documents that belong to it. A duplicate reference is not an error: the order that is there is
    /// finished where it was cut off, and returned. An answer that cannot be trusted is [`CallError::Unknown`]; so is whatever ends a posting of
    /// several calls after the one that may have confirmed the order.
    fn create(&self, order: &ErpOrder) -> impl Future<Output = Result<ErpRecord, CallError>> + Send;
    /// The confirmed orders with this reference, finished or not: none, one, or (in ERPs whose reference is not unique) several.
    fn find(&self, reference: &str) -> impl Future<Output = Result<Vec<ErpRecord>, CallError>> + Send;
}

/// Cancellation.
pub trait ErpCancel: Sync {
    /// Cancels an order by the ERP's id; an order that is cancelled already is no error. One that cannot be cancelled any more (shipped,
    /// invoiced) is refused with the code `erp_cannot_cancel`.
    fn cancel(&self, id: &str) -> impl Future<Output = Result<(), CallError>> + Send;
}

/// Credit notes.
pub trait ErpCredit: Sync {
    /// Creates a credit note; a duplicate reference returns the one that is there. An answer that cannot be trusted is
    /// [`CallError::Unknown`].
    fn credit(&self, note: &CreditNote) -> impl Future<Output = Result<Document, CallError>> + Send;
    /// The credit notes with this reference: none, one, or (in ERPs whose reference is not unique) several.
    fn find_credit(&self, reference: &str) -> impl Future<Output = Result<Vec<Document>, CallError>> + Send;
}

/// Amendments.
pub trait ErpAmend: Sync {
    /// Makes the order with the ERP's id `id` say what `order` says, and finishes what was cut off; saying it again changes nothing. An ERP that cannot amend (this
    /// order, or any) refuses with the code `erp_cannot_amend`.
    fn amend(&self, id: &str, order: &ErpOrder) -> impl Future<Output = Result<ErpRecord, CallError>> + Send;
}

/// A part of a list that goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// Items.
    pub items: Vec<T>,
    /// Items that could not be read, each in words that may be logged: the ERP's id and why. They are left out, because one of them must
    /// not stop all that come behind it.
    pub unreadable: Vec<String>,
    /// Where to go on; `None` at the end.
    pub next: Option<String>,
}

/// A shipment the ERP knows of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErpShipment {
    /// The ERP's id.
    pub id: String,
    /// Our reference of the order.
    pub reference: String,
    /// When.
    pub shipped_at: At,
    /// Carrier.
    pub carrier: String,
    /// Tracking number, possibly empty.
    pub tracking: String,
    /// Pieces by the store's line id.
    pub lines: Vec<(u64, u32)>,
}

/// Shipments.
pub trait ErpShipments: Sync {
    /// Shipments made or changed at or after `since`.
    fn shipments_since(
        &self,
        since: At,
        cursor: Option<&str>,
    ) -> impl Future<Output = Result<Page<ErpShipment>, CallError>> + Send;
}

/// A return that people booked in the ERP: goods that are back, and accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErpReturn {
    /// The ERP's id.
    pub id: String,
    /// Our reference of the order.
    pub reference: String,
    /// When.
    pub returned_at: At,
    /// Pieces by the store's line id.
    pub lines: Vec<(u64, u32)>,
    /// The credit note that the ERP made for it by itself, or a person there: none is made again.
    pub credit_note: Option<String>,
}

/// Returns.
pub trait ErpReturns: Sync {
    /// Returns made or changed at or after `since`, but never those that our own credit notes made.
    fn returns_since(&self, since: At, cursor: Option<&str>) -> impl Future<Output = Result<Page<ErpReturn>, CallError>> + Send;
}

/// A stock change the ERP knows of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockChange {
    /// The ERP's article number.
    pub sku: Sku,
    /// Free after the change.
    pub free: i64,
    /// When.
    pub at: At,
}

/// Stock changes.
pub trait ErpStockChanges: Sync {
    /// Changes at or after `since`.
    fn stock_changes_since(
        &self,
        since: At,
        cursor: Option<&str>,
    ) -> impl Future<Output = Result<Page<StockChange>, CallError>> + Send;
}

/// A document of a day, for reconciliation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayDocument {
    /// Kind.
    pub kind: DocumentKind,
    /// The ERP's id.
    pub id: String,
    /// Our reference, if it has one.
    pub reference: Option<String>,
    /// Gross total.
    pub total: Decimal,
    /// Currency.
    pub currency: Currency,
}

/// Documents.
pub trait ErpDocuments: Sync {
    /// The documents created on a day (`YYYY-MM-DD`, UTC).
    fn documents_of(&self, day: &str, cursor: Option<&str>) -> impl Future<Output = Result<Page<DayDocument>, CallError>> + Send;
}

/// Everything an ERP that is fully connected can do.
pub trait Erp:
    ErpAvailability + ErpOrders + ErpAmend + ErpCancel + ErpCredit + ErpShipments + ErpReturns + ErpStockChanges + ErpDocuments
{
}
impl<
    T: ErpAvailability + ErpOrders + ErpAmend + ErpCancel + ErpCredit + ErpShipments + ErpReturns + ErpStockChanges + ErpDocuments,
> Erp for T
{
}

/// Opens the connection to an ERP by its configuration.
pub trait Erps: Sync {
    /// What a connection can do for the steps.
    type Connection: ErpOrders + ErpAmend + ErpCancel + ErpCredit + ErpShipments + ErpReturns + ErpStockChanges + Send + Sync;
    /// A connection on behalf of a store, whose records in the ERP are these; built from configuration and secrets and kept warm.
    fn connect(
        &self,
        config: &ErpConfig,
        records: Option<&ErpRecords>,
    ) -> impl Future<Output = Result<Self::Connection, CallError>> + Send;
}
