//! The store and the ERP in memory.

use std::collections::{BTreeMap, BTreeSet};

use waybill_domain::{
    At, CreditNote, Document, DocumentKind, ErpOrder, Finding, Reading, Sku, StaleReason, StoreConfig, StoreOrder,
};
use waybill_workflow::CallError;
use waybill_workflow::ports::erp::{ErpAmend, ErpCancel, ErpCredit, ErpOrders, ErpRecord, Unfinished};
use waybill_workflow::ports::{Delivery, Storefront};

use super::connection::Health;
use super::faults::{down, unknown};
use super::feeds::Feeds;
use super::{State, World};

/// An ERP in memory. References are not unique in it, as in some real ones: whoever posts twice has two documents.
#[derive(Default)]
pub struct MemoryErp {
    /// What it called free when it was last asked.
    pub free: BTreeMap<Sku, i64>,
    /// What was created.
    pub orders: Vec<ErpRecord>,
    /// Calls that create a document and then never answer.
    pub silent_creates: u32,
    /// Calls that confirm an order, make none of the documents that belong to it, and never answer.
    pub cut_off_creates: u32,
    /// It refuses the documents that belong to an order, for good.
    pub refuses_rest: bool,
    /// Calls that fail as if the ERP were down.
    pub down_calls: u32,
    /// References that are refused for good.
    pub refuses: BTreeSet<String>,
    /// Orders that were cancelled, by id.
    pub cancelled: BTreeSet<String>,
    /// Credit notes, each with its document.
    pub credits: Vec<(CreditNote, Document)>,
    /// It cannot amend.
    pub cannot_amend: bool,
    /// Orders that were amended, by id, as often.
    pub amendments: BTreeMap<String, u32>,
    /// What it tells to whoever asks.
    pub feeds: Feeds,
    /// How each of the ERPs fares that share these books.
    pub health: Health,
    /// Is added to every total, as an ERP that rounds differently does.
    pub drift: waybill_domain::money::Decimal,
}

impl ErpOrders for World {
    async fn create(&self, order: &ErpOrder) -> Result<ErpRecord, CallError> {
        let order = order.clone();
        let create = move |state: &mut State| {
            let confirmed_at = state.now;
            let erp = &mut state.erp;
            if erp.refuses.contains(&order.reference) {
                return refused("erp_refused");
            }
            let cut_off =
                |known: &&mut ErpRecord| known.reference == order.reference && known.unfinished == Some(Unfinished::CutOff);
            if let Some(known) = erp.orders.iter_mut().find(cut_off) {
                known.unfinished = None;
                return Ok(known.clone());
            }
            let mut record = record(&order, confirmed_at, erp);
            let cut_off = erp.cut_off_creates > 0 || state.chaos.as_mut().is_some_and(|chaos| chaos.cuts_off(confirmed_at));
            if cut_off {
                record.unfinished = Some(Unfinished::CutOff);
            } else if erp.refuses_rest {
                let message = "the ERP refuses its invoice".to_owned();
                record.unfinished = Some(Unfinished::Refused(Finding { code: "erp_unfinished".to_owned(), message }));
            }
            erp.orders.push(record.clone());
            let silent = cut_off || erp.silent_creates > 0;
            erp.cut_off_creates = erp.cut_off_creates.saturating_sub(1);
            if !cut_off {
                erp.silent_creates = erp.silent_creates.saturating_sub(1);
            }
            if silent { Err(unknown()) } else { Ok(record) }
        };
        self.write_erp("erp.create", create).await
    }

    async fn find(&self, reference: &str) -> Result<Vec<ErpRecord>, CallError> {
        let reference = reference.to_owned();
        let find = move |state: &mut State| {
            let found: Vec<ErpRecord> = state.erp.orders.iter().filter(|record| record.reference == reference).cloned().collect();
            let live: Vec<ErpRecord> = found.iter().filter(|record| !state.erp.cancelled.contains(&record.id)).cloned().collect();
            if live.is_empty() && !found.is_empty() {
                return Err(CallError::Refused {
                    code: "erp_order_cancelled".to_owned(),
                    message: "cancelled in the ERP".to_owned(),
                });
            }
            Ok(live)
        };
        self.outside("erp.find", down, find).await
    }
}

fn refused<T>(code: &str) -> Result<T, CallError> {
    Err(CallError::Refused { code: code.to_owned(), message: "the ERP refuses this".to_owned() })
}

impl World {
    /// A write to the ERP, which is down for the next so many of them.
    async fn write_erp<T: Send>(
        &self,
        op: &'static str,
        effect: impl FnOnce(&mut State) -> Result<T, CallError> + Send + 'static,
    ) -> Result<T, CallError> {
        let unless_down = |state: &mut State| {
            if state.erp.down_calls > 0 {
                state.erp.down_calls -= 1;
                return Err(down());
            }
            effect(state)
        };
        self.outside(op, unknown, unless_down).await
    }
}

impl ErpAmend for World {
    async fn amend(&self, id: &str, order: &ErpOrder) -> Result<ErpRecord, CallError> {
        let (id, total) = (id.to_owned(), order.total);
        let amend = move |state: &mut State| {
            let (now, erp) = (state.now, &mut state.erp);
            if erp.cannot_amend {
                return refused("erp_cannot_amend");
            }
            let (drift, cancelled) = (erp.drift, erp.cancelled.contains(&id));
            let Some(record) = erp.orders.iter_mut().find(|record| record.id == id && !cancelled) else {
                return refused("erp_order_missing");
            };
            record.total = total + drift;
            record.confirmed_at = now;
            let record = record.clone();
            *erp.amendments.entry(id).or_insert(0) += 1;
            Ok(record)
        };
        self.write_erp("erp.amend", amend).await
    }
}

impl ErpCancel for World {
    async fn cancel(&self, id: &str) -> Result<(), CallError> {
        let id = id.to_owned();
        let cancel = move |state: &mut State| {
            if !state.erp.orders.iter().any(|record| record.id == id) {
                return refused("erp_order_missing");
            }
            if state.erp.credits.iter().any(|(note, _)| note.order == id) {
                return refused("erp_cannot_cancel");
            }
            state.erp.cancelled.insert(id);
            Ok(())
        };
        self.write_erp("erp.cancel", cancel).await
    }
}

impl ErpCredit for World {
    /// References are not unique here either.
    async fn credit(&self, note: &CreditNote) -> Result<Document, CallError> {
        let note = note.clone();
        let credit = move |state: &mut State| {
            if state.erp.cancelled.contains(&note.order) {
                return refused("erp_refused");
            }
            let id = format!("CN-{}", state.erp.credits.len() + 1);
            let document = Document { kind: DocumentKind::CreditNote, id, number: String::new() };
            state.erp.credits.push((note, document.clone()));
            Ok(document)
        };
        self.write_erp("erp.credit", credit).await
    }

    async fn find_credit(&self, reference: &str) -> Result<Vec<Document>, CallError> {
        let reference = reference.to_owned();
        let find = move |state: &mut State| {
            let found = state.erp.credits.iter().filter(|(note, _)| note.reference == reference);
            Ok(found.map(|(_, document)| document.clone()).collect())
        };
        self.outside("erp.find_credit", down, find).await
    }
}

fn record(order: &ErpOrder, confirmed_at: At, erp: &MemoryErp) -> ErpRecord {
    let id = format!("SO-{}", erp.orders.len() + 1);
    ErpRecord {
        documents: vec![Document { kind: DocumentKind::SalesOrder, id: id.clone(), number: String::new() }],
        id,
        reference: order.reference.clone(),
        confirmed_at,
        total: order.total + erp.drift,
        currency: order.currency.clone(),
        unfinished: None,
    }
}

impl Storefront for World {
    fn verify(&self, secrets: &[String], _body: &[u8], signature: &str) -> bool {
        secrets.iter().any(|secret| secret == signature)
    }

    fn is_ping(&self, delivery: &Delivery) -> bool {
        delivery.body.starts_with(b"webhook_id=")
    }

    fn read(&self, delivery: &Delivery) -> Reading {
        if delivery.topic.as_deref().is_some_and(|topic| topic.starts_with("product.")) {
            return Reading::Counted { resource: "product".to_owned() };
        }
        if let Ok(order) = self.parse(&delivery.body) {
            return Reading::Order(Box::new(order));
        }
        let body: serde_json::Value = serde_json::from_slice(&delivery.body).unwrap_or_default();
        match body["id"].as_u64() {
            Some(order) => Reading::Hint { order, reason: StaleReason::Deleted },
            None => Reading::Unnamed { code: "unreadable".to_owned() },
        }
    }

    fn parse(&self, body: &[u8]) -> Result<StoreOrder, String> {
        serde_json::from_slice(body).map_err(|error| error.to_string())
    }

    async fn fetch(&self, _store: &StoreConfig, order: u64) -> Result<Option<(StoreOrder, Vec<u8>)>, CallError> {
        let fetch = move |state: &mut State| {
            Ok(state.shop.get(&order).cloned().map(|order| {
                let body = serde_json::to_vec(&order).expect("an order is JSON");
                (order, body)
            }))
        };
        self.outside("store.fetch", down, fetch).await
    }

    async fn modified_since(&self, _store: &StoreConfig, since: At) -> Result<Vec<(u64, At)>, CallError> {
        let ask = move |state: &mut State| {
            Ok(state.shop.values().filter(|order| order.modified >= since).map(|order| (order.id, order.modified)).collect())
        };
        self.outside("store.modified_since", down, ask).await
    }
}
