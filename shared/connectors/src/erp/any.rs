//! The connectors behind one type: which one speaks is a matter of configuration.

use std::collections::BTreeSet;

use waybill_domain::{At, CreditNote, Document, ErpConfig, ErpConnector, ErpOrder, ErpRecords, Sku};
use waybill_workflow::CallError;
use waybill_workflow::ports::erp::{
    Availability, DayDocument, ErpAmend, ErpAvailability, ErpCancel, ErpCredit, ErpDocuments, ErpOrders, ErpRecord, ErpReturn,
    ErpReturns, ErpShipment, ErpShipments, ErpStockChanges, Page, StockChange,
};
use waybill_workflow::ports::erp_directory::{ErpDirectory, ErpEntry, Greeting, RecordKind};

use super::odoo::OdooErp;
use super::rest::RestErp;
use super::tryton::TrytonErp;

/// A connection to an ERP by whichever connector it needs. Cheap to clone; clones share what is kept open.
#[derive(Clone)]
pub enum AnyErp {
    /// The generic REST contract.
    Rest(RestErp),
    /// Tryton.
    Tryton(TrytonErp),
    /// Odoo.
    Odoo(OdooErp),
}

impl AnyErp {
    /// Prepares the connection; sends nothing.
    ///
    /// # Errors
    /// [`CallError::Refused`] with the code `erp_config_invalid` when the address, the CA, the token or what the connector needs beyond them
    /// cannot be used.
    pub fn new(config: &ErpConfig, token: &str) -> Result<Self, CallError> {
        match config.connector {
            ErpConnector::Rest => RestErp::new(config, token).map(Self::Rest),
            ErpConnector::Tryton => TrytonErp::new(config, token).map(Self::Tryton),
            ErpConnector::Odoo => OdooErp::new(config, token).map(Self::Odoo),
        }
    }

    /// The same connection on behalf of a store with these records.
    ///
    /// # Errors
    /// [`CallError::Refused`] with the code `erp_config_invalid` when the connector needs records and there are none, or too few.
    pub fn of_store(&self, records: Option<&ErpRecords>) -> Result<Self, CallError> {
        match self {
            // The contract knows nothing of records: whoever serves it maps for itself.
            Self::Rest(erp) => Ok(Self::Rest(erp.clone())),
            Self::Tryton(erp) => erp.of_store(records).map(Self::Tryton),
            Self::Odoo(erp) => erp.of_store(records).map(Self::Odoo),
        }
    }
}

/// Passes the methods of a port on to the connector.
macro_rules! pass {
    ($port:ident { $(fn $name:ident(&self $(, $arg:ident: $type:ty)*) -> $result:ty;)* }) => {
        impl $port for AnyErp {
            $(async fn $name(&self $(, $arg: $type)*) -> Result<$result, CallError> {
                match self {
                    Self::Rest(erp) => erp.$name($($arg),*).await,
                    Self::Tryton(erp) => erp.$name($($arg),*).await,
                    Self::Odoo(erp) => erp.$name($($arg),*).await,
                }
            })*
        }
    };
}

pass!(ErpOrders {
    fn create(&self, order: &ErpOrder) -> ErpRecord;
    fn find(&self, reference: &str) -> Vec<ErpRecord>;
});
pass!(ErpAmend {
    fn amend(&self, id: &str, order: &ErpOrder) -> ErpRecord;
});
pass!(ErpCancel {
    fn cancel(&self, id: &str) -> ();
});
pass!(ErpCredit {
    fn credit(&self, note: &CreditNote) -> Document;
    fn find_credit(&self, reference: &str) -> Vec<Document>;
});
pass!(ErpAvailability {
    fn availability(&self, skus: &[Sku]) -> Availability;
});
pass!(ErpShipments {
    fn shipments_since(&self, since: At, cursor: Option<&str>) -> Page<ErpShipment>;
});
pass!(ErpReturns {
    fn returns_since(&self, since: At, cursor: Option<&str>) -> Page<ErpReturn>;
});
pass!(ErpStockChanges {
    fn stock_changes_since(&self, since: At, cursor: Option<&str>) -> Page<StockChange>;
});
pass!(ErpDocuments {
    fn documents_of(&self, day: &str, cursor: Option<&str>) -> Page<DayDocument>;
});
pass!(ErpDirectory {
    fn greet(&self) -> Greeting;
    fn records(&self, kind: RecordKind) -> Vec<ErpEntry>;
    fn record(&self, kind: RecordKind, id: u64) -> Option<ErpEntry>;
    fn articles(&self, skus: &[Sku]) -> BTreeSet<Sku>;
});
