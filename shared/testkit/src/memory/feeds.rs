//! What the ERP in memory tells to whoever asks, and the bus that carries the reports made of it to the API's queue.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use waybill_contracts::report::BusReport;
use waybill_domain::{At, ErpSlug};
use waybill_workflow::dispose::Disposition;
use waybill_workflow::ports::ReportBus;
use waybill_workflow::ports::erp::{ErpReturn, ErpReturns, ErpShipment, ErpShipments, ErpStockChanges, Page, StockChange};
use waybill_workflow::steps::{api, erp_poll};
use waybill_workflow::{CallError, Unavailable};

use super::connection::MemoryConnection;
use super::faults::{Fate, down};
use super::{State, World};

/// Items on a page.
const PAGE: usize = 2;

/// What people did in the ERP, each with the time of its last change.
#[derive(Default)]
pub struct Feeds {
    /// What left.
    pub shipments: Vec<(At, ErpShipment)>,
    /// What came back.
    pub returns: Vec<(At, ErpReturn)>,
    /// What moved.
    pub stock: Vec<(At, StockChange)>,
    /// Items that cannot be read, by the feed.
    pub unreadable: BTreeMap<&'static str, Vec<String>>,
    /// Feeds that the ERP does not offer.
    pub not_offered: BTreeSet<&'static str>,
    /// Feeds that find the ERP down.
    pub down: BTreeSet<&'static str>,
    /// Cursors that it does not know any more.
    pub forgotten: BTreeSet<String>,
    /// Its pages follow on themselves.
    pub circles: bool,
    /// Every question, with what was asked for.
    pub asked: Vec<(&'static str, At, Option<String>)>,
}

/// A report on its way to the API, as EventBridge brings it.
#[derive(Debug, Clone)]
pub struct Reported {
    /// The event.
    pub event: String,
    /// Receives so far.
    pub receives: u32,
}

fn page<T: Clone>(
    state: &mut State,
    feed: &'static str,
    since: At,
    cursor: Option<String>,
    list: impl Fn(&Feeds) -> &Vec<(At, T)>,
) -> Result<Page<T>, CallError> {
    let feeds = &mut state.erp.feeds;
    feeds.asked.push((feed, since, cursor.clone()));
    if feeds.down.contains(feed) {
        return Err(down());
    }
    if feeds.not_offered.contains(feed) || cursor.as_ref().is_some_and(|cursor| feeds.forgotten.contains(cursor)) {
        return Err(CallError::Refused { code: "erp_cannot_list".to_owned(), message: "not offered".to_owned() });
    }
    let from: usize = cursor.map_or(0, |cursor| cursor.parse().expect("our own cursor"));
    let all: Vec<T> = list(feeds).iter().filter(|(at, _)| *at >= since).map(|(_, item)| item.clone()).collect();
    let next = (all.len() > from + PAGE).then(|| (from + PAGE).to_string());
    let next = if feeds.circles && from > 0 { Some(from.to_string()) } else { next };
    let unreadable = if from == 0 { feeds.unreadable.get(feed).cloned().unwrap_or_default() } else { Vec::new() };
    Ok(Page { items: all.into_iter().skip(from).take(PAGE).collect(), unreadable, next })
}

impl ErpShipments for MemoryConnection {
    async fn shipments_since(&self, since: At, cursor: Option<&str>) -> Result<Page<ErpShipment>, CallError> {
        let cursor = cursor.map(str::to_owned);
        let ask = move |state: &mut State| page(state, "shipments", since, cursor, |feeds| &feeds.shipments);
        self.reach()?.outside("erp.shipments", down, ask).await
    }
}

impl ErpReturns for MemoryConnection {
    async fn returns_since(&self, since: At, cursor: Option<&str>) -> Result<Page<ErpReturn>, CallError> {
        let cursor = cursor.map(str::to_owned);
        let ask = move |state: &mut State| page(state, "returns", since, cursor, |feeds| &feeds.returns);
        self.reach()?.outside("erp.returns", down, ask).await
    }
}

impl ErpStockChanges for MemoryConnection {
    async fn stock_changes_since(&self, since: At, cursor: Option<&str>) -> Result<Page<StockChange>, CallError> {
        let cursor = cursor.map(str::to_owned);
        let ask = move |state: &mut State| page(state, "stock", since, cursor, |feeds| &feeds.stock);
        self.reach()?.outside("erp.stock_changes", down, ask).await
    }
}

impl ReportBus for World {
    async fn report(&self, reports: &[BusReport]) -> Result<(), Unavailable> {
        let fate = self.fate("events.report").await;
        let taken = super::transport::taken(fate, reports);
        for report in taken {
            let detail: Value = serde_json::from_str(&report.detail).expect("a detail is JSON");
            let event = json!({ "source": report.source, "detail-type": report.kind.detail_type(), "detail": detail });
            self.state().reports.push_back(Reported { event: event.to_string(), receives: 0 });
        }
        self.answer("events.report", fate).await;
        if fate == Fate::Works { Ok(()) } else { Err(Unavailable::new("bus", "injected, part of the batch may have been taken")) }
    }
}

impl World {
    /// The ERP is to be polled for everything.
    pub fn poll_erp(&self, erp: &ErpSlug) {
        let mut state = self.state();
        let config = state.erps.get_mut(erp).expect("there is such an ERP");
        config.polls = waybill_domain::Feed::ALL.into();
    }

    /// One invocation of the poll, and what it put on the bus given to the API. One that fails is followed by another one in a minute.
    pub async fn poll(&self) -> Option<erp_poll::Polled> {
        self.enter(None);
        let polled = erp_poll::run(self).await.ok();
        self.take_reports().await;
        polled
    }

    /// Gives the API what is on its queue. What comes too early stays there.
    pub async fn take_reports(&self) {
        let waiting = std::mem::take(&mut self.state().reports);
        for Reported { event, receives } in waiting {
            self.enter(None);
            match api::from_bus(self, &event, receives + 1).await {
                Disposition::Ack(_) => {}
                Disposition::Retry { .. } => self.state().reports.push_back(Reported { event, receives: receives + 1 }),
                Disposition::Fail { reason } => self.state().reports_dead.push(reason),
            }
        }
    }
}
