//! What the fakes have of the orders at the end, and whether that is what they must have.

use rust_decimal::Decimal;
use waybill_domain::shipment::fulfilment_id;
use waybill_testkit::store::{self, MailAbout};
use waybill_testkit::warehouse::Pushed;

use super::books::{Booked, Books, Credited};
use super::end::{End, differs};
use super::{Fakes, Placed};

/// What store, ERP and warehouse have of one order.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// The store's order.
    pub order: Option<store::Order>,
    /// What its customer was mailed.
    pub mails: Vec<MailAbout>,
    /// Its fulfillments, as line and pieces.
    pub fulfillments: Vec<Vec<(u64, i64)>>,
    /// The ERP's documents with its reference.
    pub documents: Vec<Booked>,
    /// Their credit notes.
    pub credits: Vec<Credited>,
    /// What the warehouse was last told.
    pub pushed: Option<Pushed>,
}

impl Fakes {
    /// What the fakes have of these orders, in their order.
    pub async fn evidence(&self, placed: &[Placed]) -> Vec<Evidence> {
        let books = match &self.tryton {
            None => Books::of_fake(&self.erp),
            Some(tryton) => Books::of_tryton(&tryton.people, self.slug.as_str()).await,
        };
        let of = |one: &Placed| {
            let (id, name) = (one.key.id, fulfilment_id(&one.key));
            Evidence {
                order: self.store.order(id),
                mails: self.store.mails(id).into_iter().map(|mail| mail.about).collect(),
                fulfillments: self.store.fulfillments(id).iter().map(|one| one.items().unwrap_or_default()).collect(),
                documents: books.documents.get(&name).cloned().unwrap_or_default(),
                credits: books.credits.get(&name).cloned().unwrap_or_default(),
                pushed: self.warehouse.fulfilment(&name),
            }
        };
        placed.iter().map(of).collect()
    }
}

impl Evidence {
    /// What the store has of the customer: the order's total less what was refunded, if it was paid.
    #[must_use]
    pub fn paid(&self) -> Decimal {
        let paid = self.order.as_ref().filter(|order| order.paid.is_some());
        paid.map_or(Decimal::ZERO, |order| order.totals.total - order.refunded())
    }

    /// What the ERP has booked, without what it has cancelled.
    #[must_use]
    pub fn posted(&self) -> Decimal {
        self.live().map(|document| document.total).sum()
    }

    /// What the ERP has credited.
    #[must_use]
    pub fn credited(&self) -> Decimal {
        self.credits.iter().map(|credit| credit.total).sum()
    }

    fn live(&self) -> impl Iterator<Item = &Booked> {
        self.documents.iter().filter(|document| !document.cancelled)
    }

    /// What is wrong with it; `None` if it is as it must be at the end.
    #[must_use]
    pub fn objection(&self, one: &Placed) -> Option<String> {
        let end = one.kind.end();
        let Some(order) = &self.order else { return Some("the store has lost it".to_owned()) };
        self.in_store(&end, one, order).or_else(|| self.in_erp(&end, order)).or_else(|| self.in_warehouse(&end, one, order))
    }

    fn in_store(&self, end: &End, one: &Placed, order: &store::Order) -> Option<String> {
        let mails = |wanted: fn(&MailAbout) -> bool| self.mails.iter().filter(|mail| wanted(mail)).count();
        let record = one.order.as_ref().map(|order| &order.fulfilment);
        let shipped: u32 = record.iter().flat_map(|fulfilment| fulfilment.shipped()).map(|(_, pieces)| pieces).sum();
        let left: i64 = self.fulfillments.iter().flatten().map(|(_, pieces)| pieces).sum();
        let known: Vec<&str> = record.iter().flat_map(|record| record.live()).map(|one| one.tracking.as_str()).collect();
        let wrong = [
            differs("its status in the store", &end.status, &order.status.as_str()),
            differs("the count of notes mailed", &end.notes, &mails(|mail| matches!(mail, MailAbout::Note(_)))),
            differs(
                "the count of mails on completion",
                &usize::from(end.status == "completed"),
                &mails(|mail| *mail == MailAbout::Completed),
            ),
            differs(
                "the count of mails on refunds",
                &usize::from(end.credit.is_some()),
                &mails(|mail| *mail == MailAbout::Refunded),
            ),
            differs("the count of mails on fulfillments", &0, &mails(|mail| *mail == MailAbout::Fulfillment)),
            differs("the count of fulfillments", &end.parcels, &self.fulfillments.len()),
            differs("the count of pieces in fulfillments", &i64::from(shipped), &left),
            differs("what plugins read of tracking numbers", &known.join(", "), &tracking(order).join(", ")),
            differs("the count of refunds in the store", &usize::from(end.credit.is_some()), &order.refunds.len()),
        ];
        wrong.into_iter().flatten().next()
    }

    fn in_erp(&self, end: &End, order: &store::Order) -> Option<String> {
        let live = self.live().count();
        let amendments: u32 = self.live().map(|document| document.amendments).sum();
        let credited = |what: fn(&Credited) -> i64| self.credits.iter().map(what).sum::<i64>();
        let other: Decimal = self.credits.iter().map(|credit| credit.other).sum();
        let in_store: i64 = order.lines.iter().map(|line| line.counted("_restock_refunded_items")).sum();
        let credit = end.credit.unwrap_or(super::end::Credit { pieces: 0, restocked: 0, other: Decimal::ZERO });
        let booked: i64 = self.live().map(|document| document.pieces).sum();
        let ordered = if end.in_erp { pieces(order) - end.too_late } else { 0 };
        let wrong = [
            differs("the count of its documents in the ERP", &usize::from(end.in_erp), &live),
            differs("the count of its cancelled documents", &end.cancelled, &(self.documents.len() - live)),
            differs("the count of amendments in the ERP", &end.amendments, &amendments),
            differs("the count of pieces in the ERP", &ordered, &booked),
            differs("the count of its credit notes", &usize::from(end.credit.is_some()), &self.credits.len()),
            differs("the count of pieces credited", &credit.pieces, &credited(|credit| credit.pieces)),
            differs("the count of pieces back on the ERP's shelf", &credit.restocked, &credited(|credit| credit.restocked)),
            differs("the count of pieces back on the store's shelf", &credit.restocked, &in_store),
            differs("the amount credited without a line", &credit.other, &other),
        ];
        wrong.into_iter().flatten().next()
    }

    fn in_warehouse(&self, end: &End, one: &Placed, order: &store::Order) -> Option<String> {
        let Some(pushed) = &self.pushed else {
            return (end.requests > 0).then(|| "the warehouse never heard of it".to_owned());
        };
        let asked: u32 = pushed.lines.iter().map(|line| line.quantity).sum();
        let to_leave = end.to_leave.unwrap_or_else(|| u32::try_from(pieces(order) - end.too_late).unwrap_or(0));
        let recorded: u32 = one.order.iter().flat_map(|order| order.fulfilment.to_ship()).map(|(_, pieces)| pieces).sum();
        let wrong = [
            differs("the revision that the warehouse knows", &end.requests, &pushed.revision),
            differs("the count of pieces that the warehouse is to ship", &to_leave, &asked),
            differs("the count of pieces to ship in the record", &to_leave, &recorded),
            differs("cancelled, in the warehouse,", &(to_leave == 0), &pushed.cancelled),
        ];
        wrong.into_iter().flatten().next()
    }
}

/// The tracking numbers that plugins read from the store's order.
fn tracking(order: &store::Order) -> Vec<&str> {
    let row = order.meta.iter().find(|row| row.key == "_wc_shipment_tracking_items");
    let items = row.and_then(|row| row.value.as_array()).into_iter().flatten();
    items.map(|item| item["tracking_number"].as_str().unwrap_or_default()).collect()
}

/// Pieces ordered in the store.
fn pieces(order: &store::Order) -> i64 {
    order.lines.iter().map(|line| line.quantity).sum()
}

#[cfg(test)]
mod tests {
    use waybill_testkit::store::{FakeStore, FakeStoreConfig};

    use super::super::Kind;
    use super::*;

    fn placed(kind: Kind, id: u64) -> Placed {
        let key = format!("demo/{id}").parse().expect("a key");
        Placed { kind, key, total: Decimal::ZERO, at_first: Decimal::ZERO, scenes: 0, trouble: None, order: None }
    }

    fn evidence(store: &FakeStore, id: u64) -> Evidence {
        Evidence {
            order: store.order(id),
            mails: store.mails(id).into_iter().map(|mail| mail.about).collect(),
            ..Evidence::default()
        }
    }

    #[tokio::test]
    async fn what_is_missing_outside_is_found_where_it_is_missing() {
        let store = FakeStore::start(FakeStoreConfig::default()).await.expect("a port");
        let said = |kind: Kind, id: u64| evidence(&store, id).objection(&placed(kind, id)).expect("an objection");
        let id = store.place(Kind::Return.in_store());
        assert_eq!(said(Kind::Plain, id), "the count of its documents in the ERP is 0, not 1");
        assert_eq!(said(Kind::TwoParcels, id), "its status in the store is processing, not completed");
        assert_eq!(said(Kind::PartialShipment, id), "the count of notes mailed is 0, not 1");
        assert_eq!(said(Kind::PartialRefund, id), "the count of mails on refunds is 0, not 1");
        store.add_note(id, "on its way", true);
        assert_eq!(said(Kind::PartialShipment, id), "the count of fulfillments is 0, not 1");
        assert_eq!(said(Kind::Plain, id), "the count of notes mailed is 1, not 0");
        store.set_status(id, "completed");
        assert_eq!(said(Kind::Return, id), "the count of mails on refunds is 0, not 1");
        assert_eq!(Evidence::default().objection(&placed(Kind::Plain, 1)).expect("an objection"), "the store has lost it");
    }

    #[tokio::test]
    async fn money_is_what_the_store_has_of_the_customer() {
        let store = FakeStore::start(FakeStoreConfig::default()).await.expect("a port");
        let unpaid = store.place(Kind::UnpaidThenPaid.in_store());
        assert_eq!(evidence(&store, unpaid).paid(), Decimal::ZERO);
        let paid = store.place(Kind::AmountRefund.in_store());
        let total = evidence(&store, paid).paid();
        store.refund_amount(paid, Decimal::new(500, 2)).expect("refunded");
        assert_eq!(evidence(&store, paid).paid(), total - Decimal::new(500, 2));
        store.cancel(paid);
        assert_eq!(evidence(&store, paid).paid(), total - Decimal::new(500, 2), "cancelling pays nothing back");
        store.refund_all(paid, false).expect("refunded");
        assert_eq!(evidence(&store, paid).paid(), Decimal::ZERO);
    }
}
