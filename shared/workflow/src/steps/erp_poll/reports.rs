//! What an ERP said, as reports. Ids are the same at every poll, and a report that would change nothing is not sent: the order's record is
//! read for it, which costs a third of an event. Every report is read as its taker will read it before it goes on the bus.

use std::collections::BTreeMap;

use waybill_contracts::report::{
    Body, BusReport, Fault, ReportOrder, ReturnReport, ReturnReportLine, ReturnReportState, ShipmentReport, ShipmentReportLine,
    StockReport, returned, shipment, stock,
};
use waybill_domain::erp_order::order_of_reference;
use waybill_domain::{ContentHash, ErpSlug, Order, OrderKey, Return, Shipment, StoreConfig};

use super::feeds::Items;
use crate::ports::Orders;
use crate::ports::erp::{ErpReturn, ErpShipment, StockChange};

/// The longest id of a report.
const LONGEST_ID: usize = 64;

/// What a page came to.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub(super) reports: Vec<BusReport>,
    pub(super) known: usize,
    pub(super) foreign: usize,
    /// In words that may be logged.
    pub(super) unreadable: Vec<String>,
}

/// What an item came to.
enum Item {
    Report(BusReport),
    Known,
    Foreign,
}

/// Makes reports of a page.
pub(super) async fn of_page(
    ports: &impl Orders,
    erp: &ErpSlug,
    stores: &[&StoreConfig],
    items: Items,
    unreadable: Vec<String>,
) -> Taken {
    let mut taken = Taken { unreadable, ..Taken::default() };
    match items {
        Items::Shipments(items) => {
            for item in &items {
                let about = About::of(ports, erp, stores, &item.reference).await;
                taken.add(&item.id, about.map_or(Ok(Item::Foreign), |about| of_shipment(erp, &about, item)));
            }
        }
        Items::Returns(items) => {
            for item in &items {
                let about = About::of(ports, erp, stores, &item.reference).await;
                taken.add(&item.id, about.map_or(Ok(Item::Foreign), |about| of_return(erp, &about, item)));
            }
        }
        Items::Stock(items) => {
            for item in &items {
                taken.add(item.sku.as_str(), of_stock(erp, item));
            }
        }
    }
    taken
}

impl Taken {
    fn add(&mut self, id: &str, made: Result<Item, Fault>) {
        match made {
            Ok(Item::Report(report)) => self.reports.push(report),
            Ok(Item::Known) => self.known = self.known.saturating_add(1),
            Ok(Item::Foreign) => self.foreign = self.foreign.saturating_add(1),
            Err(fault) => self.unreadable.push(format!("item {id}: {fault}")),
        }
    }
}

/// The order that an item is about.
struct About {
    key: OrderKey,
    /// `None`: it cannot be read now, or not by this release. Whoever takes the report can wait for it, for two days.
    order: Option<Order>,
}

impl About {
    /// The order that a reference names, if it is one of this ERP's.
    async fn of(ports: &impl Orders, erp: &ErpSlug, stores: &[&StoreConfig], reference: &str) -> Option<Self> {
        let key = order_of_reference(reference).filter(|key| stores.iter().any(|store| store.slug == key.store))?;
        match ports.load(&key).await {
            Ok(None) => None,
            Ok(Some(order)) if order.erp.slug.as_ref().is_some_and(|slug| slug != erp) => {
                tracing::warn!(order = %key, %erp, "an order that went to another ERP");
                None
            }
            // One that this ERP is not known to have yet: the report waits until it is.
            Ok(order) => Some(About { key, order }),
            Err(error) => {
                tracing::warn!(order = %key, %error, "reported without knowing what it has");
                Some(About { key, order: None })
            }
        }
    }
}

fn of_shipment(erp: &ErpSlug, About { key, order }: &About, item: &ErpShipment) -> Result<Item, Fault> {
    let id = report_id(erp, &item.id);
    let mut shipments = order.iter().flat_map(|order| &order.fulfilment.shipments);
    let known = shipments.find(|known| known.id == id);
    let lines = pieces(&item.lines).into_iter().map(|(line, quantity)| ShipmentReportLine { line, quantity });
    let mut report = ShipmentReport {
        id,
        order: ReportOrder::Id(key.id),
        revision: Some(known.map_or(1, |known| known.revision)),
        carrier: text(&item.carrier, 64),
        tracking_number: text(&item.tracking, 128),
        tracking_url: None,
        shipped_at: Some(item.shipped_at.to_string()),
        lines: lines.collect(),
        void: false,
    };
    let (_, read) = shipment(Body::of_report(&report)?, &key.store)?;
    if let Some(known) = known {
        // Some ERPs know no other time than that of the last change: it alone is no news.
        if *known == (Shipment { told: known.told, shipped_at: known.shipped_at, ..read }) {
            return Ok(Item::Known);
        }
        report.revision = Some(known.revision.saturating_add(1));
        report.shipped_at = Some(known.shipped_at.to_string());
    }
    BusReport::shipment(erp, &key.store, &report).map(Item::Report)
}

/// Goods that are booked back are accepted, and on the ERP's shelf: the credit note that follows must not put them there again.
fn of_return(erp: &ErpSlug, About { key, order }: &About, item: &ErpReturn) -> Result<Item, Fault> {
    let line = |(line, quantity): (u64, u32)| ReturnReportLine { line, quantity, accepted: Some(quantity), restock: None };
    let report = ReturnReport {
        id: report_id(erp, &item.id),
        order: ReportOrder::Id(key.id),
        state: ReturnReportState::Inspected,
        lines: pieces(&item.lines).into_iter().map(line).collect(),
        amount: None,
        currency: None,
        credit_note: item.credit_note.as_deref().and_then(|note| text(note, 64)),
    };
    let (_, read, _) = returned(Body::of_report(&report)?, &key.store)?;
    let mut returns = order.iter().flat_map(|order| &order.returns);
    match returns.find(|known| known.id == report.id) {
        Some(known) if *known == (Return { refund: known.refund, by_hand: known.by_hand, ..read }) => Ok(Item::Known),
        // It was acted upon: a return has no revision.
        Some(_) => Err(Fault::of("changed in the ERP after it was reported")),
        None => BusReport::returned(erp, &key.store, &report).map(Item::Report),
    }
}

fn of_stock(erp: &ErpSlug, change: &StockChange) -> Result<Item, Fault> {
    let report = StockReport { sku: change.sku.to_string(), free: change.free, at: change.at.to_string() };
    stock(Body::of_report(&report)?)?;
    BusReport::stock(erp, &report).map(Item::Report)
}

/// `<erp>-<id>`, or a digest of the id where it has characters that a report's id cannot have, or too many.
fn report_id(erp: &ErpSlug, id: &str) -> String {
    let fits = id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
    let plain = format!("{erp}-{id}");
    if fits && plain.len() <= LONGEST_ID {
        return plain;
    }
    let digest: String = ContentHash::of(id.as_bytes()).to_string().chars().take(22).collect();
    format!("{erp}-{digest}")
}

/// Each line once; one that says nothing is left out.
fn pieces(lines: &[(u64, u32)]) -> BTreeMap<u64, u32> {
    let mut pieces: BTreeMap<u64, u32> = BTreeMap::new();
    for (line, quantity) in lines.iter().filter(|(_, quantity)| *quantity > 0) {
        let sum = pieces.entry(*line).or_insert(0);
        *sum = sum.saturating_add(*quantity);
    }
    pieces
}

/// A text as a report may have it: shops and mails show it.
fn text(text: &str, most: usize) -> Option<String> {
    let clean: String = text.chars().filter(|c| !c.is_control() && !matches!(c, '<' | '>')).take(most).collect();
    Some(clean.trim().to_owned()).filter(|text| !text.is_empty())
}
