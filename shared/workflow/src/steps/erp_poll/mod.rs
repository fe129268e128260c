//! Asks ERPs that do not tell by themselves what left, what came back and what is free, and puts it on the bus as the same reports that an
//! ERP may put there. What becomes of a report is the API's business; nothing of an order is written here.
//!
//! Every page is a visit of its own at the ERP's door, so that a poll holds a slot no longer than an order does. The mark of a feed moves
//! when a page is on the bus: whoever is cut off puts the same page there again, where it is known.

mod feeds;
mod reports;

use waybill_domain::circuit::feeds::{FeedMark, GoesOn};
use waybill_domain::{At, Circuit, Endpoint, ErpConfig, ErpSlug, StoreConfig};

use super::door::{Door, Poll, update};
use super::leases::Settle;
use crate::error::{CallError, StepError, Unavailable};
use crate::ports::erp::Erps;
use crate::ports::{Circuits, Configs, Orders, ReportBus, Runtime};
use feeds::{Reading, feeds_of};
use reports::Taken;

/// No page is begun when the ones before it took longer than this: with the looks for a turn and the slowest page it ends before the
/// function's 55 seconds do.
const BUDGET_MILLISECONDS: u64 = 15_000;
/// A page may be several calls. One that takes longer than this is given up, and its place at the ERP with it.
const PAGE_MILLISECONDS: u32 = 25_000;
/// How often a poll looks again whether there is a turn for it, each time after a second.
const LOOKS: u32 = 10;
/// A feed that was due so many times and was not read is late.
const LATE: u32 = 3;

/// What a poll needs.
pub trait Ports: Orders + Configs + Circuits + Erps + ReportBus + Runtime {}
impl<T: Orders + Configs + Circuits + Erps + ReportBus + Runtime> Ports for T {}

/// What the polls of one invocation came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Polled {
    /// Reports put on the bus.
    pub reported: u64,
    /// Items that the order's record has already.
    pub known: u64,
    /// Items of orders that are none of ours: entered in the ERP by hand, or by another system.
    pub foreign: u64,
    /// Items that could not be read, or not be said in a report. They are left out, and logged by the ERP's id.
    pub unreadable: u64,
    /// Feeds that were not answered, or not as they should be.
    pub failed: u64,
    /// Feeds that the ERP had no turn for.
    pub left: u64,
    /// How far the feed that is furthest behind is behind, in seconds.
    pub behind_seconds: u64,
}

/// Polls every ERP that is to be polled and due.
///
/// # Errors
/// What did not answer of our own, after all that did was polled; the next minute brings another invocation.
pub async fn run(ports: &impl Ports) -> Result<Polled, StepError> {
    let mut polled = Polled::default();
    let begun = ports.now();
    let (stores, mut erps) = (ports.stores().await?, ports.erps().await?);
    erps.retain(|erp| !erp.polls.is_empty());
    super::sweep::turn(&mut erps, begun);
    let mut failed = None;
    for erp in &erps {
        // What a store posted to an ERP that it had before leaves from there, too.
        let has = |store: &StoreConfig| store.erp == erp.slug || store.records.contains_key(&erp.slug);
        let of_erp: Vec<&StoreConfig> = stores.iter().filter(|store| has(store)).collect();
        if let Err(error) = poll(ports, erp, &of_erp, begun, &mut polled).await {
            tracing::warn!(erp = %erp.slug, %error, "its poll is left");
            failed.get_or_insert(error);
        }
    }
    failed.map_or(Ok(polled), |error| Err(error.into()))
}

/// Reads what is due of one ERP.
async fn poll(
    ports: &impl Ports,
    erp: &ErpConfig,
    stores: &[&StoreConfig],
    begun: At,
    polled: &mut Polled,
) -> Result<(), Unavailable> {
    let mut visits = Visits { erp, endpoint: Endpoint::Erp(erp.slug.clone()), feeds: feeds_of(erp, stores), looks: LOOKS };
    let row = visits.known(ports).await?;
    let now = ports.now();
    let mut due: Vec<usize> = Vec::new();
    for (place, feed) in visits.feeds.iter().enumerate() {
        let mark = row.feed(&feed.name, now);
        polled.behind_seconds = polled.behind_seconds.max(now.since(mark.read).div_euclid(1000));
        if mark.is_due(erp.poll_seconds, now) {
            due.push(place);
        }
    }
    // One that fails, or never ends, is not the first each time.
    super::sweep::turn(&mut due, begun);
    for place in due {
        let Some(feed) = visits.feeds.get(place).cloned() else { continue };
        let ended = visits.read(ports, &feed, stores, begun, polled).await?;
        match ended {
            Ended::Read => {}
            Ended::Failed => polled.failed = polled.failed.saturating_add(1),
            Ended::NotNow => {
                polled.left = polled.left.saturating_add(1);
                break;
            }
            Ended::Down => {
                polled.failed = polled.failed.saturating_add(1);
                break;
            }
        }
    }
    Ok(())
}

/// How the reading of a feed ended, for this invocation.
enum Ended {
    /// To its end, or as far as there was time.
    Read,
    /// This feed cannot be read now; others may be.
    Failed,
    /// The ERP has no place for a poll now.
    NotNow,
    /// The ERP does not answer.
    Down,
}

/// Visits to one ERP.
struct Visits<'a> {
    erp: &'a ErpConfig,
    endpoint: Endpoint,
    feeds: Vec<Reading>,
    looks: u32,
}

impl Visits<'_> {
    /// The row, in which every feed has a mark: one that is new begins now, or where the others are.
    async fn known(&self, ports: &impl Ports) -> Result<Circuit, Unavailable> {
        let mut row = ports.circuit(&self.endpoint).await?;
        for feed in &self.feeds {
            if row.feeds.contains_key(&feed.name) {
                continue;
            }
            let mark = row.feed(&feed.name, ports.now());
            row = self.keep(ports, row, feed, &mark).await?;
        }
        Ok(row)
    }

    async fn keep(&self, ports: &impl Ports, row: Circuit, feed: &Reading, mark: &FeedMark) -> Result<Circuit, Unavailable> {
        let now = ports.now();
        let names = || self.feeds.iter().map(|feed| feed.name.as_str());
        let kept = update(ports, row.clone(), |row| Some(row.with_feed(&feed.name, mark.clone(), names(), now))).await?;
        Ok(kept.unwrap_or(row))
    }

    /// Reads a feed, page by page.
    async fn read(
        &mut self,
        ports: &impl Ports,
        feed: &Reading,
        stores: &[&StoreConfig],
        begun: At,
        polled: &mut Polled,
    ) -> Result<Ended, Unavailable> {
        loop {
            let now = ports.now();
            let row = ports.circuit(&self.endpoint).await?;
            let mark = row.feed(&feed.name, now);
            if now.since(begun) > BUDGET_MILLISECONDS {
                return Ok(Ended::NotNow);
            }
            let late = mark.read.plus_seconds(self.erp.poll_seconds.saturating_mul(LATE)) <= now;
            let Some(door) = self.enter(ports, late).await? else { return Ok(Ended::NotNow) };
            let (since, cursor) = (feed.since(mark.read), mark.goes_on.as_ref().map(|on| on.cursor.as_str()));
            let page = match ports.connect(self.erp, feed.records.as_ref()).await {
                Ok(connection) => {
                    let page = ports.within(PAGE_MILLISECONDS, feed.page(&connection, since, cursor)).await;
                    let page =
                        page.unwrap_or_else(|| Err(CallError::Unknown { reason: "a page that takes too long".to_owned() }));
                    door.note(&page);
                    page
                }
                Err(error) => Err(error),
            };
            door.leave(ports).await;
            // Who says that the next page is the one it has just given has not said where the list ends.
            let circle = |page: &feeds::FeedPage| page.next.is_some() && page.next.as_deref() == cursor;
            let page = match page {
                Ok(page) if circle(&page) => Err(CallError::Refused {
                    code: "erp_cannot_list".to_owned(),
                    message: "the same page follows on itself".to_owned(),
                }),
                other => other,
            };
            let page = match page {
                Ok(page) => page,
                Err(error) => return self.unanswered(ports, row, feed, &mark, error).await,
            };
            let taken = reports::of_page(ports, &self.erp.slug, stores, page.items, page.unreadable).await;
            ports.report(&taken.reports).await?;
            polled.count(&self.erp.slug, feed, &taken);
            let began = mark.goes_on.as_ref().map_or(now, |on| on.began);
            let ended = page.next.is_none();
            let mark = match page.next {
                Some(cursor) => FeedMark { goes_on: Some(GoesOn { began, cursor }), ..FeedMark::at(mark.read) },
                None => FeedMark::at(began),
            };
            self.keep(ports, row, feed, &mark).await?;
            if ended {
                return Ok(Ended::Read);
            }
        }
    }

    /// Enters, if there is a turn within the seconds that this invocation has for waiting.
    async fn enter(&mut self, ports: &impl Ports, late: bool) -> Result<Option<Door>, Unavailable> {
        let poll = Poll { limits: self.erp.limits(), settle: Settle::of(self.erp), late };
        loop {
            if let Some(door) = Door::to_poll(ports, &self.endpoint, poll).await? {
                return Ok(Some(door));
            }
            if self.looks == 0 {
                return Ok(None);
            }
            self.looks = self.looks.saturating_sub(1);
            ports.pause(1_000).await;
        }
    }

    /// What it means that a page was not answered. Nothing is taken as read. What is refused is not asked again before its time, and then
    /// from the beginning: the ERP may have forgotten the place in the list.
    async fn unanswered(
        &self,
        ports: &impl Ports,
        row: Circuit,
        feed: &Reading,
        mark: &FeedMark,
        error: CallError,
    ) -> Result<Ended, Unavailable> {
        tracing::warn!(erp = %self.erp.slug, feed = feed.name, %error, "a feed was not read");
        match error {
            CallError::Busy { .. } => Ok(Ended::NotNow),
            CallError::Down { .. } | CallError::Unknown { .. } => Ok(Ended::Down),
            CallError::Refused { .. } => {
                let refused = FeedMark { refused: Some(ports.now()), ..FeedMark::at(mark.read) };
                self.keep(ports, row, feed, &refused).await?;
                Ok(Ended::Failed)
            }
        }
    }
}

impl Polled {
    fn count(&mut self, erp: &ErpSlug, feed: &Reading, taken: &Taken) {
        let add = |sum: &mut u64, more: usize| *sum = sum.saturating_add(u64::try_from(more).unwrap_or(0));
        add(&mut self.reported, taken.reports.len());
        add(&mut self.known, taken.known);
        add(&mut self.foreign, taken.foreign);
        add(&mut self.unreadable, taken.unreadable.len());
        for item in &taken.unreadable {
            tracing::warn!(%erp, feed = feed.name, item, "left out");
        }
    }
}
